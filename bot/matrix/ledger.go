package matrix

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"
)

// Invariants of the ledger:
//   - token, rooms, waiting events and invitations of one sync response are
//     written in one transaction, after the handler committed the events;
//   - a row of hr_sent exists before the request goes out, and has the event id
//     at the latest when the token moves past our own echo.

const (
	tokensKept  = 5                  // sync tokens, see loop.run
	waitingFor  = 7 * 24 * time.Hour // how long an unreadable event waits for its key
	waitingMax  = 200                // unreadable events kept per room; the oldest go first
	sentKeptFor = 3 * 24 * time.Hour // how long the event id of a sent message is known
)

const ledgerSchema = `
CREATE TABLE hr_sync (
	seq   INTEGER PRIMARY KEY AUTOINCREMENT,
	token TEXT NOT NULL
);
CREATE TABLE hr_room (
	room_id    TEXT PRIMARY KEY,
	last_event TEXT NOT NULL,
	last_ts    BIGINT NOT NULL,
	crowd      TEXT NOT NULL
);
CREATE TABLE hr_waiting (
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	event_id   TEXT NOT NULL UNIQUE,
	room_id    TEXT NOT NULL,
	session_id TEXT NOT NULL,
	event      BLOB NOT NULL,
	told       BOOLEAN NOT NULL,
	due        BIGINT NOT NULL
);
CREATE INDEX hr_waiting_due ON hr_waiting (due);
CREATE TABLE hr_invite (
	room_id  TEXT PRIMARY KEY,
	follow   BOOLEAN NOT NULL,
	first    BIGINT NOT NULL,
	tries    INTEGER NOT NULL,
	next_try BIGINT NOT NULL
);
CREATE TABLE hr_sent (
	key      TEXT PRIMARY KEY,
	first    BIGINT NOT NULL,
	tried    BIGINT NOT NULL,
	event_id TEXT NOT NULL
);
`

// ledger is the transport's own memory, beside the crypto tables in the same
// file: how far the sync got, what waits for a key, what was sent.
type ledger struct{ db *dbutil.Database }

func openLedger(ctx context.Context, db *dbutil.Database) (*ledger, error) {
	table := dbutil.BuildUpgradeTable().WithRaw(0, 1, 1, "initial schema", dbutil.TxnModeOn, func(ctx context.Context, db *dbutil.Database) error {
		_, err := db.Exec(ctx, ledgerSchema)
		return err
	}).Finish()
	l := &ledger{db: db.Child("hr_version", table, nil)}
	if err := l.db.Upgrade(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// txn runs fn in one transaction. A panic in it becomes an error, because it
// would leave the transaction, and with it the only connection, open for good.
func (l *ledger) txn(ctx context.Context, fn func(ctx context.Context) error) error {
	return l.db.DoTxn(ctx, nil, func(ctx context.Context) (err error) {
		defer func() {
			if recover() != nil {
				err = errPanic
			}
		}()
		return fn(ctx)
	})
}

// token returns the newest sync token, "" before the first.
func (l *ledger) token(ctx context.Context) (string, error) {
	return l.readToken(ctx, "SELECT token FROM hr_sync ORDER BY seq DESC LIMIT 1")
}

// oldToken returns the token to go on from where the last response may have
// been a false one: the oldest that is kept.
func (l *ledger) oldToken(ctx context.Context) (string, error) {
	return l.readToken(ctx, "SELECT token FROM hr_sync ORDER BY seq LIMIT 1")
}

func (l *ledger) readToken(ctx context.Context, query string) (token string, err error) {
	err = l.db.QueryRow(ctx, query).Scan(&token)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return token, err
}

// roomRow is how far a room was handled.
type roomRow struct {
	last  id.EventID // the last event of the timeline; "": the room is new
	ts    int64      // its time by its server, unix ms
	crowd id.EventID // the last membership change that made or kept the room a crowd
}

func (l *ledger) room(ctx context.Context, room id.RoomID) (row roomRow, known bool, err error) {
	err = l.db.QueryRow(ctx, "SELECT last_event, last_ts, crowd FROM hr_room WHERE room_id=$1", room).
		Scan(&row.last, &row.ts, &row.crowd)
	if errors.Is(err, sql.ErrNoRows) {
		return row, false, nil
	}
	return row, err == nil, err
}

// waiting is an event that cannot be read yet.
type waiting struct {
	event   id.EventID
	room    id.RoomID
	session id.SessionID
	raw     []byte // the event as it came, still encrypted
	told    bool   // the handler was told
	due     int64  // unix ms: when to tell, then when to give up
}

const waitingColumns = "SELECT event_id, room_id, session_id, event, told, due FROM hr_waiting "

func scanWaiting(row dbutil.Scannable) (w waiting, err error) {
	err = row.Scan(&w.event, &w.room, &w.session, &w.raw, &w.told, &w.due)
	return w, err
}

// allWaiting returns every waiting event in the order of arrival.
func (l *ledger) allWaiting(ctx context.Context) ([]waiting, error) {
	rows, err := l.db.Query(ctx, waitingColumns+"ORDER BY seq")
	return dbutil.NewRowIterWithError(rows, scanWaiting, err).AsList()
}

// dueWaiting returns the waiting events whose time has come.
func (l *ledger) dueWaiting(ctx context.Context, now time.Time) ([]waiting, error) {
	rows, err := l.db.Query(ctx, waitingColumns+"WHERE due<=$1 ORDER BY seq", now.UnixMilli())
	return dbutil.NewRowIterWithError(rows, scanWaiting, err).AsList()
}

// waitingForSession returns the events that wait for this key.
func (l *ledger) waitingForSession(ctx context.Context, session id.SessionID) ([]waiting, error) {
	rows, err := l.db.Query(ctx, waitingColumns+"WHERE session_id=$1 ORDER BY seq", session)
	return dbutil.NewRowIterWithError(rows, scanWaiting, err).AsList()
}

// nextDue returns when the next waiting event must be looked at.
func (l *ledger) nextDue(ctx context.Context) (time.Time, bool, error) {
	var due sql.NullInt64
	if err := l.db.QueryRow(ctx, "SELECT MIN(due) FROM hr_waiting").Scan(&due); err != nil || !due.Valid {
		return time.Time{}, false, err
	}
	return time.UnixMilli(due.Int64), true, nil
}

// batch is everything that one sync response changes in the ledger.
type batch struct {
	token   string
	rooms   map[id.RoomID]roomRow
	left    []id.RoomID
	invites map[id.RoomID]bool    // true: follow
	waiting []waiting             // new, or told
	read    []id.EventID          // no longer waiting
	echoed  map[string]id.EventID // our messages by key, whose echo was committed
}

// commit writes the batch.
func (l *ledger) commit(ctx context.Context, b batch, now time.Time) error {
	return l.txn(ctx, func(ctx context.Context) error {
		run := runner{ctx: ctx, db: l.db}
		for room, row := range b.rooms {
			run.exec(`INSERT INTO hr_room (room_id, last_event, last_ts, crowd) VALUES ($1, $2, $3, $4)
				ON CONFLICT (room_id) DO UPDATE SET last_event=excluded.last_event, last_ts=excluded.last_ts, crowd=excluded.crowd`,
				room, row.last, row.ts, row.crowd)
		}
		for _, room := range b.left {
			run.exec("DELETE FROM hr_room WHERE room_id=$1", room)
			run.exec("DELETE FROM hr_waiting WHERE room_id=$1", room)
			run.exec("DELETE FROM hr_invite WHERE room_id=$1", room)
		}
		for room, follow := range b.invites {
			run.exec(`INSERT INTO hr_invite (room_id, follow, first, tries, next_try) VALUES ($1, $2, $3, 0, 0)
				ON CONFLICT (room_id) DO UPDATE SET follow=excluded.follow, first=excluded.first, tries=0, next_try=0`,
				room, follow, now.UnixMilli())
		}
		for _, w := range b.waiting {
			run.exec(`INSERT INTO hr_waiting (event_id, room_id, session_id, event, told, due) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (event_id) DO UPDATE SET told=(told OR excluded.told),
					due=CASE WHEN told AND NOT excluded.told THEN due ELSE excluded.due END`,
				w.event, w.room, w.session, w.raw, w.told, w.due)
			run.exec(`DELETE FROM hr_waiting WHERE room_id=$1 AND told AND seq NOT IN (
				SELECT seq FROM hr_waiting WHERE room_id=$1 ORDER BY seq DESC LIMIT $2)`, w.room, waitingMax)
		}
		for _, event := range b.read {
			run.exec("DELETE FROM hr_waiting WHERE event_id=$1", event)
		}
		for key, event := range b.echoed {
			run.exec(`INSERT INTO hr_sent (key, first, tried, event_id) VALUES ($1, $2, $2, $3)
				ON CONFLICT (key) DO UPDATE SET event_id=excluded.event_id`, key, now.UnixMilli(), event)
		}
		if b.token != "" {
			run.exec("INSERT INTO hr_sync (token) VALUES ($1)", b.token)
			run.exec("DELETE FROM hr_sync WHERE seq<=(SELECT MAX(seq) FROM hr_sync)-$1", tokensKept)
		}
		return run.err
	})
}

// runner runs statements until the first that fails.
type runner struct {
	ctx context.Context
	db  *dbutil.Database
	err error
}

func (r *runner) exec(query string, args ...any) {
	if r.err == nil {
		_, r.err = r.db.Exec(r.ctx, query, args...)
	}
}

// sentRow is what is known about a message that was tried at least once.
type sentRow struct {
	first, tried time.Time
	event        id.EventID // "": nobody knows whether it arrived
}

func (l *ledger) sent(ctx context.Context, key string) (row sentRow, known bool, err error) {
	var first, tried int64
	err = l.db.QueryRow(ctx, "SELECT first, tried, event_id FROM hr_sent WHERE key=$1", key).Scan(&first, &tried, &row.event)
	if errors.Is(err, sql.ErrNoRows) {
		return row, false, nil
	}
	row.first, row.tried = time.UnixMilli(first), time.UnixMilli(tried)
	return row, err == nil, err
}

// knows tells whether an event is one that this device has sent.
func (l *ledger) knows(ctx context.Context, event id.EventID) (known bool, err error) {
	err = l.db.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM hr_sent WHERE event_id=$1)", event).Scan(&known)
	return known, err
}

// begin notes that a message is about to go out.
func (l *ledger) begin(ctx context.Context, key string, now time.Time) error {
	_, err := l.db.Exec(ctx, `INSERT INTO hr_sent (key, first, tried, event_id) VALUES ($1, $2, $2, '')
		ON CONFLICT (key) DO UPDATE SET tried=excluded.tried`, key, now.UnixMilli())
	return err
}

// finish notes the event id of a message that went out.
func (l *ledger) finish(ctx context.Context, key string, event id.EventID) error {
	_, err := l.db.Exec(ctx, "UPDATE hr_sent SET event_id=$1 WHERE key=$2", event, key)
	return err
}

// abandon forgets a message that certainly did not go out.
func (l *ledger) abandon(ctx context.Context, key string) error {
	_, err := l.db.Exec(ctx, "DELETE FROM hr_sent WHERE key=$1", key)
	return err
}

// prune forgets what is too old to matter.
func (l *ledger) prune(ctx context.Context, now time.Time) error {
	_, err := l.db.Exec(ctx, "DELETE FROM hr_sent WHERE tried<$1", now.Add(-sentKeptFor).UnixMilli())
	return err
}

// inviteRow is an invitation that waits to be followed or declined.
type inviteRow struct {
	room   id.RoomID
	follow bool
	first  time.Time
	tries  int
}

// invitesDue returns the invitations that are due, and when the next one will be.
func (l *ledger) invitesDue(ctx context.Context, now time.Time) (due []inviteRow, next time.Time, err error) {
	rows, err := l.db.Query(ctx, "SELECT room_id, follow, first, tries FROM hr_invite WHERE next_try<=$1 LIMIT 64", now.UnixMilli())
	due, err = dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (i inviteRow, err error) {
		var first int64
		err = row.Scan(&i.room, &i.follow, &first, &i.tries)
		i.first = time.UnixMilli(first)
		return i, err
	}, err).AsList()
	if err != nil {
		return nil, next, fmt.Errorf("invitations: %w", err)
	}
	var soonest sql.NullInt64
	if err := l.db.QueryRow(ctx, "SELECT MIN(next_try) FROM hr_invite WHERE next_try>$1", now.UnixMilli()).Scan(&soonest); err != nil {
		return nil, next, fmt.Errorf("next invitation: %w", err)
	}
	if soonest.Valid {
		next = time.UnixMilli(soonest.Int64)
	}
	return due, next, nil
}

func (l *ledger) inviteDone(ctx context.Context, room id.RoomID) error {
	_, err := l.db.Exec(ctx, "DELETE FROM hr_invite WHERE room_id=$1", room)
	return err
}

func (l *ledger) inviteAgain(ctx context.Context, room id.RoomID, at time.Time) error {
	_, err := l.db.Exec(ctx, "UPDATE hr_invite SET tries=tries+1, next_try=$1 WHERE room_id=$2", at.UnixMilli(), room)
	return err
}
