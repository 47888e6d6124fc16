package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/console"
	"handrail/bot/signalcli"
	"handrail/bot/signalcli/fakedaemon"
)

const signalPerson = "7c7c7c7c-7c7c-4c7c-8c7c-7c7c7c7c7c7c"

// signalWire is the account on Signal with one person's phone at the other end.
// What the bot did is read from the phone.
type signalWire struct {
	*signalcli.Transport
	phone *fakedaemon.Person
	sink  func(console.Entry)

	mu      sync.Mutex
	taken   int
	changed chan struct{}      // closed and made anew with each message that was taken
	shown   []fakedaemon.Shown // the phone as it was last
	said    []int64            // what the person wrote
}

func (w *signalWire) Person() chat.Address {
	return chat.Address{Network: signalcli.NetworkName, User: signalPerson, Room: signalPerson}
}

// There is nobody: a number has one app.
func (w *signalWire) There() chat.Address { return chat.Address{} }

// Run counts what the handler took.
func (w *signalWire) Run(ctx context.Context, h chat.Handler) error {
	return w.Transport.Run(ctx, countingHandler{h, w})
}

type countingHandler struct {
	chat.Handler
	w *signalWire
}

func (h countingHandler) Handle(ctx context.Context, m chat.Message) error {
	err := h.Handler.Handle(ctx, m)
	if err == nil {
		h.w.mu.Lock()
		h.w.taken++
		close(h.w.changed)
		h.w.changed = make(chan struct{})
		h.w.mu.Unlock()
	}
	return err
}

// Do lets the person do something with their phone.
func (w *signalWire) Do(ctx context.Context, e console.Entry) error {
	w.mu.Lock()
	want := w.taken + 1
	w.mu.Unlock()
	w.act(e)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		w.mu.Lock()
		done, changed := w.taken >= want, w.changed
		w.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return errors.New("the bot does not take what the person did")
		}
	}
}

func (w *signalWire) act(e console.Entry) {
	back := max(e.Back, 1)
	mine := func() int64 { return w.said[len(w.said)-back] }
	theirs := func() fakedaemon.Shown { return w.shown[len(w.shown)-back] }
	switch e.Act {
	case console.Edited:
		w.phone.Edit(mine(), e.Text)
	case console.Removed:
		w.phone.Delete(mine())
	case console.Reacted:
		w.phone.React(e.Text, theirs().Stamp, false)
	case console.Replied:
		w.said = append(w.said, w.phone.Answer(e.Text, theirs().Stamp, theirs().Text))
	case console.Image, console.File:
		w.phone.Picture()
	default:
		w.said = append(w.said, w.phone.Say(e.Text))
	}
}

// Send sends and tells what has changed on the phone.
func (w *signalWire) Send(ctx context.Context, out chat.Outgoing) (string, error) {
	id, err := w.Transport.Send(ctx, out)
	now := w.phone.Phone()
	var parts []string
	for i, s := range now {
		switch {
		case i >= len(w.shown) && len(s.Files) > 0:
			w.sink(fileEntry(s))
		case i >= len(w.shown):
			parts = append(parts, s.Text)
		case s.Removed && !w.shown[i].Removed:
			w.sink(console.Entry{Bot: true, Act: console.Removed})
		case s.Text != w.shown[i].Text:
			w.sink(console.Entry{Bot: true, Act: console.Edited, Text: s.Text})
		}
	}
	if len(parts) > 0 { // a long text comes in parts
		text := strings.Join(parts, "\n")
		if strings.Join(strings.Fields(text), " ") == strings.Join(strings.Fields(string(out.Text)), " ") {
			text = string(out.Text)
		}
		w.sink(console.Entry{Bot: true, Text: text})
	}
	w.shown = now
	return id, err
}

// fileEntry is a file on the phone: a picture with its words, or its name.
func fileEntry(s fakedaemon.Shown) console.Entry {
	head, _, _ := strings.Cut(s.Files[0], ";base64,")
	if strings.HasPrefix(head, "data:image/") {
		return console.Entry{Bot: true, Act: console.Image, Text: s.Text}
	}
	_, name, _ := strings.Cut(head, "filename=")
	return console.Entry{Bot: true, Act: console.File, Text: name}
}

// overSignal plays transcripts over the transport for Signal and a daemon.
func (c content) overSignal(t *testing.T) console.Build {
	return func(ctx context.Context, begin console.Stage, sink func(console.Entry)) (*console.Sim, func() error, error) {
		dir := t.TempDir()
		d, err := fakedaemon.Listen("unix", filepath.Join(dir, "s"), fakedaemon.Options{})
		if err != nil {
			return nil, nil, err
		}
		tr, err := signalcli.Open(ctx, signalcli.Config{Address: d.Address(), Dir: filepath.Join(dir, "signal"), Key: make([]byte, 64), Timer: time.Hour})
		if err != nil {
			return nil, nil, err
		}
		wire := &signalWire{Transport: tr, phone: d.Person(signalPerson), sink: sink, changed: make(chan struct{})}
		sim, done, err := c.simulator(ctx, simOptions{begin: begin.At, zone: begin.Zone, lang: begin.Lang, sink: func(console.Entry) {}, log: slog.New(slog.DiscardHandler), network: wire})
		if err != nil {
			return nil, nil, err
		}
		ctx, stop := context.WithCancel(ctx)
		run := startTask(func() error { return wire.Run(ctx, sim.Handler()) })
		return sim, func() error {
			stop()
			<-run.done
			return errors.Join(tr.Close(), d.Close(), done())
		}, nil
	}
}

// TestTranscriptsOverSignal plays transcripts that come with the scripts, the same
// files as on the console, over the transport for Signal: the first talk, the daily
// hello, danger, leaving in a hurry, erasing, and what people do beside writing.
// They are a part of all, because a daemon for each takes time.
func TestTranscriptsOverSignal(t *testing.T) {
	t.Parallel()
	src, err := openSource("")
	if err != nil {
		t.Fatal(err)
	}
	all, err := src.sound()
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, part := range []string{"welcome-", "checkin-set", "checkin-change", "checkin.ask-", "crisis-", "exit-", "delete-", "export-", "stop-", "reasons.add-"} {
		some, err := fs.Glob(src.fsys, "testdata/"+part+"*.txt")
		if err != nil || len(some) == 0 {
			t.Fatalf("%d transcripts of %s, %v", len(some), part, err)
		}
		files = append(files, some...)
	}
	for _, file := range files {
		data, err := fs.ReadFile(src.fsys, file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "[there] ") { // a second app, whose code hangs on the ids of the console
			continue
		}
		// On Signal the person writes first, always: a talk that the bot begins with
		// somebody who never wrote is held back.
		if _, talk, _ := strings.Cut(string(data), "\n< "); strings.HasPrefix(talk, "/start ") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			tr, err := console.ParseTranscript("flows/"+file, data)
			if err != nil {
				t.Fatal(err)
			}
			played, err := console.Play(context.Background(), tr, all.overSignal(t))
			if err != nil {
				t.Fatal(err)
			}
			if played.Fault != nil {
				t.Error(played.Fault)
			}
		})
	}
}
