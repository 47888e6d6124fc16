package signalcli

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/signalcli/fakedaemon"
)

// numbered is a message that is told apart from all others, and heard is what the
// bot says to it.
func numbered(n int) string { return fmt.Sprintf("counted message %05d", n) }
func heard(n int) string    { return "Heard " + numbered(n) + "." }

// verdict is a row of the judge's table.
type verdict struct {
	name                  string
	asked, lost, doubled  int
	kills                 int
	socket                int // handed over by the daemon and not read when the bot died: gone by the protocol
	proved, resent, given int64
}

// crash is one way to die.
type crash struct {
	name   string
	off    bool // the phone is off, so no receipt comes
	policy chat.OnDoubt
	// fault is what the daemon does with the send at which the bot dies.
	fault func(kill func()) fakedaemon.Fault
	// allowed is how many answers may come twice, or be missing by the policy.
	doubled, given int
}

// killed waits for the end of the process inside the daemon's call.
func beforeTheCall(kill func()) fakedaemon.Fault {
	return fakedaemon.Fault{Before: kill, Ignore: true, Silent: true}
}

func afterTheCall(kill func()) fakedaemon.Fault {
	return fakedaemon.Fault{After: kill, Silent: true}
}

func beforeTheCommit(kill func()) fakedaemon.Fault {
	return fakedaemon.Fault{After: func() { go kill() }}
}

// TestCrashMatrix kills the bot at every point of a send, and lets the judge count:
// nothing is lost but what the policy gives up, and nothing comes twice but what the
// protocol cannot prove and the policy sends again.
func TestCrashMatrix(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var table []verdict
	t.Cleanup(func() {
		var b strings.Builder
		fmt.Fprintf(&b, "\n%-40s %5s %5s %8s %7s %7s %6s %9s\n", "killed", "asked", "lost", "doubled", "proved", "resent", "given", "in socket")
		for _, v := range table {
			fmt.Fprintf(&b, "%-40s %5d %5d %8d %7d %7d %6d %9d\n", v.name, v.asked, v.lost, v.doubled, v.proved, v.resent, v.given, v.socket)
		}
		t.Log(b.String())
	})
	for _, c := range []crash{
		{"before the call, phone on, resend", false, chat.OnDoubtResend, beforeTheCall, 0, 0},
		{"before the call, phone on, drop", false, chat.OnDoubtDrop, beforeTheCall, 0, 1},
		{"after the call, phone on, resend", false, chat.OnDoubtResend, afterTheCall, 0, 0},
		{"after the call, phone on, drop", false, chat.OnDoubtDrop, afterTheCall, 0, 0},
		{"after the call, phone off, resend", true, chat.OnDoubtResend, afterTheCall, 1, 0},
		{"after the call, phone off, drop", true, chat.OnDoubtDrop, afterTheCall, 0, 0},
		{"after the call, phone off, ask staff", true, chat.OnDoubtAsk, afterTheCall, 0, 0},
		{"before the commit, phone on, resend", false, chat.OnDoubtResend, beforeTheCommit, 0, 0},
		{"before the commit, phone off, resend", true, chat.OnDoubtResend, beforeTheCommit, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := c.run(t)
			mu.Lock()
			defer mu.Unlock()
			table = append(table, v)
		})
	}
	for _, inbox := range []struct {
		name   string
		early  bool
		atMost int
	}{{"in the middle of the inbox", false, 3}, {"while the backlog is read", true, 1}} {
		t.Run(inbox.name, func(t *testing.T) {
			t.Parallel()
			v := midInbox(t, inbox.name, inbox.early, inbox.atMost)
			mu.Lock()
			defer mu.Unlock()
			table = append(table, v)
		})
	}
}

const messages = 6

func (c crash) run(t *testing.T) verdict {
	dir := t.TempDir()
	d, err := fakedaemon.Listen("unix", filepath.Join(dir, "socket"), fakedaemon.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	v := newVictim(t, dir, d.Address(), c.policy)
	v.start()
	p := d.Person(alice)
	wait := waiter(t, v)
	p.Say("hi")
	wait("the first words", func() bool { return len(p.Phone()) > 0 })
	var died atomic.Bool
	gone := make(chan struct{})
	d.SetFault(func(call fakedaemon.Call) fakedaemon.Fault {
		if call.Method != "send" || call.Content != heard(messages/2) || !died.CompareAndSwap(false, true) {
			return fakedaemon.Fault{}
		}
		p.TurnOff() // what a phone says of a message takes longer than it takes to die
		return c.fault(func() { v.kill(); close(gone) })
	})
	for n := range messages {
		p.Say(numbered(n))
		if n != messages/2 {
			continue
		}
		select {
		case <-gone:
		case <-time.After(time.Minute):
			t.Fatalf("it was not killed\n%s", v.logged())
		}
		wait("the daemon notices", func() bool { return d.Subscribers() == 0 })
	}
	if !c.off {
		p.TurnOn()
	}
	v.start()
	wait("the last answer", func() bool { return count(p, heard(messages-1)) > 0 })
	return c.judge(t, p, v)
}

// judge counts what is on the phone.
func (c crash) judge(t *testing.T, p *fakedaemon.Person, v *victim) verdict {
	t.Helper()
	r := verdict{name: c.name, asked: messages}
	for n := range messages {
		switch times := count(p, heard(n)); {
		case times == 0:
			r.lost++
		case times > 1:
			r.doubled += times - 1
		}
	}
	r.proved, r.resent, r.given = counts(v.dir)
	if r.lost > c.given || r.lost > int(r.given) {
		t.Errorf("%d lost, %d may be given up\n%s", r.lost, c.given, v.logged())
	}
	if r.doubled > c.doubled || r.doubled > int(r.resent) {
		t.Errorf("%d came twice, %d may, %d were sent again", r.doubled, c.doubled, r.resent)
	}
	r.lost -= min(r.lost, int(r.given)) // what the policy gives up is in its own column
	return r
}

func count(p *fakedaemon.Person, text string) (n int) {
	for _, s := range p.Phone() {
		if s.Text == text {
			n++
		}
	}
	return n
}

func waiter(t *testing.T, v *victim) func(string, func() bool) {
	return func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(5 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("waited in vain for: %s\n%s", what, v.logged())
			}
		}
	}
}

// midInbox kills the bot while a backlog is handled: everything that was read from
// the socket is answered, once. Early is in the middle of reading it, where what the
// daemon has written and nobody has read is gone: that much the protocol loses, and
// nobody can tell which.
func midInbox(t *testing.T, name string, early bool, atMost int) verdict {
	const backlog, people = 400, 4
	r := verdict{name: name, asked: backlog}
	dir := t.TempDir()
	d, err := fakedaemon.Listen("unix", filepath.Join(dir, "socket"), fakedaemon.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	v := newVictim(t, dir, d.Address(), chat.OnDoubtResend)
	wait := waiter(t, v)
	var crowd []*fakedaemon.Person
	for i := range people {
		crowd = append(crowd, d.Person(fmt.Sprintf("c0de0000-0000-4000-8000-%012d", i)))
		crowd[i].Say("hi")
	}
	v.start()
	wait("the first words", func() bool {
		for _, p := range crowd {
			if len(p.Phone()) == 0 {
				return false
			}
		}
		return true
	})
	v.kill()
	wait("the daemon notices", func() bool { return d.Subscribers() == 0 })
	for n := range backlog {
		crowd[n%people].Say(numbered(n))
	}
	for kills := 0; kills < 10 && r.kills < atMost; kills++ {
		v.start()
		wait("the inbox holds something", func() bool {
			waits, known := inbox(dir)
			return waits > 0 && (early || known == backlog+people) || d.Waiting() == 0 && waits == 0 && known == backlog+people
		})
		v.kill()
		wait("the daemon notices", func() bool { return d.Subscribers() == 0 })
		if waits, _ := inbox(dir); waits > 0 {
			r.kills++
		}
	}
	v.start()
	// One more message ends the backlog: when it is answered, every line before it in
	// the socket has been read, and what is known then is all that will ever be.
	crowd[0].Say(numbered(backlog))
	wait("everything is handled", func() bool {
		waits, _ := inbox(dir)
		return count(crowd[0], heard(backlog)) > 0 && waits == 0
	})
	_, known := inbox(dir)
	known-- // the one more
	r.socket = backlog + people - known
	answered := func() (n int) {
		for i := range backlog {
			if count(crowd[i%people], heard(i)) > 0 {
				n++
			}
		}
		return n
	}
	wait("every answer", func() bool { return answered() >= known-people })
	r.proved, r.resent, r.given = counts(dir)
	for n := range backlog {
		r.doubled += max(count(crowd[n%people], heard(n))-1, 0)
	}
	r.lost = backlog - answered() - r.socket
	if r.lost != 0 || r.doubled > int(r.resent) || !early && r.socket != 0 {
		t.Errorf("%d lost, %d lost in the socket, %d came twice, %d were sent again\n%s", r.lost, r.socket, r.doubled, r.resent, v.logged())
	}
	if r.kills == 0 {
		t.Error("it was never killed in the middle of its inbox")
	}
	return r
}

// counts are what the ledger says of messages in doubt.
func counts(dir string) (proved, resent, given int64) {
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "signal", ledgerFile)+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		return 0, 0, 0
	}
	defer func() { _ = db.Close() }()
	for name, into := range map[string]*int64{countProved: &proved, countResent: &resent, countDropped: &given, countAsked: &given} {
		var n int64
		if db.QueryRow("SELECT n FROM hr_count WHERE name=?", name).Scan(&n) == nil {
			*into += n
		}
	}
	return proved, resent, given
}

// inbox looks into the ledger beside the bot: how many lines wait, and how many were
// ever read.
func inbox(dir string) (waits, known int) {
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "signal", ledgerFile)+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		return 0, 0
	}
	defer func() { _ = db.Close() }()
	err = errors.Join(db.QueryRow("SELECT COUNT(*) FROM hr_seen").Scan(&known), db.QueryRow("SELECT COUNT(*) FROM hr_inbox").Scan(&waits))
	if err != nil {
		return 0, 0
	}
	return waits, known
}
