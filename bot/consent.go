package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"handrail/bot/flow"
	"handrail/bot/store"
)

// What comes by itself comes because the person asked for it, kind by kind. When
// they did, and under which wording of what it is, stands in a variable, which is
// in their export: "2026-11-22 v1". Nothing of a kind comes without it. After
// Config.ConsentFor, or when the wording has changed, flowConsent comes once in
// the place of what was due and asks; without an answer it ends. What is for one
// date needs no renewal: it is its own consent, and goes when it has come.
const (
	prefixConsent = "consent_"
	flowConsent   = "agreed.again"
)

func consentName(kind string) string { return prefixConsent + cmp.Or(kind, "other") }

// consent notes that the person asks for what comes of a kind, at this moment.
// Only a message of theirs says so, never a timer or what came by itself.
func (t *turn) consent(kind, id string) {
	if t.unprompted || !t.due.IsZero() || flow.InDecoy(id) {
		return
	}
	date := t.now.In(t.bot.location(t.p)).Format(time.DateOnly)
	t.p.Vars[consentName(kind)] = fmt.Sprintf("%s v%d", date, t.bot.ConsentVersion)
}

// consented tells since when the person agrees to a kind, and to which wording;
// ok is false where they do not.
func (t *turn) consented(kind string) (since time.Time, version int, ok bool) {
	text, _ := t.p.Vars[consentName(kind)].(string)
	date, v, _ := strings.Cut(text, " v")
	since, err := time.ParseInLocation(time.DateOnly, date, t.bot.location(t.p))
	if err != nil {
		return time.Time{}, 0, false
	}
	version, err = strconv.Atoi(v)
	return since, version, err == nil
}

// lapsed tells whether what is due needs the person's yes anew.
func (t *turn) lapsed(s store.Schedule, once bool) bool {
	if once && !s.Organization || flow.InDecoy(s.Flow) {
		return false
	}
	since, version, ok := t.consented(s.Kind)
	return !ok || version != t.bot.ConsentVersion || t.bot.ConsentFor > 0 && t.now.Sub(since) > t.bot.ConsentFor
}

// renew is the answer to flowConsent: what came last goes on, or ends with all
// of its kind.
func (t *turn) renew(e flow.Consent) error {
	kind, _ := t.p.Vars[varPromptKind].(string)
	if e.Again {
		t.consent(kind, "")
		return nil
	}
	all, err := t.tx.Schedules(t.p.ID)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Kind == kind && !flow.InDecoy(s.Flow) {
			if err := t.tx.CancelSchedule(t.p.ID, s.Name); err != nil {
				return err
			}
		}
	}
	return t.withdrawn()
}

// askedConsent tells whether the question whether what comes shall go on reached
// the person. Then the end of its wait has no moment that could be over: without
// an answer it ends, and else the question would come again the next day. One that
// never went out is no question, and what still waits of it goes.
func (t *turn) askedConsent() (bool, error) {
	asked := t.p.Session.Asked
	if len(asked) == 0 { // of an older program
		return true, nil
	}
	seen, err := t.tx.Reached(t.p.ID, asked[0])
	if err != nil || seen {
		return seen, err
	}
	return false, t.tx.DropUnprompted(t.p.ID)
}

// withdrawn forgets the consent to every kind of which nothing is set any more.
func (t *turn) withdrawn() error {
	all, err := t.tx.Schedules(t.p.ID)
	if err != nil {
		return err
	}
	for name := range t.p.Vars {
		kind, ok := strings.CutPrefix(name, prefixConsent)
		if ok && !slices.ContainsFunc(all, func(s store.Schedule) bool { return cmp.Or(s.Kind, "other") == kind && !flow.InDecoy(s.Flow) }) {
			delete(t.p.Vars, name)
		}
	}
	return nil
}

// agreed lists what comes by itself and since when the person wants it.
func (t *turn) agreed() (string, error) {
	all, err := t.tx.Schedules(t.p.ID)
	if err != nil {
		return "", err
	}
	voice := t.voice()
	var lines []string
	for _, kind := range append(flow.Kinds(), "") {
		if !slices.ContainsFunc(all, func(s store.Schedule) bool { return s.Kind == kind && !flow.InDecoy(s.Flow) && s.Name != nameSnooze }) {
			continue
		}
		date := "?"
		if since, _, ok := t.consented(kind); ok {
			date = since.Format(time.DateOnly)
		}
		lines = append(lines, voice.Text("agreed_line", map[string]string{"what": voice.Text("kind_"+cmp.Or(kind, "other"), nil), "date": date}))
	}
	if len(lines) == 0 {
		return voice.Text("agreed_none", nil), nil
	}
	return strings.Join(lines, "\n"), nil
}
