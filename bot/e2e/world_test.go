package e2e

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handrail/bot/e2e/client"
	"handrail/bot/e2e/homeserver"
	"handrail/bot/store/pgtest"
)

const (
	botName     = "handrail"
	botID       = "@" + botName + ":" + homeserver.ServerName
	botPassword = "bot password of the tests"
	password    = "password of a person"
	// canaryLength is from where on a text is long enough that finding it in a
	// log can be no accident.
	canaryLength = 12
)

// world is a homeserver, the bot on it and the people who write to it. At its
// end it checks what must hold after every test.
type world struct {
	testing.TB
	server *homeserver.Server
	bot    *botRun
	people []*client.Person
	chats  []*chat
	// database is the server of the store; nil: the store is a file.
	database *pgtest.Server
}

type worldOptions struct {
	// database keeps the bot's store in PostgreSQL.
	database bool
	// durable keeps the homeserver's queue on disk, for tests that kill it.
	durable bool
}

func newWorld(t testing.TB, o worldOptions) *world {
	t.Helper()
	dir := scratch(t)
	server, err := homeserver.Start(t.Context(), homeserver.Options{Dir: filepath.Join(dir, "server"), InMemory: !o.durable})
	must(t, err)
	t.Cleanup(server.Kill)
	must(t, server.CreateUser(t.Context(), botName, botPassword))
	w := &world{TB: t, server: server, bot: setUpBot(t, filepath.Join(dir, "bot"), server.URL(), botName, botPassword)}
	if o.database {
		w.useDatabase()
	}
	t.Cleanup(func() { // cleanups run last in, first out: the server and the bot are still there
		w.check()
		for _, p := range w.people {
			p.Close()
		}
	})
	return w
}

// useDatabase gives the bot a database on a server of its own.
func (w *world) useDatabase() {
	w.Helper()
	var err error
	w.database, err = pgtest.Start()
	must(w, err)
	w.Cleanup(func() {
		w.bot.kill()
		must(w, w.database.Stop())
	})
	name, err := w.database.Create("template1")
	must(w, err)
	config := filepath.Join(w.bot.dir, "config.yaml")
	text, err := os.ReadFile(config)
	must(w, err)
	must(w, os.WriteFile(config, append(text, "database: "+w.database.URL(name)+"\n"...), 0o600))
}

// scratch is a folder for a homeserver's data, in memory where there is such a
// file system.
func scratch(t testing.TB) string {
	t.Helper()
	const memory = "/dev/shm"
	parent := ""
	if fi, err := os.Stat(memory); err == nil && fi.IsDir() {
		parent = memory
	}
	dir, err := os.MkdirTemp(parent, "handrail-e2e-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// login makes an account and logs in with a client that has cross-signing.
func (w *world) login(name string) *client.Person {
	w.Helper()
	must(w, w.server.CreateUser(w.Context(), name, password))
	p := w.loginAgain(name)
	must(w, p.Bootstrap(w.Context()))
	return p
}

// loginAgain is another device of the same account.
func (w *world) loginAgain(name string) *client.Person {
	w.Helper()
	p, err := client.Login(w.Context(), client.Options{Dir: clientDir, Homeserver: w.server.URL(), User: name, Password: password})
	must(w, err)
	w.people = append(w.people, p)
	return p
}

// chat is a conversation of one person with the bot.
type chat struct {
	w     *world
	p     *client.Person
	room  string
	plain bool     // the person wrote without encryption here, on purpose
	heard int      // how many of the bot's messages were waited for
	said  []string // what the person wrote
}

// open starts an encrypted chat and waits until the bot is in it.
func (w *world) open(p *client.Person) *chat {
	w.Helper()
	room, err := p.CreateRoom(w.Context(), true, botID)
	must(w, err)
	w.dump(p.WaitJoined(w.Context(), room, botID))
	c := &chat{w: w, p: p, room: room}
	w.chats = append(w.chats, c)
	return c
}

// enter is login and open and waits for the greeting.
func (w *world) enter(name string) *chat {
	w.Helper()
	c := w.open(w.login(name))
	c.hear("Is this a good moment", "Is now a good moment")
	return c
}

// dump ends the test on an error, with the bot's last log lines.
func (w *world) dump(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("%v\nthe bot's log ends:\n%s", err, w.bot.logEnd())
	}
}

// say sends a text.
func (c *chat) say(body string) (event string) {
	c.w.Helper()
	c.said = append(c.said, body)
	event, err := c.p.Send(c.w.Context(), c.room, body)
	c.w.dump(err)
	return event
}

// hear waits for the next message of the bot that has one of the texts in it
// (any, if there are none), passing over others. A homeserver that was killed may
// show the bot half a minute late what it took.
func (c *chat) hear(any ...string) client.Event {
	c.w.Helper()
	return c.hearWithin(2*lateness, any...)
}

func (c *chat) hearWithin(d time.Duration, any ...string) client.Event {
	c.w.Helper()
	ctx, cancel := context.WithTimeout(c.w.Context(), d)
	defer cancel()
	events, upTo, err := c.p.Wait(ctx, client.Wanted{Room: c.room, From: botID, After: c.heard, Any: any})
	if err != nil {
		c.w.Logf("%v: waiting for one of %q; the talk:\n%s", err, any, c.talk())
		c.w.dump(err)
	}
	c.heard = upTo
	return events[0]
}

// ask is say and hear.
func (c *chat) ask(body string, any ...string) client.Event {
	c.w.Helper()
	c.say(body)
	return c.hear(any...)
}

// events is everything the person's client shows.
func (c *chat) events() []client.Event {
	c.w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	events, err := c.p.Timeline(ctx, c.room)
	must(c.w, err)
	return events
}

// talk is the conversation as text, for a failed test.
func (c *chat) talk() string { return transcript(c.events()) }

func transcript(events []client.Event) string {
	var b strings.Builder
	for _, e := range events {
		mark := "< "
		if e.Sender == botID {
			mark = "> "
		}
		switch {
		case e.State:
		case e.Message():
			b.WriteString(mark + e.Body + "\n")
		default:
			b.WriteString(mark + "[" + e.Type + "] " + e.Key + e.Unreadable + e.Edited + e.Body + "\n")
		}
	}
	return b.String()
}

// check holds for every test: nothing in the open, no warning beside the bot's
// messages, nothing of a person in the log, and no word of theirs in a file of the
// bot, those of its account on the network with them.
func (w *world) check() {
	log := w.bot.logText()
	files := w.kept()
	if len(files) == 0 && len(w.chats) > 0 {
		w.Error("the bot keeps no file: this check looked at nothing")
	}
	for _, c := range w.chats {
		c.checkRaw()
		for _, e := range c.events() {
			if e.Sender != botID || e.State || c.plain && !e.Encrypted {
				continue
			}
			if e.Unreadable != "" {
				w.Errorf("the person cannot read a message of the bot: %s", e.Unreadable)
			}
			if e.Shield != 0 {
				w.Errorf("shield %d (reason %d) beside a message of the bot", e.Shield, e.ShieldReason)
			}
		}
		for what, text := range map[string]string{"a user id": c.p.UserID, "a room id": c.room} {
			if strings.Contains(log, text) {
				w.Errorf("the log has %s in it:\n%s", what, around(log, text))
			}
		}
		for _, text := range c.said {
			if len(text) >= canaryLength && strings.Contains(log, text) {
				w.Errorf("the log has a person's words in it:\n%s", around(log, text))
			}
			for name, data := range files {
				if len(text) >= canaryLength && bytes.Contains(data, []byte(text)) {
					w.Errorf("%s has a person's words in it: %q", name, text)
				}
			}
		}
	}
	if w.Failed() {
		w.Logf("the bot's log ends:\n%s", w.bot.logEnd())
	}
}

// kept is every file that the bot keeps, by its name. One that is gone when it is to
// be read is left out.
func (w *world) kept() map[string][]byte {
	w.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(filepath.Join(w.bot.dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil {
			files[d.Name()] = data
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.Errorf("what the bot keeps cannot be read: %v", err)
	}
	return files
}

// around is the first line of log with text in it.
func around(log, text string) string {
	for line := range strings.Lines(log) {
		if strings.Contains(line, text) {
			return strings.TrimSpace(line)
		}
	}
	return text
}
