package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"handrail/bot/chat"
)

// A store that was restored from a backup knows nothing of what happened after
// the backup was taken. What waited in its outbox then may have been sent since;
// so may what was due between that moment and the restoring. Sent again it would
// be a repetition, left out it would be a silence. So these posts are marked as
// in doubt, and the network is asked for each of them before it is sent: since
// when, and behind which message, is in chat.Doubt.

// metaRestored is the row of meta that says when the backup was taken and when
// it was restored.
const metaRestored = "restored"

const (
	// doubtSlack is how far the clocks of the bot and of the network may be apart
	// where the message before is known, or where there is none for a week.
	doubtSlack = 2 * time.Hour
	// dueSlack is the same where only the time tells two messages apart.
	dueSlack = time.Minute
)

// restored is what a restored store knows of its past; zero: it was not restored.
type restored struct {
	Taken int64 `json:"taken"` // unix ms: when the backup was taken
	Until int64 `json:"until"` // unix ms: when it was restored
}

func loadRestored(c *conn) (r restored, err error) {
	var value []byte
	err = c.row(sqlGetMeta, []any{metaRestored}, &value)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return restored{}, nil
	case err != nil:
		return restored{}, fmt.Errorf("look for a restoration: %w", err)
	}
	if err := json.Unmarshal(value, &r); err != nil {
		return restored{}, errors.New("the note of the restoration cannot be read")
	}
	return r, nil
}

// doubts is since when a post may have been sent by the store of which this is
// a copy, by when it was due; 0: it was not.
func (s *Store) doubts(due time.Time) int64 {
	at := millis(due)
	if at == 0 || at < s.past.Taken-doubtSlack.Milliseconds() || at > s.past.Until {
		return 0
	}
	return at - dueSlack.Milliseconds()
}

const sqlLastSent = `SELECT body FROM sent WHERE person = $1 AND event IS NOT NULL ` +
	`AND at = (SELECT MAX(at) FROM sent WHERE person = $1 AND event IS NOT NULL) LIMIT 1`

// doubt says where to look for a post in doubt.
func (t *Tx) doubt(id PersonID, since int64) (chat.Doubt, error) {
	d := chat.Doubt{Since: moment(since)}
	var sealed []byte
	err := t.row(sqlLastSent, []any{int64(id)}, &sealed)
	if errors.Is(err, ErrNotFound) {
		return d, nil
	}
	if err != nil {
		return d, err
	}
	var body sentBody
	err = t.unseal(id, sealed, &body, fieldSent)
	if errors.Is(err, ErrBroken) {
		return d, nil // the time alone has to do
	}
	d.After = body.Event
	return d, err
}

const (
	sqlDoubtAll = `UPDATE outbox SET doubt = $1`
	sqlNoLeases = `DELETE FROM lease`
	sqlNoCopies = `DELETE FROM replica`
)

// MarkRestored notes in the store at o, which is a backup taken at taken and is
// not in use yet, that it was restored at now. It brings an old one to the newest
// schema on the way. Doing it again moves the moment of the restoring.
func MarkRestored(ctx context.Context, o Options, taken, now time.Time) (err error) {
	s, err := Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	note, err := json.Marshal(restored{Taken: millis(taken), Until: millis(now)})
	if err != nil {
		return fmt.Errorf("note the restoration: %w", err)
	}
	err = s.Update(ctx, func(tx *Tx) error {
		if err := tx.putMeta(metaRestored, note); err != nil {
			return err
		}
		for _, query := range []string{sqlNoLeases, sqlNoCopies} { // of the copies that ran then
			if _, err := tx.exec(query); err != nil {
				return err
			}
		}
		_, err := tx.exec(sqlDoubtAll, millis(taken.Add(-doubtSlack)))
		return err
	})
	if err != nil {
		return fmt.Errorf("note the restoration: %w", err)
	}
	return nil
}

// putMeta sets a value of meta.
func (t *Tx) putMeta(name string, value []byte) error {
	_, err := t.exec(sqlPutMeta, name, value)
	return err
}
