package store

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"handrail/bot/flow"
)

const fieldItem = "item.body"

// personItem is the sealed part of a line. It repeats the list, so that a line
// cannot be moved from one list to another.
type personItem struct {
	List string `json:"list"`
	Text string `json:"text"`
}

func (t *Tx) list(id PersonID, list string) []byte {
	return t.s.index("list", strconv.FormatInt(int64(id), 10), list)
}

func (t *Tx) source(id PersonID, source string) []byte {
	return t.s.index("source", strconv.FormatInt(int64(id), 10), source)
}

// Source is the form in which Item.From names the message with this event id:
// it tells nothing and is the same for the same person and message.
func (t *Tx) Source(id PersonID, event string) string {
	return base64.RawURLEncoding.EncodeToString(t.source(id, event))
}

const sqlItems = `SELECT n, source, body, created FROM item WHERE person = $1 AND list = $2 ORDER BY n DESC LIMIT $3`

// Items returns the newest limit lines of one of the person's own lists, oldest
// first; limit 0 is all of them. A line that cannot be opened is left out, and
// logged by its numbers.
func (t *Tx) Items(id PersonID, list string, limit int) ([]flow.Item, error) {
	if limit <= 0 {
		limit = math.MaxInt32
	}
	type row struct {
		n, created   int64
		source, body []byte
	}
	var rows []row
	err := t.rows(sqlItems, []any{int64(id), t.list(id, list), limit}, func(scan func(...any) error) error {
		var r row
		if err := scan(&r.n, &r.source, &r.body, &r.created); err != nil {
			return err
		}
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list items: %w", err)
	}
	items := make([]flow.Item, 0, len(rows))
	for _, r := range slices.Backward(rows) {
		var body personItem
		err := t.unseal(id, r.body, &body, fieldItem, r.n)
		if errors.Is(err, ErrBroken) || err == nil && body.List != list {
			t.s.log.Error("a line of a list cannot be opened", "person", int64(id), "item", r.n)
			continue // the person still has the others
		}
		if err != nil {
			return nil, fmt.Errorf("list items: %w", err)
		}
		items = append(items, flow.Item{
			ID: r.n, Text: body.Text, From: base64.RawURLEncoding.EncodeToString(r.source), At: moment(r.created),
		})
	}
	return items, nil
}

const (
	sqlNextItem = `UPDATE person SET next_item = next_item + 1 WHERE id = $1 RETURNING next_item - 1`
	sqlAddItem  = `INSERT INTO item (person, n, list, source, body, created) VALUES ($1, $2, $3, $4, $5, $6)`
)

// AddItem puts a line at the end of a list. Source is the event id of the
// message it came from, "" for none; only its keyed index is kept.
func (t *Tx) AddItem(id PersonID, list, text, source string, now time.Time) error {
	return t.AddItemFrom(id, id, list, text, source, now)
}

// AddItemFrom is AddItem for a message that was written in the place with this
// row.
func (t *Tx) AddItemFrom(id, row PersonID, list, text, source string, now time.Time) error {
	var from []byte
	if source != "" {
		from = t.source(row, source)
	}
	if err := t.addItem(id, personItem{List: list, Text: text}, from, millis(now)); err != nil {
		return fmt.Errorf("add item: %w", err)
	}
	return nil
}

func (t *Tx) addItem(id PersonID, item personItem, from []byte, created int64) error {
	var n int64
	if err := t.change(sqlNextItem, []any{int64(id)}, &n); err != nil {
		return err
	}
	body, err := t.seal(id, item, fieldItem, n)
	if err != nil {
		return err
	}
	_, err = t.exec(sqlAddItem, int64(id), n, t.list(id, item.List), from, body, created)
	return err
}

const (
	sqlDropItem      = `DELETE FROM item WHERE person = $1 AND n = $2`
	sqlDropItemsFrom = `DELETE FROM item WHERE person = $1 AND source = $2`
)

// DropItem removes a line by the ID that Items gave; one that is gone already
// is no error.
func (t *Tx) DropItem(id PersonID, item int64) error {
	if _, err := t.exec(sqlDropItem, int64(id), item); err != nil {
		return fmt.Errorf("drop item: %w", err)
	}
	return nil
}

const sqlChangeItem = `UPDATE item SET body = $1 WHERE person = $2 AND n = $3`

// ChangeItem puts other words in the place of a line; one that is gone already
// is no error.
func (t *Tx) ChangeItem(id PersonID, list string, item int64, text string) error {
	body, err := t.seal(id, personItem{List: list, Text: text}, fieldItem, item)
	if err == nil {
		_, err = t.exec(sqlChangeItem, body, int64(id), item)
	}
	if err != nil {
		return fmt.Errorf("change item: %w", err)
	}
	return nil
}

// DropItemsOf removes every line whose Item.From is one of these.
func (t *Tx) DropItemsOf(id PersonID, from []string) error {
	for _, f := range from {
		source, err := base64.RawURLEncoding.DecodeString(f)
		if err != nil || len(source) == 0 {
			continue // it never named a line
		}
		if _, err := t.exec(sqlDropItemsFrom, int64(id), source); err != nil {
			return fmt.Errorf("drop items of messages: %w", err)
		}
	}
	return nil
}
