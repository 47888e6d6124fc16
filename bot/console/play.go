package console

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Build makes the simulator for one transcript: a new person, an empty store, and
// a clock that stands at the beginning. The function that it returns closes what
// was opened.
type Build func(ctx context.Context, begin Stage, sink func(Entry)) (*Sim, func() error, error)

// Played is what came of playing one transcript.
type Played struct {
	Fault   *Fault // the first difference; nil if there is none
	Rewrite []byte // the file as it would have to be to fit
}

// Play plays a transcript against a fresh bot. An error means that it could not
// be played at all; a difference is a Fault in the result.
func Play(ctx context.Context, t *Transcript, build Build) (result Played, err error) {
	start, zone, err := t.Start(DefaultBegin(time.UTC), time.UTC)
	if err != nil {
		return Played{}, err
	}
	p := &player{t: t}
	sim, done, err := build(ctx, Stage{At: start, Zone: zone, Lang: t.Lang(), Desk: t.Desk}, p.take)
	var fault Fault
	if errors.As(err, &fault) {
		return Played{}, fault
	}
	if err != nil {
		return Played{}, fmt.Errorf("%s: %w", t.File, err)
	}
	defer func() {
		if cerr := done(); err == nil && cerr != nil {
			err = fmt.Errorf("%s: %w", t.File, cerr)
		}
	}()
	p.sim = sim
	if err := p.play(ctx); err != nil {
		return Played{}, err
	}
	return Played{Fault: p.fault, Rewrite: p.rewrite()}, nil
}

type player struct {
	t     *Transcript
	sim   *Sim
	got   []Entry
	fault *Fault
	// replies holds what the bot did after each turn, asserts the corrected
	// text of an assertion that did not hold; both by index of the turn.
	replies [][]Entry
	asserts map[int]string
}

func (p *player) take(e Entry) {
	if e.Bot {
		p.got = append(p.got, e)
	}
}

// differ keeps the first difference; later ones mostly follow from it.
func (p *player) differ(line int, format string, args ...any) {
	if p.fault == nil {
		p.fault = &Fault{File: p.t.File, Line: line, Message: fmt.Sprintf(format, args...)}
	}
}

func (p *player) play(ctx context.Context) error {
	p.asserts = map[int]string{}
	for i, turn := range p.t.Turns {
		p.got = nil
		var err error
		switch turn.Kind {
		case TurnSay:
			e := ReadBody(turn.Text)
			if e.Staff, e.Who, e.Place = turn.Who != "", turn.Who, turn.Place; e.Staff {
				err = p.sim.StaffDoes(ctx, e)
			} else {
				err = p.sim.Say(ctx, e)
			}
		case TurnRoom:
			err = p.sim.Room(ctx, turn.Text)
		case TurnRestart:
			err = p.sim.Restart(ctx, turn.Text)
		case TurnMove:
			var target time.Time
			text := turn.Text
			if i == 0 { // says the language too
				text, _ = cutLang(text)
			}
			if target, err = p.sim.Target(ctx, text); err == nil {
				err = p.sim.Move(ctx, target)
			}
		case TurnAssert:
			var want, got string
			if want, got, err = p.sim.assert(ctx, turn.Text); err == nil && want != got {
				p.differ(turn.Line, "expected %q but it is %q", want, got)
				p.asserts[i] = got
			}
		}
		if err != nil {
			return Fault{File: p.t.File, Line: turn.Line, Message: err.Error()}
		}
		p.replies = append(p.replies, p.got)
		if turn.Kind != TurnAssert {
			p.compare(turn, p.got)
		}
	}
	return nil
}

func (p *player) compare(turn Turn, got []Entry) {
	for i, want := range turn.Expect {
		if i >= len(got) {
			p.differ(want.Line, "expected %q but the bot said nothing more", want.Body)
			return
		}
		if !strings.EqualFold(want.mark(), got[i].mark()) {
			p.differ(want.Line, "expected %q but the bot said %q", want.mark()+want.Body, got[i].String())
			return
		}
		if !want.matches(got[i]) {
			p.firstDifference(want.Line, want.Body, got[i].Body())
			return
		}
	}
	if len(got) > len(turn.Expect) {
		line := turn.Last
		if n := len(turn.Expect); n > 0 {
			line = turn.Expect[n-1].Last
		}
		p.differ(line, "expected nothing more but the bot said %q", got[len(turn.Expect)].Body())
	}
}

// firstDifference reports the first line in which a message differs; a menu has
// many.
func (p *player) firstDifference(line int, want, got string) {
	wants, gots := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i, w := range wants {
		if i >= len(gots) {
			p.differ(line+i, "expected %q but the message of the bot ends before it", w)
			return
		}
		if w != gots[i] {
			p.differ(line+i, "expected %q but the bot said %q", w, gots[i])
			return
		}
	}
	p.differ(line+len(wants)-1, "expected the message to end here but the bot went on %q", strings.Join(gots[len(wants):], "\n"))
}

// rewrite is the file with what really happened in place of what was expected.
// Comments and expectations that hold stay as they are written.
func (p *player) rewrite() []byte {
	drop := map[int]bool{}       // lines that go
	after := map[int][]string{}  // lines that come behind a line
	change := map[int][]string{} // lines that a line becomes
	for i, turn := range p.t.Turns {
		if text, ok := p.asserts[i]; ok {
			change[turn.Line] = []string{"! " + text}
		}
		at := turn.Last
		for j, want := range turn.Expect {
			switch {
			case j >= len(p.replies[i]):
				dropLines(drop, want.Line, want.Last)
			case !want.matches(p.replies[i][j]) || !strings.EqualFold(want.mark(), p.replies[i][j].mark()):
				dropLines(drop, want.Line+1, want.Last)
				change[want.Line] = strings.Split(p.replies[i][j].String(), "\n")
				at = want.Line
			default:
				at = want.Last
			}
		}
		for j := len(turn.Expect); j < len(p.replies[i]); j++ {
			after[at] = append(after[at], strings.Split(p.replies[i][j].String(), "\n")...)
		}
	}
	var out []string
	for i, line := range p.t.Lines {
		n := i + 1
		if lines, ok := change[n]; ok {
			out = append(out, lines...)
		} else if !drop[n] {
			out = append(out, line)
		}
		out = append(out, after[n]...)
	}
	return []byte(strings.Join(out, "\n") + "\n")
}

func dropLines(drop map[int]bool, from, to int) {
	for n := from; n <= to; n++ {
		drop[n] = true
	}
}
