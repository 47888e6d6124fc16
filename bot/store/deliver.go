package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"handrail/bot/chat"
)

// Invariants of a lane, kept by the lane's own counters under its row lock and
// never derived from the outbox, where a concurrent insert could be overlooked:
// next_seq only grows; sent_seq is the highest settled number and grows only
// when nothing lower waits; next_try is NULL only when sent_seq has reached
// next_seq-1, in rest, when the outbox was seen empty under the lock, or in
// sleep, when there is no address to send to. A removal waits until nothing else
// does; while it waits, what is settled above it leaves the counters to rest.

// Parcel is a post at the head of its lane, ready to send.
type Parcel struct {
	Lane, Seq  int64
	Person     PersonID
	Key        string
	Out        chat.Outgoing
	Attempts   int // how often it was tried in vain
	Unprompted bool
	NotAfter   time.Time // too late to send after this; zero: never
	// Epoch is that of the lease under which it was read; 0: there is none. What
	// becomes of it can only be written while the lease is the same.
	Epoch int64
}

const sqlDueLanes = `SELECT next_try, person FROM lane WHERE next_try <= $1 AND network = $2 ORDER BY next_try LIMIT $3`

// DueLanes returns up to limit lanes of a network that have something to send
// now, the longest waiting first.
func (s *Store) DueLanes(ctx context.Context, network string, now time.Time, limit int) ([]int64, error) {
	lanes, err := s.lanes(ctx, sqlDueLanes, network, now, limit)
	if err != nil {
		return nil, fmt.Errorf("find due lanes: %w", err)
	}
	return lanes, nil
}

const (
	// The oldest post, but removals only when nothing else is left.
	sqlHead = `SELECT outbox.seq, outbox.unprompted = 1, outbox.body, lane.attempts, lane.network, person.address, outbox.doubt FROM outbox ` +
		`JOIN lane ON lane.person = outbox.lane JOIN person ON person.id = outbox.lane ` +
		`WHERE outbox.lane = $1 AND outbox.unprompted <> $2 ORDER BY outbox.seq LIMIT 1`
)

// Head returns the oldest post of a lane, whether or not its time has come, and
// false when there is none: the lane is set idle then. A post that cannot be
// opened is buried as "broken" and the next one returned. If it is the address
// that cannot be opened, Head fails with ErrBroken and the lane sleeps until the
// person's next message.
func (s *Store) Head(ctx context.Context, lane int64) (Parcel, bool, error) {
	p, ok, err := s.head(ctx, lane)
	if err != nil {
		return Parcel{}, false, fmt.Errorf("read head of lane: %w", err)
	}
	return p, ok, nil
}

func (s *Store) head(ctx context.Context, lane int64) (p Parcel, ok bool, err error) {
	for {
		err = s.View(ctx, func(tx *Tx) (err error) {
			p, err = tx.head(PersonID(lane))
			return err
		})
		switch {
		case errors.Is(err, ErrNotFound):
			return Parcel{}, false, s.rest(ctx, lane)
		case errors.Is(err, errBrokenAddress):
			return Parcel{}, false, errors.Join(err, s.sleep(ctx, lane))
		case errors.Is(err, ErrBroken):
			s.log.Error("a post cannot be opened and is given up", "lane", p.Lane, "seq", p.Seq)
			if err := s.discard(ctx, p); err != nil {
				return Parcel{}, false, err
			}
		default:
			return p, err == nil, err
		}
	}
}

const sqlRemovals = `SELECT outbox.seq, outbox.body, lane.attempts, lane.network, person.address, outbox.doubt FROM outbox ` +
	`JOIN lane ON lane.person = outbox.lane JOIN person ON person.id = outbox.lane ` +
	`WHERE outbox.lane = $1 AND outbox.unprompted = $2 AND outbox.seq > $3 ORDER BY outbox.seq LIMIT $4`

// Removals returns up to limit of the removals that wait in a lane behind one that
// is its head, and of which it is known what they take back. They may be sent at
// the same time and in any order.
func (s *Store) Removals(ctx context.Context, head Parcel, limit int) (list []Parcel, err error) {
	err = s.View(ctx, func(tx *Tx) error {
		type row struct {
			p Parcel
			r sealedPost
		}
		var rows []row
		err := tx.rows(sqlRemovals, []any{head.Lane, rankRemoval, head.Seq, limit}, func(scan func(...any) error) error {
			r := row{p: Parcel{Lane: head.Lane, Person: PersonID(head.Lane)}}
			if err := scan(&r.p.Seq, &r.r.body, &r.p.Attempts, &r.r.network, &r.r.address, &r.r.doubt); err != nil {
				return err
			}
			rows = append(rows, r)
			return nil
		})
		if err != nil {
			return err
		}
		for _, r := range rows {
			p, err := tx.opened(r.p, r.r)
			if errors.Is(err, ErrBroken) {
				continue // given up when it is the head
			}
			if err != nil {
				return err
			}
			if p.Out.Form == chat.FormRemove && p.Out.Target != "" {
				list = append(list, p)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read removals of a lane: %w", err)
	}
	return list, nil
}

// errBrokenAddress tells a broken address from a broken post.
var errBrokenAddress = fmt.Errorf("%w: the address", ErrBroken)

// head reads the head of a lane; along with ErrBroken, lane and number are set.
func (t *Tx) head(id PersonID) (Parcel, error) {
	p := Parcel{Lane: int64(id), Person: id}
	var r sealedPost
	const noRank = -1
	for _, last := range []int{rankRemoval, noRank} {
		err := t.row(sqlHead, []any{int64(id), last}, &p.Seq, &p.Unprompted, &r.body, &p.Attempts, &r.network, &r.address, &r.doubt)
		if err == nil {
			break
		}
		if !errors.Is(err, ErrNotFound) || last == noRank {
			return p, err
		}
	}
	return t.opened(p, r)
}

// sealedPost is a post as its row has it.
type sealedPost struct {
	body, address []byte
	network       string
	doubt         int64
}

// opened is what a row says.
func (t *Tx) opened(p Parcel, r sealedPost) (Parcel, error) {
	id := p.Person
	var body postBody
	if err := t.unseal(id, r.body, &body, fieldPost, p.Seq); err != nil {
		return p, err
	}
	p.Key, p.Epoch = body.Key, t.s.epoch(r.network)
	p.Out = chat.Outgoing{
		Key: body.Key, Form: body.Form, Text: chat.Text(body.Text), Target: body.Target,
		Choices: body.Choices, AllowPlain: body.AllowPlain, AllowCrowd: body.AllowCrowd,
		Data: body.Data, Name: body.Name, Alt: chat.Text(body.Alt),
		Team: body.Team, Mentions: body.Mentions, Members: body.Members, OnDoubt: body.OnDoubt,
		Since: moment(body.Since), Until: moment(body.Until),
	}
	p.NotAfter = moment(body.NotAfter)
	if body.To != nil {
		p.Out.To = chat.Address(*body.To)
	} else {
		var to personAddress
		err := t.unseal(id, r.address, &to, fieldAddress)
		if errors.Is(err, ErrBroken) {
			return p, errBrokenAddress
		}
		if err != nil {
			return p, err
		}
		p.Out.To = chat.Address(to)
	}
	if r.doubt != 0 {
		var err error
		if p.Out.Doubt, err = t.doubt(id, r.doubt); err != nil {
			return p, err
		}
	}
	if body.ThreadOf != "" {
		event, err := t.sentEvent(id, body.ThreadOf)
		if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrBroken) {
			return p, err
		}
		p.Out.Thread = event
	}
	if body.EditOf == "" {
		return p, nil
	}
	return p, t.aim(&p, body.EditOf)
}

// aim points an edit at the message with this key; where that never arrived, an
// edit becomes a new message, and a removal has no Target.
func (t *Tx) aim(p *Parcel, editOf string) error {
	event, err := t.sentEvent(p.Person, editOf)
	lost := errors.Is(err, ErrNotFound) || errors.Is(err, ErrBroken)
	switch {
	case err != nil && !lost:
		return err
	case p.Out.Form == chat.FormRemove:
		p.Out.Target = event
	case lost:
		p.Out.Form, p.Out.Target = chat.FormText, ""
	default:
		p.Out.Form, p.Out.Target = chat.FormEdit, event
	}
	return nil
}

const (
	sqlLockLane  = `UPDATE lane SET next_seq = next_seq WHERE person = $1`
	sqlLaneWaits = `SELECT 1 FROM outbox WHERE lane = $1 LIMIT 1`
	sqlRestLane  = `UPDATE lane SET sent_seq = next_seq - 1, next_try = NULL, attempts = 0 WHERE person = $1`
)

// rest sets a lane idle if nothing waits in it. The row is locked first and the
// outbox looked at afterwards, so that a post which somebody is enqueueing at
// this moment is seen or comes later.
func (s *Store) rest(ctx context.Context, lane int64) error {
	return s.Update(ctx, func(tx *Tx) error {
		if err := tx.own(PersonID(lane)); err != nil {
			return err
		}
		n, err := tx.exec(sqlLockLane, lane)
		if err != nil || n == 0 {
			return err
		}
		if waits, err := tx.any(sqlLaneWaits, lane); err != nil || waits {
			return err
		}
		err = tx.later(sqlRestLane, lane)
		return err
	})
}

const sqlSleepLane = `UPDATE lane SET next_try = NULL WHERE person = $1`

// sleep stops a lane until something is enqueued.
func (s *Store) sleep(ctx context.Context, lane int64) error {
	return s.Update(ctx, func(tx *Tx) error {
		if err := tx.own(PersonID(lane)); err != nil {
			return err
		}
		err := tx.later(sqlSleepLane, lane)
		return err
	})
}

const (
	sqlDropPost = `DELETE FROM outbox WHERE lane = $1 AND seq = $2`
	sqlSettle   = `UPDATE lane SET attempts = 0, ` +
		`sent_seq = CASE WHEN sent_seq > $1 THEN sent_seq ELSE $1 END, ` +
		`next_try = CASE WHEN sent_seq >= next_seq - 1 OR $1 >= next_seq - 1 THEN NULL ELSE CAST($2 AS BIGINT) END ` +
		`WHERE person = $3 AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.lane = $3 AND outbox.seq < $1)`
	sqlNoTries = `UPDATE lane SET attempts = 0 WHERE person = $1`
)

// hold locks whom a parcel is for and the lease under which it was read, or
// fails with ErrFenced.
func (t *Tx) hold(p Parcel) error {
	if err := t.own(PersonID(p.Lane)); err != nil {
		return err
	}
	return t.fence(p.Out.To.Network, p.Epoch)
}

// settle takes a post out of its lane, and its words out of the database. With
// ErrNotFound the person was erased while the post was on its way.
func (t *Tx) settle(p Parcel, now time.Time) error {
	if err := t.hold(p); err != nil {
		return err
	}
	n, err := t.exec(sqlDropPost, p.Lane, p.Seq)
	if err != nil {
		return err
	}
	if n == 0 { // the network's echo was faster, or the post was withdrawn
		var one int
		return t.row(sqlHasLane, []any{p.Lane}, &one)
	}
	n, err = t.exec(sqlSettle, p.Seq, millis(now), p.Lane)
	if err == nil && n == 0 { // a removal waits below; the tries were not its own
		err = t.later(sqlNoTries, p.Lane)
	}
	return err
}

// Sent settles a parcel that is on the network under this event id: its row
// goes, the lane goes on, and the event id is remembered for seven days. Doing
// it again changes nothing. Of an erased person nothing is remembered but what is
// to be taken back.
func (s *Store) Sent(ctx context.Context, p Parcel, eventID string, now time.Time) error {
	err := s.Update(ctx, func(tx *Tx) error {
		if err := tx.settle(p, now); err != nil {
			return err
		}
		return tx.remember(p, eventID, now)
	})
	if errors.Is(err, ErrNotFound) { // perhaps to be taken back by who came after the erased one
		return s.SentByKey(ctx, p.Out.To.Network, p.Key, eventID, now)
	}
	if err != nil {
		return fmt.Errorf("mark sent: %w", err)
	}
	return nil
}

const sqlFindPost = `SELECT outbox.lane, outbox.seq, outbox.body FROM outbox JOIN lane ON lane.person = outbox.lane ` +
	`WHERE outbox.key = $1 AND lane.network = $2`

// SentByKey is Sent for what the network's own echo tells: the post with this
// key is out. A key that does not wait is no error.
func (s *Store) SentByKey(ctx context.Context, network, key, eventID string, now time.Time) error {
	err := s.Update(ctx, func(tx *Tx) error {
		p := Parcel{Key: key}
		var sealed []byte
		err := tx.row(sqlFindPost, []any{s.sendKey(key), network}, &p.Lane, &p.Seq, &sealed)
		gone := errors.Is(err, ErrNotFound)
		if gone { // perhaps to be taken back
			err = tx.row(sqlFindPost, []any{s.sendKey(removalPrefix + key), network}, &p.Lane, &p.Seq, &sealed)
		}
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		to := chat.Address{Network: network}
		var body postBody
		if tx.unseal(PersonID(p.Lane), sealed, &body, fieldPost, p.Seq) == nil && body.To != nil {
			to = chat.Address(*body.To)
		}
		if !gone {
			if err := tx.settle(p, now); err != nil {
				return err
			}
		}
		p.Out.Team = body.Team
		if p.Person, p.Out.To = PersonID(p.Lane), to; gone {
			p.Seq = 0 // that of the removal
		}
		return tx.remember(p, eventID, now)
	})
	if err != nil {
		return fmt.Errorf("mark sent by key: %w", err)
	}
	return nil
}

const sqlRetry = `UPDATE lane SET attempts = attempts + 1, next_try = $1 WHERE person = $2 ` +
	`AND EXISTS (SELECT 1 FROM outbox WHERE outbox.lane = $2 AND outbox.seq = $3)`

// Retry makes the lane wait until at before its head is tried again. If the
// parcel was settled meanwhile, nothing changes.
func (s *Store) Retry(ctx context.Context, p Parcel, at time.Time) error {
	err := s.Update(ctx, func(tx *Tx) error {
		if err := tx.hold(p); err != nil {
			return err
		}
		err := tx.later(sqlRetry, millis(at), p.Lane, p.Seq)
		return err
	})
	if err != nil {
		return fmt.Errorf("retry later: %w", err)
	}
	return nil
}

const sqlLaneTime = `SELECT COALESCE(next_try, 0) FROM lane WHERE person = $1`

const sqlBury = `INSERT INTO dead (person, seq, reason, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`

// Bury gives a parcel up: a row without content says that and why, and the lane
// goes on. The reason is a short word of the program ("room-gone"); anything
// else is kept as "other", since an error's text could hold an address.
func (s *Store) Bury(ctx context.Context, p Parcel, reason string, now time.Time) error {
	err := s.Update(ctx, func(tx *Tx) error {
		if err := tx.settle(p, now); err != nil {
			return err
		}
		if err := tx.remember(p, "", now); err != nil {
			return err
		}
		err := tx.later(sqlBury, int64(p.Person), p.Seq, plainReason(reason), millis(now))
		return err
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("bury: %w", err)
	}
	return nil
}

// discard buries a post of which nothing is known but its place; it has no
// clock, and the lane's own time stands in.
func (s *Store) discard(ctx context.Context, p Parcel) error {
	return s.Update(ctx, func(tx *Tx) error {
		var at int64
		if err := tx.row(sqlLaneTime, []any{p.Lane}, &at); err != nil {
			return err
		}
		if err := tx.settle(p, moment(at)); err != nil {
			return err
		}
		err := tx.later(sqlBury, int64(p.Person), p.Seq, "broken", at)
		return err
	})
}

func plainReason(reason string) string {
	const limit = 32
	if reason == "" || len(reason) > limit {
		return "other"
	}
	for _, r := range reason {
		if (r < 'a' || r > 'z') && r != '-' && r != '_' {
			return "other"
		}
	}
	return reason
}
