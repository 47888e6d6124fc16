package bot_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"handrail/bot/chat"
)

// A send that takes long holds up its own conversation and no other.
func TestSlowSendHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.now = time.Now()
	release, stuck, heard := make(chan struct{}), make(chan struct{}, 1), make(chan string, 10)
	w.net.fail = func(o chat.Outgoing) error {
		if o.To.User == ada.User {
			stuck <- struct{}{}
			<-release
		}
		heard <- o.To.User
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.bot.Run(ctx) }()
	if err := w.bot.Handle(ctx, w.message(ada, "hello")); err != nil {
		t.Fatal(err)
	}
	<-stuck
	ben := person("ben")
	if err := w.bot.Handle(ctx, w.message(ben, "hello")); err != nil {
		t.Fatal(err)
	}
	select {
	case who := <-heard:
		if who != ben.User {
			t.Error("the first to hear was not the one who could be reached")
		}
	case <-time.After(2 * time.Minute):
		t.Error("a reply waited for the send to somebody else")
	}
	close(release)
	if who := <-heard; who != ada.User {
		t.Error("the slow send did not end")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Nothing is picked for sending before the backlog was handed up: the person's
// word to stop may be in it.
func TestStopInTheBacklogIsHeardFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	w.says("daily")
	w.now = time.Date(2026, 1, 5, 21, 0, 30, 0, time.UTC)
	w.net.wait = make(chan struct{})
	if _, err := w.bot.FireDue(context.Background()); err != nil { // the question is queued
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := w.bot.DeliverDue(context.Background())
		done <- err
	}()
	if err := w.bot.Handle(context.Background(), w.message(ada, "stop")); err != nil {
		t.Fatal(err)
	}
	close(w.net.wait)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	w.until(w.now.Add(time.Hour))
	if got := w.heard(); !slices.Equal(got, []string{"OK. No more messages."}) {
		t.Errorf("after stop: %q", got)
	}
}

// A message taken back in another room does not move the conversation there; a
// message does, also one whose step fails.
func TestRepliesGoWhereTheMessageCameFrom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("hello")
	other := ada
	other.Room = "!other:example.org"
	room := func() string { return w.net.sent[len(w.net.sent)-1].To.Room }
	r := w.message(other, "")
	r.Kind, r.Target = chat.KindRemoval, "$in1"
	w.handle(r)
	w.says("daily")
	w.until(time.Date(2026, 1, 5, 21, 1, 0, 0, time.UTC))
	if room() != ada.Room {
		t.Error("a removal moved the conversation")
	}
	broken := w.message(other, "x")
	broken.Kind = chat.Kind(99)
	w.handle(broken)
	if room() != other.Room {
		t.Error("the fixed reply went to the room before")
	}
	w.says("hello")
	if room() != ada.Room {
		t.Error("the reply did not follow the person")
	}
}
