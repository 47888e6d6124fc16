package bot

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"handrail/bot/chat"
	"handrail/bot/crisis"
	"handrail/bot/flow"
	"handrail/bot/secret"
)

// What is kept of a person's own words, and where their lock stands. Names with
// _ are the program's own and in no export; neither are those with lock_, which
// scripts set.
const (
	varWord   = "_word"     // what is kept of the word that opens what is private
	varDuress = "_duress"   // the same of the word for when somebody makes them
	varExit   = "_exit"     // the word to leave at once, in its normal form
	varOpen   = "_open"     // unix ms of the last message since the word was given
	varGate   = "_gate"     // the message that wanted in; the word is asked for
	varTries  = "_tries"    // words that did not fit at this gate
	setWord   = "lock_word" // for the scripts: there is such a word
	setDuress = "lock_duress"
	setExit   = "lock_exit"
	setTell   = "lock_tell" // agreed: an advocate hears of the duress word
	prefixOwn = "lock_"

	flowExit = "exit"
)

const (
	// relockAfter is how long what is private stays open without a message.
	relockAfter = 5 * time.Minute
	// mostTries is how many words that do not fit lead into the decoy.
	mostTries = 3
	// A secret word has this many characters, one to leave at once fewer.
	shortestSecret, shortestExit, longestSecret = 5, 3, 100
	// heldStart begins a held message that is the command to start a flow.
	heldStart = "\x1f"
)

// secretForm is a word as it is compared: capitals and punctuation do not count.
// "" cannot be a secret word.
func secretForm(words string) string {
	if utf8.RuneCountInString(words) > longestSecret {
		return ""
	}
	return flow.Normalise(words)
}

// fits tells whether a word is the one that was kept. It takes long.
func (t *turn) fits(kept any, word string) (bool, error) {
	k, _ := kept.(string)
	if k == "" || word == "" {
		return false, nil
	}
	v, err := t.slow("fits "+k+" "+word, func() (any, error) { return secret.Check(k, word), nil })
	ok, _ := v.(bool)
	return ok, err
}

// relock notes that the person is there, or that they were away too long.
func (t *turn) relock() {
	if t.p.Vars[varOpen] == nil {
		return
	}
	delete(t.p.Vars, varGate)
	if since(t.p, varOpen, t.now) >= relockAfter {
		delete(t.p.Vars, varOpen)
		return
	}
	t.p.Vars[varOpen] = float64(t.now.UnixMilli())
}

// locked tells whether what is private needs the person's word first.
func (t *turn) locked() bool {
	word, _ := t.p.Vars[varWord].(string)
	return word != "" && since(t.p, varOpen, t.now) >= relockAfter
}

// privately takes the mark of a private step out of the effects.
func privately(effects []flow.Effect) ([]flow.Effect, bool) {
	i := slices.Index(effects, flow.Effect(flow.Private{}))
	if i < 0 {
		return effects, false
	}
	return slices.Delete(effects, i, i+1), true
}

// gate asks for the word instead of what the input would have done, and holds
// the input until it is given. What comes by itself is dropped without a sign.
func (t *turn) gate(in flow.Input) error {
	if t.unprompted || in.Kind == flow.InTimer {
		if err := t.endTalk(); err != nil {
			return err
		}
		if err := t.tx.Note("skipped_locked", t.p.ID, t.now); err != nil {
			return err
		}
		return t.save()
	}
	held := ""
	switch in.Kind {
	case flow.InText:
		held = in.Text
	case flow.InStart, flow.InInterrupt:
		held = heldStart + in.Flow
	}
	delete(t.p.Vars, varOpen) // else the next message would let go of the gate
	t.p.Vars[varGate], t.p.Vars[varTries] = held, 0.0
	return t.sentence("lock_ask")
}

// endTalk lets go of what the person was in the middle of.
func (t *turn) endTalk() error {
	t.p.Session = flow.Session{Seq: t.p.Session.Seq + 1, Last: t.p.Session.Last}
	return t.tx.ClearTimer(t.p.ID, timerSession)
}

// duress hears the word that makes the bot the decoy, wherever it is said.
func (t *turn) duress(words string) (bool, error) {
	ok, err := t.fits(t.p.Vars[varDuress], secretForm(words))
	if err != nil || !ok {
		return false, err
	}
	if t.p.Vars[setTell] != true {
		return true, t.enterDecoy()
	}
	// Nothing is said to who is on the phone.
	if err := t.tx.Note("hand_over_duress_urgent", t.p.ID, t.now); err != nil {
		return true, err
	}
	if err := t.enterDecoy(); err != nil {
		return true, err
	}
	return true, t.tellDuress()
}

// duressEdit hears that word in a message that was changed while an advocate may
// have the talk, before anything of it crosses.
func (t *turn) duressEdit(m chat.Message) (done bool, err error) {
	if m.Kind != chat.KindEdit || t.inDecoy() {
		return false, nil
	}
	if done, err = t.duress(string(m.Text)); !done || err != nil {
		return done, err
	}
	c, ok, err := t.caseNow()
	if ok && err == nil {
		err = t.staffTold(c, "staff_left")
	}
	return true, err
}

// guard is the word at the gate. done is false where there is no gate, or the
// person has gone elsewhere.
func (t *turn) guard(words string) (done bool, err error) {
	p := t.p
	held, waits := p.Vars[varGate].(string)
	if !waits {
		return false, nil
	}
	t.bot.recent.forget(p.ID, t.cause) // a try is for nobody's eyes
	ok, err := t.fits(p.Vars[varWord], secretForm(words))
	if err != nil {
		return true, err
	}
	if ok {
		delete(p.Vars, varGate)
		delete(p.Vars, varTries)
		p.Vars[varOpen] = float64(t.now.UnixMilli())
		id, start := strings.CutPrefix(held, heldStart)
		switch {
		case start:
			return true, t.step(flow.Input{Kind: flow.InStart, Flow: id})
		case held == "":
			return true, t.sentence("lock_open")
		}
		if done, err := t.linking(held); done || err != nil {
			return true, err
		}
		return true, t.step(flow.Input{Kind: flow.InText, Text: held})
	}
	if t.voice().Reserved(words) || p.Vars[varWord] == nil { // not a try: they want something else
		delete(p.Vars, varGate)
		delete(p.Vars, varTries)
		return false, t.endTalk()
	}
	tries, _ := p.Vars[varTries].(float64)
	if tries++; tries >= mostTries {
		return true, t.enterDecoy()
	}
	p.Vars[varTries] = tries
	return true, t.sentence("lock_again")
}

// leaves hears the person's own word to leave at once.
func (t *turn) leaves(words string) bool {
	w, _ := t.p.Vars[varExit].(string)
	return w != "" && flow.Normalise(words) == w
}

// secret takes a word of the person's own, or says that it cannot be one.
func (t *turn) secret(e flow.Secret) error {
	p := t.p
	t.bot.recent.forget(p.ID, t.cause)
	if e.Kind == "none" {
		for _, name := range []string{varWord, varDuress, varExit, varOpen, varGate, varTries, setWord, setDuress, setExit, setTell} {
			delete(p.Vars, name)
		}
		return t.tell("lock_none")
	}
	word := secretForm(e.Word)
	name, mark := varWord, setWord
	switch e.Kind {
	case "duress":
		name, mark = varDuress, setDuress
	case "exit":
		name, mark = varExit, setExit
	}
	fit, err := t.usable(e.Kind, word, e.Word)
	if e.Kind == "duress" && p.Vars[varWord] == nil { // there would be no way back
		fit = false
	}
	if err != nil {
		return err
	}
	if !fit {
		p.Vars[mark] = p.Vars[name] != nil
		return t.tell("lock_unfit")
	}
	p.Vars[mark] = true
	if e.Kind == "exit" {
		p.Vars[name] = word
		return t.tell("lock_kept")
	}
	kept, err := t.slow("hash "+e.Kind+" "+word, func() (any, error) {
		salt := make([]byte, secret.SaltSize)
		if _, err := rand.Read(salt); err != nil {
			return nil, err
		}
		return secret.Hash(word, salt), nil
	})
	if err != nil {
		return err
	}
	p.Vars[name] = kept
	if e.Kind == "word" {
		p.Vars[varOpen] = float64(t.now.UnixMilli())
	}
	return t.tell("lock_kept")
}

// usable tells whether a word can be a secret one: nothing else is meant by it,
// it is no word of danger, and it is not one of the others already.
func (t *turn) usable(kind, word, words string) (bool, error) {
	shortest := shortestSecret
	if kind == "exit" {
		shortest = shortestExit
	}
	if utf8.RuneCountInString(word) < shortest || t.voice().Reserved(words) || t.voice().Opens(words) {
		return false, nil
	}
	if f := t.Lexicon.Scan(words, t.bot.Lang); len(f) > 0 && f[0].Level != crisis.None {
		return false, nil
	}
	if kind != "exit" && t.leaves(words) {
		return false, nil
	}
	for other, name := range map[string]string{"word": varWord, "duress": varDuress} {
		if other == kind {
			continue
		}
		if same, err := t.fits(t.p.Vars[name], word); err != nil || same {
			return false, err
		}
	}
	return true, nil
}
