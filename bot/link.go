package bot

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"
	"time"

	"handrail/bot/chat"
	"handrail/bot/flow"
	"handrail/bot/store"
)

// A person may write from two places, such as two networks. The first asks for a
// code, and whoever sends it from the other is the same person from then on:
// lists, times, settings and words are one. An answer goes where the question
// came from, what comes by itself to the place that the person chose.
//
// Whoever can send the code reads everything. So it is made for who has given
// their word alone, holds for a few minutes and once, and is gone after exit and
// in the decoy; the first place is told; and what was opened with a word in one
// place is not open in the other.

const (
	varLinkWith  = "_link_with"  // the person to be put together with this one
	varLinkUntil = "_link_until" // unix ms until when
	varLinkWrong = "_link_wrong" // codes that did not fit
	varLinkTried = "_link_tried" // unix ms of the first of them
	varLinkSaid  = "_link_said"  // send key of the message with the code

	flowLinkBoth = "link.both" // asks what to do when both places have something

	codeFor    = 10 * time.Minute
	codeLength = 12
	mostCodes  = 5 // that do not fit, in an hour
)

// aCode is a word and the code behind it.
var aCode = regexp.MustCompile(`^\s*(\pL{2,30})[\s:]+(\d(?:[\s-]*\d){11})[\s.]*$`)

// came notes from which place the person writes now. What was open in the other
// is not open here.
func (t *turn) came(m chat.Message) {
	p := t.p
	switch m.Kind {
	case chat.KindRemoval, chat.KindCrowd, chat.KindUnencrypted:
		return
	}
	last := p.Place
	if last == 0 {
		last = p.ID
	}
	if last == p.Row {
		return
	}
	p.Place = p.Row
	t.shut()
}

// shut closes what was opened with the person's own word, and lets go of a word
// that was asked for.
func (t *turn) shut() {
	for _, name := range []string{varOpen, varGate, varTries} {
		delete(t.p.Vars, name)
	}
}

// goHome lets what comes by itself come in the place that the person chose.
func (t *turn) goHome() error {
	if !t.p.Linked {
		return nil
	}
	before := t.p.Row
	if err := t.tx.Stand(t.p, t.p.Home); err != nil {
		return err
	}
	if t.p.Place = t.p.Row; t.p.Row != before {
		t.shut()
	}
	return nil
}

// homeAway tells whether the network of that place is away.
func (t *turn) homeAway() (bool, error) {
	if !t.p.Linked || t.bot.gone.Load() == nil {
		return false, nil
	}
	addr, err := t.tx.AddressOf(t.p, cmp.Or(t.p.Home, t.p.ID))
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrBroken) { // then it comes where they are
		addr, err = t.p.Addr, nil
	}
	return t.bot.away(addr.Network), err
}

// codeIn reads a code to connect a place, in any language; "" is none.
func (t *turn) codeIn(words string) string {
	m := aCode.FindStringSubmatch(words)
	if m == nil || !t.voice().Links(m[1]) {
		return ""
	}
	return strings.NewReplacer(" ", "", "-", "", "\t", "", "\n", "", "\u00a0", "").Replace(m[2])
}

// linking takes a code. done is false where the words are none.
func (t *turn) linking(words string) (done bool, err error) {
	code := t.codeIn(words)
	if code == "" {
		return false, nil
	}
	t.bot.recent.forget(t.p.ID, t.cause)
	if t.locked() {
		return true, t.gate(flow.Input{Kind: flow.InText, Text: words})
	}
	p := t.p
	if since(p, varLinkTried, t.now) > time.Hour {
		delete(p.Vars, varLinkWrong)
		delete(p.Vars, varLinkTried)
	}
	if n, _ := p.Vars[varLinkWrong].(float64); n >= mostCodes {
		return true, t.sentence("link_wrong")
	}
	id, err := t.tx.LinkCode(code, t.now)
	if errors.Is(err, store.ErrNotFound) {
		return true, t.wrongCode()
	}
	if err != nil {
		return true, err
	}
	of, refused, err := t.linkable(id)
	if err != nil || refused != "" {
		return true, errors.Join(err, t.sentence(refused))
	}
	mine, err := t.keeps(p)
	if err != nil {
		return true, err
	}
	theirs, err := t.keeps(of)
	if err != nil {
		return true, err
	}
	switch {
	case mine && theirs && t.Library.Has(flowLinkBoth):
		if err := t.tx.DropLinkCode(of.ID); err != nil {
			return true, err
		}
		p.Vars[varLinkWith], p.Vars[varLinkUntil] = float64(of.ID), float64(t.now.Add(codeFor).UnixMilli())
		return true, t.step(flow.Input{Kind: flow.InStart, Flow: flowLinkBoth})
	case mine && !theirs:
		err = t.join(p, of)
	default:
		err = t.join(of, p)
	}
	if err != nil {
		return true, err
	}
	return true, t.sentence("link_done")
}

// wrongCode counts a code that does not fit.
func (t *turn) wrongCode() error {
	n, _ := t.p.Vars[varLinkWrong].(float64)
	if n == 0 {
		t.p.Vars[varLinkTried] = float64(t.now.UnixMilli())
	}
	t.p.Vars[varLinkWrong] = n + 1
	if err := t.tx.Note("link_wrong", t.p.ID, t.now); err != nil {
		return err
	}
	return t.sentence("link_wrong")
}

// linkable loads the person of a code. refused is the text that says why the two
// cannot be one now; nothing is told of somebody who has left in a hurry.
func (t *turn) linkable(id store.PersonID) (of *store.Person, refused string, err error) {
	of, err = t.tx.LoadPerson(id)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrBroken) {
		return nil, "link_wrong", nil
	}
	if err != nil {
		return nil, "", err
	}
	if of.ID == t.p.ID {
		return of, "link_same", nil
	}
	other := *t
	other.p = of
	if other.hidden() || t.inDecoy() {
		return of, "link_wrong", nil
	}
	for _, side := range []*turn{t, &other} {
		row, err := t.tx.Other(side.p)
		if err != nil {
			return of, "", err
		}
		if row != 0 {
			return of, "link_full", nil
		}
		c, ok, err := side.caseNow()
		if err != nil {
			return of, "", err
		}
		if ok && c.Open() {
			return of, "link_busy", nil
		}
	}
	return of, "", nil
}

// keeps tells whether a place has something that must not be lost.
func (t *turn) keeps(p *store.Person) (bool, error) {
	for _, name := range []string{varWord, varDuress, varExit} {
		if p.Vars[name] != nil {
			return true, nil
		}
	}
	return t.tx.Keeps(p.ID, listGuarded)
}

// join makes one person of p and of whoever writes from the place of other. The
// one who sent the code is told by the caller, the other one here.
func (t *turn) join(p, other *store.Person) error {
	here, maker := t.p, p
	if p == here {
		maker = other
	}
	voice := (&turn{Content: t.Content, bot: t.bot, p: maker}).voice()
	said, _ := maker.Vars[varLinkSaid].(string)
	told := store.Post{
		Key: t.tx.Key("link.told", int64(maker.ID), t.cause),
		Out: chat.Outgoing{To: maker.Addr, Text: chat.Text(voice.Text("link_told", nil))},
	}
	row := maker.Row
	takeOver(p.Vars, other.Vars)
	if err := t.tx.DropList(other.ID, listGuarded); err != nil { // there is one copy, of what holds for both
		return err
	}
	if err := t.tx.Link(p, other); err != nil {
		return err
	}
	for _, name := range []string{varLinkSaid, varLinkWith, varLinkUntil, varLinkWrong, varLinkTried, varOpen} {
		delete(p.Vars, name)
	}
	if p.Home == 0 {
		p.Home = p.ID
	}
	if p != here { // the talk goes on here
		addr := here.Addr
		if err := t.tx.Stand(p, here.ID); err != nil {
			return err
		}
		p.Addr, p.Seen = addr, t.now
		if err := t.tx.ClearTimer(p.ID, timerSession); err != nil {
			return err
		}
		p.Session = flow.Session{Seq: max(p.Session.Seq, here.Session.Seq) + 1, Last: p.Session.Last}
	}
	p.Place = p.Row
	t.p = p
	if said != "" {
		if err := t.tx.TakeBack(p.ID, said, false, told.Out.To, t.now); err != nil {
			return err
		}
	}
	if err := t.tx.Note("linked", p.ID, t.now); err != nil {
		return err
	}
	return t.tx.Enqueue(row, told, t.now)
}

// takeOver adds what a person does not have yet. Words of their own go together
// or not at all.
func takeOver(vars, from map[string]any) {
	own := map[string]bool{}
	for _, name := range []string{varWord, varDuress, varExit} {
		own[""] = own[""] || vars[name] != nil
	}
	for name, v := range from {
		words := name == varWord || name == varDuress || name == varExit || strings.HasPrefix(name, prefixOwn)
		switch {
		case words && own[""]:
		case strings.HasPrefix(name, "_") && !words, strings.HasPrefix(name, prefixDecoy):
		case vars[name] == nil:
			vars[name] = v
		}
	}
}

// link does what a script wants with the places of the person.
func (t *turn) link(e flow.Link) error {
	p := t.p
	switch e.Do {
	case flow.LinkCode:
		return t.offerCode()
	case flow.LinkTogether:
		with, _ := p.Vars[varLinkWith].(float64)
		until, _ := p.Vars[varLinkUntil].(float64)
		if with == 0 || float64(t.now.UnixMilli()) > until {
			return t.tell("link_late")
		}
		of, refused, err := t.linkable(store.PersonID(with))
		if err == nil && refused == "" {
			if err = t.join(of, p); err == nil {
				return t.tell("link_done")
			}
		}
		if err != nil {
			return err
		}
		return t.tell(refused)
	case flow.LinkNot:
		delete(p.Vars, varLinkWith)
		delete(p.Vars, varLinkUntil)
	case flow.LinkTimesHere:
		p.Home = p.Row
	case flow.LinkTimesThere:
		other, err := t.tx.Other(p)
		if err != nil {
			return err
		}
		if other != 0 {
			p.Home = other
		}
	default:
		panic("bot: link " + e.Do)
	}
	return nil
}

// offerCode says a code in the place where it was asked for. It is taken back
// when it was used.
func (t *turn) offerCode() error {
	p := t.p
	if p.Linked {
		return t.tell("link_full")
	}
	code, err := t.newCode()
	if err != nil {
		return err
	}
	if err := t.tx.PutLinkCode(p.ID, code, t.now.Add(codeFor)); err != nil {
		return err
	}
	text := t.voice().Text("link_code", map[string]string{
		"code": code[:4] + " " + code[4:8] + " " + code[8:], "minutes": minutes(codeFor),
	})
	for _, network := range t.bot.others(p.Addr.Network) {
		text += "\n" + t.voice().Text("link_where", map[string]string{"where": t.bot.Found[network]})
	}
	p.Vars[varLinkSaid] = t.key()
	return t.enqueue(chat.Outgoing{Text: chat.Text(text)}, "")
}

// newCode draws a code. It is the same when the turn is tried again, and nobody
// without the master key can foresee it.
func (t *turn) newCode() (string, error) {
	var n uint64
	if t.bot.Minutes != 0 { // the simulator: the same input, the same output
		h := fnv.New64a()
		fmt.Fprintf(h, "link.%d.%s", t.bot.Minutes, t.cause)
		n = h.Sum64()
	} else {
		key, err := base64.RawURLEncoding.DecodeString(t.tx.Key("link.code", int64(t.p.ID), t.cause, t.now))
		if err != nil {
			return "", fmt.Errorf("draw a code: %w", err)
		}
		n = binary.BigEndian.Uint64(key)
	}
	return fmt.Sprintf("%0*d", codeLength, n%1_000_000_000_000), nil
}

// others are the networks but for one on which it is known how the bot is found.
func (b *Bot) others(network string) (names []string) {
	for _, tr := range b.Transports {
		if n := tr.Network(); n != network && b.Found[n] != "" {
			names = append(names, n)
		}
	}
	return names
}

// leavesPlace is the act of a Link that parts two places; "" where there is none.
func leavesPlace(effects []flow.Effect) string {
	for _, e := range effects {
		if l, ok := e.(flow.Link); ok && (l.Do == flow.LinkLeaveHere || l.Do == flow.LinkLeaveThere) {
			return l.Do
		}
	}
	return ""
}

// leavePlace parts the person from one of their places: what the bot said there
// is taken back, and nothing of it is kept. What the effects say is said here.
func (t *turn) leavePlace(where string, effects []flow.Effect) error {
	from := t.p.Row
	place := from
	if where == flow.LinkLeaveThere {
		other, err := t.tx.Other(t.p)
		if err != nil {
			return err
		}
		place = other
	}
	if err := t.tx.ClearTimer(t.p.ID, timerSession); err != nil {
		return err
	}
	stay, gone, err := t.tx.Unlink(t.p, place, time.UnixMilli(1), t.now)
	switch {
	case errors.Is(err, store.ErrNotLinked): // it was parted a moment ago
		stay = t.p
	case err != nil:
		return err
	}
	if gone != nil {
		if err := t.leaveSoon(gone.ID); err != nil {
			return err
		}
	}
	if t.p = stay; where == flow.LinkLeaveHere && gone != nil {
		t.p = gone
	}
	for _, e := range effects {
		switch e := e.(type) {
		case flow.Say:
			if err := t.enqueue(chat.Outgoing{Text: chat.Text(e.Text)}, ""); err != nil {
				return err
			}
		case flow.Set:
			if stay.Vars[e.Name] = e.Value; e.Value == nil {
				delete(stay.Vars, e.Name)
			}
		}
	}
	if t.said == 0 {
		return &engineError{errors.New("a place is left without a word")}
	}
	if t.p = stay; stay.Row != from {
		t.shut()
	}
	if err := t.tx.Note("unlinked", stay.ID, t.now); err != nil {
		return err
	}
	return t.save()
}
