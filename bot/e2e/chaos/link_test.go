package chaos

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"sync"
	"testing"
)

// linkSocket is the name that a client of PostgreSQL looks for in a folder.
const linkSocket = ".s.PGSQL.5432"

// link is the way from the bot to the PostgreSQL server.
type link struct {
	server string // where it listens
	random *rand.Rand

	mu      sync.Mutex
	well    *sync.Cond // the trouble has changed; with mu
	trouble trouble
	struck  int // connections that met with trouble
	conns   map[net.Conn]bool
}

// newLink listens in a folder on behalf of the server that listens in another.
func newLink(t testing.TB, dir, server string, random *rand.Rand) *link {
	t.Helper()
	listener, err := net.Listen("unix", filepath.Join(dir, linkSocket))
	must(t, err)
	l := &link{server: filepath.Join(server, linkSocket), random: random, conns: map[net.Conn]bool{}}
	l.well = sync.NewCond(&l.mu)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { l.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		l.set(troubleCut)
		all.Wait()
	})
	return l
}

// set begins a trouble, or ends it with none; it returns how many connections
// met with the one before. A cut ends all connections.
func (l *link) set(tr trouble) (struck int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	struck, l.struck, l.trouble = l.struck, 0, tr
	if tr == troubleCut {
		for c := range l.conns {
			_ = c.Close()
		}
		l.struck = len(l.conns) / 2
	}
	if tr == troubleHang {
		l.struck = len(l.conns) / 2
	}
	l.well.Broadcast()
	return struck
}

// keep notes a connection; it returns false when there must be none.
func (l *link) keep(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trouble == troubleCut {
		l.struck++
		return false
	}
	l.conns[c] = true
	return true
}

// pass waits while nothing passes, and tells whether this does. The server has
// then done what its answer is about, and the bot does not hear of it.
func (l *link) pass(answer bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.trouble == troubleHang {
		l.well.Wait()
	}
	if l.trouble == troubleLost && answer && l.random.IntN(lostAnswers) == 0 {
		l.struck++
		return false
	}
	return l.trouble != troubleCut
}

// lostAnswers is of how many answers of the database one is lost.
const lostAnswers = 25

// serve passes on what the two say to each other, until one of them ends. While
// nothing passes, the end of the one is not known to the other either.
func (l *link) serve(c net.Conn) {
	defer c.Close()
	s, err := net.Dial("unix", l.server)
	if err != nil {
		return
	}
	defer s.Close()
	if !l.keep(c) || !l.keep(s) {
		return
	}
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.conns, c)
		delete(l.conns, s)
	}()
	var both sync.WaitGroup
	one := func(to, from net.Conn, answer bool) {
		buffer := make([]byte, 32<<10)
		for {
			n, err := from.Read(buffer)
			if !l.pass(answer) {
				err = io.EOF
			} else if n > 0 {
				_, failed := to.Write(buffer[:n])
				err = errors.Join(err, failed)
			}
			if err != nil {
				_, _ = to.Close(), from.Close()
				return
			}
		}
	}
	both.Go(func() { one(s, c, false) })
	both.Go(func() { one(c, s, true) })
	both.Wait()
}
