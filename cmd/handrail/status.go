package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"handrail/bot/store"
)

type statusCmd struct {
	Config string `short:"c" default:"config.yaml" placeholder:"FILE" help:"The configuration."`
	Format string `default:"text" enum:"text,json" help:"text for people, json for programs."`
	Ready  bool   `help:"Ask the running bot whether it serves people, and exit with 1 if not; for a supervisor. It needs monitor.listen."`
}

// Help is shown by handrail status --help.
func (statusCmd) Help() string {
	return `Tells how the bot is, in numbers: what is due, what waits, what was given up; never who. It looks into the store beside a running bot, and asks the bot itself where monitor.listen is set. Nothing is changed.

  people       enrolled, and in the middle of a script
  timers       steps that wait for a time; late: the longest overdue
  outbox       messages to send; lag: how long the longest waiting has been due
  given up     messages that the network refused for good
  on call      who of staff, until when; and who said that they are away
  cases        that are open: requested, offered, claimed, returned to the bot
  today        how often things happened since midnight UTC

A lag of more than a minute, or a growing number to send, means that the homeserver does not take messages: handrail doctor tells more.

  handrail status -c config.yaml
  handrail status -c config.yaml --format json
  handrail status -c config.yaml --ready`
}

// Run tells.
func (c *statusCmd) Run(ctx context.Context, s streams) error {
	cfg, faults, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		fmt.Fprintf(s.err, "handrail: %s in %s: handrail check -c %s tells more\n", count(len(faults), "fault"), c.Config, c.Config)
	}
	if c.Ready {
		return isReady(ctx, s, cfg)
	}
	st, err := statusOf(ctx, cfg, time.Now())
	if err != nil {
		return err
	}
	if c.Format == "json" {
		text, err := json.MarshalIndent(st, "", "  ")
		if err != nil {
			return err
		}
		_, err = s.out.Write(append(text, '\n'))
		return err
	}
	return st.print(s.out, time.Now())
}

// isReady asks the running bot.
func isReady(ctx context.Context, s streams, cfg Config) error {
	if cfg.Monitor.Listen == "" {
		return misuse("the bot can only be asked where monitor.listen is set in the configuration")
	}
	d := &doctor{cfg: cfg}
	d.ready(ctx, cfg.Monitor.Listen)
	if d.found[0].Level != levelOK {
		return fail("%s", d.found[0].Text)
	}
	fmt.Fprintln(s.out, "ready")
	return nil
}

// status is what handrail status --format json prints. Times are in UTC, spans
// in seconds.
type status struct {
	Version  string           `json:"version"`
	Running  bool             `json:"running"` // somebody has the store open
	Database database         `json:"database"`
	People   int64            `json:"people"`
	Talks    int64            `json:"talks"`
	Timers   waits            `json:"timers"`
	Plans    waits            `json:"schedules"`
	Late     float64          `json:"late"`
	Outbox   outbox           `json:"outbox"`
	GivenUp  givenUp          `json:"given_up"`
	Today    map[string]int64 `json:"today"`
	Copies   []copyStatus     `json:"copies"`
	Scripts  scripts          `json:"scripts"`
	Lines    *lineAge         `json:"lines,omitempty"` // none if they cannot be read
	Backup   *time.Time       `json:"backup,omitempty"`
	Bot      *told            `json:"bot,omitempty"` // what the running bot says
	Desk     *deskStatus      `json:"desk,omitempty"`
}

type database struct {
	Kind   string `json:"kind"` // sqlite or postgres
	Bytes  int64  `json:"bytes,omitempty"`
	Schema int    `json:"schema"`
	Newest int    `json:"newest_schema"` // that this program knows
}

type waits struct {
	All int64 `json:"all"`
	Due int64 `json:"due"`
}

type outbox struct {
	Messages      int64   `json:"messages"`
	Conversations int64   `json:"conversations"`
	Due           int64   `json:"due"`
	Lag           float64 `json:"lag"`
	Tries         int64   `json:"tries"`
}

type givenUp struct {
	All int64 `json:"all"`
	Day int64 `json:"last_24h"`
}

type copyStatus struct {
	Label string    `json:"label"`
	Began time.Time `json:"began"`
	Alive bool      `json:"alive"`
	Holds []string  `json:"holds"` // accounts
}

type scripts struct {
	Hash  string     `json:"hash"` // of the set that is current
	Older int        `json:"older"`
	Since *time.Time `json:"replaced_last,omitempty"` // when another set was replaced by it
}

// statusOf collects everything.
func statusOf(ctx context.Context, cfg Config, now time.Time) (status, error) {
	st := status{Version: version(), Database: database{Kind: "sqlite", Newest: store.NewestSchema()}}
	o, err := cfg.storeOptions(nil, nil)
	if err != nil {
		return st, err
	}
	r, err := store.OpenReader(ctx, o)
	if err != nil {
		return st, noStore(err, cfg)
	}
	defer func() { _ = r.Close() }() // only read
	st.Database.Schema = r.Schema()
	if o.URL != "" {
		st.Database.Kind = "postgres"
	} else if info, err := os.Stat(o.Path); err == nil {
		st.Database.Bytes = info.Size()
	}
	if r.Schema() < store.NewestSchema() {
		return st, fail("the store has schema %d, this program works with %d: start the bot once, which brings it up to date", r.Schema(), store.NewestSchema())
	}
	if err := st.ask(ctx, r, now); err != nil {
		return st, err
	}
	if src, err := openSource(cfg.Scripts); err == nil {
		if dir, _, err := openLines(src, cfg.Lines); err == nil && dir != nil {
			age := ageOf(dir, now)
			st.Lines = &age
		}
	}
	if st.Desk, err = deskOf(ctx, cfg, now); err != nil { // all else is known
		st.Desk = &deskStatus{Fault: err.Error()}
	}
	if taken := lastBackup(cfg); !taken.IsZero() {
		st.Backup = &taken
	}
	if st.Running && cfg.Monitor.Listen != "" {
		st.Bot, _ = askBot(ctx, cfg.Monitor.Listen) // an older one may not tell
	}
	return st, nil
}

// ask reads what the store knows.
func (st *status) ask(ctx context.Context, r *store.Reader, now time.Time) (err error) {
	if st.Running, err = r.InUse(ctx); err != nil {
		return err
	}
	h, err := r.Health(ctx, now)
	if err != nil {
		return err
	}
	st.People, st.Talks = h.People, h.Talks
	st.Timers, st.Plans = waits{h.Timers, h.TimersDue}, waits{h.Schedules, h.SchedulesDue}
	st.Late = h.Late.Seconds()
	st.Outbox = outbox{h.Waiting, h.Lanes, h.Due, h.Lag.Seconds(), h.Tries}
	st.GivenUp = givenUp{h.Dead, h.DeadDay}
	if st.Today, err = r.Notes(ctx, now); err != nil {
		return err
	}
	maps.DeleteFunc(st.Today, func(kind string, _ int64) bool { return !plainWord(kind) })
	copies, err := r.Replicas(ctx)
	if err != nil {
		return err
	}
	st.Copies = []copyStatus{}
	for _, c := range copies {
		st.Copies = append(st.Copies, copyStatus{c.Label, c.Began, c.Alive, append([]string{}, c.Holds...)})
	}
	return r.View(ctx, func(tx *store.Tx) error {
		sets, err := tx.Editions()
		for _, e := range sets {
			if e.Replaced.IsZero() {
				st.Scripts.Hash = e.Hash
				continue
			}
			st.Scripts.Older++
			if st.Scripts.Since == nil || e.Replaced.After(*st.Scripts.Since) {
				st.Scripts.Since = &e.Replaced
			}
		}
		return err
	})
}

// askBot asks the running bot.
func askBot(ctx context.Context, listen string) (*told, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*storePatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listen+"/status", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // only read
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	var t told
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&t); err != nil {
		return nil, err
	}
	return &t, nil
}

// print writes it for people.
func (st status) print(out io.Writer, now time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(w, name+"\t"+format+"\n", args...) }
	ago := func(t time.Time) string { return now.Sub(t).Round(time.Second).String() + " ago" }
	state := "not running"
	if st.Running {
		state = "running"
	}
	if b := st.Bot; b != nil {
		state += fmt.Sprintf(" %s, version %s, log level %s, %s and %s in the log", now.Sub(b.Began).Round(time.Second), b.Version,
			strings.ToLower(b.Level), count(int(b.Warnings), "warning"), count(int(b.Errors), "error"))
	}
	row("bot", "%s", state)
	row("program", "%s", st.Version)
	db := st.Database.Kind
	if st.Database.Bytes > 0 {
		db += ", " + size(st.Database.Bytes)
	}
	row("database", "%s, schema %d", db, st.Database.Schema)
	row("people", "%d enrolled, %d in a talk", st.People, st.Talks)
	row("timers", "%d, %d due", st.Timers.All, st.Timers.Due)
	row("schedules", "%d, %d due", st.Plans.All, st.Plans.Due)
	if st.Late > 0 {
		row("late", "%s", seconds(st.Late))
	}
	row("outbox", "%d to send in %s, %d due, lag %s, %d tries", st.Outbox.Messages, count(int(st.Outbox.Conversations), "conversation"),
		st.Outbox.Due, seconds(st.Outbox.Lag), st.Outbox.Tries)
	row("given up", "%d, %d of them in the last 24 hours", st.GivenUp.All, st.GivenUp.Day)
	for _, c := range st.Copies {
		alive := "gone"
		if c.Alive {
			alive = "alive"
		}
		row("copy", "%s, %s, holds %s", c.Label, alive, cmp.Or(strings.Join(c.Holds, ", "), "nothing"))
	}
	if b := st.Bot; b != nil {
		row("messages", "%d received and %d sent since it runs", b.Received, b.Sent)
		if !b.LastSync.IsZero() {
			row("last sync", "%s", ago(b.LastSync))
		}
		for _, why := range b.NotReady {
			row("not ready", "%s", why)
		}
	}
	if b := st.Bot; b != nil && b.Canary != nil {
		if b.Canary.OK {
			row("canary", "answered in %s", seconds(b.Canary.Took))
		} else {
			row("canary", "%s", b.Canary.Why)
		}
	}
	if st.Desk != nil {
		st.Desk.print(row)
	}
	row("scripts", "%.12s, %s still in use", cmp.Or(st.Scripts.Hash, "none yet"), count(st.Scripts.Older, "older set"))
	if st.Lines != nil {
		row("help lines", "%d to confirm again, the oldest was checked %s ago", st.Lines.Stale, count(st.Lines.OldestDays, "day"))
	}
	if st.Backup != nil {
		row("backup", "%s", ago(*st.Backup))
	} else {
		row("backup", "none known on this machine")
	}
	for _, kind := range slices.Sorted(maps.Keys(st.Today)) {
		row("today", "%s %d", kind, st.Today[kind])
	}
	return w.Flush()
}

// seconds is a span for people.
func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Millisecond).String()
}
