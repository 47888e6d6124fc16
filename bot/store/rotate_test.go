package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"handrail/bot/seal"
)

// threeKeys are those of a rotation.
func threeKeys(t *testing.T) (old, both, one *seal.Master) {
	t.Helper()
	file, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	bothFile, err := seal.BeginRotation(file)
	if err != nil {
		t.Fatal(err)
	}
	oneFile, err := seal.EndRotation(bothFile)
	if err != nil {
		t.Fatal(err)
	}
	var errs [3]error
	old, errs[0] = seal.OpenMaster(file)
	both, errs[1] = seal.OpenMaster(bothFile)
	one, errs[2] = seal.OpenMaster(oneFile)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return old, both, one
}

func TestRotate(t *testing.T) { forEach(t, testRotate) }

// testRotate cuts a rotation off after each step. In between the store works with
// both keys, and the old one alone is refused.
func testRotate(t *testing.T, db database) {
	const people = 3*rotateBatch + 1
	old, both, one := threeKeys(t)
	o := db.empty(t)
	o.Master = old
	s := openStore(t, o)
	fill(t, s, 0, people)
	a := create(t, s, alice)
	mustUpdate(t, s, func(tx *Tx) error { return tx.AddItem(a, "reasons", "my sister", "", start) })
	if _, err := Rotate(context.Background(), o, both, one, func(int64, int64) {}); !errors.Is(err, ErrLocked) {
		t.Errorf("while the store is open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	opens := func(when string, m *seal.Master) {
		t.Helper()
		o.Master = m
		s := openStore(t, o)
		mustView(t, s, func(tx *Tx) error {
			p, err := tx.FindPerson(alice)
			if err != nil {
				return err
			}
			items, err := tx.Items(p.ID, "reasons", 0)
			if texts(items) != "1:my sister" {
				t.Errorf("%s: items %q", when, texts(items))
			}
			return err
		})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(when string, m *seal.Master) {
		t.Helper()
		o.Master = m
		if s, err := Open(context.Background(), o); !errors.Is(err, ErrWrongKey) {
			t.Errorf("%s: %v", when, err)
			if err == nil {
				_ = s.Close()
			}
		}
	}
	opens("before", old)
	refused("the new key before", one)
	var cut, before int64
	for ; ; cut++ {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		steps := int64(0)
		_, err := Rotate(ctx, o, both, one, func(done, all int64) {
			if all != people+1 || done < before {
				t.Errorf("%d of %d after %d", done, all, before)
			}
			before = done
			if steps++; steps > 1 {
				cancel()
			}
		})
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		opens("in the middle", both)
		refused("the old key in the middle", old)
	}
	if cut < 3 || before != people+1 {
		t.Errorf("cut off %d times, %d keys", cut, before)
	}
	opens("afterwards, both", both)
	opens("afterwards", one)
	refused("the old key", old)
	if broken, err := Rotate(context.Background(), o, both, one, func(int64, int64) {}); err != nil || broken != 0 {
		t.Errorf("once more: %d, %v", broken, err)
	}
	opens("after once more", one)
}

func TestRotateWithOtherKeys(t *testing.T) { forEach(t, testRotateWithOtherKeys) }

func testRotateWithOtherKeys(t *testing.T, db database) {
	old, both, one := threeKeys(t)
	_, others, _ := threeKeys(t)
	o := db.empty(t)
	o.Master = old
	s := openStore(t, o)
	a := create(t, s, alice)
	mustUpdate(t, s, func(tx *Tx) error {
		_, err := tx.exec(sqlSetKey, []byte("damaged"), int64(a))
		return err
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Rotate(context.Background(), o, others, one, func(int64, int64) {}); !errors.Is(err, ErrWrongKey) {
		t.Errorf("with the keys of another: %v", err)
	}
	if broken, err := Rotate(context.Background(), o, both, one, func(int64, int64) {}); err != nil || broken != 1 {
		t.Errorf("with a damaged key: %d, %v", broken, err)
	}
}

// TestRotationKnowsWhatIsSealed finds rows that somebody began to seal with the
// master key itself: a rotation would have to seal them anew.
func TestRotationKnowsWhatIsSealed(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"NewPerson": true, "Unwrap": true, "Rewrap": true, "Check": true, "Verify": true, "Index": true}
	use := regexp.MustCompile(`\bmaster\.([A-Z]\w+)\(`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, m := range use.FindAllStringSubmatch(string(text), -1) {
			found++
			if !known[m[1]] {
				t.Errorf("%s uses master.%s: teach Rotate what is sealed with it", path, m[1])
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d uses of the master key found", found)
	}
}
