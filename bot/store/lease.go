package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Copies of the program that share a database tell each other by a beat that
// they are alive, and hold leases: whoever holds the lease of a network's account
// speaks for it, alone. A lease that is not renewed in time may be taken by
// another copy, which raises its epoch. Time is the database's own here, so that
// the clocks of the copies do not matter.
//
// A holder that was stopped or cut off for a while does not know that it is none
// any more. So what it does is bound to its epoch: a parcel remembers the epoch
// under which it was read, and the transaction that settles it locks the lease
// and compares (ErrFenced). The same epoch guards what the holder keeps beside
// the store (Keep).

// ErrFenced says that another copy holds the lease by now: what was to be done
// under it was not done.
var ErrFenced = errors.New("another copy speaks for this account now")

// Beat is what a copy tells the others, and asks of them.
type Beat struct {
	// Label is what the operator calls this copy.
	Label string
	// Process says which process this is, in words of the caller's own, which Dead
	// understands; empty: that is not known.
	Process string
	// Dead tells of the Process of another copy that it has certainly ended: its
	// leases are free at once. nil: wait until they end.
	Dead func(process string) bool
	// TTL is how long this beat counts. Renew it several times in that time.
	TTL time.Duration
	// Want names the leases to hold. Those held are renewed; those that are free
	// are taken.
	Want []string
	// Ready tells of those held whether all that came in while nobody held it was
	// handled.
	Ready map[string]bool
}

// Pulse is the answer to a Beat. It counts for the TTL from before the Beat was
// begun.
type Pulse struct {
	// Held are the leases that are this copy's, with their epochs.
	Held map[string]int64
	// Ready are the wanted leases that somebody holds who has handled all that
	// came in before.
	Ready map[string]bool
	// Copies is how many copies are alive, this one among them, and Index its
	// place, from 0.
	Copies, Index int
	// Edition is the number of the newest set of scripts in the store.
	Edition int64
}

const (
	sqlBeat = `INSERT INTO replica (owner, label, process, began, until) VALUES ($1, $2, $3, $4, $5) ` +
		`ON CONFLICT (owner) DO UPDATE SET label = excluded.label, until = excluded.until`
	sqlDropReplicas = `DELETE FROM replica WHERE until < $1`
	sqlCountCopies  = `SELECT COUNT(*), COUNT(CASE WHEN owner < $1 THEN 1 END) FROM replica WHERE until > $2`
	sqlNewest       = `SELECT COALESCE(MAX(id), 0) FROM edition`
	sqlGetLease     = `SELECT owner, epoch, ready, until FROM lease WHERE name = $1`
	sqlRenewLease   = `UPDATE lease SET until = $1, ready = $2 WHERE name = $3 AND owner = $4`
	sqlTakeLease    = `INSERT INTO lease (name, owner, epoch, ready, until) VALUES ($1, $2, 1, 0, $3) ` +
		`ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, epoch = lease.epoch + 1, ready = 0, until = excluded.until ` +
		`WHERE lease.until <= $4 RETURNING epoch`
	sqlFence        = `SELECT epoch FROM lease WHERE name = $1 AND owner = $2 FOR SHARE`
	sqlLeaveLeases  = `UPDATE lease SET until = 0, ready = 0 WHERE owner = $1`
	sqlLeaveReplica = `DELETE FROM replica WHERE owner = $1`
	sqlProcesses    = `SELECT owner, process FROM replica WHERE process <> '' AND owner <> $1`
	sqlReplicas     = `SELECT owner, label, began, until FROM replica ORDER BY began`
	sqlLeases       = `SELECT name, owner, epoch, ready, until FROM lease ORDER BY name`
)

// forgetReplica is after how long without a beat a copy is not listed any more.
const forgetReplica = 24 * time.Hour

// Beat tells the other copies that this one is alive, renews and takes leases,
// and returns how things are. What DueTimers and DueSchedules return, and the
// epoch of parcels, go by the last Pulse.
func (s *Store) Beat(ctx context.Context, b Beat) (Pulse, error) {
	var p Pulse
	err := s.Update(ctx, func(tx *Tx) (err error) {
		p, err = tx.beat(b)
		return err
	})
	if err != nil {
		return Pulse{}, fmt.Errorf("beat: %w", err)
	}
	s.pulse.Store(&p)
	return p, nil
}

func (t *Tx) beat(b Beat) (Pulse, error) {
	p := Pulse{Held: map[string]int64{}, Ready: map[string]bool{}}
	now, err := t.clock()
	if err != nil {
		return p, err
	}
	until := now + b.TTL.Milliseconds()
	if _, err := t.exec(sqlBeat, t.s.owner, b.Label, b.Process, now, until); err != nil {
		return p, err
	}
	if _, err := t.exec(sqlDropReplicas, now-forgetReplica.Milliseconds()); err != nil {
		return p, err
	}
	if err := t.row(sqlCountCopies, []any{t.s.owner, now}, &p.Copies, &p.Index); err != nil {
		return p, err
	}
	if err := t.row(sqlNewest, nil, &p.Edition); err != nil {
		return p, err
	}
	if len(b.Want) > 0 && b.Dead != nil {
		if err := t.bury(b.Dead); err != nil {
			return p, err
		}
	}
	for _, name := range b.Want {
		if err := t.lease(name, b.Ready[name], now, until, &p); err != nil {
			return p, fmt.Errorf("lease %s: %w", name, err)
		}
	}
	return p, nil
}

// bury frees the leases of copies whose process has ended.
func (t *Tx) bury(dead func(process string) bool) error {
	var gone []string
	err := t.rows(sqlProcesses, []any{t.s.owner}, func(scan func(...any) error) error {
		var owner, process string
		err := scan(&owner, &process)
		if err == nil && dead(process) {
			gone = append(gone, owner)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, owner := range gone {
		if _, err := t.exec(sqlLeaveLeases, owner); err != nil {
			return err
		}
		if _, err := t.exec(sqlLeaveReplica, owner); err != nil {
			return err
		}
	}
	return nil
}

// lease renews or takes one lease. It only looks at one that another copy holds:
// a lock on its row would be in that one's way.
func (t *Tx) lease(name string, ready bool, now, until int64, p *Pulse) error {
	p.Ready[name] = false
	var owner string
	var epoch, caught, held int64
	err := t.row(sqlGetLease, []any{name}, &owner, &epoch, &caught, &held)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	switch {
	case err == nil && owner == t.s.owner && held != 0:
		caught = 0
		if ready {
			caught = 1
		}
		n, err := t.exec(sqlRenewLease, until, caught, name, owner)
		if err != nil {
			return err
		}
		if n == 1 {
			p.Held[name], p.Ready[name] = epoch, ready
		}
		return nil
	case err == nil && held > now:
		p.Ready[name] = caught == 1
		return nil
	}
	err = t.change(sqlTakeLease, []any{name, t.s.owner, until, now}, &epoch)
	if errors.Is(err, ErrNotFound) { // somebody was quicker
		return nil
	}
	if err == nil {
		p.Held[name] = epoch
	}
	return err
}

// clock reads the database's own time, in unix milliseconds.
func (t *Tx) clock() (now int64, err error) {
	err = t.row(t.s.engine.clock(), nil, &now)
	return now, err
}

// Leave gives back every lease and says that this copy is gone, so that another
// need not wait.
func (s *Store) Leave(ctx context.Context) error {
	err := s.Update(ctx, func(tx *Tx) error {
		_, err := tx.exec(sqlLeaveLeases, s.owner)
		if err == nil {
			_, err = tx.exec(sqlLeaveReplica, s.owner)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	s.pulse.Store(nil)
	return nil
}

// Shared tells whether other copies may have the database open.
func (s *Store) Shared() bool { return s.engine.several() }

// epoch is under which lease this copy speaks for a network; 0: leases do not
// matter.
func (s *Store) epoch(network string) int64 {
	p := s.pulse.Load()
	if p == nil {
		return 0
	}
	if epoch, held := p.Held[network]; held {
		return epoch
	}
	if _, governed := p.Ready[network]; governed {
		return notHeld
	}
	return 0
}

const notHeld = -1 // the epoch of what another copy holds

// share is which part of what is due this copy looks at: the rows of the people
// whose number leaves k when divided by n. Two copies that disagree about it for
// a moment lose time and nothing else.
func (s *Store) share() (n, k int) {
	p := s.pulse.Load()
	if p == nil || p.Copies == 0 {
		return 1, 0
	}
	return p.Copies, p.Index
}

// fence refuses what is done under an epoch that is over, and holds the lease
// still until the transaction ends.
func (t *Tx) fence(network string, epoch int64) error {
	if epoch == 0 {
		return nil
	}
	now, known := t.fences[network]
	if !known {
		now, known = t.fenced[network]
	}
	if !known {
		err := t.row(sqlFence, []any{network, t.s.owner}, &now)
		if errors.Is(err, ErrNotFound) {
			return ErrFenced
		}
		if err != nil {
			return fmt.Errorf("fence: %w", err)
		}
		t.fenced[network] = now
	}
	if now != epoch {
		return ErrFenced
	}
	return nil
}

const sqlOwnPerson = `SELECT id FROM person WHERE id = $1 FOR NO KEY UPDATE NOWAIT`

// own locks a person until the transaction ends, where other copies write, too.
// It comes before anything else about the person. If there is no such person,
// there is nothing to lock.
func (t *Tx) own(id PersonID) error {
	if !t.s.engine.several() || t.readOnly {
		return nil
	}
	err := t.row(sqlOwnPerson, []any{int64(id)}, &id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Own keeps other copies from everything about a person until the transaction
// ends. Begin with it, or with FindPerson or LoadPerson, which do the same. A
// person who is not there is no error.
func (t *Tx) Own(id PersonID) error {
	if err := t.own(id); err != nil {
		return fmt.Errorf("lock a person: %w", err)
	}
	return nil
}

// Replica is a copy of the program, for an operator.
type Replica struct {
	Label string
	Began time.Time
	Until time.Time // alive until then
	Alive bool
	Holds []string // leases
	Self  bool     // the one that asks
}

// Replicas lists the copies that were alive in the last day, those that began
// first in front.
func (s *Store) Replicas(ctx context.Context) ([]Replica, error) {
	var list []Replica
	err := s.View(ctx, func(tx *Tx) error {
		now, err := tx.clock()
		if err != nil {
			return err
		}
		holders := map[string][]string{}
		err = tx.rows(sqlLeases, nil, func(scan func(...any) error) error {
			var name, owner string
			var epoch, ready, until int64
			if err := scan(&name, &owner, &epoch, &ready, &until); err != nil {
				return err
			}
			if until > now {
				holders[owner] = append(holders[owner], name)
			}
			return nil
		})
		if err != nil {
			return err
		}
		return tx.rows(sqlReplicas, nil, func(scan func(...any) error) error {
			var r Replica
			var owner string
			var began, until int64
			if err := scan(&owner, &r.Label, &began, &until); err != nil {
				return err
			}
			r.Began, r.Until, r.Alive = moment(began), moment(until), until > now
			r.Holds, r.Self = holders[owner], owner == s.owner
			list = append(list, r)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list replicas: %w", err)
	}
	return list, nil
}

// Replicas is Store.Replicas.
func (r *Reader) Replicas(ctx context.Context) ([]Replica, error) { return r.s.Replicas(ctx) }
