package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// compare holds the rows of both sides against each other, in no order.
func (m *mover) compare(ctx context.Context, t moveTable) error {
	columns, err := m.columns(ctx, t)
	if err != nil {
		return err
	}
	from, n, err := digest(ctx, m.from, t, columns)
	if err != nil {
		return err
	}
	to, got, err := digest(ctx, m.to, t, columns)
	if err != nil {
		return err
	}
	if n != got || from != to {
		return fmt.Errorf("the file has %d rows, the database %d, the same: %v", n, got, from == to)
	}
	m.say(MoveStep{Table: t.name, Rows: got, Total: n, Checked: true})
	return nil
}

// digest sums up the rows of a table.
func digest(ctx context.Context, s *Store, t moveTable, columns []string) (sum [sha256.Size]byte, n int64, err error) {
	// Without the patience for one statement: this one reads everything.
	err = s.reading(ctx, s.engine.begin(false), func(c *conn) error {
		rows, err := c.c.QueryContext(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+t.name)
		if err != nil {
			return s.engine.fault(err)
		}
		defer func() { _ = rows.Close() }() // rows.Err tells
		for rows.Next() {
			row, err := scanRow(rows.Scan, len(columns))
			if err != nil {
				return err
			}
			one, err := rowSum(row)
			if err != nil {
				return err
			}
			for i := range sum {
				sum[i] ^= one[i]
			}
			n++
		}
		return s.engine.fault(rows.Err())
	})
	return sum, n, err
}

func rowSum(row []any) ([sha256.Size]byte, error) {
	var b []byte
	for _, v := range row {
		switch v := v.(type) {
		case nil:
			b = append(b, 'n')
		case int64:
			b = binary.BigEndian.AppendUint64(append(b, 'i'), uint64(v))
		case string:
			b = append(binary.BigEndian.AppendUint64(append(b, 's'), uint64(len(v))), v...)
		case []byte:
			b = append(binary.BigEndian.AppendUint64(append(b, 'b'), uint64(len(v))), v...)
		default:
			return [sha256.Size]byte{}, fmt.Errorf("a value of type %T", v)
		}
	}
	return sha256.Sum256(b), nil
}

// moveMark is the key of the last row that was copied.
type moveMark []moveKey

// moveKey is one column of a key; one of the three is set.
type moveKey struct {
	Number *int64  `json:"n,omitempty"`
	Text   *string `json:"t,omitempty"`
	Bytes  []byte  `json:"b,omitempty"`
}

func markOf(t moveTable, columns []string, row []any) (mark moveMark) {
	for _, key := range t.keys {
		switch v := row[slices.Index(columns, key)].(type) {
		case int64:
			mark = append(mark, moveKey{Number: &v})
		case string:
			mark = append(mark, moveKey{Text: &v})
		case []byte:
			mark = append(mark, moveKey{Bytes: v})
		}
	}
	return mark
}

func (m moveMark) args() (args []any) {
	for _, k := range m {
		switch {
		case k.Number != nil:
			args = append(args, *k.Number)
		case k.Text != nil:
			args = append(args, *k.Text)
		default:
			args = append(args, k.Bytes)
		}
	}
	return args
}

func (m *moveMark) load(tx *Tx, t moveTable) error {
	value, err := tx.meta(metaMark + t.name)
	if err != nil || value == nil {
		return err
	}
	if err := json.Unmarshal(value, m); err != nil {
		return errors.New("the mark of the move cannot be read")
	}
	return nil
}

func (m moveMark) save(tx *Tx, t moveTable) error {
	value, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = tx.exec(sqlPutMeta, metaMark+t.name, value)
	return err
}
