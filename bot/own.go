package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"handrail/bot/chat"
	"handrail/bot/flow"
	"handrail/bot/store"
)

// ExportName is the name of the file that an export comes as. It says nothing.
const ExportName = "notes.txt"

// forgetsAll tells whether the effects end with the person forgotten.
func forgetsAll(effects []flow.Effect) bool {
	return slices.ContainsFunc(effects, func(e flow.Effect) bool {
		f, ok := e.(flow.Forget)
		return ok && f.All
	})
}

// erase forgets the person: key and rows go now, in this transaction. What the
// effects say is put into the lane of a person without a past, of whom nothing
// is known but the address, and who goes too when it was sent.
func (t *turn) erase(effects []flow.Effect) error {
	var outs []chat.Outgoing
	var since time.Time
	for _, e := range effects {
		switch e := e.(type) {
		case flow.Say:
			outs = append(outs, chat.Outgoing{Text: chat.Text(e.Text)})
		case flow.Lines:
			outs = append(outs, chat.Outgoing{Text: chat.Text(t.linesText(t.p, t.language(), e.Need, t.now, e.UpTo))})
		case flow.Export:
			files, err := t.export(e)
			if err != nil {
				return err
			}
			outs = append(outs, files...)
		case flow.Hide:
			if since = time.UnixMilli(1); e.For > 0 {
				since = t.now.Add(-e.For)
			}
		case flow.Forget, flow.End:
		default:
			panic(fmt.Sprintf("bot: effect %T beside the end of a person", e))
		}
	}
	if len(outs) == 0 {
		return &engineError{errors.New("a person is forgotten without a word")}
	}
	if err := t.leaveDesk(); err != nil {
		return err
	}
	fresh, others, err := t.tx.Renew(t.p, since, t.now)
	if err != nil {
		return err
	}
	for _, other := range others {
		if err := t.quitSoon(other.ID); err != nil {
			return err
		}
	}
	t.p = fresh
	for _, out := range outs {
		if err := t.enqueue(out, ""); err != nil {
			return err
		}
	}
	if err := t.tx.Note("forgotten", fresh.ID, t.now); err != nil {
		return err
	}
	return t.quitSoon(fresh.ID)
}

// tidy takes what was erased out of the write-ahead log, if anything was. A
// failure is made good by the next one.
func (b *Bot) tidy(ctx context.Context) {
	if !b.scrub.CompareAndSwap(true, false) {
		return
	}
	if err := b.Store.Scrub(context.WithoutCancel(ctx)); err != nil {
		b.scrub.Store(true)
		b.log.Warn("what was erased is still in the write-ahead log, will try again", "err", err)
	}
}

// exportPart is the most that goes into one file, in bytes: every homeserver
// takes that.
const exportPart = 512 << 10

// export is the person's own data as a file to send, or as several when it is
// long.
func (t *turn) export(e flow.Export) (files []chat.Outgoing, err error) {
	made, err := t.aside(fmt.Sprintf("export %t %q", e.Lists == nil, e.Lists), func(tx *store.Tx) (any, error) {
		return Export(tx, t.voice(), t.p, t.Library.Lists(), e.Lists, t.now.In(t.bot.location(t.p)))
	})
	if err != nil {
		return nil, err
	}
	refused := chat.Text(t.voice().Text("export_refused", nil))
	for text := made.(string); text != ""; {
		end := len(text)
		if end > exportPart {
			if end = strings.LastIndexByte(text[:exportPart], '\n') + 1; end == 0 {
				end = exportPart
			}
		}
		files = append(files, chat.Outgoing{Form: chat.FormFile, Data: chat.Bytes(text[:end]), Name: ExportName, Alt: refused})
		text = text[end:]
	}
	return files, nil
}

// Export writes down what is kept of a person, in words: settings, the person's
// own lists, and what comes by itself. It knows the lists in known; only, if it
// is not nil, limits it to these lists and nothing else. now is in the zone in
// which times are to be read.
func Export(tx *store.Tx, voice flow.Voice, p *store.Person, known, only []string, now time.Time) (string, error) {
	var b strings.Builder
	section := func(title string, lines []string) {
		if len(lines) > 0 {
			b.WriteString("\n" + title + "\n" + strings.Join(lines, "\n") + "\n")
		}
	}
	if only == nil {
		section(voice.Text("export_settings", nil), exportSettings(voice, p))
	}
	for _, list := range known {
		if only != nil && !slices.Contains(only, list) {
			continue
		}
		items, err := tx.Items(p.ID, list, 0)
		if err != nil {
			return "", err
		}
		var lines []string
		for _, it := range readable(voice, items) {
			lines = append(lines, "- "+it.At.In(now.Location()).Format(time.DateOnly)+"  "+strings.ReplaceAll(it.Text, "\n", "\n  "))
		}
		section(voice.Name(list), lines)
	}
	if only == nil {
		schedules, err := tx.Schedules(p.ID)
		if err != nil {
			return "", err
		}
		section(voice.Text("export_times", nil), exportTimes(voice, schedules, now))
		places, err := exportPlaces(tx, p)
		if err != nil {
			return "", err
		}
		section(voice.Text("export_places", nil), places)
	}
	head := voice.Text("export_title", map[string]string{"date": now.Format("2006-01-02 15:04")}) + "\n"
	if b.Len() == 0 {
		return head + "\n" + voice.Text("export_nothing", nil) + "\n", nil
	}
	return head + b.String(), nil
}

// exportSettings are the variables of the person. Those that begin with _ are
// the program's own, and what tells of a lock is in no file.
func exportSettings(voice flow.Voice, p *store.Person) (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(p.Vars)) {
		if strings.HasPrefix(name, "_") || strings.HasPrefix(name, prefixOwn) || strings.HasPrefix(name, prefixDecoy) {
			continue
		}
		if value := voice.Show(name, p.Vars[name]); value != "" {
			lines = append(lines, voice.Name(name)+": "+value)
		}
	}
	return lines
}

// exportTimes says what comes by itself and when next.
func exportTimes(voice flow.Voice, schedules []store.Schedule, now time.Time) (lines []string) {
	for _, s := range schedules {
		title := voice.Title(s.Flow)
		if title == "" {
			title = voice.Name(s.Name)
		}
		if s.NextDue.IsZero() {
			lines = append(lines, title)
			continue
		}
		lines = append(lines, voice.Text("export_next", map[string]string{
			"title": title, "date": s.NextDue.In(now.Location()).Format("2006-01-02 15:04"),
		}))
	}
	return lines
}

// exportPlaces names where a person with two places writes from.
func exportPlaces(tx *store.Tx, p *store.Person) (lines []string, err error) {
	other, err := tx.Other(p)
	if err != nil || other == 0 {
		return nil, err
	}
	for _, row := range []store.PersonID{p.Row, other} {
		a, err := tx.AddressOf(p, row)
		if err != nil {
			return nil, err
		}
		lines = append(lines, a.Network+": "+a.User)
	}
	return lines, nil
}

// plainName makes the name of a variable or a list readable.
func plainName(name string) string { return strings.ReplaceAll(name, "_", " ") }
