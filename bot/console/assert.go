package console

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"handrail/bot/store"
)

// AssertHelp says what may stand behind "!" in a transcript.
const AssertHelp = `write "timer NAME 2026-03-30T21:00", "no timer NAME", "var NAME VALUE", "no var NAME" or "list NAME COUNT"`

// assert reads an assertion and returns it beside what is true, in the same
// form, so that the two are equal when it holds:
//
//	timer NAME TIME   the schedule's next time; with an offset, or in the person's zone
//	no timer NAME     there is no such schedule; without NAME: none at all
//	var NAME VALUE    a variable of the person
//	no var NAME       it is not set
//	list NAME COUNT   how many lines one of the person's own lists has
func (s *Sim) assert(ctx context.Context, text string) (want, got string, err error) {
	words := strings.Fields(text)
	no := len(words) > 0 && words[0] == "no"
	if no {
		words = words[1:]
	}
	p, err := s.person(ctx)
	if err != nil {
		return "", "", err
	}
	if p == nil {
		return "", "", fmt.Errorf("there is no person yet: let them say something first")
	}
	switch {
	case len(words) == 0:
	case words[0] == "timer" && (no && len(words) <= 2 || !no && len(words) == 3):
		return s.assertTimer(ctx, p, no, words[1:], text)
	case words[0] == "var" && (no && len(words) == 2 || !no && len(words) >= 3):
		name := words[1]
		if value, ok := p.Vars[name]; ok && value != nil {
			got = fmt.Sprintf("var %s %v", name, value)
		} else {
			got = "no var " + name
		}
		return strings.Join(strings.Fields(text), " "), got, nil
	case words[0] == "list" && !no && len(words) == 3:
		return s.assertList(ctx, p, words[1], words[2])
	}
	return "", "", fmt.Errorf("cannot read the assertion %q: %s", text, AssertHelp)
}

func (s *Sim) assertTimer(ctx context.Context, p *store.Person, no bool, words []string, text string) (want, got string, err error) {
	var all []store.Schedule
	err = s.store.View(ctx, func(tx *store.Tx) (err error) {
		all, err = tx.Schedules(p.ID)
		return err
	})
	if err != nil {
		return "", "", err
	}
	loc, err := s.location(ctx)
	if err != nil {
		return "", "", err
	}
	var found *store.Schedule
	for i := range all {
		if len(words) == 0 || all[i].Name == words[0] {
			found = &all[i]
			break
		}
	}
	want = strings.Join(strings.Fields(text), " ")
	if found == nil {
		return want, strings.TrimSpace("no timer " + strings.Join(words[:min(1, len(words))], " ")), nil
	}
	got = "timer " + found.Name + " " + found.NextDue.In(loc).Format(time.RFC3339)
	if no {
		return want, got, nil
	}
	at, err := ParseMoment(words[1], loc)
	if err != nil {
		return "", "", err
	}
	if at.Equal(found.NextDue) {
		return got, got, nil
	}
	return "timer " + words[0] + " " + at.In(loc).Format(time.RFC3339), got, nil
}

// listShown bounds how many lines of a list are counted.
const listShown = 10_000

func (s *Sim) assertList(ctx context.Context, p *store.Person, name, count string) (want, got string, err error) {
	n, err := strconv.Atoi(count)
	if err != nil {
		return "", "", fmt.Errorf("cannot read the count %q: %s", count, AssertHelp)
	}
	var have int
	err = s.store.View(ctx, func(tx *store.Tx) error {
		items, err := tx.Items(p.ID, name, listShown)
		have = len(items)
		return err
	})
	return fmt.Sprintf("list %s %d", name, n), fmt.Sprintf("list %s %d", name, have), err
}
