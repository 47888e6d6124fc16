package bot

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"handrail/bot/chat"
	"handrail/bot/flow"
	"handrail/bot/journal"
	"handrail/bot/store"
)

// entryMark begins a line of a list that is an entry of a journal. What a person
// types cannot begin with it: a line is trimmed before it is kept.
const entryMark = "\x1f"

// Names of the files of a sealed export. They say nothing.
const (
	sealedJSON = "notes.json.age"
	sealedPDF  = "notes.pdf.age"
)

// readEntry takes an entry out of a line; ok is false where it is none.
func readEntry(it flow.Item) (e journal.Entry, ok bool) {
	text, ok := strings.CutPrefix(it.Text, entryMark)
	if !ok || json.Unmarshal([]byte(text), &e) != nil {
		return journal.Entry{}, false
	}
	return e, true
}

// record adds an entry behind the last one. It has no source, so that nothing
// that is taken back or edited in the chat takes it along.
func (t *turn) record(e flow.Record) error {
	last, err := t.tx.Items(t.p.ID, e.List, 1)
	if err != nil {
		return err
	}
	var prev *journal.Entry
	if len(last) == 1 {
		if p, ok := readEntry(last[0]); ok {
			prev = &p
		}
	}
	next := journal.Entry{
		Date: e.Date, Time: e.Time, Happened: e.Happened, Told: e.Told, Noticed: e.Noticed, Left: e.Left,
		People: journal.List(e.People), Tags: journal.List(e.Tags),
	}
	if prev != nil && e.Changes > 0 && e.Changes <= prev.N {
		next.Changes = e.Changes
	}
	salt, err := base64.RawURLEncoding.DecodeString(t.tx.Key("journal", int64(t.p.ID), t.cause))
	if err != nil {
		return fmt.Errorf("salt of an entry: %w", err)
	}
	next = journal.Next(prev, next, t.now.In(t.bot.location(t.p)), salt)
	text, err := json.Marshal(next)
	if err != nil {
		return errors.New("write an entry") // the cause could quote it
	}
	return t.tx.AddItem(t.p.ID, e.List, entryMark+string(text), "", t.now)
}

// readable puts the entries among some lines into words.
func readable(voice flow.Voice, items []flow.Item) []flow.Item {
	read := map[int]journal.Entry{} // by their place
	later := map[int]int{}          // which entry corrects which
	for i, it := range items {
		if e, ok := readEntry(it); ok {
			read[i] = e
			if e.Changes > 0 {
				later[e.Changes] = e.N
			}
		}
	}
	if len(read) == 0 {
		return items
	}
	out := slices.Clone(items)
	for i, e := range read {
		out[i].N, out[i].Text = e.N, inWords(voice, e, later[e.N])
	}
	return out
}

// inWords writes an entry as a person reads it; by is the one that corrects it.
func inWords(voice flow.Voice, e journal.Entry, by int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d", e.N)
	when := strings.TrimSpace(e.Date + " " + e.Time)
	if when == "" && len(e.Written) >= len("2006-01-02") {
		when = "(" + e.Written[:len("2006-01-02")] + ")"
	}
	b.WriteString(". " + when)
	for _, c := range []struct {
		key string
		n   int
	}{{"journal_changes", e.Changes}, {"journal_changed", by}} {
		if c.n > 0 {
			b.WriteString(" " + strings.ToLower(voice.Text(c.key, nil)) + fmt.Sprintf(" %d", c.n))
		}
	}
	b.WriteString(". " + e.Happened)
	for _, part := range []struct{ key, text string }{
		{"journal_told", e.Told},
		{"journal_noticed", e.Noticed},
		{"journal_left", e.Left},
		{"journal_people", strings.Join(e.People, ", ")},
		{"journal_tags", strings.Join(e.Tags, ", ")},
	} {
		if part.text != "" {
			b.WriteString("\n" + voice.Text(part.key, nil) + ": " + part.text)
		}
	}
	return b.String()
}

// entries are all entries of a journal, oldest first.
func entries(tx *store.Tx, p *store.Person, list string) ([]journal.Entry, error) {
	items, err := tx.Items(p.ID, list, 0)
	if err != nil {
		return nil, err
	}
	var out []journal.Entry
	for _, it := range items {
		if e, ok := readEntry(it); ok {
			out = append(out, e)
		}
	}
	return out, nil
}

// sealedExport sends a journal as two files that only the passphrase opens, or
// says that there is nothing to send. Making them takes long, so it is done
// outside of the transaction.
func (t *turn) sealedExport(e flow.Export) error {
	if len(e.Lists) != 1 {
		return &engineError{errors.New("a sealed export of other than one list")}
	}
	read, err := t.aside("entries "+e.Lists[0], func(tx *store.Tx) (any, error) { return entries(tx, t.p, e.Lists[0]) })
	if err != nil {
		return err
	}
	all := read.([]journal.Entry)
	if len(all) == 0 {
		return t.enqueue(chat.Outgoing{Text: chat.Text(t.voice().Text("export_nothing", nil))}, "")
	}
	book := journal.NewBook(all, t.now.In(t.bot.location(t.p)))
	words := pdfWords(t.voice(), t.language())
	made, err := t.long("export "+book.Sum+e.Phrase, func() (any, error) { return sealBook(book, words, e.Phrase) })
	if err != nil {
		return err
	}
	for _, f := range made.([]chat.Outgoing) {
		f.Alt = chat.Text(t.voice().Text("export_refused", nil))
		if err := t.enqueue(f, ""); err != nil {
			return err
		}
	}
	return nil
}

// sealBook makes the two files.
func sealBook(book journal.Book, words journal.Words, phrase string) ([]chat.Outgoing, error) {
	files := []struct {
		name string
		make func() ([]byte, error)
	}{
		{sealedPDF, func() ([]byte, error) { return book.PDF(words) }},
		{sealedJSON, book.JSON},
	}
	out := make([]chat.Outgoing, len(files))
	var both errgroup.Group
	for i, f := range files {
		both.Go(func() error {
			_, err := safely(func() (any, error) {
				plain, err := f.make()
				if err != nil {
					return nil, err
				}
				sealed, err := journal.Seal(plain, phrase)
				out[i] = chat.Outgoing{Form: chat.FormFile, Data: sealed, Name: f.name}
				return nil, err
			})
			return err
		})
	}
	return out, both.Wait()
}

func pdfWords(voice flow.Voice, lang string) journal.Words {
	text := func(key string) string { return voice.Text(key, nil) }
	return journal.Words{
		Lang: lang, Title: text("journal_title"), Written: text("journal_written"), Happened: text("journal_happened"), HappenedAt: text("journal_when"),
		Told: text("journal_told"), Noticed: text("journal_noticed"), Left: text("journal_left"),
		People: text("journal_people"), Tags: text("journal_tags"), Changes: text("journal_changes"), Changed: text("journal_changed"),
		Head: text("journal_head"), Made: text("journal_made"), Missing: text("journal_missing"),
		About: []string{text("journal_proves"), text("journal_proves_not"), text("journal_proves_head")},
	}
}
