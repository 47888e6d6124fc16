package bot

import (
	"strings"
	"time"
	"unicode/utf8"

	"handrail/bot/crisis"
	"handrail/bot/flow"
)

// The decoy is a state of the person: every input goes to the flows decoy and
// decoy.*, which know of nothing else, until the person's own word is written.
// Stop holds there too. Words of clear danger are answered with the emergency
// number of the country and nothing else, as any service would: whoever writes
// them is a person in danger, and the number tells nothing of anybody.

const (
	varDecoy    = "_decoy" // unix ms since when
	prefixDecoy = "decoy_" // what the decoy's scripts remember

	flowDecoyStart  = "decoy.start"  // what is said on the way in: a line like any other
	flowDecoy       = "decoy"        // its catch-all
	flowDecoyDanger = "decoy.danger" // a clear danger
	flowDecoyLow    = "decoy.low"    // words about ending one's life or hurting oneself
)

// inDecoy tells whether the person is in the decoy.
func (t *turn) inDecoy() bool { return t.p.Vars[varDecoy] != nil }

// enterDecoy ends everything, takes back what was said, and answers with a plain
// line. Scripts without a decoy have the plain line alone.
func (t *turn) enterDecoy() error {
	p := t.p
	if err := t.tx.Withdraw(p.ID, time.Time{}, t.now); err != nil {
		return err
	}
	if err := t.sweep(sweptFor); err != nil {
		return err
	}
	if err := t.endTalk(); err != nil {
		return err
	}
	t.shut()
	if !t.Library.Has(flowDecoy) || !t.Library.Has(flowDecoyStart) {
		return t.sentence("noted")
	}
	p.Vars[varDecoy] = float64(t.now.UnixMilli())
	return t.step(flow.Input{Kind: flow.InInterrupt, Flow: flowDecoyStart})
}

// leaveDecoy is the way back: what the decoy remembered and sent by itself ends.
func (t *turn) leaveDecoy() error {
	p := t.p
	delete(p.Vars, varDecoy)
	for name := range p.Vars {
		if strings.HasPrefix(name, prefixDecoy) {
			delete(p.Vars, name)
		}
	}
	all, err := t.tx.Schedules(p.ID)
	if err != nil {
		return err
	}
	for _, s := range all {
		if flow.InDecoy(s.Flow) {
			if err := t.tx.CancelSchedule(p.ID, s.Name); err != nil {
				return err
			}
		}
	}
	if err := t.endTalk(); err != nil {
		return err
	}
	p.Vars[varOpen] = float64(t.now.UnixMilli())
	return t.sentence("lock_back")
}

// decoyText is a text of who is in the decoy.
func (t *turn) decoyText(words string) error {
	back, err := t.fits(t.p.Vars[varWord], secretForm(words))
	if err != nil {
		return err
	}
	if back {
		return t.leaveDecoy()
	}
	if id := t.decoyAlarm(words); id != "" {
		if err := t.alarmTold("danger"); err != nil {
			return err
		}
		return t.step(flow.Input{Kind: flow.InInterrupt, Flow: id})
	}
	if utf8.RuneCountInString(words) > flow.MaxAnswer {
		return t.sentence("too_long")
	}
	return t.step(flow.Input{Kind: flow.InText, Text: words})
}

// decoyAlarm names the flow that answers a clear danger in the decoy, "" for
// none. Words that only may mean danger, and words about somebody who reads
// along, have no answer of their own there.
func (t *turn) decoyAlarm(words string) string {
	f := t.Lexicon.Scan(words, t.bot.Lang)
	if len(f) == 0 || f[0].Level != crisis.Crisis || f[0].Category == watched {
		return ""
	}
	id := flowDecoyDanger
	switch f[0].Category {
	case "suicide", "self_harm", "hopeless", "partner_suicide":
		id = flowDecoyLow
	}
	if !t.Library.Has(id) {
		return ""
	}
	return id
}

// heldBack says why a flow that comes by itself is left out for now, "" if it is
// not: in the decoy nothing private comes, and outside nothing of the decoy.
func (t *turn) heldBack(id string) string {
	switch {
	case t.inDecoy() == flow.InDecoy(id):
		return ""
	case t.inDecoy():
		return "skipped_decoy"
	}
	return "skipped_no_decoy"
}
