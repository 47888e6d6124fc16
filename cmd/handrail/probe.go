package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"handrail/bot/console"
	"handrail/bot/seal"
)

// Canary is a made-up person who asks the bot for help now and again, over the
// homeserver and encrypted like anybody, and says when no answer comes.
type Canary struct {
	// The name of a second account on the same homeserver, for the canary alone,
	// as in canary. Leave it empty for none. Where several copies of the bot
	// share a database, set it for one of them.
	User string `yaml:"user"`

	// A file with that account's password in its first line.
	PasswordFile string `yaml:"password_file"`

	// How often it asks.
	Every time.Duration `yaml:"every"`

	// How long an answer may take.
	Patience time.Duration `yaml:"patience"`
}

func canaryDefaults() Canary {
	return Canary{PasswordFile: "canary.password", Every: time.Hour, Patience: 2 * time.Minute}
}

func (c Canary) check(at positions) (faults []finding) {
	if c.User == "" {
		return nil
	}
	if c.Every < time.Second || c.Patience < time.Second {
		faults = append(faults, at.fault("monitor.canary", "every and patience must be a second or more, as in 1h and 2m"))
	}
	if c.PasswordFile == "" {
		faults = append(faults, at.fault("monitor.canary.password_file", "the canary needs the password of its account"))
	}
	return faults
}

// probe is the canary of a running bot, and what came of it.
type probe struct {
	cfg Config
	key []byte // of the encryption state of the canary
	log *slog.Logger
	// tell says a text in the room of staff, once for each id; nil: to nobody.
	tell func(ctx context.Context, text, id string) error

	mu    sync.Mutex
	asked int64
	good  time.Time     // the last answer; zero: none yet
	bad   error         // of the last time; nil: it was answered
	took  time.Duration // the last answer
}

const (
	probeWords   = "help"           // always answered, whatever the talk is about
	probeStartup = 30 * time.Second // for the bot to be there
)

func newProbe(cfg Config, master *seal.Master, log *slog.Logger) *probe {
	key := append(master.Index("canary.pickle", "1"), master.Index("canary.pickle", "2")...)
	return &probe{cfg: cfg, key: key, log: log}
}

// run asks until ctx ends.
func (p *probe) run(ctx context.Context) {
	wait := min(probeStartup, p.cfg.Monitor.Canary.Every)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = p.cfg.Monitor.Canary.Every
		began := time.Now()
		err := p.ask(ctx)
		if ctx.Err() != nil {
			return
		}
		p.note(err, began, time.Now())
		if err := p.news(ctx, err, began); err != nil && ctx.Err() == nil {
			p.log.Error("staff could not be told about the canary", "err", err)
		}
	}
}

// news tells staff once that no answer came, and once that one came again. What
// is between the two has a name, in a file, so that a restart repeats nothing.
func (p *probe) news(ctx context.Context, bad error, at time.Time) error {
	if p.tell == nil {
		return nil
	}
	file := filepath.Join(p.cfg.Data, "canary", "unanswered")
	text, err := os.ReadFile(file)
	switch {
	case bad == nil && errors.Is(err, os.ErrNotExist):
		return nil
	case errors.Is(err, os.ErrNotExist):
		text = strconv.AppendInt(nil, at.UnixMilli(), 10)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, text, 0o600)); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	if bad != nil {
		return p.tell(ctx, "staff_canary_broken", string(text))
	}
	if err := p.tell(ctx, "staff_canary_well", string(text)); err != nil {
		return err
	}
	return os.Remove(file)
}

// note keeps what came of a question. A change for the worse or the better is
// told in the log.
func (p *probe) note(err error, began, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := p.asked == 0
	p.asked++
	switch {
	case err != nil:
		p.log.Error("the canary got no answer: people may get none either", "err", err)
	case p.bad != nil || first:
		p.log.Info("the canary was answered", "after", now.Sub(began).Round(time.Millisecond))
	}
	if p.bad = err; err == nil {
		p.good, p.took = now, now.Sub(began)
	}
}

// ask logs in, asks and waits for an answer that can be read.
func (p *probe) ask(ctx context.Context) error {
	c := p.cfg.Monitor.Canary
	ctx, cancel := context.WithTimeout(ctx, c.Patience)
	defer cancel()
	password, err := readSecret(c.PasswordFile)
	if err != nil {
		return fail("monitor.canary.password_file: %v", err)
	}
	dir := filepath.Join(p.cfg.Data, "canary")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file := filepath.Join(dir, "room")
	text, _ := os.ReadFile(file) // none: a new one is opened
	g, err := openGuest(ctx, guestAccount{
		p.cfg.Matrix.Homeserver, c.User, password, p.cfg.Matrix.DeviceName, p.key, filepath.Join(dir, "crypto.db"),
	}, id.UserID(p.cfg.Matrix.User), id.RoomID(strings.TrimSpace(string(text))))
	if err != nil {
		return errCanaryLogin
	}
	defer func() { _ = g.close() }() // the answer is what counts
	if !g.withBot(ctx) {
		if err := g.open(ctx); err != nil {
			return errNoRoom
		}
		if err := os.WriteFile(file, []byte(g.room.String()+"\n"), 0o600); err != nil {
			return err
		}
	}
	return g.ask(ctx, probeWords)
}

// probed is what came of the canary so far.
type probed struct {
	OK    bool       `json:"ok"` // the last question was answered
	Asked int64      `json:"asked"`
	Good  *time.Time `json:"last_answer,omitempty"`
	Took  float64    `json:"took"` // seconds, the last answer
	Why   string     `json:"why,omitempty"`
}

// look returns what came of it; nil before the first question.
func (p *probe) look() *probed {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked == 0 {
		return nil
	}
	r := &probed{OK: p.bad == nil, Asked: p.asked, Took: p.took.Seconds()}
	if !p.good.IsZero() {
		good := p.good.UTC()
		r.Good = &good
	}
	if p.bad != nil {
		r.Why = oneLine(p.bad)
	}
	return r
}

// write writes its metrics.
func (r *probed) write(e exposition, now time.Time) {
	if r == nil {
		return
	}
	ok := 0.0
	if r.OK {
		ok = 1
	}
	e.gauge("handrail_canary_ok", "Whether the canary was answered the last time.", ok)
	e.counter("handrail_canary_questions_total", "How often the canary asked.", r.Asked)
	if r.Good != nil {
		e.age("handrail_canary_answer_age_seconds", "How long ago the canary was last answered.", *r.Good, now)
		e.gauge("handrail_canary_answer_seconds", "How long that answer took.", r.Took)
	}
}

// What can go wrong. The causes hold addresses and are left out.
var (
	errCanaryLogin = errors.New("the canary cannot log in: is the homeserver there, and are its name and password right?")
	errNoRoom      = errors.New("the bot does not come into the canary's room: does it run, and may the canary invite it (matrix.invites)?")
	errNotSent     = errors.New("the homeserver does not take the canary's message")
	errLocked      = errors.New("the canary cannot decrypt the answer")
	errNoAnswer    = errors.New("no answer came in time")
)

// withBot tells whether the guest and the bot are in the guest's room.
func (g *guest) withBot(ctx context.Context) bool {
	if g.room == "" {
		return false
	}
	members, err := g.client.JoinedMembers(ctx, g.room)
	if err != nil {
		return false
	}
	_, there := members.Joined[g.bot]
	return there
}

// ask says words and waits for what the bot says after them.
func (g *guest) ask(ctx context.Context, words string) error {
	g.turn.Lock()
	sent, err := g.client.SendText(ctx, g.room, words)
	g.turn.Unlock()
	if err != nil {
		return errNotSent
	}
	asked, err := g.timeOf(ctx, sent.EventID)
	if err != nil {
		return errNotSent
	}
	for {
		select {
		case e := <-g.events:
			switch {
			case e.at < asked: // of before
			case e.unreadable:
				return errLocked
			case e.entry.Act == console.Wrote:
				return nil
			}
		case <-ctx.Done():
			return errNoAnswer
		}
	}
}

// eventPause is how long it waits before it asks again for an event that the
// homeserver took a moment ago and does not show yet: Dendrite, busy, said 404
// of one in six.
const eventPause = 50 * time.Millisecond

// timeOf returns the homeserver's time of an event that it has taken, in
// milliseconds.
func (g *guest) timeOf(ctx context.Context, event id.EventID) (int64, error) {
	for {
		evt, err := g.client.GetEvent(ctx, g.room, event)
		if err == nil {
			return evt.Timestamp, nil
		}
		if !errors.Is(err, mautrix.MNotFound) {
			return 0, err
		}
		select {
		case <-time.After(eventPause):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}
