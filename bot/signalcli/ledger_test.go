package signalcli

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"handrail/bot/account"
)

// TestLedger goes through everything that the ledger is asked, so that no
// statement is one that only some databases take.
func TestLedger(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_790_000_000_000)
	who, other := []byte("0123456789abcdef"), []byte("fedcba9876543210")
	for _, test := range []struct {
		name string
		play func(t *testing.T, l *ledger)
	}{
		{"inbox", func(t *testing.T, l *ledger) {
			for _, line := range []string{"one", "two", "three"} {
				n, err := l.change(t.Context(), "INSERT INTO hr_inbox (who, line) VALUES ($1, $2)", who, []byte(line))
				want(t, "a line is put in", n, 1, err)
			}
			rows, err := l.waiting(t.Context(), 0, 2)
			want(t, "lines", len(rows), 2, err)
			want(t, "in order", string(rows[0].line)+string(rows[1].line)+string(rows[1].who), "onetwo"+string(who), nil)
			want(t, "taken out", "", "", l.handled(t.Context(), []int64{rows[0].seq, rows[1].seq}))
			rest, err := l.waiting(t.Context(), rows[0].seq, 9)
			want(t, "what is left", len(rest), 1, err)
			rest, err = l.waiting(t.Context(), rest[0].seq, 9)
			want(t, "behind the last", len(rest), 0, err)
		}},
		{"a panic in a transaction", func(t *testing.T, l *ledger) {
			err := account.Txn(t.Context(), l.db, func(ctx context.Context) error {
				_, err := l.change(ctx, "INSERT INTO hr_inbox (who, line) VALUES ($1, $2)", who, who)
				want(t, "a line", "", "", err)
				panic("in the middle")
			})
			want(t, "the error", errors.Is(err, account.ErrPanic), true, nil)
			rows, err := l.waiting(t.Context(), 0, 9)
			want(t, "lines", len(rows), 0, err)
		}},
		{"contact", func(t *testing.T, l *ledger) {
			_, known, err := l.contact(t.Context(), who)
			want(t, "somebody new", known, false, err)
			for range 2 {
				want(t, "they write", "", "", l.meet(t.Context(), who))
			}
			c, known, err := l.contact(t.Context(), who)
			want(t, "known", known, true, err)
			want(t, "as they came", c, contact{}, nil)
			want(t, "a time of theirs", "", "", l.lasts(t.Context(), who, 3600, now.UnixMilli(), true))
			want(t, "ours", "", "", l.ours(t.Context(), who, 600, now))
			want(t, "one that crossed it", "", "", l.lasts(t.Context(), who, 60, now.UnixMilli()-1, true))
			c, _, err = l.contact(t.Context(), who)
			want(t, "no choice", c, contact{expires: 60, timed: now.UnixMilli(), times: 1}, err)
			want(t, "with a message", "", "", l.lasts(t.Context(), who, 600, now.UnixMilli()+1, false))
			want(t, "a choice", "", "", l.lasts(t.Context(), who, 30, now.UnixMilli()+1, true))
			want(t, "a message after it", "", "", l.lasts(t.Context(), who, 30, now.UnixMilli()+2, false))
			c, _, err = l.contact(t.Context(), who)
			want(t, "a choice", c, contact{expires: 30, chosen: true, timed: now.UnixMilli(), times: 1}, err)
		}},
		{"held", func(t *testing.T, l *ledger) {
			for _, person := range [][]byte{who, other} {
				want(t, "they write", "", "", l.meet(t.Context(), person))
			}
			for _, step := range []struct {
				since   int64
				changed bool
				holds   int
			}{{0, false, 0}, {now.UnixMilli(), true, 1}, {now.UnixMilli() + 1, false, 1}, {0, true, 0}, {0, false, 0}} {
				changed, err := l.hold(t.Context(), who, step.since)
				want(t, "changed", changed, step.changed, err)
				n, err := l.holds(t.Context())
				want(t, "how many", n, step.holds, err)
			}
			changed, err := l.hold(t.Context(), []byte("nobody"), now.UnixMilli())
			want(t, "nobody", changed, false, err)
		}},
		{"sent", func(t *testing.T, l *ledger) {
			_, known, err := l.sent(t.Context(), "key", 0)
			want(t, "before", known, false, err)
			want(t, "begun", "", "", l.begin(t.Context(), "key", 0, who, now))
			want(t, "ended", "", "", l.end(t.Context(), "key", 0, now.UnixMilli()+5, now.Add(time.Second)))
			row, known, err := l.sent(t.Context(), "key", 0)
			want(t, "after", known, true, err)
			want(t, "what is known", row, sentRow{now.UnixMilli(), now.UnixMilli() + 1000, now.UnixMilli() + 5}, nil)
			want(t, "the key of a timer", "", "", l.begin(t.Context(), "timer:x", 999_999_999, who, now))
			want(t, "abandoned", "", "", l.abandon(t.Context(), "timer:x", 999_999_999))
			_, known, err = l.sent(t.Context(), "timer:x", 999_999_999)
			want(t, "abandoned", known, false, err)
		}},
		{"proof", func(t *testing.T, l *ledger) {
			at := now.UnixMilli()
			for _, stamp := range []int64{at - 1, at + 10, at + 20, at + 900} {
				n, err := l.change(t.Context(), "INSERT INTO hr_receipt (who, stamp, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", who, stamp, at)
				want(t, "a receipt", n, 1, err)
			}
			want(t, "begun", "", "", l.begin(t.Context(), "key", 0, who, now))
			stamp, found, err := l.proof(t.Context(), who, at, at+500)
			want(t, "found", found, true, err)
			want(t, "the first", stamp, at+10, nil)
			want(t, "another owns it", "", "", l.begin(t.Context(), "before", 0, who, now.Add(-time.Second)))
			want(t, "another owns it", "", "", l.end(t.Context(), "before", 0, at+10, now))
			stamp, _, err = l.proof(t.Context(), who, at, at+500)
			want(t, "the second", stamp, at+20, err)
			want(t, "another began before it", "", "", l.begin(t.Context(), "next", 0, who, now.Add(15*time.Millisecond)))
			_, found, err = l.proof(t.Context(), who, at, at+500)
			want(t, "nothing is proved", found, false, err)
			_, found, err = l.proof(t.Context(), other, at, at+500)
			want(t, "for somebody else", found, false, err)
		}},
		{"alias", func(t *testing.T, l *ledger) {
			for _, a := range []struct {
				kind          string
				stamp, origin int64
			}{{aliasOf, 20, 10}, {aliasPart, 20, 10}, {aliasPart, 30, 10}, {aliasOf, 20, 11}} {
				want(t, "noted", "", "", l.alias(t.Context(), who, a.kind, a.stamp, a.origin, now))
			}
			for stamp, origin := range map[int64]int64{20: 11, 99: 99} {
				got, err := l.origin(t.Context(), who, aliasOf, stamp)
				want(t, "origin", got, origin, err)
			}
			parts, err := l.parts(t.Context(), who, 10)
			want(t, "parts", slices.Equal(parts, []int64{20, 30}), true, err)
			want(t, "one is gone", "", "", l.unalias(t.Context(), who, aliasPart, 20))
			parts, err = l.parts(t.Context(), who, 10)
			want(t, "parts", slices.Equal(parts, []int64{30}), true, err)
		}},
		{"key, age and counts", func(t *testing.T, l *ledger) {
			for i := range 2 {
				want(t, "the first key", "", "", l.fits(t.Context(), who))
				ms, err := l.born(t.Context(), now.Add(time.Duration(i)*time.Hour))
				want(t, "born", ms, now.UnixMilli(), err)
			}
			want(t, "another key", errors.Is(l.fits(t.Context(), other), errKey), true, nil)
			for range 3 {
				want(t, "counted", "", "", l.count(t.Context(), countProved))
			}
			n, err := l.counted(t.Context(), countProved)
			want(t, "counted", n, 3, err)
		}},
		{"pruned", func(t *testing.T, l *ledger) {
			for i, age := range []time.Duration{0, 2 * receiptFor, 2 * sentFor, 2 * seenFor} {
				at := now.Add(-age)
				_, err := l.change(t.Context(), "INSERT INTO hr_seen (key, at) VALUES ($1, $2) ON CONFLICT DO NOTHING", bytes.Repeat([]byte{byte(i)}, 16), at.UnixMilli())
				want(t, "seen", "", "", err)
				_, err = l.change(t.Context(), "INSERT INTO hr_receipt (who, stamp, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", who, i, at.UnixMilli())
				want(t, "receipt", "", "", err)
				want(t, "sent", "", "", l.begin(t.Context(), "key", i, who, at))
				want(t, "alias", "", "", l.alias(t.Context(), who, aliasOf, int64(i), 1, at))
			}
			want(t, "pruned", "", "", l.prune(t.Context(), now))
			for table, left := range map[string]int{"hr_seen": 3, "hr_receipt": 1, "hr_sent": 2, "hr_alias": 2} {
				var n int
				_, err := l.one(t.Context(), "SELECT COUNT(*) FROM "+table, nil, &n)
				want(t, table, n, left, err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.play(t, newLedger(t))
		})
	}
}

func want[T comparable](t *testing.T, what string, got, want T, err error) {
	t.Helper()
	if err != nil || got != want {
		t.Fatalf("%s: %v, want %v (%v)", what, got, want, err)
	}
}
