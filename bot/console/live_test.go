package console_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"handrail/bot/console"
)

// screen is a writer that a test reads while others write.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// TestLive talks as at a terminal, through plain streams: an empty line does
// nothing, a mistake in a move is said and does no harm, and a move says where
// the clock is.
func TestLive(t *testing.T) {
	t.Parallel()
	var out screen
	term, err := console.OpenTerminal(strings.NewReader("hi\n\n@ soon\nwait\n@ +15m\n"), &out)
	if err != nil {
		t.Fatal(err)
	}
	defer term.Close()
	sim, done, err := builder(t)(context.Background(), console.Stage{At: console.DefaultBegin(time.UTC), Zone: time.UTC}, term.Show)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if err := sim.Live(context.Background(), term); err != nil {
		t.Fatal(err)
	}
	want := "> Welcome text.\n" +
		"cannot read the time \"soon\": " + console.MoveHelp + "\n" +
		"> We wait.\n> The wait is over.\n" +
		"it is now Monday, 2 March 2026, 10:15 UTC\n"
	if got := out.b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestLiveEnds: the talk ends when it is told to, though nobody types.
func TestLiveEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	r := blocked{make(chan struct{})}
	defer close(r.until)
	term, err := console.OpenTerminal(r, &screen{})
	if err != nil {
		t.Fatal(err)
	}
	sim, done, err := builder(t)(context.Background(), console.Stage{At: console.DefaultBegin(time.UTC), Zone: time.UTC}, term.Show)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	cancel()
	if err := sim.Live(ctx, term); err != nil {
		t.Errorf("Live: %v", err)
	}
}

// blocked is a terminal at which nobody types.
type blocked struct{ until chan struct{} }

func (b blocked) Read([]byte) (int, error) {
	<-b.until
	return 0, context.Canceled
}
