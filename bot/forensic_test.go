package bot_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"handrail/bot/chat"
	"handrail/bot/store"
)

// mark is in each of them. It is put together here, so that it stands in no program
// of the tests: the files that a process has open may hold one.
func mark() string { return strings.Join([]string{"zaun", "koenig"}, "") }

// planted gives strings that stand nowhere else, and remembers them.
type planted struct{ all []string }

func (p *planted) next() string {
	s := fmt.Sprintf("%s%02dq", mark(), len(p.all))
	p.all = append(p.all, s)
	return s
}

// spelt are the ways in which a string could lie in a file.
func spelt(s string) map[string][]byte {
	var le, be []byte
	for _, u := range utf16.Encode([]rune(s)) {
		le, be = binary.LittleEndian.AppendUint16(le, u), binary.BigEndian.AppendUint16(be, u)
	}
	return map[string][]byte{"UTF-8": []byte(s), "UTF-16LE": le, "UTF-16BE": be}
}

// search reads every file below a folder: the database with its free pages, the
// write-ahead log, the log, backups.
func search(t *testing.T, when, folder string, strs []string) {
	t.Helper()
	files, size := 0, 0
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		size += len(content)
		content = bytes.ToLower(content)
		for _, s := range strs {
			for how, b := range spelt(s) {
				if bytes.Contains(content, b) {
					t.Errorf("%s: %q is in %s in %s", when, s, filepath.Base(path), how)
				}
			}
		}
		return nil
	})
	if err != nil || files < 3 || size < 100_000 {
		t.Fatalf("%s: searched %d files of %d bytes: %v", when, files, size, err)
	}
	t.Logf("%s: %d strings, %d files, %d bytes", when, len(strs), files, size)
}

// backup copies the store beside the running bot, as handrail backup does.
func (w *world) backup(name string) {
	w.t.Helper()
	o := store.Options{Path: filepath.Join(w.dir, "data", "handrail.db"), Master: master(w.t)}
	r, err := store.OpenReader(context.Background(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := r.Snapshot(context.Background(), filepath.Join(w.dir, "data", name)); err != nil {
		w.t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// month is thirty days of a person's life with the bot, with a string planted
// wherever words can go.
func (w *world) month(p *planted, from chat.Address) {
	say := func(text string) { w.handle(w.message(from, text)) }
	own, danger, leave := p.next()+" teapot", p.next()+" lamp", p.next()
	for _, text := range []string{
		"own word", "set a word", own, "no", "own word", "a word to leave fast", leave,
		"my time zone", "Berlin", "my country", "Germany", "checkin", "yes", "21:00", "every day",
	} {
		say(text)
	}
	for day := range 30 {
		w.now = time.Date(2026, 1, 6+day, 18, 0, 0, 0, time.UTC)
		w.pass()
		say("stop")   // whatever waits
		say(p.next()) // nothing fits that
		say("stop")
		switch day % 6 {
		case 0:
			for _, text := range []string{"new entry", own, "yesterday", "18:30", "the door " + p.next(), "that " + p.next(), "skip", "skip", p.next() + ", my sister", "skip"} {
				say(text)
			}
			say("keep it")
		case 1:
			say("add a reason")
			say(own)
			m := w.message(from, "the sea "+p.next())
			w.handle(m)
			edit := w.message(from, "the hills "+p.next())
			edit.Kind, edit.Target = chat.KindEdit, m.ID
			w.handle(edit)
			say("no")
		case 2:
			caption := w.message(from, "look "+p.next())
			caption.Kind = chat.KindMedia
			w.handle(caption)
			say("unsent letter")
			say(own)
			say("dear you " + p.next())
		case 3:
			say("add a reason")
			say(own)
			say("the wind " + p.next())
			say("no")
			say(p.next() + " may call")
			say("he has a knife " + p.next())
		case 4:
			if day > 6 { // once, because sealing takes a moment
				say("read my journal")
				say(own)
				say("1")
				say("plan " + p.next())
				break
			}
			for _, text := range []string{"export my journal", own, "go on", p.next() + " seven blue teapots"} {
				say(text)
			}
			say("read my journal")
			say("1")
		case 5:
			if day < 29 { // later, because every message is then held against it
				say("plan")
				say(own)
				break
			}
			for _, text := range []string{"own word", own, "a word for danger", danger, "no"} {
				say(text)
			}
			say(danger)
			say("water " + p.next())
			say(leave)
			say(own)
		}
		w.until(w.now.Add(5 * time.Hour))
		if day%10 == 9 {
			w.open()
			w.backup(fmt.Sprintf("backup%d.db", day))
		}
	}
	say("export")
	say(own)
	say("send it")
}

// TestForensic searches all that is on the disk for what a person wrote in a
// month: before they are erased, when all of it is sealed, and afterwards; and on
// Linux all the while, in temporary files, too.
func TestForensic(t *testing.T) {
	t.Parallel()
	if watched(t) {
		return
	}
	p := &planted{}
	who := chat.Address{Network: "test", User: "@" + p.next() + ":" + p.next() + ".example", Room: "!" + p.next() + ":example.org"}
	w := newWorld(t)
	log, err := os.Create(filepath.Join(w.dir, "handrail.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	w.log, w.lib = log, shipped(t)
	w.open()
	w.month(p, who)
	if len(p.all) < 60 {
		t.Fatalf("only %d strings are planted", len(p.all))
	}
	kept := 0
	for _, s := range p.all { // the search is worth something only if the store had them
		if strings.Contains(string(w.files()["notes.txt"]), s) {
			kept++
		}
	}
	if kept < 12 {
		t.Fatalf("only %d strings were kept:\n%s", kept, w.files()["notes.txt"])
	}
	search(t, "before", w.dir, p.all)
	w.handle(w.message(who, "stop"))
	w.handle(w.message(who, "delete my data"))
	w.heard()
	began := time.Now()
	w.handle(w.message(who, "erase it all"))
	if got := strings.Join(w.heard(), " "); !strings.Contains(got, "It is erased, ") {
		t.Fatalf("said %q", got)
	}
	t.Logf("erased in %v", time.Since(began))
	w.until(w.now.Add(2 * time.Hour))
	if counts, err := w.store.Counts(t.Context()); err != nil || counts != (store.Counts{}) {
		t.Errorf("rows are left: %+v, %v", counts, err)
	}
	w.backup("after.db")
	search(t, "after", w.dir, p.all)
	w.open()
	search(t, "after a restart", w.dir, p.all)
}
