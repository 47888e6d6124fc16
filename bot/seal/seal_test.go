package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func newMaster(t testing.TB) (*Master, []byte) {
	t.Helper()
	file, err := NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	m, err := OpenMaster(file)
	if err != nil {
		t.Fatal(err)
	}
	return m, file
}

func TestSealOpensOnlyWhereItBelongs(t *testing.T) {
	t.Parallel()
	m, _ := newMaster(t)
	k, wrapped, err := m.NewPerson(7)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := m.NewPerson(8)
	if err != nil {
		t.Fatal(err)
	}
	again, err := m.Unwrap(7, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := k.Seal([]byte("canary"), "item.body", 7, 3)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("canary")) {
		t.Fatal("sealed bytes hold the plain text")
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	tests := []struct {
		name   string
		key    *Key
		sealed []byte
		what   string
		ids    []int64
		ok     bool
	}{
		{"same key", k, sealed, "item.body", []int64{7, 3}, true},
		{"unwrapped key", again, sealed, "item.body", []int64{7, 3}, true},
		{"other person's key", other, sealed, "item.body", []int64{7, 3}, false},
		{"other column", k, sealed, "item.note", []int64{7, 3}, false},
		{"other row", k, sealed, "item.body", []int64{7, 4}, false},
		{"ids swapped", k, sealed, "item.body", []int64{3, 7}, false},
		{"fewer ids", k, sealed, "item.body", []int64{7}, false},
		{"changed", k, flipped, "item.body", []int64{7, 3}, false},
		{"cut", k, sealed[:10], "item.body", []int64{7, 3}, false},
		{"empty", k, nil, "item.body", []int64{7, 3}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plain, err := tt.key.Open(tt.sealed, tt.what, tt.ids...)
			if tt.ok && (err != nil || string(plain) != "canary") {
				t.Fatalf("Open = %q, %v", plain, err)
			}
			if !tt.ok && (!errors.Is(err, ErrOpen) || plain != nil) {
				t.Fatalf("Open = %q, %v; want ErrOpen", plain, err)
			}
		})
	}
}

func TestBindingsNeverMeet(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, scope := range []byte{scopeBot, scopePerson} {
		for _, what := range []string{"", "a", "ab", "a\x00\x00\x00\x00\x00\x00\x00\x01"} {
			for _, ids := range [][]int64{nil, {1}, {1, 1}, {256}} {
				b := string(binding(scope, what, ids))
				name := fmt.Sprint(scope, what, ids)
				if first, ok := seen[b]; ok {
					t.Errorf("%q and %q are bound alike", first, name)
				}
				seen[b] = name
			}
		}
	}
	if seen[string(wrapBinding(1))] != "" {
		t.Error("a wrapped key is bound like a field")
	}
}

func TestUnwrapRefuses(t *testing.T) {
	t.Parallel()
	m, _ := newMaster(t)
	stranger, _ := newMaster(t)
	_, wrapped, err := m.NewPerson(7)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		master  *Master
		id      int64
		wrapped []byte
	}{
		{"other person", m, 8, wrapped},
		{"other master", stranger, 7, wrapped},
		{"cut", m, 7, wrapped[:len(wrapped)-9]},
		{"empty", m, 7, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := tt.master.Unwrap(tt.id, tt.wrapped); !errors.Is(err, ErrOpen) {
				t.Fatalf("Unwrap: %v, want ErrOpen", err)
			}
		})
	}
}

func TestMasterSealAndCheck(t *testing.T) {
	t.Parallel()
	m, file := newMaster(t)
	same, err := OpenMaster(file)
	if err != nil {
		t.Fatal(err)
	}
	stranger, _ := newMaster(t)
	sealed, err := m.Seal([]byte("canary"), "meta.value")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := same.Open(sealed, "meta.value"); err != nil || string(plain) != "canary" {
		t.Errorf("Open = %q, %v", plain, err)
	}
	if _, err := same.Open(sealed, "meta.other"); !errors.Is(err, ErrOpen) {
		t.Errorf("Open in another column: %v", err)
	}
	if err := same.Verify(m.Check()); err != nil {
		t.Errorf("Verify of the same key: %v", err)
	}
	for name, check := range map[string][]byte{"other key": stranger.Check(), "empty": nil, "some field": sealed} {
		if err := m.Verify(check); !errors.Is(err, ErrWrongKey) {
			t.Errorf("Verify of %s: %v, want ErrWrongKey", name, err)
		}
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	m, file := newMaster(t)
	same, err := OpenMaster(file)
	if err != nil {
		t.Fatal(err)
	}
	stranger, _ := newMaster(t)
	base := m.Index("who", "alice")
	if len(base) != 16 || bytes.Contains(base, []byte("alice")) {
		t.Fatalf("index %x", base)
	}
	if !bytes.Equal(base, same.Index("who", "alice")) {
		t.Error("the same key and text give two indexes")
	}
	others := map[string][]byte{
		"other text":   m.Index("who", "alicf"),
		"other domain": m.Index("event", "alice"),
		"moved border": m.Index("whoa", "lice"),
		"other key":    stranger.Index("who", "alice"),
	}
	for name, other := range others {
		if bytes.Equal(base, other) {
			t.Errorf("%s gives the same index", name)
		}
	}
}

func TestOpenMasterRefuses(t *testing.T) {
	t.Parallel()
	_, file := newMaster(t)
	var kf keyFile
	if err := json.Unmarshal(file, &kf); err != nil {
		t.Fatal(err)
	}
	with := func(change func(*keyFile)) []byte {
		c := kf
		change(&c)
		out, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	tests := []struct {
		name string
		file []byte
	}{
		{"empty", nil},
		{"words", []byte("secretcanary")},
		{"cut", file[:len(file)/2]},
		{"no keys", []byte(`{"version":1}`)},
		{"later version", with(func(c *keyFile) { c.Version = 2 })},
		{"keys swapped", with(func(c *keyFile) { c.Seal, c.Index = c.Index, c.Seal })},
		{"index key twice", with(func(c *keyFile) { c.Seal = c.Index })},
		{"broken keyset", with(func(c *keyFile) { c.Seal = json.RawMessage(`{"primaryKeyId":1,"key":[]}`) })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, err := OpenMaster(tt.file)
			if err != ErrKeyFile || m != nil { //nolint:errorlint // exactly this error, with no cause that could quote the key
				t.Fatalf("OpenMaster = %v, %v", m, err)
			}
		})
	}
}

func TestLoadMaster(t *testing.T) {
	t.Parallel()
	_, file := newMaster(t)
	tests := []struct {
		name    string
		content []byte
		mode    os.FileMode
		want    error
		says    string
	}{
		{"owner reads", file, 0o400, nil, ""},
		{"owner reads and writes", file, 0o600, nil, ""},
		{"group reads", file, 0o440, ErrKeyFileMode, "chmod 400"},
		{"world reads", file, 0o604, ErrKeyFileMode, "chmod 400"},
		{"group writes", file, 0o620, ErrKeyFileMode, "chmod 400"},
		{"wrong content", []byte("secretcanary"), 0o400, ErrKeyFile, "keygen"},
		{"too long", bytes.Repeat([]byte(" "), keyFileLimit+1), 0o400, ErrKeyFile, "keygen"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "master.key")
			if err := os.WriteFile(path, tt.content, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil {
				t.Fatal(err)
			}
			m, err := LoadMaster(path)
			if !errors.Is(err, tt.want) || (err == nil) != (m != nil) {
				t.Fatalf("LoadMaster = %v, %v; want %v", m, err, tt.want)
			}
			if err != nil && (!strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "canary")) {
				t.Errorf("error %q", err)
			}
		})
	}
	if _, err := LoadMaster(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "keygen") {
		t.Errorf("missing file: %v", err)
	}
	if _, err := LoadMaster(t.TempDir()); !errors.Is(err, ErrKeyFile) {
		t.Errorf("folder: %v", err)
	}
}

func TestKeysHideFromEveryPrinter(t *testing.T) {
	t.Parallel()
	m, _ := newMaster(t)
	k, _, err := m.NewPerson(1)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	logger.Info("x", "master", m, "key", k, "in", struct{ M *Master }{m})
	outs := map[string]string{"slog": log.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
		outs["master "+verb] = fmt.Sprintf(verb, m)
		outs["master value "+verb] = fmt.Sprintf(verb, *m)
		outs["key "+verb] = fmt.Sprintf(verb, k)
		outs["key value "+verb] = fmt.Sprintf(verb, *k)
	}
	text, err := json.Marshal([]any{m, k})
	if err != nil {
		t.Fatal(err)
	}
	outs["json"] = string(text)
	for name, out := range outs {
		rest := strings.NewReplacer("[master key]", "", "[person key]", "").Replace(out)
		if rest == out || strings.Contains(rest, "aead") || strings.Contains(rest, "0x") {
			t.Errorf("%s prints %q", name, out)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	m, _ := newMaster(b)
	k, wrapped, err := m.NewPerson(1)
	if err != nil {
		b.Fatal(err)
	}
	plain := bytes.Repeat([]byte("x"), 250)
	sealed, err := k.Seal(plain, "outbox.body", 1, 2)
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, fn func() error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := fn(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("seal", func() error { _, err := k.Seal(plain, "outbox.body", 1, 2); return err })
	run("open", func() error { _, err := k.Open(sealed, "outbox.body", 1, 2); return err })
	run("index", func() error { m.Index("who", "@alice:example.org"); return nil })
	run("unwrap", func() error { _, err := m.Unwrap(1, wrapped); return err })
	run("new person", func() error { _, _, err := m.NewPerson(1); return err })
}
