package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"handrail/bot/chat"
	"handrail/bot/desk"
	"handrail/bot/flow"
	"handrail/bot/store"
)

// What comes of a desk comes by itself, too: whoever has not written for a while
// may not be the one who holds the phone. So nothing of it is shown then. The
// words of an advocate are kept, sealed, and flowKnock begins once: the person's
// discreet line, or a neutral one. After their answer, or their own word where
// they have set one, they read where their case is, and what was written. Scripts
// without flowKnock have no line for it; then all goes out as it is.

const (
	flowKnock = "human.hello"

	varHeld    = "_desk_held"    // JSON: what is kept for them
	varKnocked = "_desk_knocked" // unix ms: when flowKnock began
	setLater   = "desk_later"    // set by flowKnock: not now

	// deskAwayFor is how long after the person's last message somebody else may
	// hold the phone. It is longer than most waits for an advocate: whoever was told
	// how long it can take looks at the chat.
	deskAwayFor = 20 * time.Minute
	// mostHeld bounds how many messages are kept, the newest.
	mostHeld = 50
)

// heldPost is one thing of an advocate's that is kept.
type heldPost struct {
	Key    string    `json:"key"`
	EditOf string    `json:"edit_of,omitempty"`
	Form   chat.Form `json:"form,omitempty"`
	Target string    `json:"target,omitempty"`
	Text   string    `json:"text"`
	// Place is where a reaction belongs; 0: where they are.
	Place store.PersonID `json:"place,omitempty"`
}

// gone tells whether the person has been away for so long that what a desk says
// would meet other eyes.
func (t *turn) gone() bool {
	return !t.asking && t.now.Sub(t.p.Seen) > deskAwayFor && t.Library.Has(flowKnock)
}

// toPerson puts something of an advocate's into the chat of the person, or keeps it
// while they are away. It is for the caller to knock, and to save the person.
func (t *turn) toPerson(post store.Post) error { return t.toPlace(t.p.Row, post) }

// toPlace is toPerson for one of the person's places.
func (t *turn) toPlace(place store.PersonID, post store.Post) error {
	if !t.gone() {
		t.said++
		return t.tx.Enqueue(place, post, t.now)
	}
	h := heldPost{Key: post.Key, EditOf: post.EditOf, Form: post.Out.Form, Target: post.Out.Target, Text: string(post.Out.Text)}
	if h.Form == chat.FormReaction {
		h.Place = place
	}
	held := append(t.held(), h)
	t.p.Vars[varUntold] = true
	return t.keepHeld(held[max(0, len(held)-mostHeld):])
}

// held is what is kept for the person.
func (t *turn) held() (list []heldPost) {
	s, _ := t.p.Vars[varHeld].(string)
	if s == "" || json.Unmarshal([]byte(s), &list) != nil {
		return nil
	}
	return list
}

func (t *turn) keepHeld(list []heldPost) error {
	if len(list) == 0 {
		delete(t.p.Vars, varHeld)
		return nil
	}
	s, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("keep what an advocate wrote: %w", err)
	}
	t.p.Vars[varHeld] = string(s)
	return nil
}

// unhold drops what is kept under a key; there tells that it was.
func (t *turn) unhold(key string) (there bool, err error) {
	list := t.held()
	rest := slices.DeleteFunc(slices.Clone(list), func(h heldPost) bool { return h.Key == key || h.EditOf == key })
	if len(rest) == len(list) {
		return false, nil
	}
	return slices.ContainsFunc(list, func(h heldPost) bool { return h.Key == key }), t.keepHeld(rest)
}

// knock says the discreet line, once until the person writes, and tells staff that
// their words wait. before is what was kept before this turn.
func (t *turn) knock(c store.Case, before int) error {
	if t.p.Vars[varUntold] != true || !t.gone() || t.hidden() {
		return nil
	}
	fits := t.safeNow(flowKnock) && t.p.Vars[varCrowd] != true && !t.p.QuietUntil.After(t.now)
	if fits && !t.knocked() {
		if came := t.promptedAt(); t.open(came) && !came.IsZero() { // at most one waits
			t.p.Session.Frames, t.p.Session.Wait, t.p.Session.Asked = nil, nil, nil
			t.p.Session.Answer, t.p.Session.Echo = nil, ""
		}
		t.remember(run{flow: flowKnock})
		t.p.Vars[varKnocked] = float64(t.now.UnixMilli())
		t.unprompted = true
		err := t.step(flow.Input{Kind: flow.InStart, Flow: flowKnock})
		t.unprompted = false
		if err != nil {
			return err
		}
	}
	if before > 0 || len(t.held()) == 0 || !c.Open() {
		return nil
	}
	text := "staff_knocked"
	if !fits {
		text = "staff_unsafe"
	}
	var to []desk.StaffID
	if c.Holder != "" {
		to = append(to, c.Holder)
	}
	return t.post(c, text, map[string]string{}, to...)
}

// knocked tells whether flowKnock began since the person wrote last.
func (t *turn) knocked() bool {
	at, _ := t.p.Vars[varKnocked].(float64)
	return at > float64(t.p.Seen.UnixMilli())
}

// atKnock tells whether flowKnock waits for an answer.
func (t *turn) atKnock() bool {
	return t.knocked() && top(t.p.Session) == flowKnock && t.Library.Greets(t.p.Session)
}

// putOff tells whether the person, who is there, wants to read it later, or has not
// given their word yet.
func (t *turn) putOff() bool {
	if t.p.Vars[setLater] == true {
		delete(t.p.Vars, setLater)
		return true
	}
	return t.Library.Greets(t.p.Session)
}

// handHeld gives the person what was kept for them.
func (t *turn) handHeld(c store.Case) error {
	list := t.held()
	delete(t.p.Vars, varHeld)
	delete(t.p.Vars, varKnocked)
	if len(list) == 0 || c.Ended == "withdrawn" {
		return nil
	}
	for _, h := range list {
		out := chat.Outgoing{Form: h.Form, Target: h.Target, Text: chat.Text(h.Text)}
		place, err := t.placeOf(t.p, h.Place)
		if err != nil {
			return err
		}
		if place == 0 { // left meanwhile
			continue
		}
		if err := t.tx.Enqueue(place, store.Post{Key: h.Key, EditOf: h.EditOf, Out: out}, t.now); err != nil {
			return err
		}
		t.said++
	}
	return t.staffTold(c, "staff_read")
}

// placeOf is the row of one of the person's places; 0 when they have left it, and
// where they are when it is not known.
func (t *turn) placeOf(p *store.Person, place store.PersonID) (store.PersonID, error) {
	if place == 0 || place == p.Row {
		return p.Row, nil
	}
	other, err := t.tx.Other(p)
	if err != nil || other != place {
		return 0, err
	}
	return place, nil
}

// reaches puts something that a member of staff did, and that is no event of a
// case, into a chat of the person of that case.
func (t *staffTurn) reaches(c store.Case, p *store.Person, place store.PersonID, post store.Post) error {
	of := *t.turn
	of.p = p
	kept := len(of.held())
	if err := of.toPlace(place, post); err != nil {
		return err
	}
	if err := of.knock(c, kept); err != nil {
		return err
	}
	t.said, t.posted = of.said, of.posted
	return of.save()
}

// dropHeld forgets what was kept for the person of a case that is not kept any more.
func (b *Bot) dropHeld(tx *store.Tx, c store.Case) error {
	p, err := tx.LoadPerson(c.Person)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrBroken) || err == nil && p.Vars[varHeld] == nil {
		return nil // they have gone, or there is nothing
	}
	if err != nil {
		return err
	}
	delete(p.Vars, varHeld)
	return tx.SavePerson(p)
}
