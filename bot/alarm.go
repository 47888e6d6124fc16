package bot

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"handrail/bot/crisis"
	"handrail/bot/flow"
	"handrail/bot/store"
)

// Flows that answer an alarm, and what is remembered about alarms. The answer to
// a category is the flow crisis.<category>.
const (
	flowCrisis = "crisis"
	flowGentle = "crisis.check"   // the question where words only may mean danger
	flowAgain  = "crisis.again"   // the shorter answer to the same danger soon after
	flowPlain  = "crisis.watched" // a plain line that shows nothing
	flowStart  = "start"          // back after it

	watched = "watched" // the category whose answer is flowPlain

	varUnsure   = "_unsure"     // unix ms of the last words that only may mean danger
	varWatched  = "_watched"    // unix ms since when somebody may be reading along
	setWatched  = "watched"     // set by a script: from now on
	varAlarm    = "_alarm"      // the last alarm: its flow, when, and a hash of the words
	varMisread  = "_misread"    // hashes of words that the person called misread
	varFalse    = "false_alarm" // set by a script: the last alarm was a misreading
	varQuiet    = "_quiet"      // until when it was quiet before the quiet of an alarm, and since when that holds
	misreadKept = 8
)

// Times that belong together in one talk.
const (
	// raiseWithin is how soon after each other two texts that only may mean
	// danger count as a clear one, and how soon the same danger has the shorter
	// answer.
	raiseWithin = 10 * time.Minute
	// misreadFor is how long words that the person called misread are left alone.
	misreadFor = time.Hour
	// watchedFor is how long nothing is shown after words about somebody who
	// reads along. Longer, and who forgot the word start would find nobody.
	watchedFor = time.Hour
)

// alarm scans a text and names the flow that answers it, "" if none does.
//
// A clear danger always has its answer. Who is in that flow already and answers
// its question is not alarmed about a second time, the same danger soon after
// has a shorter answer, and the very words that the person has just called
// misread are left alone for that talk. Words that only may mean danger leave a
// plain answer alone, also one to a question of a crisis flow; said twice within
// raiseWithin they count as clear. Where a question about safety waits,
// they answer it: danger is then true and no flow is named.
func (t *turn) alarm(words string) (id string, danger bool) {
	p, now := t.p, t.now
	found := t.Lexicon.Scan(flow.Unmask(words), t.bot.Lang)
	if len(found) == 0 || found[0].Level == crisis.None {
		return "", false
	}
	f := found[0]
	if calledMisread(p, words, now) {
		return "", false
	}
	if f.Level == crisis.Ask {
		if f, danger = t.unsure(f, words); f.Level == crisis.None {
			return "", danger
		}
	}
	at := top(p.Session)
	id = t.crisisFlow(f)
	if f.Level == crisis.Crisis && thing(f.Category) && t.Library.Has(flowGentle) {
		if _, senses := t.Library.Asks(p.Session); senses && t.voice().Sees(words) {
			id, f.Level = flowGentle, crisis.Ask // "the gun on the shelf", asked about and no more
		}
	}
	if at == id && t.understood(words) {
		return "", true
	}
	last := lastAlarm(p)
	delete(p.Vars, varWatched)
	if f.Level == crisis.Crisis && f.Category != watched && last.flow == id && now.Sub(last.at) < raiseWithin &&
		p.Vars[varFalse] != true && t.Library.Has(flowAgain) {
		if at == flowAgain && t.understood(words) {
			return "", true
		}
		noteAlarm(p, last, alarmed{id, now, hashWords(words)})
		return flowAgain, false
	}
	noteAlarm(p, last, alarmed{id, now, hashWords(words)})
	return id, false
}

// clearDanger tells whether words are a danger that is answered whoever may be
// looking: a clear one, and not that somebody reads along.
func (t *turn) clearDanger(words string) bool {
	f := t.Lexicon.Scan(flow.Unmask(words), t.bot.Lang)
	return len(f) > 0 && f[0].Level == crisis.Crisis && f[0].Category != watched
}

// unsure weighs a finding that only may mean danger: raised when it is the
// second within raiseWithin, None where it needs no answer of its own.
func (t *turn) unsure(f crisis.Finding, words string) (weighed crisis.Finding, danger bool) {
	p, now := t.p, t.now
	weighed = f
	weighed.Level = crisis.None
	if t.voice().Takes(p.Session, words) || f.Learned() && t.voice().Starts(p.Session, words) {
		return weighed, false
	}
	if f.Category == watched {
		return f, false
	}
	if t.watched() {
		return weighed, false // no number for words that are not clear
	}
	safety, senses := t.Library.Asks(p.Session)
	if senses && (thing(f.Category) || f.Learned() && len(strings.Fields(words)) <= namedIn && t.voice().Sees(words)) {
		return weighed, false
	}
	soon := since(p, varUnsure, now) < raiseWithin
	p.Vars[varUnsure] = float64(now.UnixMilli())
	at := top(p.Session)
	switch {
	case safety:
		return weighed, true
	case soon && !t.understood(words):
		f.Level = crisis.Crisis
		return f, false
	case (at == flowCrisis || strings.HasPrefix(at, flowCrisis+".")) && t.understood(words):
		return weighed, false
	}
	return f, false
}

// watched tells whether somebody may be reading along: the person said so not
// long ago, and has not written start since.
func (t *turn) watched() bool { return since(t.p, varWatched, t.now) < watchedFor }

// returns tells whether a text asks for the bot to be itself again after it was
// told that somebody reads along.
func (t *turn) returns(words string) bool {
	id, _, _ := t.voice().Match(words)
	return id == flowStart
}

// namedIn is in how many words a thing is named at most: "I can see pills". More
// of them tell something.
const namedIn = 4

// thing tells whether a category is about things that may simply lie there: who
// names what they see may name a knife.
func thing(category string) bool {
	return category == "weapon" || category == "self_harm" || category == "medical" || category == "suicide"
}

// since is how long ago the moment in a variable was; a long time when it is not
// set.
func since(p *store.Person, name string, now time.Time) time.Duration {
	ms, ok := p.Vars[name].(float64)
	if !ok {
		return 1 << 62
	}
	return now.Sub(time.UnixMilli(int64(ms)))
}

// alarmed is one alarm as it is remembered.
type alarmed struct {
	flow string
	at   time.Time
	hash string // of the words; the words themselves are not kept
}

func lastAlarm(p *store.Person) (a alarmed) {
	s, _ := p.Vars[varAlarm].(string)
	var ms int64
	if n, _ := fmt.Sscanf(s, "%s %d %s", &a.flow, &ms, &a.hash); n == 3 {
		a.at = time.UnixMilli(ms)
		return a
	}
	return alarmed{}
}

// noteAlarm remembers an alarm. The words of the one before stay known as
// misread if the person said so.
func noteAlarm(p *store.Person, last, a alarmed) {
	if p.Vars[varFalse] == true {
		kept := misreadHashes(p, last, a.at)
		p.Vars[varMisread] = strings.Join(kept[max(0, len(kept)-misreadKept):], " ")
	}
	delete(p.Vars, varFalse)
	p.Vars[varAlarm] = fmt.Sprintf("%s %d %s", a.flow, a.at.UnixMilli(), a.hash)
}

// misreadHashes are the hashes of the words that the person called misread in
// this talk; those of an earlier talk are forgotten.
func misreadHashes(p *store.Person, last alarmed, now time.Time) (kept []string) {
	if now.Sub(last.at) > misreadFor {
		return nil
	}
	s, _ := p.Vars[varMisread].(string)
	kept = strings.Fields(s)
	if p.Vars[varFalse] == true {
		kept = append(kept, last.hash)
	}
	return kept
}

// calledMisread tells whether the person said of these very words that they were
// misread, in this talk.
func calledMisread(p *store.Person, words string, now time.Time) bool {
	kept := misreadHashes(p, lastAlarm(p), now)
	return len(kept) > 0 && slices.Contains(kept, hashWords(words))
}

func hashWords(words string) string {
	sum := sha256.Sum256([]byte(flow.Normalise(words)))
	return fmt.Sprintf("%x", sum[:8])
}

// quietBefore is what varQuiet holds.
func quietBefore(before, now time.Time) string {
	ms := int64(0)
	if !before.IsZero() {
		ms = before.UnixMilli()
	}
	return fmt.Sprintf("%d %d", ms, now.UnixMilli())
}

// undoQuiet takes back the quiet of the last alarm. That of an earlier one stays:
// it is not what the person calls a misreading now.
func (t *turn) undoQuiet() {
	s, _ := t.p.Vars[varQuiet].(string)
	delete(t.p.Vars, varQuiet)
	var before, set int64
	if n, _ := fmt.Sscanf(s, "%d %d", &before, &set); n != 2 || time.UnixMilli(set).Before(lastAlarm(t.p).at.Truncate(time.Millisecond)) {
		return
	}
	t.p.QuietUntil = time.Time{}
	if before != 0 {
		t.p.QuietUntil = time.UnixMilli(before)
	}
}

// understood tries a text on the question that waits. Step is pure, so trying
// costs nothing but time.
func (t *turn) understood(words string) bool {
	p := t.p
	if p.Session.Wait == nil {
		return false
	}
	s := p.Session
	s.Past = nil // it must answer what waits now
	next, _, err := t.Library.Step(s, flow.Input{
		Kind: flow.InText, Text: words, Now: t.now.In(t.bot.location(p)), Vars: p.Vars, Lang: t.language(),
	})
	if err != nil {
		return false
	}
	return next.Wait == nil || next.Wait.Tries <= p.Session.Wait.Tries
}

// crisisFlow picks the answer to a finding: the category's own flow, for
// findings that only ask the category's gentle one, else the general ones.
func (t *turn) crisisFlow(f crisis.Finding) string {
	own := flowCrisis + "." + f.Category
	tries := []string{own}
	if f.Level == crisis.Ask {
		tries = []string{own + ".ask"}
		switch f.Category {
		case "other_person", "own_behaviour", "hopeless", "strangulation", "stalking", "partner_suicide":
			tries = append(tries, own)
		}
		tries = append(tries, flowGentle)
	}
	for _, id := range tries {
		if t.Library.Has(id) {
			return id
		}
	}
	return flowCrisis
}
