package chaos

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"handrail/bot/e2e/child"
)

const (
	// lockedFor is longer than the bot's patience with a lock.
	lockedFor = 8 * time.Second
	fullFor   = 6 * time.Second
)

// lock holds the database for itself, as another program could.
func (w *world) lock() {
	w.Helper()
	if w.database != nil { // one table, which everything needs: with two, there would be a deadlock now and then
		must(w, w.database.AdminIn(w.dbName, fmt.Sprintf("BEGIN; LOCK TABLE person IN ACCESS EXCLUSIVE MODE; "+
			"SELECT pg_sleep(%d); COMMIT", lockedFor/time.Second)))
		return
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(w.folder(), "handrail.db")+"?_busy_timeout=10000")
	must(w, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.Exec("BEGIN EXCLUSIVE")
	must(w, err)
	time.Sleep(lockedFor)
	_, err = db.Exec("ROLLBACK")
	must(w, err)
}

// fill leaves no byte free where the database is, for a while.
func (w *world) fill() {
	w.Helper()
	path := filepath.Join(w.small, "ballast")
	f, err := os.Create(path)
	must(w, err)
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 16
		} else {
			must(w, err)
		}
	}
	time.Sleep(fullFor)
	must(w, errors.Join(f.Close(), os.Remove(path)))
	if w.database != nil && w.database.Admin("SELECT 1") != nil {
		must(w, w.database.Crash()) // it gave up, as it does: somebody starts it again
	}
}

// readOnly takes away the right to write.
func (w *world) readOnly() {
	w.Helper()
	if w.database != nil {
		ends := fmt.Sprintf("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'", w.dbName)
		must(w, w.database.Admin("ALTER DATABASE "+w.dbName+" SET default_transaction_read_only = on"))
		must(w, w.database.Admin(ends))
		time.Sleep(fullFor)
		must(w, w.database.Admin("ALTER DATABASE "+w.dbName+" RESET default_transaction_read_only"))
		must(w, w.database.Admin(ends))
		return
	}
	file := filepath.Join(w.folder(), "handrail.db")
	w.bots[0].kill()
	lock, unlock := []string{"chattr", "+i", file}, []string{"chattr", "-i", file}
	if os.Getuid() != 0 {
		lock, unlock = []string{"chmod", "0400", file}, []string{"chmod", "0600", file}
	}
	must(w, exec.Command(lock[0], lock[1:]...).Run())
	w.bots[0].start(w)
	time.Sleep(fullFor)
	must(w, exec.Command(unlock[0], unlock[1:]...).Run())
}

// second starts a copy in the folder of one that runs: it must refuse.
func (w *world) second() {
	w.Helper()
	w.bots[0].start(w)
	select {
	case <-w.bots[0].started():
	case <-time.After(answerPatience):
	}
	cmd := w.bots[0].command()
	tail := &child.Tail{}
	cmd.Stdout, cmd.Stderr = tail, tail
	proc, err := child.Start(cmd)
	must(w, err)
	select {
	case <-proc.Done():
		if proc.State().Success() {
			w.Errorf("the second copy ended without an error:\n%s", tail)
		}
	case <-time.After(answerPatience):
		proc.Kill()
		w.Errorf("the second copy runs beside the first:\n%s", tail)
	}
}

// clock sets the bot's clock a day on, again and again, with the daily messages
// of that day; then back, where nothing may come again; and on once more.
func (w *world) clock(days int) fault {
	return fault{name: "clock set forward and back", short: true, play: func() int {
		w.tick = nil // what was to come within seconds does not come a day late
		for range days {
			w.days++
			w.setClock(time.Duration(w.days) * 24 * time.Hour)
			w.pause(time.Second)
			w.bots[0].kill()
			w.bots[0].start(w)
			for _, g := range w.due {
				if err := g.awaitText(w.ctx, fmt.Sprintf(dueText, w.days)); err != nil {
					w.Errorf("%v\nthe bot's log ends:\n%s", err, w.logs())
				}
			}
			w.proxy.set(troubleBad) // what is to be tried again then must not wait for that time
			w.pause(2 * time.Second)
			w.setClock(time.Duration(w.days)*24*time.Hour - 90*time.Minute)
			w.proxy.set(troubleNone)
			w.pause(time.Second)
			w.bots[0].kill()
			w.bots[0].start(w)
			w.pause(4 * time.Second)
			w.setClock(time.Duration(w.days) * 24 * time.Hour)
			w.pause(2 * time.Second)
		}
		w.setClock(0)
		return 3 * days
	}}
}

func (w *world) setClock(off time.Duration) {
	w.Helper()
	path := w.bots[0].clock
	must(w, os.WriteFile(path+".new", []byte(off.String()), 0o600))
	must(w, os.Rename(path+".new", path))
}
