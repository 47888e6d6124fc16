package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"go.mau.fi/util/dbutil"
)

// A move copies the rows of a file of SQLite into a database on a server, table
// by table in the order in which they refer to each other, in batches. Each
// batch commits together with a mark of how far it came, so that a move which
// was cut off goes on where it was. Rows are copied as they are: what is sealed
// stays sealed, with the same master key. While a move is under way the database
// has a row "moving" in meta, and afterwards the file has a row "moved": Open
// refuses both, so that no bot works on half of its people, and no two bots on
// the same ones.

var (
	// ErrMoved says that the store in this file was moved to a server.
	ErrMoved = errors.New("this store was moved to PostgreSQL: name that as database in the configuration")
	// ErrMoving says that a move into this database did not come to its end.
	ErrMoving = errors.New("a move into this database is not finished: run handrail migrate again, which goes on with it")
	// ErrOccupied says that a database holds a store already.
	ErrOccupied = errors.New("the database holds another store already: give this one a database of its own")
)

const (
	metaMoving = "moving"  // in the database, the name of the move
	metaMove   = "move"    // in the file, the same; in the database when all is over
	metaMoved  = "moved"   // in the file, when all is over
	metaMark   = "moving." // and a table: the last key that was copied
)

const (
	moveBatch = 1000 // rows in one commit
	moveChunk = 100  // rows in one statement
)

// moveTable is a table and its primary key.
type moveTable struct {
	name     string
	keys     []string
	numbered bool // gives ids by itself
}

// moveTables are all tables with rows of a store but meta and those about the
// running program (replica, lease), those that others
// refer to first.
func moveTables() []moveTable {
	return []moveTable{
		{"edition", []string{"id"}, true},
		{"person", []string{"id"}, true},
		{"person_key", []string{"person"}, false},
		{"item", []string{"person", "n"}, false},
		{"schedule", []string{"id"}, true},
		{"timer", []string{"person", "kind"}, false},
		{"inbox", []string{"event"}, false},
		{"lane", []string{"person"}, false},
		{"outbox", []string{"lane", "seq"}, false},
		{"sent", []string{"person", "key"}, false},
		{"dead", []string{"person", "seq"}, false},
		{"link_code", []string{"person"}, false},
		{"desk_case", []string{"id"}, true},
		{"desk_crossing", []string{"event"}, false},
		{"desk_away", []string{"who"}, false},
		{"desk_key", []string{"who", "key"}, false},
		{"desk_record", []string{"seq"}, false},
		{"note", []string{"kind", "day"}, false},
	}
}

// MoveStep tells how far a move is.
type MoveStep struct {
	Table       string
	Rows, Total int64
	Checked     bool // the rows on both sides were compared and are the same
}

// mover copies from one store to another.
type mover struct {
	from, to *Store
	name     []byte // of this move
	say      func(MoveStep)
}

// Move copies the store in the file at from into the database at to, checks row
// by row that both hold the same, and closes the file for good. It goes on with
// a move that was cut off, and does nothing when it is over already. The bot must
// not run: ErrLocked. A database with anything else in it is refused: ErrOccupied.
// So is a file that was moved elsewhere: ErrMoved. Say is called as it goes on.
func Move(ctx context.Context, from, to Options, say func(MoveStep)) (err error) {
	if from.Path == "" || to.URL == "" {
		return errors.New("move store: from a file to a database is the only way")
	}
	from.moving, to.moving = true, true
	m := &mover{say: say}
	if m.from, err = Open(ctx, from); err != nil {
		return fmt.Errorf("the file: %w", err)
	}
	defer func() { err = errors.Join(err, m.from.Close()) }()
	if m.to, err = Open(ctx, to); err != nil {
		return fmt.Errorf("the database: %w", err)
	}
	defer func() { err = errors.Join(err, m.to.Close()) }()
	over, err := m.begin(ctx)
	if err != nil {
		return fmt.Errorf("begin the move: %w", err)
	}
	if over {
		return nil
	}
	for _, t := range moveTables() {
		if err := m.copy(ctx, t); err != nil {
			return fmt.Errorf("copy table %s: %w", t.name, err)
		}
	}
	for _, t := range moveTables() {
		if err := m.compare(ctx, t); err != nil {
			return fmt.Errorf("compare table %s: %w", t.name, err)
		}
	}
	if err := m.end(ctx); err != nil {
		return fmt.Errorf("end the move: %w", err)
	}
	return nil
}

// Survey tells what Move would copy, and whether it would be let in, and changes
// nothing.
func Survey(ctx context.Context, from, to Options) (steps []MoveStep, err error) {
	from.moving = true
	s, err := Open(ctx, from)
	if err != nil {
		return nil, fmt.Errorf("the file: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for _, t := range moveTables() {
		n, err := countRows(ctx, s, t)
		if err != nil {
			return nil, fmt.Errorf("count table %s: %w", t.name, err)
		}
		steps = append(steps, MoveStep{Table: t.name, Total: n})
	}
	if err := lookInto(ctx, to); err != nil {
		return nil, fmt.Errorf("the database: %w", err)
	}
	return steps, nil
}

// lookInto tells whether a move into a database would be let in.
func lookInto(ctx context.Context, to Options) error {
	if err := Reach(ctx, to); err != nil {
		return err
	}
	e, err := newPostgres(to.URL, to.Password)
	if err != nil {
		return err
	}
	c, err := pgx.ConnectConfig(ctx, e.config)
	if err != nil {
		return e.fault(err)
	}
	defer func() { _ = c.Close(ctx) }() // nothing was written
	var tables, people, moving int
	if err := c.QueryRow(ctx, sqlPostgresForeign).Scan(&tables); err != nil {
		return e.fault(err)
	}
	if tables > 0 {
		return fmt.Errorf("%w: give Handrail a database of its own", dbutil.ErrForeignTables)
	}
	var made bool
	if err := c.QueryRow(ctx, sqlPostgresMade).Scan(&made); err != nil || !made {
		return e.fault(err)
	}
	err = c.QueryRow(ctx, `SELECT (SELECT COUNT(*) FROM person), (SELECT COUNT(*) FROM meta WHERE name = 'moving')`).Scan(&people, &moving)
	if err == nil && people > 0 && moving == 0 {
		return ErrOccupied
	}
	return e.fault(err)
}

const sqlPutMeta = `INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`

// meta reads a value of meta; nil is none.
func (t *Tx) meta(name string) ([]byte, error) {
	var value []byte
	err := t.row(sqlGetMeta, []any{name}, &value)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return value, err
}

// begin gives the move a name, or finds the one to go on with. Over tells that
// it came to its end before. A move into another database than before has a name
// of its own, so that only one of the two can come to its end.
func (m *mover) begin(ctx context.Context) (over bool, err error) {
	if err := m.known(ctx); err != nil {
		return false, err
	}
	var moved, done, other []byte
	err = m.from.View(ctx, func(tx *Tx) (err error) {
		if m.name, err = tx.meta(metaMove); err == nil {
			moved, err = tx.meta(metaMoved)
		}
		return err
	})
	if err != nil {
		return false, err
	}
	err = m.to.View(ctx, func(tx *Tx) (err error) {
		if done, err = tx.meta(metaMove); err == nil {
			other, err = tx.meta(metaMoving)
		}
		return err
	})
	switch {
	case err != nil:
		return false, err
	case m.name != nil && bytes.Equal(done, m.name):
		return true, nil
	case m.name != nil && bytes.Equal(other, m.name):
		return false, nil
	case other != nil:
		return false, ErrOccupied
	case moved != nil:
		return false, ErrMoved
	}
	return false, m.mark(ctx)
}

// mark gives a move that begins a name, in a database that must be empty.
func (m *mover) mark(ctx context.Context) error {
	m.name = make([]byte, 16)
	_, _ = rand.Read(m.name) // never fails
	err := m.from.Update(ctx, func(tx *Tx) error {
		_, err := tx.exec(sqlPutMeta, metaMove, m.name)
		return err
	})
	if err != nil {
		return err
	}
	return m.to.Update(ctx, func(tx *Tx) error {
		for _, t := range moveTables() {
			var one int
			err := tx.row("SELECT 1 FROM "+t.name+" LIMIT 1", nil, &one)
			if err == nil {
				return ErrOccupied
			}
			if !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		_, err := tx.exec(sqlPutMeta, metaMoving, m.name)
		return err
	})
}

// known refuses a file with tables that a move would leave behind.
func (m *mover) known(ctx context.Context) error {
	names := []string{"meta", "replica", "lease", "version", "database_owner", "sqlite_sequence", "sqlite_stat1", "sqlite_stat4"}
	for _, t := range moveTables() {
		names = append(names, t.name)
	}
	return m.from.View(ctx, func(tx *Tx) error {
		return tx.rows(`SELECT name FROM sqlite_master WHERE type = 'table'`, nil, func(scan func(...any) error) error {
			var name string
			if err := scan(&name); err != nil {
				return err
			}
			if !slices.Contains(names, name) {
				return fmt.Errorf("the file has a table %q that is not known here", name)
			}
			return nil
		})
	})
}

// columns are the columns of a table, as the file has them.
func (m *mover) columns(ctx context.Context, t moveTable) (names []string, err error) {
	err = m.from.View(ctx, func(tx *Tx) error {
		return tx.rows(`SELECT name FROM pragma_table_info('`+t.name+`') ORDER BY cid`, nil, func(scan func(...any) error) error {
			var name string
			err := scan(&name)
			names = append(names, name)
			return err
		})
	})
	return names, err
}

func countRows(ctx context.Context, s *Store, t moveTable) (n int64, err error) {
	err = s.View(ctx, func(tx *Tx) error { return tx.row("SELECT COUNT(*) FROM "+t.name, nil, &n) })
	return n, err
}

// copy copies what is not there yet of one table.
func (m *mover) copy(ctx context.Context, t moveTable) error {
	columns, err := m.columns(ctx, t)
	if err != nil {
		return err
	}
	step := MoveStep{Table: t.name}
	if step.Total, err = countRows(ctx, m.from, t); err != nil {
		return err
	}
	if step.Rows, err = countRows(ctx, m.to, t); err != nil {
		return err
	}
	m.say(step)
	var mark moveMark
	if err := m.to.View(ctx, func(tx *Tx) error { return mark.load(tx, t) }); err != nil {
		return err
	}
	for {
		rows, err := m.page(ctx, t, columns, mark)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		mark = markOf(t, columns, rows[len(rows)-1])
		err = m.to.Update(ctx, func(tx *Tx) error {
			for chunk := range slices.Chunk(rows, moveChunk) {
				if err := insert(tx, t, columns, chunk); err != nil {
					return err
				}
			}
			return mark.save(tx, t)
		})
		if err != nil {
			return err
		}
		step.Rows += int64(len(rows))
		m.say(step)
	}
	if !t.numbered {
		return nil
	}
	return m.number(ctx, t)
}

// page reads the next rows of a table behind a mark.
func (m *mover) page(ctx context.Context, t moveTable, columns []string, after moveMark) (rows [][]any, err error) {
	keys := strings.Join(t.keys, ", ")
	query := "SELECT " + strings.Join(columns, ", ") + " FROM " + t.name
	if len(after) > 0 {
		query += " WHERE (" + keys + ") > (" + places(0, len(after)) + ")"
	}
	query += fmt.Sprintf(" ORDER BY %s LIMIT %d", keys, moveBatch)
	err = m.from.View(ctx, func(tx *Tx) error {
		return tx.rows(query, after.args(), func(scan func(...any) error) error {
			row, err := scanRow(scan, len(columns))
			rows = append(rows, row)
			return err
		})
	})
	return rows, err
}

// scanRow reads a row of so many columns as it is.
func scanRow(scan func(...any) error, columns int) ([]any, error) {
	row, dest := make([]any, columns), make([]any, columns)
	for i := range row {
		dest[i] = &row[i]
	}
	err := scan(dest...)
	return row, err
}

// places are n placeholders behind the first so many.
func places(first, n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("$%d", first+i+1))
	}
	return strings.Join(list, ", ")
}

// insert writes rows with one statement, if they are as many as usual: each
// number of rows is a statement of its own that the database has to prepare.
func insert(tx *Tx, t moveTable, columns []string, rows [][]any) error {
	if len(rows) < moveChunk && len(rows) > 1 {
		for _, row := range rows {
			if err := insert(tx, t, columns, [][]any{row}); err != nil {
				return err
			}
		}
		return nil
	}
	var values []string
	var args []any
	for _, row := range rows {
		values = append(values, "("+places(len(args), len(columns))+")")
		args = append(args, row...)
	}
	_, err := tx.exec("INSERT INTO "+t.name+" ("+strings.Join(columns, ", ")+") VALUES "+strings.Join(values, ", "), args...)
	return err
}

// number lets the database give ids from where the file stopped: an id is never
// given twice, also not that of somebody who has gone.
func (m *mover) number(ctx context.Context, t moveTable) error {
	var last int64
	err := m.from.View(ctx, func(tx *Tx) error {
		return tx.row(`SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = $1`, []any{t.name}, &last)
	})
	if err != nil || last == 0 {
		return err
	}
	return m.to.Update(ctx, func(tx *Tx) error {
		var set int64
		return tx.change(`SELECT setval(pg_get_serial_sequence($1, 'id'), $2)`, []any{t.name, last}, &set)
	})
}

// end closes the file first: from then on there is one store, and it is opened
// for use last.
func (m *mover) end(ctx context.Context) error {
	var past []byte
	err := m.from.Update(ctx, func(tx *Tx) (err error) {
		if past, err = tx.meta(metaRestored); err == nil {
			_, err = tx.exec(sqlPutMeta, metaMoved, []byte{1})
		}
		return err
	})
	if err != nil {
		return err
	}
	return m.to.Update(ctx, func(tx *Tx) error {
		if past != nil {
			if _, err := tx.exec(sqlPutMeta, metaRestored, past); err != nil {
				return err
			}
		}
		if _, err := tx.exec(sqlPutMeta, metaMove, m.name); err != nil {
			return err
		}
		_, err := tx.exec(`DELETE FROM meta WHERE name = 'moving' OR name LIKE 'moving.%'`)
		return err
	})
}
