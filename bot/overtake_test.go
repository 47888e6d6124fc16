package bot_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/store"
)

// TestAnswersOvertakeTheBurst: more messages come by themselves than the network
// takes, and whoever writes now is answered all the same.
func TestAnswersOvertakeTheBurst(t *testing.T) {
	t.Parallel()
	const crowd = 300
	w := newWorld(t)
	for i := range crowd {
		err := w.store.Update(t.Context(), func(tx *store.Tx) error {
			p, err := tx.CreatePerson(person(fmt.Sprint("due", i)), w.now)
			if err != nil {
				return err
			}
			return tx.Enqueue(p.ID, store.Post{Key: fmt.Sprint("due", i), Out: chat.Outgoing{Text: question}, Unprompted: true}, w.now)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	var asked []string // whom the network was asked to send to, in order
	gate := make(chan struct{})
	w.net.fail = func(o chat.Outgoing) error {
		mu.Lock()
		asked = append(asked, o.To.User)
		mu.Unlock()
		<-gate
		return nil
	}
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- w.bot.Run(ctx) }()
	until := func(what string, done func([]string) bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
			mu.Lock()
			ok := done(asked)
			mu.Unlock()
			if ok {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	until("nothing was sent", func(asked []string) bool { return len(asked) > 0 })
	if err := w.bot.Handle(t.Context(), w.message(ada, "menu")); err != nil {
		t.Fatal(err)
	}
	until("the answer waits behind the crowd", func(asked []string) bool { return slices.Contains(asked, ada.User) })
	close(gate)
	until("the crowd was not served", func(asked []string) bool { return len(asked) > crowd })
	stop()
	if err := <-over; err != nil {
		t.Fatal(err)
	}
}
