package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBackupUnderLoadRestoredElsewhere takes a backup in the middle of many
// messages, lets the bot answer them all, kills it, and restores the backup on
// another path, where neither the store nor the encryption state of before is.
// Nobody is answered twice, nobody sees a warning, and the talk goes on.
func TestBackupUnderLoadRestoredElsewhere(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]worldOptions{"sqlite": {}, "postgres": {database: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			restoredElsewhere(t, o)
		})
	}
}

func restoredElsewhere(t *testing.T, o worldOptions) {
	w := newWorld(t, o)
	w.bot.start(t)
	chats := []*chat{w.enter("ann"), w.enter("ben")}
	for _, c := range chats {
		c.count()
	}
	bodies := numbered(1, batchSize)
	sent := make([]<-chan error, len(chats))
	for i, c := range chats {
		sent[i] = c.sendAll(bodies)
	}
	chats[0].hear(heardText(bodies[2]))
	file := filepath.Join(w.bot.dir, "backup")
	w.bot.command(t, "backup", file)
	for i, c := range chats {
		w.dump(<-sent[i])
		c.heard = 0
		c.answers(bodies)
	}
	w.bot.kill()
	for _, c := range chats {
		c.say("are you still there, and do you remember me")
	}

	w.bot.moveTo(t, filepath.Join(w.server.Dir(), "..", "elsewhere"))
	if o.database {
		w.changeDatabase()
	}
	w.bot.command(t, "restore", file)
	w.bot.start(t)
	for _, c := range chats { // encrypted for a device that is gone
		c.hearWithin(time.Minute, "could not open your last message")
		c.settle("counted message after the restoration")
		checkSigned(t, c.p)
	}
	finish(w, chats, (*chat).judge)
}

// command runs handrail with this bot's configuration.
func (b *botRun) command(t testing.TB, args ...string) {
	t.Helper()
	out, err := exec.Command(handrail, append(args, "-c", filepath.Join(b.dir, "config.yaml"))...).CombinedOutput()
	if err != nil {
		t.Fatalf("handrail %s: %v\n%s", args[0], err, out)
	}
	t.Logf("handrail %s: %s", args[0], out)
}

// moveTo goes on in another folder with what an operator keeps beside a backup:
// the configuration, the secrets and the scripts.
func (b *botRun) moveTo(t testing.TB, dir string) {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o700))
	for _, name := range []string{"config.yaml", "master.key", "password", "scripts"} {
		must(t, os.Rename(filepath.Join(b.dir, name), filepath.Join(dir, name)))
	}
	b.dir = dir
}

// changeDatabase gives the bot another, empty database on the same server.
func (w *world) changeDatabase() {
	w.Helper()
	name, err := w.database.Create("template1")
	must(w, err)
	config := filepath.Join(w.bot.dir, "config.yaml")
	text, err := os.ReadFile(config)
	must(w, err)
	before, _, _ := strings.Cut(string(text), "database: ")
	must(w, os.WriteFile(config, []byte(before+"database: "+w.database.URL(name)+"\n"), 0o600))
}
