package store

import (
	"errors"
	"fmt"
	"time"

	"handrail/bot/chat"
)

// Post is one message to go out. It waits in its person's lane, in the order in
// which it was enqueued.
type Post struct {
	// Key is the send key; it goes out as Out.Key. The same Key twice is one post.
	Key string
	// Out is what to send; an empty Out.To is the person's address at the time
	// of sending.
	Out chat.Outgoing
	// EditOf is the send key of the message to change. If that one never
	// arrived, the post goes out as a new message.
	EditOf string
	// ThreadOf is the send key of the message that the thread hangs from. If
	// that one never arrived, the post goes out without a thread.
	ThreadOf string
	// Unprompted marks what the person did not ask for just now.
	Unprompted bool
	// NotAfter is when it is too late to send this; zero: never.
	NotAfter time.Time
	// Due is when the timer or the occurrence was due that brought this about;
	// zero: it answers a message.
	Due time.Time
}

// postBody is the sealed part of a post.
type postBody struct {
	Key        string         `json:"key"`
	EditOf     string         `json:"edit_of,omitempty"`
	ThreadOf   string         `json:"thread_of,omitempty"`
	Team       bool           `json:"team,omitempty"`
	Mentions   []string       `json:"mentions,omitempty"`
	Members    []string       `json:"members,omitempty"`
	To         *personAddress `json:"to,omitempty"`
	Form       chat.Form      `json:"form,omitempty"`
	Text       string         `json:"text,omitempty"`
	Target     string         `json:"target,omitempty"`
	Choices    []string       `json:"choices,omitempty"`
	Data       []byte         `json:"data,omitempty"`
	Name       string         `json:"name,omitempty"`
	Alt        string         `json:"alt,omitempty"`
	AllowPlain bool           `json:"allow_plain,omitempty"`
	AllowCrowd bool           `json:"allow_crowd,omitempty"`
	OnDoubt    chat.OnDoubt   `json:"on_doubt,omitempty"`
	NotAfter   int64          `json:"not_after,omitempty"` // unix ms
	Since      int64          `json:"since,omitempty"`     // unix ms
	Until      int64          `json:"until,omitempty"`     // unix ms
}

const fieldPost = "outbox.body"

func (s *Store) sendKey(key string) []byte { return s.index("send", key) }

const (
	// The number comes from the lane's own row, under its lock: a sequence of
	// the database would give numbers that commit in another order.
	sqlNextSeq = `UPDATE lane SET next_seq = next_seq + 1, next_try = COALESCE(next_try, $1) ` +
		`WHERE person = $2 AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.key = $3) ` +
		`AND NOT EXISTS (SELECT 1 FROM sent WHERE sent.person = $2 AND sent.key = $3) RETURNING next_seq - 1`
	sqlHasLane = `SELECT 1 FROM lane WHERE person = $1`
	sqlAddPost = `INSERT INTO outbox (lane, seq, key, unprompted, body, doubt) VALUES ($1, $2, $3, $4, $5, $6)`
)

// Enqueue puts a post at the end of the person's lane. A Key that waits there
// already, or was sent or buried in the last seven days, is ignored.
func (t *Tx) Enqueue(id PersonID, p Post, now time.Time) error {
	rank := rankAnswer
	if p.Unprompted {
		rank = rankUnprompted
	}
	if err := t.enqueue(id, p, rank, now); err != nil {
		return fmt.Errorf("enqueue: %w", err)
	}
	return nil
}

func (t *Tx) enqueue(id PersonID, p Post, rank int, now time.Time) error {
	if p.Key == "" {
		return errors.New("the post has no key")
	}
	key := t.s.sendKey(p.Key)
	seq, err := t.nextSeq(id, key, now)
	if errors.Is(err, ErrNotFound) {
		var one int
		return t.row(sqlHasLane, []any{int64(id)}, &one)
	}
	if err != nil {
		return err
	}
	body := postBody{
		Key: p.Key, EditOf: p.EditOf, Form: p.Out.Form, Text: string(p.Out.Text),
		Target: p.Out.Target, Choices: p.Out.Choices, AllowPlain: p.Out.AllowPlain, AllowCrowd: p.Out.AllowCrowd,
		Data: p.Out.Data, Name: p.Out.Name, Alt: string(p.Out.Alt),
		ThreadOf: p.ThreadOf, Team: p.Out.Team, Mentions: p.Out.Mentions, Members: p.Out.Members, OnDoubt: p.Out.OnDoubt,
		NotAfter: millis(p.NotAfter), Since: millis(p.Out.Since), Until: millis(p.Out.Until),
	}
	if p.Out.To != (chat.Address{}) {
		to := personAddress(p.Out.To)
		body.To = &to
	}
	sealed, err := t.seal(id, body, fieldPost, seq)
	if err != nil {
		return err
	}
	err = t.later(sqlAddPost, int64(id), seq, key, rank, sealed, t.s.doubts(p.Due))
	return err
}

func (t *Tx) nextSeq(id PersonID, key []byte, now time.Time) (seq int64, err error) {
	if d := t.draft; d != nil {
		return d.take(id, key, now)
	}
	err = t.change(sqlNextSeq, []any{millis(now), int64(id), key}, &seq)
	return seq, err
}

const sqlUnpost = `DELETE FROM outbox WHERE lane = $1 AND key = $2`

// Unpost deletes the post with this key from the person's lane, if it waits there.
// Head sets the lane idle if nothing is left.
func (t *Tx) Unpost(id PersonID, key string) error {
	if err := t.later(sqlUnpost, int64(id), t.s.sendKey(key)); err != nil {
		return fmt.Errorf("drop a post: %w", err)
	}
	return nil
}

const sqlDropUnprompted = `DELETE FROM outbox WHERE lane = $1 AND unprompted = 1`

// DropUnprompted deletes what waits for this person unprompted. The lane finds
// out by itself: Head sets it idle if nothing is left.
func (t *Tx) DropUnprompted(id PersonID) error {
	return t.everywhere(id, func(row PersonID) error {
		if err := t.later(sqlDropUnprompted, int64(row)); err != nil {
			return fmt.Errorf("drop unprompted: %w", err)
		}
		return nil
	})
}
