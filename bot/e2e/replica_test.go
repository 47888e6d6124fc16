package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	takeovers   = 4
	pauseTime   = 20 * time.Second // longer than a copy keeps the account without a sign of life
	perTakeover = 8
)

// twoCopies adds a second copy of the bot with a folder of its own, as on
// another machine: the same configuration, the same keys, the same database.
func twoCopies(w *world) [2]*botRun {
	w.Helper()
	second := &botRun{dir: filepath.Join(w.server.Dir(), "..", "second"), log: w.bot.log}
	must(w, os.CopyFS(second.dir, os.DirFS(w.bot.dir)))
	must(w, os.Chmod(second.dir, 0o700))
	for _, secret := range []string{"password", "master.key"} {
		must(w, os.Chmod(filepath.Join(second.dir, secret), 0o400))
	}
	w.Cleanup(second.kill)
	return [2]*botRun{w.bot, second}
}

// TestAnotherCopyTakesOver kills whichever of two copies speaks for the account
// while people write. The other one answers within half a minute; each message
// has one answer, in order, from one device without a warning.
func TestAnotherCopyTakesOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{database: true})
	copies := twoCopies(w)
	copies[0].start(t)
	chats := []*chat{w.enter("ann"), w.enter("ben")}
	copies[1].start(t)
	for _, c := range chats {
		c.count()
	}
	var longest time.Duration
	for n := range takeovers {
		holder := copies[n%2]
		bodies := numbered(n*perTakeover, perTakeover)
		var sent []<-chan error
		for _, c := range chats {
			sent = append(sent, c.sendAll(bodies))
		}
		time.Sleep(time.Duration(n) * 150 * time.Millisecond) // another moment each time
		holder.kill()
		died := time.Now()
		for i, c := range chats {
			w.dump(<-sent[i])
			c.answers(bodies)
		}
		longest = max(longest, time.Since(died))
		holder.start(t) // it waits now
	}
	t.Logf("%d takeovers; from a death to the last answer %s at most", takeovers, longest.Round(100*time.Millisecond))
	for _, c := range chats {
		c.settle("counted message last")
		c.judge()
	}
	copies[1].stop(t)
	copies[0].stop(t)
}

// TestPausedCopyDoesNoHarm stops the copy that speaks for the account for so long
// that the other one takes over, and lets it go on in the middle of a batch.
func TestPausedCopyDoesNoHarm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{database: true})
	copies := twoCopies(w)
	copies[0].start(t)
	c := w.enter("ann")
	copies[1].start(t)
	c.count()
	for n := range 2 {
		paused := copies[n%2]
		before := numbered(n*4*perTakeover, perTakeover)
		sent := c.sendAll(before)
		time.Sleep(time.Duration(100+n*200) * time.Millisecond)
		must(t, syscall.Kill(paused.proc.PID(), syscall.SIGSTOP))
		stopped := time.Now()
		w.dump(<-sent)
		c.answers(before)
		t.Logf("answered %s after the pause began", time.Since(stopped).Round(100*time.Millisecond))
		time.Sleep(time.Until(stopped.Add(pauseTime)))
		after := numbered((n*4+1)*perTakeover, perTakeover)
		sent = c.sendAll(after)
		must(t, syscall.Kill(paused.proc.PID(), syscall.SIGCONT))
		w.dump(<-sent)
		c.answers(after)
	}
	c.settle("counted message last")
	c.judge()
	if lost := strings.Count(w.bot.logText(), "does not speak for the account any more"); lost == 0 {
		t.Error("the paused copy did not notice that it is not the one any more")
	}
	copies[0].stop(t)
	copies[1].stop(t)
}
