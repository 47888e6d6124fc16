package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Kept opens what a Keep of this name holds, for reading, beside whoever has it;
// nil if nothing is kept there, as with a file.
func (r *Reader) Kept(ctx context.Context, name string) (*sql.DB, error) {
	e, ok := r.s.engine.(postgres)
	if !ok {
		return nil, nil
	}
	config := e.config.Copy()
	config.RuntimeParams["default_transaction_read_only"] = "on"
	config.RuntimeParams["search_path"] = keptIn(name)
	db := stdlib.OpenDB(*config)
	var there bool
	err := db.QueryRowContext(ctx, sqlPostgresKept).Scan(&there)
	if err != nil || !there {
		err = errors.Join(e.fault(err), db.Close())
		if err != nil {
			return nil, fmt.Errorf("open what is kept for %s: %w", name, err)
		}
		return nil, nil
	}
	return db, nil
}

const sqlPostgresKept = `SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = current_schema())`

// keptIn is the schema of a Keep.
func keptIn(name string) string { return pgx.Identifier{"keep_" + name}.Sanitize() }

// Check looks for damage as far as that can be done without the master key and in
// a short time: the structure of a file. Of a server nothing is asked.
func (r *Reader) Check(ctx context.Context) error {
	if r.s.engine.remote() {
		return nil
	}
	return r.s.reading(ctx, r.s.engine.begin(false), func(c *conn) error {
		var said string
		if err := c.c.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
			return fmt.Errorf("check the file: %w", err)
		}
		if said != "ok" {
			return errors.New("the file of the store is damaged: stop the bot, and restore a backup")
		}
		return nil
	})
}
