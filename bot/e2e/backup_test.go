package e2e

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handrail/bot/e2e/homeserver"
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
	address := w.bot.listen(t)
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
	w.tellsNobody(address)
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

// listen lets the bot tell machines how it is, and returns where.
func (b *botRun) listen(t testing.TB) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	must(t, appendTo(filepath.Join(b.dir, "config.yaml"), "monitor: {listen: '"+l.Addr().String()+"'}\n"))
	return l.Addr().String()
}

// tellsNobody asks the running bot and its store for everything there is to know
// about them, and looks for the people in it.
func (w *world) tellsNobody(address string) {
	w.Helper()
	texts := map[string]string{"handrail status": w.bot.command(w, "status", "--format", "json")}
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/status"} {
		req, err := http.NewRequestWithContext(w.Context(), http.MethodGet, "http://"+address+path, nil)
		must(w, err)
		resp, err := http.DefaultClient.Do(req)
		must(w, err)
		body, err := io.ReadAll(resp.Body)
		must(w, err)
		must(w, resp.Body.Close())
		if resp.StatusCode != http.StatusOK {
			w.Errorf("%s: %s\n%s", path, resp.Status, body)
		}
		texts[path] = string(body)
	}
	if want := "handrail_received_total"; !strings.Contains(texts["/metrics"], want) {
		w.Errorf("the metrics lack %s", want)
	}
	if want := `"last_sync"`; !strings.Contains(texts["handrail status"], want) {
		w.Errorf("handrail status lacks %s:\n%s", want, texts["handrail status"])
	}
	for where, text := range texts {
		for _, c := range w.chats {
			for _, s := range append(c.said, c.p.UserID, c.room, "counted", "handrail:"+homeserver.ServerName) {
				if strings.Contains(text, s) {
					w.Errorf("%q stands in %s:\n%s", s, where, text)
				}
			}
		}
	}
}

// command runs handrail with this bot's configuration and returns what it says.
func (b *botRun) command(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.Command(handrail, append(args, "-c", filepath.Join(b.dir, "config.yaml"))...).CombinedOutput()
	if err != nil {
		t.Fatalf("handrail %s: %v\n%s", args[0], err, out)
	}
	t.Logf("handrail %s: %s", args[0], out)
	return string(out)
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
