package signalcli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// State is what an operator may know: no number, no name, no word. A running bot
// writes it to a file in its Dir, for other processes to read.
type State struct {
	At             time.Time `json:"at"`              // when it was written
	ConnectedSince time.Time `json:"connected_since"` // zero: there is no daemon
	Version        string    `json:"version"`         // of the daemon; "" before the first
	Fault          string    `json:"fault"`           // why there is none, or why it takes nothing
	Waiting        int64     `json:"waiting"`         // lines that wait for the handler

	LimitedUntil time.Time `json:"limited_until"`       // Signal lets nothing more out until then; zero: it does
	Challenge    string    `json:"challenge,omitempty"` // what a captcha would be the answer to; "" none is asked for

	Held int `json:"held"` // people whose safety number changed and was not compared yet

	// What became of messages of which nobody could find out whether they were
	// sent, since the ledger was made.
	Proved  int64 `json:"proved"`  // a receipt showed that they were
	Resent  int64 `json:"resent"`  // sent again: perhaps twice
	Dropped int64 `json:"dropped"` // not sent again: perhaps never
	Asked   int64 `json:"asked"`   // not sent again, and staff were told
}

const (
	stateFile  = "state.json"
	stateEvery = 30 * time.Second
	stateLooks = time.Second

	// StateOld is after which time a State says nothing of now.
	StateOld = 5 * time.Minute
	// FaultStopped is the Fault that a bot leaves behind which was told to stop.
	FaultStopped = "stopped"

	countProved, countResent, countDropped, countAsked = "proved", "resent", "dropped", "asked"
)

// status gathers the state.
type status struct {
	mu sync.Mutex
	s  State
}

func (s *status) change(fn func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn(&s.s)
}

func (s *status) connected(v Version, now time.Time) {
	s.change(func(s *State) { s.ConnectedSince, s.Version, s.Fault = now, v.String(), "" })
}

func (s *status) fault(err error) {
	s.change(func(s *State) {
		s.ConnectedSince = time.Time{}
		if err != nil {
			s.Fault = err.Error()
		}
	})
}

// counter is where a count of the ledger stands in the state.
func (s *State) counter(name string) *int64 {
	switch name {
	case countProved:
		return &s.Proved
	case countResent:
		return &s.Resent
	case countDropped:
		return &s.Dropped
	}
	return &s.Asked
}

// loadStatus reads the counts of runs before.
func (t *Transport) loadStatus(ctx context.Context) error {
	for _, name := range []string{countProved, countResent, countDropped, countAsked} {
		n, err := t.ledger.counted(ctx, name)
		if err != nil {
			return err
		}
		t.status.change(func(s *State) { *s.counter(name) = n })
	}
	n, err := t.ledger.holds(ctx)
	t.status.change(func(s *State) { s.Held = n })
	return err
}

// count adds one to a count.
func (t *Transport) count(ctx context.Context, name string) {
	if err := t.ledger.count(ctx, name); err != nil {
		t.log.Warn("what became of a message in doubt could not be counted", "err", clean("count", err))
		return
	}
	t.status.change(func(s *State) { *s.counter(name)++ })
}

// refreshHeld counts anew whose keys changed.
func (t *Transport) refreshHeld(ctx context.Context) {
	if n, err := t.ledger.holds(ctx); err == nil {
		t.status.change(func(s *State) { s.Held = n })
	}
}

// State is what an operator may know now.
func (t *Transport) State() State {
	var s State
	t.status.change(func(now *State) { s = *now })
	s.At, s.Waiting = t.now(), t.pending.Load()
	s.LimitedUntil, s.Challenge = t.limit.state()
	return s
}

// publish writes the state where other processes find it, until ctx ends.
func (t *Transport) publish(ctx context.Context) {
	var last State
	for {
		if t.lifted() {
			t.limit.lift()
		}
		s := t.State()
		at := s.At
		if s.At = last.At; s != last || at.Sub(last.At) >= stateEvery {
			s.At = at
			if err := writeState(t.cfg.Dir, s); err != nil {
				t.log.Warn("the state of Signal cannot be written", "err", clean("write", err))
			}
			last = s
		}
		if sleep(ctx, stateLooks) != nil {
			s = t.State()
			s.ConnectedSince, s.Fault = time.Time{}, FaultStopped
			_ = writeState(t.cfg.Dir, s)
			return
		}
	}
}

func writeState(dir string, s State) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, stateFile+".new-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, stateFile))
}

// ReadState reads what a running bot last said of itself. It fails with
// fs.ErrNotExist where none ever ran.
func ReadState(dir string) (s State, err error) {
	data, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return s, err
		}
		return s, clean("read the state of Signal", err)
	}
	return s, clean("read the state of Signal", json.Unmarshal(data, &s))
}
