// Package account is what an account of the bot on any network needs on this
// machine: a lock, so that one process uses it at a time, and a database in a
// file that does not lose what was committed. What stands in the file is for the
// package of the network.
package account

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"

	"go.mau.fi/util/dbutil"
	_ "go.mau.fi/util/dbutil/litestream" // the driver below
)

// driver commits to the disk before it says so.
const driver = "sqlite3-fk-wal-fullsync"

// ErrPanic is what Txn makes of a panic, whose own text may hold anything.
var ErrPanic = errors.New("a panic was caught")

// Open opens the database in a file, which it makes for the bot alone where there
// is none. It has one connection. The options are those of mattn/go-sqlite3
// besides _txlock, as in "&_secure_delete=on", or "".
func Open(ctx context.Context, path, options string) (*dbutil.Database, error) {
	// SQLite would make the file readable for all.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = errors.Join(f.Chmod(0o600), f.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db, err := dbutil.NewWithDialect("file:"+(&url.URL{Path: path}).EscapedPath()+"?_txlock=immediate"+options, driver)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.RawDB.SetMaxOpenConns(1)
	var synchronous int
	if err := db.QueryRow(ctx, "PRAGMA synchronous").Scan(&synchronous); err != nil || synchronous < 2 {
		return nil, errors.Join(fmt.Errorf("open %s: the database does not promise to be on disk after a commit", path), db.Close())
	}
	return db, nil
}

// Txn runs fn in one transaction. A panic in it becomes ErrPanic, because it would
// leave the transaction, and with it the only connection, open for good.
func Txn(ctx context.Context, db *dbutil.Database, fn func(ctx context.Context) error) error {
	return db.DoTxn(ctx, nil, func(ctx context.Context) (err error) {
		defer func() {
			if recover() != nil {
				err = ErrPanic
			}
		}()
		return fn(ctx)
	})
}
