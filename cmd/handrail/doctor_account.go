package main

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"handrail/bot/matrix"
	"handrail/bot/seal"
	"handrail/bot/store"
)

const (
	someSkew = 5 * time.Second
	muchSkew = time.Minute
)

// account looks at the homeserver and at the bot's account there. R is nil where
// the store cannot be looked at.
func (d *doctor) account(ctx context.Context, r *store.Reader, master *seal.Master) {
	if _, err := readSecret(d.cfg.Matrix.PasswordFile); err != nil {
		d.say(levelFail, "password", "%s", oneLine(err))
	}
	var kept *sql.DB
	if r != nil {
		var err error
		if kept, err = r.Kept(ctx, matrix.NetworkName); err != nil {
			d.say(levelFail, "account", "%s", oneLine(err))
			return
		}
		if kept != nil {
			defer func() { _ = kept.Close() }() // only read
		}
	}
	const patience = time.Minute
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	x, err := matrix.Examine(ctx, matrixAccount(d.cfg, kept, master, nil))
	if err != nil {
		d.say(levelFail, "account", "%s", oneLine(err))
		return
	}
	if d.bad("homeserver", x.Reach, "%s answers", d.cfg.Matrix.Homeserver) {
		return
	}
	d.clock(x.Skew)
	if !x.LoggedIn {
		d.say(levelWarn, "login", "the bot has not logged in yet: handrail run does it")
		return
	}
	if d.bad("login", x.Login, "the homeserver knows the bot's login") {
		return
	}
	switch w := tellingName(x.Name, d.cfg); {
	case w != "":
		d.say(levelWarn, "name", "people see the account as %s, and the word \"%s\" can be read on a phone by anybody: set matrix.display_name to a plain one", oneLine(errors.New(x.Name)), w)
	case x.Name == "":
		d.say(levelOK, "name", "the account has no name of its own: people see its user id")
	default:
		d.say(levelOK, "name", "people see the account as %s", oneLine(errors.New(x.Name)))
	}
	for _, f := range tellingNames(d.cfg) {
		d.say(levelWarn, "name", "%s: %s", f.Rule, f.Message)
	}
	d.bad("device", x.Device, "its keys are on the homeserver and signed: people see no warning")
	d.bad("recovery key", x.Recovery, "it opens the bot's identity; keep a copy, or take backups")
	if len(x.Others) > 0 {
		d.say(levelWarn, "devices", "the account has %s beside the bot's own, of lost copies or of somebody who is logged in as the bot, "+
			"who can read what people write: log out %s with any client, unless you know what it is",
			count(len(x.Others), "device"), joined(x.Others))
		return
	}
	d.say(levelOK, "devices", "nobody else is logged in as the bot")
}

// clock compares the clock with that of the homeserver.
func (d *doctor) clock(skew time.Duration) {
	const why = "reminders come at the wrong time, and logins may fail: keep both in step with NTP"
	switch ahead := skew.Abs().Round(time.Second); {
	case skew.Abs() > muchSkew:
		d.say(levelFail, "clock", "it is %s off the homeserver's: %s", ahead, why)
	case skew.Abs() > someSkew:
		d.say(levelWarn, "clock", "it is %s off the homeserver's: %s", ahead, why)
	default:
		d.say(levelOK, "clock", "as the homeserver's")
	}
}

// joined names a few of many.
func joined(names []string) string {
	const few = 3
	text := ""
	for i, name := range names[:min(len(names), few)] {
		if i > 0 {
			text += ", "
		}
		text += name
	}
	if len(names) > few {
		text += " and others"
	}
	return text
}
