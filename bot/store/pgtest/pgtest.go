// Package pgtest starts a real PostgreSQL server for tests: its own cluster in a
// temporary folder, reached by a Unix socket, with every setting that durability
// hangs on left as it is in earnest. The folder is on a memory file system where
// there is one, so that waiting for the disk costs nothing. When the process
// that started a server ends, however it ends, the server ends and its folder
// goes.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNotInstalled says that no PostgreSQL server was found on this machine.
var ErrNotInstalled = errors.New("PostgreSQL is not installed: on Debian, apt-get install postgresql")

const (
	owner     = "owner" // the superuser of the cluster
	plainUser = "bot"   // whom the tests' databases belong to
	startTime = 30 * time.Second
)

// Server is a running cluster. Its methods may be called from any goroutine,
// but for Crash, Restart and Stop.
type Server struct {
	bin    string // folder of the server's programs
	folder string
	as     *syscall.Credential // whom the server runs as; nil: as this process
	cmd    *exec.Cmd
	hold   io.WriteCloser // the server ends when this is closed
	alive  *os.File       // ends when the last process of the server has ended
	last   atomic.Int64   // number of the last database
}

// guard runs the server until its input ends or names a signal. At the end of
// its input the server is not wanted any more, and what is in its folder goes, as
// does the folder where the server's user may remove it. Every process of the
// server holds the guard's output open, which tells when the last has ended: a new
// server refuses to start beside one that is left over.
const guard = `unwanted=
"$0" -D "$1/data" -k "$1" -c listen_addresses= 3>&1 >>"$1/log" 2>&1 &
read -r how || { how=INT; unwanted=yes; }
kill "-$how" $! && wait $!
[ "$unwanted" ] && rm -rf "$1" 2>/dev/null
true`

// settings are for many small databases at once; none of them is about safety.
const settings = `
max_connections = 300
shared_buffers = 64MB
min_wal_size = 32MB
max_wal_size = 128MB
autovacuum = off
jit = off
`

// measured are the settings that the README tells operators: what PostgreSQL comes
// with is for a machine of the nineties. A quarter of the memory is what its manual
// begins with (PostgreSQL 17, 19.4.1).
func measured() string {
	var info syscall.Sysinfo_t
	quarter := 128 // MB
	if syscall.Sysinfo(&info) == nil {
		quarter = max(quarter, int(uint64(info.Totalram)*uint64(info.Unit)>>22)) //nolint:unconvert // other widths elsewhere
	}
	return fmt.Sprintf("shared_buffers = %dMB\nmax_wal_size = 4GB\n", quarter)
}

// Start makes a cluster, in memory if that can be, and starts its server, which
// takes about two seconds.
func Start() (*Server, error) {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return StartIn("/dev/shm")
	}
	return StartIn(os.TempDir())
}

// StartIn is Start with the cluster in a new folder inside another one, which
// every user must be able to enter.
func StartIn(parent string) (*Server, error) { return startIn(parent, settings) }

func startIn(parent, settings string) (*Server, error) {
	s := &Server{}
	var err error
	if s.bin, err = programs(); err != nil {
		return nil, err
	}
	if s.as, err = runAs(); err != nil {
		return nil, err
	}
	if s.folder, err = os.MkdirTemp(parent, "handrail-pg-"); err != nil {
		return nil, fmt.Errorf("make a folder for PostgreSQL: %w", err)
	}
	if err := s.setUp(settings); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.folder))
	}
	if err := s.start(); err != nil {
		return nil, err
	}
	if err := s.Admin("CREATE ROLE " + plainUser + " LOGIN"); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// programs finds the folder with initdb and postgres.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	slices.Sort(found)
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			found = append(found, path)
		}
	}
	for _, path := range slices.Backward(found) {
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), "postgres")); err == nil {
			return filepath.Dir(path), nil
		}
	}
	return "", ErrNotInstalled
}

// runAs is whom the server runs as: it refuses to be root.
func runAs() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if errUID == nil && errGID == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = s.folder
	cmd.Env = []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH"), "HOME=" + s.folder}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true}
	return cmd
}

func (s *Server) setUp(settings string) error {
	if s.as != nil {
		if err := os.Chown(s.folder, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return fmt.Errorf("give the folder to PostgreSQL: %w", err)
		}
	}
	data := filepath.Join(s.folder, "data")
	out, err := s.command(filepath.Join(s.bin, "initdb"), "-D", data, "-A", "trust", "-U", owner, "-E", "UTF8",
		"--locale=C", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	f, err := os.OpenFile(filepath.Join(data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(settings)
	return errors.Join(err, f.Close())
}

// start starts the server and waits until it answers.
func (s *Server) start() error {
	s.cmd = s.command("/bin/sh", "-c", guard, filepath.Join(s.bin, "postgres"), s.folder)
	var err error
	if s.hold, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	alive, held, err := os.Pipe()
	if err != nil {
		return err
	}
	s.alive, s.cmd.Stdout = alive, held
	err = s.cmd.Start()
	_ = held.Close() // the server's processes have it now
	if err != nil {
		return errors.Join(fmt.Errorf("start PostgreSQL: %w", err), alive.Close())
	}
	for deadline := time.Now().Add(startTime); ; time.Sleep(20 * time.Millisecond) {
		if err = s.Admin("SELECT 1"); err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.folder, "log")) // better than nothing
			return errors.Join(fmt.Errorf("PostgreSQL does not start: %w\n%s", err, log), s.Stop())
		}
	}
}

// Stop ends the server and removes its folder.
func (s *Server) Stop() error {
	return errors.Join(s.hold.Close(), s.cmd.Wait(), s.alive.Close(), os.RemoveAll(s.folder))
}

// Ending is a way in which a server ends: a signal to its first process.
type Ending string

// The ways to end a server.
const (
	Fast      Ending = "INT"  // whoever is connected is sent away, and what it knows is written down
	Immediate Ending = "QUIT" // nothing is written down: the next start repairs
	Killed    Ending = "KILL" // the same, and nobody is told
)

// Crash ends the server as a power cut would end it, but for the disk, and
// starts it again.
func (s *Server) Crash() error { return s.Restart(Immediate) }

// Restart ends the server and starts it again.
func (s *Server) Restart(how Ending) error {
	if _, err := io.WriteString(s.hold, string(how)+"\n"); err != nil {
		return fmt.Errorf("stop PostgreSQL: %w", err)
	}
	_ = s.cmd.Wait() // the exit status of the guard tells nothing
	if _, err := io.Copy(io.Discard, s.alive); err != nil {
		return fmt.Errorf("wait for the end of PostgreSQL: %w", err)
	}
	_ = s.alive.Close()
	return s.start()
}

// Folder is where the server keeps all its files.
func (s *Server) Folder() string { return s.folder }

// URL is the address of a database, for a user who owns it and nothing else.
func (s *Server) URL(database string) string { return s.address(plainUser, database) }

func (s *Server) address(who, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(who), Path: "/" + database, RawQuery: url.Values{"host": {s.folder}}.Encode()}
	return u.String()
}

// Create makes a database as a copy of another ("template1": an empty one) and
// returns its name. Nobody may be connected to the other one.
func (s *Server) Create(template string) (string, error) {
	name := fmt.Sprintf("test%d", s.last.Add(1))
	return name, s.Admin(fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s OWNER %s", name, template, plainUser))
}

// Drop removes a database and ends whoever is connected to it.
func (s *Server) Drop(database string) error {
	return s.Admin("DROP DATABASE " + database + " WITH (FORCE)")
}

// Admin runs a statement as the superuser.
func (s *Server) Admin(statement string) error {
	return s.AdminIn("postgres", statement)
}

// AdminIn runs a statement as the superuser in one of the databases.
func (s *Server) AdminIn(database, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	c, err := pgx.Connect(ctx, s.address(owner, database))
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, statement)
	return errors.Join(err, c.Close(ctx))
}
