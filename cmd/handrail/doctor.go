package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"handrail/bot/seal"
)

type doctorCmd struct {
	Config string `short:"c" default:"config.yaml" placeholder:"FILE" help:"The configuration."`
	Format string `default:"text" enum:"text,json" help:"text for people, json for programs."`
}

// Help is shown by handrail doctor --help.
func (doctorCmd) Help() string {
	return `Looks at the configuration, the scripts and help lines, the keys, the store, the disk, the clock, the homeserver and the bot's account there, signal-cli with the flags it was started with, one line each: ok, warn or fail, and what to do. It changes nothing and may run beside the bot; run it as the user the bot runs as. It tells nothing of any person.

It exits with 1 if something fails, so that people are not served or soon will not be, and with 0 otherwise.

  handrail doctor -c config.yaml
  handrail doctor -c config.yaml --format json`
}

// Run looks at everything.
func (c *doctorCmd) Run(ctx context.Context, s streams) error {
	d := &doctor{file: c.Config, now: time.Now}
	if c.Format != "json" {
		d.live = s.out
	}
	d.look(ctx)
	failed := 0
	for _, f := range d.found {
		if f.Level == levelFail {
			failed++
		}
	}
	if c.Format == "json" {
		if err := d.print(s.out); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fail("%s: each line says what to do", count(failed, "check")+" failed")
	}
	return nil
}

// The levels of a diagnosis.
const (
	levelOK   = "ok"
	levelWarn = "warn"
	levelFail = "fail"
)

// diagnosis is a line of the doctor.
type diagnosis struct {
	Level string `json:"level"`
	Check string `json:"check"`
	Text  string `json:"text"`
}

// doctor collects what it finds, in the order in which it looks.
type doctor struct {
	file  string
	now   func() time.Time
	cfg   Config
	found []diagnosis
	live  io.Writer // where each line goes at once; nil: nowhere
}

func (d *doctor) say(level, check, format string, args ...any) {
	f := diagnosis{level, check, fmt.Sprintf(format, args...)}
	d.found = append(d.found, f)
	if d.live != nil {
		const longest = len("signal safety numbers")
		fmt.Fprintf(d.live, "%-4s  %-*s  %s\n", f.Level, longest, f.Check, f.Text)
	}
}

// bad says what is wrong; nil is fine and says how.
func (d *doctor) bad(check string, err error, format string, args ...any) bool {
	if err != nil {
		d.say(levelFail, check, "%s", oneLine(err))
		return true
	}
	d.say(levelOK, check, format, args...)
	return false
}

func (d *doctor) print(out io.Writer) error {
	text, err := json.MarshalIndent(d.found, "", "  ")
	if err != nil {
		return err
	}
	_, err = out.Write(append(text, '\n'))
	return err
}

// look looks at everything that can be looked at.
func (d *doctor) look(ctx context.Context) {
	cfg, faults, err := loadConfig(d.file)
	if d.bad("config", err, "%s can be read", d.file) {
		return
	}
	d.cfg = cfg
	for _, f := range faults {
		d.say(levelFail, "config", "%s", f)
	}
	d.content()
	d.zones()
	d.disk()
	d.monitor(ctx)
	master, err := seal.LoadMaster(cfg.MasterKeyFile)
	if d.bad("master key", err, "%s is for its owner alone", cfg.MasterKeyFile) {
		return
	}
	d.signal(ctx)
	if r := d.store(ctx, master); r != nil {
		defer func() { _ = r.Close() }() // only read
		d.account(ctx, r, master)
		return
	}
	d.account(ctx, nil, master)
}

// content looks at the scripts and the help lines.
func (d *doctor) content() {
	src, err := openSource(d.cfg.Scripts)
	if err != nil {
		d.say(levelFail, "scripts", "%s", oneLine(err))
		return
	}
	src.alone, src.telling = d.cfg.alone(), d.cfg.OrganizationNames
	c, faults, err := src.load()
	if c.library != nil {
		faults = append(faults, d.cfg.checkBroadcasts(positions{file: d.file}, c.library)...)
	}
	switch {
	case err != nil:
		d.say(levelFail, "scripts", "%s", oneLine(err))
		return
	case len(faults) > 0:
		d.say(levelFail, "scripts", "%s, the first: %s; handrail check -c %s tells more", count(len(faults), "fault"), faults[0], d.file)
		return
	}
	if _, err := c.voice(d.cfg.Language); err != nil {
		d.say(levelFail, "scripts", "language in the configuration: %s", oneLine(err))
	}
	d.say(levelOK, "scripts", "%s", count(len(c.library.Flows()), "script"))
	dir, faults, err := openLines(src, d.cfg.Lines)
	switch {
	case err != nil:
		d.say(levelFail, "help lines", "%s", oneLine(err))
	case len(faults) > 0:
		d.say(levelFail, "help lines", "%s, the first: %s", count(len(faults), "fault"), faults[0])
	default:
		age := ageOf(dir, d.now())
		if age.Stale > 0 {
			d.say(levelWarn, "help lines", "%s to confirm again, the oldest was checked %s ago: handrail lines check names them",
				count(age.Stale, "record"), count(age.OldestDays, "day"))
			return
		}
		d.say(levelOK, "help lines", "%d countries, the oldest was checked %s ago", len(dir.Countries()), count(age.OldestDays, "day"))
	}
}

// zones finds out whether the time zones are those of today: the machine's own
// data come before those that are built in.
func (d *doctor) zones() {
	const place, known = "America/Asuncion", -3 * 60 * 60 // all the year, since tzdata 2025a
	loc, err := time.LoadLocation(place)
	if err != nil {
		d.say(levelFail, "time zones", "there are no time zone data: install tzdata")
		return
	}
	if _, offset := time.Date(2025, 7, 1, 12, 0, 0, 0, loc).Zone(); offset != known {
		d.say(levelWarn, "time zones", "the time zone data of this machine are from before 2025: update tzdata, or reminders come at the wrong hour in some places")
		return
	}
	d.say(levelOK, "time zones", "of 2025 or newer; %s for those who have not chosen", d.cfg.Zone)
}

const (
	leastDisk = 64 << 20 // bytes; less is a failure soon
	fairDisk  = 1 << 30
)

// disk looks at the data folder and what is left there.
func (d *doctor) disk() {
	dir := d.cfg.Data
	info, err := os.Stat(dir)
	if errors.Is(err, os.ErrNotExist) {
		d.say(levelWarn, "data folder", "%s is not there yet: handrail run makes it", dir)
		dir = filepath.Dir(dir)
	} else if err != nil || !info.IsDir() {
		d.say(levelFail, "data folder", "%s is no folder that can be looked into", dir)
		return
	} else {
		d.folder(dir, info)
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		d.say(levelWarn, "disk", "what is free cannot be told: %v", err)
		return
	}
	free := int64(fs.Bavail) * int64(fs.Bsize) //nolint:gosec // no disk is that large
	need := int64(fairDisk)
	if info, err := os.Stat(d.cfg.storePath()); err == nil {
		need = max(need, 2*info.Size()) // an upgrade or a backup beside it
	}
	switch {
	case free < leastDisk:
		d.say(levelFail, "disk", "%s free in %s: a full disk stops the bot; make room", size(free), dir)
	case free < need:
		d.say(levelWarn, "disk", "%s free in %s: make room in time", size(free), dir)
	default:
		d.say(levelOK, "disk", "%s free in %s", size(free), dir)
	}
}

// folder looks at who may do what in the data folder.
func (d *doctor) folder(dir string, info os.FileInfo) {
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		d.say(levelFail, "data folder", "other users can look into %s (mode %04o): run chmod 0700 %s", dir, mode, dir)
		return
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		d.say(levelWarn, "data folder", "%s belongs to user %d: run this as that user, else what it finds may not hold for the bot", dir, st.Uid)
		return
	}
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	d.bad("data folder", err, "%s can be written to, by its owner alone", dir)
}

// monitor looks whether the port is the bot's or free.
func (d *doctor) monitor(ctx context.Context) {
	address := d.cfg.Monitor.Listen
	if address == "" || len(d.cfg.Monitor.check(positions{})) > 0 {
		return
	}
	if _, err := askBot(ctx, address); err == nil {
		d.ready(ctx, address)
		return
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		d.say(levelFail, "monitor", "%s is used by another program: choose another port for monitor.listen", address)
		return
	}
	d.bad("monitor", l.Close(), "%s is free", address)
}

// ready asks the running bot whether it serves people.
func (d *doctor) ready(ctx context.Context, address string) {
	ctx, cancel := context.WithTimeout(ctx, 2*storePatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		d.say(levelFail, "monitor", "%s", oneLine(err))
		return
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		d.say(levelFail, "monitor", "the bot does not answer at %s: %s", address, oneLine(err))
		return
	}
	defer func() { _ = resp.Body.Close() }() // only read
	why, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if resp.StatusCode != http.StatusOK {
		d.say(levelFail, "bot", "it runs and cannot serve people: %s", oneLine(errors.New(string(why))))
		return
	}
	d.say(levelOK, "bot", "it runs and serves people")
}
