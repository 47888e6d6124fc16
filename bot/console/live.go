package console

import (
	"context"
	"strings"
	"time"
)

// longestNap bounds how long Live sleeps between two looks at the clock.
const longestNap = time.Minute

// Live runs the talk on a terminal: what the person writes goes to the bot,
// and what is due comes when the simulated clock gets there. It returns nil at
// the end of input and when ctx ends. The Sim's clock must be one that runs.
func (s *Sim) Live(ctx context.Context, t *Terminal) error {
	err := s.live(ctx, t)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *Sim) live(ctx context.Context, t *Terminal) error {
	for {
		if err := s.Settle(ctx); err != nil {
			return err
		}
		nap := longestNap
		next, ok, err := s.bot.NextDue(ctx)
		if err != nil {
			return err
		}
		if ok {
			nap = min(nap, max(0, next.Sub(s.clock.Now())))
		}
		timer := time.NewTimer(nap)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case line, open := <-t.Lines():
			timer.Stop()
			if !open {
				return nil
			}
			if err := s.typed(ctx, t, line); err != nil {
				return err
			}
		}
	}
}

// typed takes one line that was typed. Unlike in a script a mistake in an "@"
// line is answered and nothing else, and an empty line does nothing.
func (s *Sim) typed(ctx context.Context, t *Terminal, line string) error {
	where, move := IsMove(line)
	if !move {
		if strings.TrimSpace(line) == "" {
			return nil
		}
		if who, rest, ok := readStaff(line); ok && !who.Bot && s.staff != nil {
			e := ReadBody(rest)
			e.Staff, e.Who, e.Place = true, who.Who, who.Place
			if err := s.StaffDoes(ctx, e); err != nil {
				t.Note(err.Error())
			}
			return nil
		}
		return s.Say(ctx, ReadBody(line))
	}
	target, err := s.Target(ctx, where)
	if err != nil {
		t.Note(err.Error())
		return nil
	}
	if err := s.Move(ctx, target); err != nil {
		return err
	}
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	t.Note("it is now " + now.Format("Monday, 2 January 2006, 15:04 MST"))
	return nil
}
