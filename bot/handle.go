package bot

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"handrail/bot/chat"
	"handrail/bot/crisis"
	"handrail/bot/flow"
	"handrail/bot/store"
)

// Flows and variables that the host itself names.
const (
	flowWelcome = "welcome"
	flowMenu    = "menu"

	varWelcomed = "welcomed" // bool: the welcome was gone through or declined
	varZone     = "zone"     // IANA name
	varCountry  = "country"  // ISO 3166 alpha-2
	varAsk      = "_ask"     // in old rows: key of the message that asks what now waits
	varCrowd    = "_crowd"   // the room has more people than one

	varCrowdTold = "_crowd_told" // unix ms when that was said last, and in which room
)

// crowdAgain is how long the bot says nothing more in a room with others.
const crowdAgain = time.Hour

// engineError marks what went wrong inside a Step: it would go wrong again, so
// it is answered and not retried.
type engineError struct{ err error }

func (e *engineError) Error() string { return "step: " + e.err.Error() }

// again tells whether an error would come again with the same input.
func again(err error) bool {
	var e *engineError
	var p *store.PanicError
	return errors.As(err, &e) || errors.As(err, &p)
}

// Handle implements chat.Handler.
func (b *Bot) Handle(ctx context.Context, m chat.Message) error {
	if m.Staff != nil {
		return b.handleStaff(ctx, m)
	}
	defer b.lock(m.From)()
	now, began := b.Now(), time.Now()
	b.talked.Store(&began)
	at := b.pointsAt(ctx, m)
	work := &slowWork{map[string]any{}}
	var err error
	for more := true; more; {
		err = b.Store.Update(ctx, func(tx *store.Tx) error {
			return b.receive(tx, m, now, at, work)
		})
		more, err = b.workOff(ctx, err, work)
	}
	if again(err) {
		b.log.Error("step failed, answering with the fixed reply", "err", err)
		err = b.Store.Update(ctx, func(tx *store.Tx) error { return b.rescue(tx, m, now) })
		if again(err) { // even the person's rows cannot be read
			b.log.Error("fixed reply failed, answering past the store", "err", err)
			b.replyDirectly(ctx, m, true)
			err = b.Store.Update(ctx, func(tx *store.Tx) error {
				_, err := tx.Admit(m.From.Network, m.ID, now)
				return err
			})
		}
	}
	if err != nil {
		b.replyDirectly(ctx, m, false)
		return fmt.Errorf("handle a message: %w", err)
	}
	b.direct.settled(m.ID)
	b.tidy(ctx)
	nudge(b.kick)
	nudge(b.wake)
	return nil
}

// wordless tells of what nobody says to begin a talk: it makes nobody known, and
// nobody waits for a sentence about it.
func wordless(kind chat.Kind) bool {
	switch kind {
	case chat.KindRemoval, chat.KindReaction, chat.KindKeysChanged, chat.KindLeft:
		return true
	}
	return false
}

// receive is one message inside its transaction.
func (b *Bot) receive(tx *store.Tx, m chat.Message, now time.Time, at pointed, work *slowWork) error {
	fresh, err := tx.Admit(m.From.Network, m.ID, now)
	if err != nil || !fresh {
		return err
	}
	p, err := tx.FindPerson(m.From)
	if errors.Is(err, store.ErrNotFound) {
		if wordless(m.Kind) {
			return nil
		}
		p, err = tx.CreatePerson(m.From, now)
	}
	if err = b.mended(tx, p, err); err != nil {
		return err
	}
	t := &turn{Content: b.content.Load(), bot: b, tx: tx, p: p, now: now, cause: m.ID, sent: m.Sent, work: work}
	switch m.Kind { // nothing that wants an answer
	case chat.KindKeysChanged:
		return t.keysChanged()
	case chat.KindLeft:
		return t.left(m.From.Room)
	}
	if err := t.staysHere(m.Kind); err != nil {
		return err
	}
	if at.person == p.Row {
		t.target = at.key
	}
	p.Seen = now
	t.came(m)
	if m.Kind == chat.KindCrowd || m.Kind == chat.KindUnencrypted {
		return t.refuse(m)
	}
	if done, err := t.human(m); done || err != nil {
		return err
	}
	if m.Kind == chat.KindRemoval { // whatever else holds, and from whatever room
		return t.removed(m.Target)
	}
	p.Addr.Room = m.From.Room
	delete(p.Vars, varCrowd)
	delete(p.Vars, varCrowdTold)
	if ok, tell := b.flood.pass(p.ID, now); !ok && !t.urgent(m) {
		if tell {
			return t.sentence("flood")
		}
		return t.save()
	}
	switch m.Kind {
	case chat.KindText:
		if err := t.text(string(m.Text)); err != nil {
			return err
		}
		if err := t.caughtUp(); err != nil {
			return err
		}
		return t.mendSafe()
	case chat.KindReaction:
		if err := t.reacted(string(m.Text)); err != nil {
			return err
		}
		return t.caughtUp()
	case chat.KindStart:
		if id := string(m.Text); t.Library.Has(id) && !t.inDecoy() && !flow.InDecoy(id) {
			return t.step(flow.Input{Kind: flow.InStart, Flow: id})
		}
		return t.text(string(m.Text))
	case chat.KindOpened:
		if p.Vars[varWelcomed] == true || t.inDecoy() {
			return t.sentence("opened")
		}
		return t.step(flow.Input{Kind: flow.InStart, Flow: flowWelcome})
	case chat.KindEdit:
		return t.edited(string(m.Text), m.Target)
	case chat.KindMedia:
		if strings.TrimSpace(string(m.Text)) != "" { // the words under a picture are words
			return t.text(string(m.Text))
		}
		return t.sentence("media")
	case chat.KindCall:
		return t.sentence("call")
	case chat.KindUnreadable:
		return t.sentence("unreadable")
	case chat.KindPlaintext:
		return t.sentence("plaintext")
	default:
		panic(fmt.Sprintf("bot: message kind %d", m.Kind))
	}
}

// urgent tells whether a message must be answered even in a flood.
func (t *turn) urgent(m chat.Message) bool {
	if m.Kind != chat.KindText && m.Kind != chat.KindMedia && m.Kind != chat.KindEdit {
		return false
	}
	if _, ok := t.Library.First(string(m.Text)); ok || t.leaves(string(m.Text)) {
		return true
	}
	f := t.Lexicon.Scan(string(m.Text), t.bot.Lang)
	return len(f) > 0 && f[0].Level == crisis.Crisis
}

// text is the safety order for plain words; the part of it that concerns the
// scripts is inside Step.
func (t *turn) text(words string) error {
	if strings.TrimSpace(words) == "" {
		return t.sentence("empty")
	}
	t.relock()
	if t.inDecoy() {
		return t.decoyText(words)
	}
	if phrase := t.Library.FirstPhrase(flowExit); phrase != "" && t.leaves(words) {
		words = phrase
	}
	if _, ok := t.Library.First(flow.Unmask(words)); ok {
		return t.step(flow.Input{Kind: flow.InText, Text: flow.Unmask(words)})
	}
	if hidden, err := t.duress(words); hidden || err != nil {
		return err
	}
	if done, err := t.witness(words); done || err != nil {
		return err
	}
	id, danger := t.alarm(words)
	if id != "" {
		t.answerIn(words)
		if err := t.alarmTold(id); err != nil {
			return err
		}
		return t.step(flow.Input{Kind: t.interrupts(words), Text: words, Flow: id})
	}
	if t.watched() && t.Library.Has(flowPlain) {
		if !t.returns(words) {
			return t.step(flow.Input{Kind: flow.InInterrupt, Flow: flowPlain})
		}
		delete(t.p.Vars, varWatched)
	}
	if done, err := t.greeted(words); done || err != nil {
		return err
	}
	if done, err := t.guard(words); done || err != nil {
		return err
	}
	if done, err := t.linking(words); done || err != nil {
		return err
	}
	if utf8.RuneCountInString(words) > flow.MaxAnswer {
		return t.sentence("too_long")
	}
	return t.heard(flow.Input{Kind: flow.InText, Text: words, Danger: danger})
}

// refuse answers a room in which the bot does not talk. The person's own room
// stays what it was, so that nothing meant for them is sent there.
func (t *turn) refuse(m chat.Message) error {
	key := "unencrypted"
	if m.Kind == chat.KindCrowd {
		key = "crowd"
		if t.p.Addr.Room == m.From.Room {
			t.p.Vars[varCrowd] = true
		}
		if t.crowdTold(m.From.Room) { // once, then it is quiet
			return t.save()
		}
	}
	out := chat.Outgoing{
		To: m.From, Text: chat.Text(t.voice().Text(key, nil)),
		AllowPlain: true, AllowCrowd: m.Kind == chat.KindCrowd,
	}
	if err := t.enqueue(out, ""); err != nil {
		return err
	}
	return t.save()
}

// crowdTold tells whether the line for a room with others was said there within
// crowdAgain, and notes that it is now.
func (t *turn) crowdTold(room string) bool {
	told, _ := t.p.Vars[varCrowdTold].(string)
	at, where, _ := strings.Cut(told, " ")
	ms, err := strconv.ParseInt(at, 10, 64)
	if since := t.now.Sub(time.UnixMilli(ms)); err == nil && where == room && since >= 0 && since < crowdAgain {
		return true
	}
	t.p.Vars[varCrowdTold] = strconv.FormatInt(t.now.UnixMilli(), 10) + " " + room
	return false
}

// rescue is the second transaction after a step that failed: the message is
// kept as handled, the person gets the fixed reply with help lines, and the
// session goes back to its beginning so that the next message works.
func (b *Bot) rescue(tx *store.Tx, m chat.Message, now time.Time) error {
	fresh, err := tx.Admit(m.From.Network, m.ID, now)
	if err != nil || !fresh || m.Kind == chat.KindKeysChanged || m.Kind == chat.KindLeft { // nobody waits for an answer
		return err
	}
	p, err := tx.FindPerson(m.From)
	if errors.Is(err, store.ErrNotFound) {
		p, err = tx.CreatePerson(m.From, now)
	}
	if err = b.mended(tx, p, err); err != nil {
		return err
	}
	p.Seen = now
	switch m.Kind {
	case chat.KindCrowd, chat.KindUnencrypted, chat.KindRemoval:
	default: // the reply goes where the message came from
		p.Addr.Room = m.From.Room
	}
	t := &turn{Content: b.content.Load(), bot: b, tx: tx, p: p, now: now, cause: m.ID}
	if err := t.staysHere(m.Kind); err != nil {
		return err
	}
	return t.rescue(string(m.Text))
}

// seed drives the choice among variants: the same for the same person and step,
// so that a message handled again is answered in the same words.
func seed(id store.PersonID, seq int64) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d.%d", id, seq)
	return h.Sum64()
}
