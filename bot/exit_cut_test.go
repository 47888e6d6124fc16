package bot_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"handrail/bot/chat"
)

// TestExitCutAnywhere ends the program before each single thing that the way out
// sends, and in the moment in which the network has taken it and nobody noted so.
// After the restart everything of the talk is taken back, nothing of it is sent
// again, and the plain line stands there once.
func TestExitCutAnywhere(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 8} {
		for _, taken := range []bool{false, true} {
			for cut := 0; cut <= 7; cut++ {
				t.Run(fmt.Sprintf("%d at once, cut at %d, taken %v", workers, cut, taken), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t)
					w.workers = workers
					w.with(hiding)
					talk := []string{}
					for _, text := range []string{"hello", "menu", "daily", "menu", "zone", "Berlin"} {
						talk = append(talk, w.says(text)...)
					}
					w.dies(cut, taken)
					w.handle(w.message(ada, "x"))
					w.open()
					w.net.fail = nil
					w.until(w.now.Add(5 * time.Minute))
					w.endsWith(talk, "A glass of water.")
				})
			}
		}
	}
}

// dies lets the network be there for so many sends more. The next one fails; taken
// says whether the network has it all the same. None gets through after that.
func (w *world) dies(left int, taken bool) {
	w.net.fail = func(o chat.Outgoing) error {
		w.net.mu.Lock()
		defer w.net.mu.Unlock()
		if left--; left >= 0 {
			return nil
		}
		switch {
		case left < -1 || !taken:
		case o.Form == chat.FormSweep:
			w.net.swept = append(w.net.swept, o)
		default:
			w.net.sent = append(w.net.sent, o)
		}
		return errors.New("the program has died")
	}
}

// endsWith checks what stands in the room in the end: the line alone, once, and
// everything of the talk was taken back. What is sent twice under the same key is
// there once.
func (w *world) endsWith(talk []string, line string) {
	w.t.Helper()
	w.net.mu.Lock()
	defer w.net.mu.Unlock()
	said, gone := map[string]string{}, map[string]bool{}
	for _, o := range w.net.sent {
		if o.Form == chat.FormRemove {
			gone[o.Target] = true
		} else {
			said["$"+o.Key] = string(o.Text)
		}
	}
	var left []string
	for name, text := range said {
		if !gone[name] {
			left = append(left, text)
		}
	}
	if !slices.Equal(left, []string{line}) {
		w.t.Errorf("what stands there: %q", left)
	}
	if len(w.net.swept) == 0 {
		w.t.Error("what the person wrote is not taken back")
	}
	if len(said) != len(talk)+1 || len(gone) != len(talk) {
		w.t.Errorf("%d messages and %d removals of a talk of %d", len(said), len(gone), len(talk))
	}
}
