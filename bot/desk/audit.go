package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Entry is one line of the record of what staff did. It has no content of any
// talk. Sum is the hash over the entry and the Sum before it, so that a line
// that was changed or taken out breaks the chain. A chain proves order and
// wholeness to somebody who keeps the last Sum elsewhere; who can write the
// whole record can write a new chain.
type Entry struct {
	Seq    int64
	At     time.Time // to the millisecond
	Case   int64
	By     StaffID
	Action string
	On     StaffID
	Sum    string // hex
}

// ErrChain says that a record does not fit together.
var ErrChain = errors.New("the record is broken")

// Next is the entry that follows last. The zero Entry begins a record.
func (last Entry) Next(at time.Time, id int64, e Record) Entry {
	n := Entry{Seq: last.Seq + 1, At: at.UTC().Truncate(time.Millisecond), Case: id, By: e.By, Action: e.Action, On: e.On}
	n.Sum = n.sum(last.Sum)
	return n
}

// sum hashes every field with its length, so that no two entries write the same
// bytes.
func (e Entry) sum(before string) string {
	h := sha256.New()
	for _, s := range []string{
		"handrail record 1", before, fmt.Sprint(e.Seq), fmt.Sprint(e.At.UnixMilli()), fmt.Sprint(e.Case),
		string(e.By), e.Action, string(e.On),
	} {
		fmt.Fprintf(h, "%d:%s,", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Verify checks that each entry follows from the one before. last is the entry
// before the first, zero at the beginning. An error is ErrChain with the number
// of the entry.
func Verify(last Entry, entries []Entry) error {
	for _, e := range entries {
		if e.Seq != last.Seq+1 || e.Sum != e.sum(last.Sum) {
			return fmt.Errorf("entry %d: %w", last.Seq+1, ErrChain)
		}
		last = e
	}
	return nil
}
