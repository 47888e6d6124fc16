package store

import (
	"fmt"
)

const sqlWaitsUnprompted = `SELECT 1 FROM outbox WHERE lane = $1 AND unprompted = 1 LIMIT 1`

// WaitsUnprompted tells whether something that the person did not ask for is
// still on its way to them.
func (t *Tx) WaitsUnprompted(id PersonID) (bool, error) {
	if d := t.draft; d != nil && id == d.Person && d.posts == 0 {
		return d.waits, nil
	}
	waits := false
	err := t.everywhere(id, func(row PersonID) error {
		some, err := t.any(sqlWaitsUnprompted, int64(row))
		waits = waits || some
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look for what came unasked: %w", err)
	}
	return waits, nil
}

// FindSchedule loads the person's schedule of this name, or fails with
// ErrNotFound or ErrBroken.
func (t *Tx) FindSchedule(id PersonID, name string) (Schedule, error) {
	list, broken, err := t.readSchedules(sqlFindSchedule, int64(id), t.s.scheduleName(id, name))
	switch {
	case err != nil:
	case len(broken) > 0:
		err = ErrBroken
	case len(list) == 0:
		err = ErrNotFound
	default:
		return list[0], nil
	}
	return Schedule{}, fmt.Errorf("find a schedule: %w", err)
}

const sqlFindSchedule = `SELECT id, person, name, body, COALESCE(next_due, 0), last_due FROM schedule WHERE person = $1 AND name = $2`
