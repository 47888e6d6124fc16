package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"handrail/bot/seal"
	"handrail/bot/store"
)

const (
	longLag   = 2 * time.Minute
	oldBackup = 7 * 24 * time.Hour
)

// store looks at the store; nil: it cannot be looked at.
func (d *doctor) store(ctx context.Context, master *seal.Master) *store.Reader {
	o, err := d.cfg.storeOptions(master, nil)
	if err == nil && o.URL != "" {
		err = store.Reach(ctx, o)
	}
	if err != nil {
		d.say(levelFail, "store", "%s", oneLine(err))
		return nil
	}
	r, err := store.OpenReader(ctx, o)
	if errors.Is(err, store.ErrNoStore) {
		d.say(levelWarn, "store", "there is none yet: handrail run makes it, handrail restore puts a backup there")
		return nil
	}
	if d.bad("store", err, "%s", d.storeText(o, r)) {
		return nil
	}
	if err := r.Check(ctx); err != nil {
		d.say(levelFail, "store", "%s", oneLine(err))
	}
	if r.Schema() < store.NewestSchema() {
		d.say(levelWarn, "store", "its schema is brought from %d to %d on the next start: take a backup before", r.Schema(), store.NewestSchema())
		return r
	}
	d.numbers(ctx, r)
	taken := lastBackup(d.cfg)
	switch age := d.now().Sub(taken); {
	case taken.IsZero():
		d.say(levelWarn, "backup", "none was taken on this machine: handrail backup FILE, every day")
	case age > oldBackup:
		d.say(levelWarn, "backup", "the last one is %s old: handrail backup FILE, every day", count(int(age/(24*time.Hour)), "day"))
	default:
		d.say(levelOK, "backup", "%s old", age.Round(time.Second))
	}
	if file, there := leftBehind(d.cfg); there {
		d.say(levelWarn, "store", "%s, from before the move, still holds what people have erased since: delete it", file)
	}
	return r
}

func (d *doctor) storeText(o store.Options, r *store.Reader) string {
	if r == nil {
		return ""
	}
	kind := "PostgreSQL"
	if o.URL == "" {
		kind = "SQLite"
	}
	return fmt.Sprintf("%s, schema %d, the master key fits", kind, r.Schema())
}

// numbers looks for what piles up.
func (d *doctor) numbers(ctx context.Context, r *store.Reader) {
	h, err := r.Health(ctx, d.now())
	if err != nil {
		d.say(levelFail, "store", "%s", oneLine(err))
		return
	}
	used, err := r.InUse(ctx)
	if err != nil {
		d.say(levelFail, "store", "%s", oneLine(err))
		return
	}
	switch {
	case !used:
		d.say(levelWarn, "sending", "no bot runs here; %s to send", count(int(h.Waiting), "message"))
	case h.Lag > longLag || h.Late > longLag:
		d.say(levelFail, "sending", "%s to send, the longest waits for %s, what is due is %s late: does the homeserver take messages?",
			count(int(h.Waiting), "message"), h.Lag.Round(time.Second), h.Late.Round(time.Second))
	default:
		d.say(levelOK, "sending", "%s to send, nothing is late", count(int(h.Waiting), "message"))
	}
	if h.DeadDay > 0 {
		d.say(levelWarn, "sending", "%s given up in the last 24 hours: the log says why", count(int(h.DeadDay), "message"))
	}
}
