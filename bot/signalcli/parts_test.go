package signalcli

import (
	"fmt"
	"strings"
	"testing"

	"handrail/bot/chat"
	"handrail/bot/signalcli/fakedaemon"
)

// sentences is a text that is sent in so many parts; mark tells it from others.
func sentences(mark string, parts int) string {
	return strings.TrimSpace(strings.Repeat(mark+strings.Repeat(" word", 30)+". ", (parts-1)*13+1))
}

// TestEditOfParts: an edit changes every part of a message, with as many as it
// needs; an answer to any of them is one to the message, and all are taken back.
func TestEditOfParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakedaemon.Options{})
	p := w.d.Person(alice)
	w.say(p, "hi")
	id := w.must(chat.Outgoing{Key: "first", To: to1(alice), Text: chat.Text(sentences("one", 2))})
	if n := len(p.Phone()); n != 2 {
		t.Fatalf("%d parts", n)
	}
	for i, parts := range []int{4, 3, 1, 2} {
		mark := fmt.Sprint("edit", i)
		out := chat.Outgoing{Key: mark, To: to1(alice), Form: chat.FormEdit, Target: id, Text: chat.Text(sentences(mark, parts))}
		calls := 0
		w.d.SetFault(func(c fakedaemon.Call) fakedaemon.Fault { // the third call fails once, in the middle of it all
			if c.Method == "send" || c.Method == "remoteDelete" {
				if calls++; calls == 3 {
					return fakedaemon.Fault{Code: codeIO}
				}
			}
			return fakedaemon.Fault{}
		})
		got, err := w.send(out)
		if err != nil {
			got, err = w.send(out)
		}
		if err != nil || got != id {
			t.Fatalf("%s: %q %v", mark, got, err)
		}
		var seen []string
		for _, s := range p.Phone() {
			if !s.Removed {
				seen = append(seen, s.Text)
			}
		}
		if strings.Join(seen, " ") != string(out.Text) || len(seen) != parts {
			t.Fatalf("%s: %d parts on the phone, want %d: %.60q", mark, len(seen), parts, seen)
		}
	}
	phone := p.Phone()
	p.Answer("yes", phone[len(phone)-1].Stamp, "…")
	w.until("the answer", func() bool { return len(w.h.all()) == 2 })
	if m := w.h.all()[1]; m.Target != id {
		t.Errorf("it answers %q", m.Target)
	}
	w.d.SetFault(nil)
	w.must(chat.Outgoing{Key: "gone", To: to1(alice), Form: chat.FormRemove, Target: id})
	for i, s := range p.Phone() {
		if !s.Removed {
			t.Errorf("part %d is left", i)
		}
	}
}

// TestReactionNamesItsAuthor: a reaction says under whose message it stands, and
// there is none under the bot's own.
func TestReactionNamesItsAuthor(t *testing.T) {
	t.Parallel()
	whom := chat.Outgoing{Key: "1", To: to1(alice), Form: chat.FormReaction, Text: "x", Target: eventID(alice, 1790000000900)}
	acts, err := compose(whom)
	if err != nil || len(acts) != 1 {
		t.Fatal(err)
	}
	if p, ok := acts[0].params.(reactionParams); !ok || p.TargetAuthor != alice || p.TargetTimestamp != 1790000000900 {
		t.Errorf("%+v", acts[0].params)
	}
	for _, target := range []string{ownID(1790000000900), "", "1790000000900", "+4930123456.1790000000900"} {
		whom.Target = target
		if _, err := compose(whom); err == nil {
			t.Errorf("under %q", target)
		}
	}
}
