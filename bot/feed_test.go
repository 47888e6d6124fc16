package bot

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"handrail/bot/store"
)

// due are people whose time has come, by number; each is gone when it was done.
type due struct {
	mu    sync.Mutex
	left  []store.PersonID
	tries map[store.PersonID]int
	reads int
}

func (d *due) find(limit int) ([]store.Ahead, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reads++
	var list []store.Ahead
	for _, id := range d.left[:min(limit, len(d.left))] {
		list = append(list, store.Ahead{Person: id})
	}
	return list, nil
}

// fire does all but those that are left aside.
func (d *due) fire(list []store.Ahead, aside func(store.PersonID) bool) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	gone := map[store.PersonID]bool{}
	for _, a := range list {
		d.tries[a.Person]++
		gone[a.Person] = !aside(a.Person)
	}
	var left []store.PersonID
	for _, id := range d.left {
		if !gone[id] {
			left = append(left, id)
		}
	}
	n = len(d.left) - len(left)
	d.left = left
	return n
}

// TestCrowdFed: everybody is tried once while pages are read beside the work,
// however many are left aside; where nearly all are, it ends.
func TestCrowdFed(t *testing.T) {
	for _, row := range []struct {
		name   string
		people int
		aside  func(store.PersonID) bool
		left   int
		tried  int // at least
	}{
		{"nobody", 0, func(store.PersonID) bool { return false }, 0, 0},
		{"a few", 100, func(store.PersonID) bool { return false }, 0, 100},
		{"a page", togetherPage, func(store.PersonID) bool { return false }, 0, togetherPage},
		{"many pages", 5*togetherPage + 7, func(store.PersonID) bool { return false }, 0, 5*togetherPage + 7},
		{"every third aside", 5 * togetherPage, func(id store.PersonID) bool { return id%3 == 0 }, (5*togetherPage + 2) / 3, 5 * togetherPage},
		{"all aside", 8 * togetherPage, func(store.PersonID) bool { return true }, 8 * togetherPage, togetherPage},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := &due{tries: map[store.PersonID]int{}}
			for i := range row.people {
				d.left = append(d.left, store.PersonID(i))
			}
			c := &crowd{find: d.find, size: func() int { return togetherMost }, fire: func(_ context.Context, list []store.Ahead) int {
				return d.fire(list, row.aside)
			}}
			if err := c.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(d.left) != row.left || int(c.done.Load()) != row.people-row.left {
				t.Errorf("%d are left and %d were done, want %d left", len(d.left), c.done.Load(), row.left)
			}
			if len(d.tries) < row.tried || row.name == "all aside" && len(d.tries) > 6*togetherPage {
				t.Errorf("%d were tried", len(d.tries))
			}
			for id, n := range d.tries {
				if n != 1 {
					t.Errorf("%d was tried %d times", id, n)
				}
			}
		})
	}
}

// TestCrowdEnds: a fault of the store ends the pass after what was begun.
func TestCrowdEnds(t *testing.T) {
	fault := errors.New("the disk is gone")
	c := &crowd{
		find: func(int) ([]store.Ahead, error) { return nil, fault },
		size: func() int { return togetherMost }, fire: func(context.Context, []store.Ahead) int { return 0 },
	}
	if err := c.run(t.Context()); !errors.Is(err, fault) {
		t.Errorf("%v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	d := &due{tries: map[store.PersonID]int{}}
	for i := range 4 * togetherPage {
		d.left = append(d.left, store.PersonID(i))
	}
	c = &crowd{find: d.find, size: func() int { return togetherMost }, fire: func(_ context.Context, list []store.Ahead) int {
		stop()
		return d.fire(list, func(store.PersonID) bool { return false })
	}}
	if err := c.run(ctx); !errors.Is(err, context.Canceled) || len(d.left) == 0 {
		t.Errorf("%v, and %d are left", err, len(d.left))
	}
}

// TestCrowdOfTwo: of two things that are due for one person the second waits for the
// next pass, and a page of nothing new ends a pass.
func TestCrowdOfTwo(t *testing.T) {
	var given []store.Ahead
	list := []store.Ahead{{ID: 1, Person: 1}, {ID: 2, Person: 2}, {ID: 3, Person: 1}, {ID: 4, Person: 3}}
	c := &crowd{
		find: func(int) ([]store.Ahead, error) { return slices.Clone(list), nil },
		size: func() int { return 1 }, fire: func(_ context.Context, due []store.Ahead) int { return len(due) },
	}
	fire := c.fire
	var mu sync.Mutex
	c.fire = func(ctx context.Context, due []store.Ahead) int {
		mu.Lock()
		defer mu.Unlock()
		given = append(given, due...)
		return fire(ctx, due)
	}
	if err := c.run(t.Context()); err != nil || len(given) != 3 || c.later != 1 {
		t.Errorf("%v were handed out, %d wait: %v", given, c.later, err)
	}
	same := make([]store.Ahead, togetherPage)
	for i := range same {
		same[i] = store.Ahead{ID: int64(i), Person: store.PersonID(i)}
	}
	reads := 0
	c = &crowd{
		find: func(limit int) ([]store.Ahead, error) {
			reads++
			return slices.Clone(same[:min(limit, len(same))]), nil
		},
		size: func() int { return togetherPage }, fire: func(_ context.Context, due []store.Ahead) int { return len(due) },
	}
	if err := c.run(t.Context()); err != nil || int(c.done.Load()) != togetherPage || reads > 3 {
		t.Errorf("%d done in %d reads: %v", c.done.Load(), reads, err)
	}
}
