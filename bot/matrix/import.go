package matrix

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/sqlstatestore"

	"handrail/bot/account"
)

// movedSuffix is put behind the names of files that must never be used again: the
// device goes on in the database, and its old keys would do harm.
const movedSuffix = ".moved"

// moveIn brings an account that was kept in files into the database, so that it
// goes on as the same device. It does so once, in one transaction; then the files
// are put out of use.
func (t *Transport) moveIn(ctx context.Context) error {
	folder := vault{dir: t.cfg.Dir}
	old, err := folder.session()
	if err != nil || old == nil || !old.HasKeys {
		return err
	}
	if there, err := folder.hasKeys(); err != nil || !there {
		return err
	}
	now, err := t.vault.session()
	if err != nil {
		return err
	}
	lock, err := account.Lock(folder.file(lockFile))
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	if now == nil {
		if err := t.copyFolder(ctx, folder, old); err != nil {
			return clean("move "+folder.file(cryptoFile)+" into the database", err)
		}
		t.log.Info("the login and the encryption state were moved into the database", "from", t.cfg.Dir)
	} else if now.Device != old.Device {
		t.log.Warn("the folder holds the login of another device than the database; it is not used", "path", t.cfg.Dir)
		return nil
	}
	for _, name := range []string{sessionFile, deviceFile, cryptoFile, cryptoFile + "-wal", cryptoFile + "-shm"} {
		if err := os.Rename(folder.file(name), folder.file(name+movedSuffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return folder.sync()
}

// copyFolder copies every row, and what stands in files.
func (t *Transport) copyFolder(ctx context.Context, folder vault, sess *session) (err error) {
	from, err := account.Open(ctx, folder.file(cryptoFile), "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := dbutil.NewWithDB(t.cfg.DB, "pgx")
	if err != nil {
		return err
	}
	for _, db := range []*dbutil.Database{from, to} { // both with the newest tables
		if _, err := openLedger(ctx, db); err != nil {
			return err
		}
		if err := sqlstatestore.NewSQLStateStore(db, dbutil.NoopLogger, false).Upgrade(ctx); err != nil {
			return err
		}
		if err := crypto.NewSQLCryptoStore(db, dbutil.NoopLogger, "", sess.Device, t.cfg.PickleKey).DB.Upgrade(ctx); err != nil {
			return err
		}
	}
	tables, err := columnsOf(ctx, t.cfg.DB)
	if err != nil {
		return err
	}
	tx, err := t.cfg.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	for _, table := range tables {
		if err := table.copy(ctx, from.RawDB, tx); err != nil {
			return err
		}
	}
	login, err := json.Marshal(sess)
	if err != nil {
		return err
	}
	secrets := map[string][]byte{sessionFile: login, deviceFile: []byte(sess.Device)}
	if key, err := folder.recoveryKey(); err != nil {
		return err
	} else if key != "" {
		secrets[recoveryFile] = []byte(key)
	}
	for name, data := range secrets {
		if _, err := tx.ExecContext(ctx, sqlPutSecret, name, t.vault.rows.seal(name, data)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// rowTable is a table of the database with the types of its columns.
type rowTable struct {
	name           string
	columns, types []string
	numbered       string // the column that is numbered by itself
}

// columnsOf lists the tables to copy, those that others refer to first.
func columnsOf(ctx context.Context, db *sql.DB) (tables []rowTable, err error) {
	rows, err := db.QueryContext(ctx, `SELECT table_name, column_name, data_type, is_identity = 'YES' FROM information_schema.columns
		WHERE table_schema = current_schema() AND (table_name LIKE 'crypto\_%' OR table_name LIKE 'mx\_%' OR table_name LIKE 'hr\_%')
		AND table_name NOT LIKE '%version' AND table_name <> 'hr_vault'
		ORDER BY table_name <> 'crypto_account', table_name, ordinal_position`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	for rows.Next() {
		var table, column, kind string
		var identity bool
		if err := rows.Scan(&table, &column, &kind, &identity); err != nil {
			return nil, err
		}
		if len(tables) == 0 || tables[len(tables)-1].name != table {
			tables = append(tables, rowTable{name: table})
		}
		last := &tables[len(tables)-1]
		last.columns, last.types = append(last.columns, `"`+column+`"`), append(last.types, kind)
		if identity {
			last.numbered = column
		}
	}
	return tables, rows.Err()
}

// copy copies the rows of one table.
func (r rowTable) copy(ctx context.Context, from *sql.DB, to *sql.Tx) error {
	list := strings.Join(r.columns, ", ")
	places := make([]string, len(r.columns))
	for i := range places {
		places[i] = fmt.Sprint("$", i+1)
	}
	insert, err := to.PrepareContext(ctx, "INSERT INTO "+r.name+" ("+list+") VALUES ("+strings.Join(places, ", ")+")")
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }() // it ends with the transaction
	rows, err := from.QueryContext(ctx, "SELECT "+list+" FROM "+r.name)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	for rows.Next() {
		values, dest := make([]any, len(r.columns)), make([]any, len(r.columns))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		for i := range values {
			values[i] = fitted(values[i], r.types[i])
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil || r.numbered == "" {
		return err
	}
	_, err = to.ExecContext(ctx, `SELECT setval(pg_get_serial_sequence($1, $2), (SELECT COALESCE(MAX(`+r.numbered+`), 1) FROM `+r.name+`))`, r.name, r.numbered)
	return err
}

// fitted is a value of SQLite, which is not strict about types, as PostgreSQL
// wants it.
func fitted(value any, kind string) any {
	switch v := value.(type) {
	case int64:
		if kind == "boolean" {
			return v != 0
		}
	case string:
		if kind == "bytea" {
			return []byte(v)
		}
	case []byte:
		if kind != "bytea" {
			return string(v)
		}
	}
	return value
}
