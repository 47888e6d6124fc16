package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"handrail/bot/chat"
)

// What a post is to its lane, in outbox.unprompted. Removals go last, so that
// taking back a long talk holds up no answer.
const (
	rankAnswer     = 0
	rankUnprompted = 1
	rankRemoval    = 2
)

// removalPrefix begins the send key of the post that takes back the one with
// the key behind it.
const removalPrefix = "remove-"

// mostHidden bounds how many messages one Withdraw takes back, the newest first.
const mostHidden = 500

const (
	sqlWaiting     = `SELECT seq, body FROM outbox WHERE lane = $1 AND unprompted <> $2 ORDER BY seq LIMIT 1`
	sqlDropWaiting = `DELETE FROM outbox WHERE lane = $1 AND unprompted <> $2`
	sqlSentSince   = `SELECT body, at FROM sent WHERE person = $1 AND at >= $2 AND event IS NOT NULL`
)

// Withdraw deletes what waits for the person, and enqueues the removal of every
// message that went out to them since then, as far as the store knows it (seven
// days), in every place of theirs. A code to connect another place is gone. The message that may be on its way at this moment is taken back as
// well. Doing it again takes back nothing twice.
func (t *Tx) Withdraw(id PersonID, since, now time.Time) error {
	rows, err := t.rowsOf(id)
	for _, row := range rows {
		err = errors.Join(err, t.withdraw(row, since, now))
	}
	if err = errors.Join(err, t.DropLinkCode(id)); err != nil {
		return fmt.Errorf("withdraw: %w", err)
	}
	return nil
}

func (t *Tx) withdraw(id PersonID, since, now time.Time) error {
	doubt, err := t.firstWaiting(id)
	if err != nil {
		return err
	}
	if _, err := t.exec(sqlDropWaiting, int64(id), rankRemoval); err != nil {
		return err
	}
	sent, err := t.sentSince(id, since)
	if err != nil {
		return err
	}
	if doubt.Key != "" { // last: to hear of it may take a while
		sent = append(sent, doubt)
	}
	for _, s := range sent {
		if err := t.remove(id, s, now); err != nil {
			return err
		}
	}
	return nil
}

// Sweep takes back what the person wrote between two moments of their network's
// clock, in the place where they are, as far as the network lets the bot. It comes
// after everything else that goes there.
func (t *Tx) Sweep(p *Person, key string, since, until, now time.Time) error {
	post := Post{Key: removalPrefix + key, Out: chat.Outgoing{To: p.Addr, Form: chat.FormSweep, Since: since, Until: until}}
	if err := t.enqueue(p.Row, post, rankRemoval, now); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	return nil
}

// remove enqueues the removal of one message, where it is: of that event, or if
// it is not known yet, of whatever the key turns out to be.
func (t *Tx) remove(id PersonID, m sentBody, now time.Time) error {
	p := Post{Key: removalPrefix + m.Key, Out: chat.Outgoing{Form: chat.FormRemove, Target: m.Event, Team: m.Team}}
	if m.To != nil {
		p.Out.To = chat.Address(*m.To)
	}
	if m.Event == "" {
		p.EditOf = m.Key
	}
	return t.enqueue(id, p, rankRemoval, now)
}

// firstWaiting is the post that a send may be under way for, without a key if
// none waits.
func (t *Tx) firstWaiting(id PersonID) (doubt sentBody, err error) {
	var seq int64
	var sealed []byte
	err = t.row(sqlWaiting, []any{int64(id), rankRemoval}, &seq, &sealed)
	if errors.Is(err, ErrNotFound) {
		return sentBody{}, nil
	}
	if err != nil {
		return sentBody{}, err
	}
	var body postBody
	err = t.unseal(id, sealed, &body, fieldPost, seq)
	if errors.Is(err, ErrBroken) { // it cannot have been sent either
		return sentBody{}, nil
	}
	return sentBody{Key: body.Key, To: body.To, Team: body.Team}, err
}

// sentSince lists what went out since then, the newest first.
func (t *Tx) sentSince(id PersonID, since time.Time) ([]sentBody, error) {
	type row struct {
		sentBody
		sealed []byte
		at     int64
	}
	var rows []row
	err := t.rows(sqlSentSince, []any{int64(id), millis(since)}, func(scan func(...any) error) error {
		var r row
		if err := scan(&r.sealed, &r.at); err != nil {
			return err
		}
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(b.at, a.at) })
	rows = rows[:min(len(rows), mostHidden)]
	sound := rows[:0]
	for _, r := range rows {
		err := t.unseal(id, r.sealed, &r.sentBody, fieldSent)
		if errors.Is(err, ErrBroken) {
			continue // it cannot be told which it was
		}
		if err != nil {
			return nil, err
		}
		sound = append(sound, r)
	}
	slices.SortFunc(sound, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(b.Seq, a.Seq), cmp.Compare(a.Key, b.Key))
	})
	list := make([]sentBody, len(sound))
	for i, r := range sound {
		list[i] = r.sentBody
	}
	return list, nil
}

// isRemoval tells whether a send key is that of a removal.
func isRemoval(key string) bool { return strings.HasPrefix(key, removalPrefix) }
