package journal

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func berlin(t testing.TB) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(2026, 3, 28, 21, 5, 0, 0, zone)
}

// some is a chain of n entries, the last of which corrects the first.
func some(t testing.TB, n int) []Entry {
	t.Helper()
	now := berlin(t)
	var out []Entry
	for i := range n {
		e := Entry{
			Date: "2026-03-27", Time: "18:30", Happened: fmt.Sprintf("He stood in the doorway, %d.", i), Told: "That I made it up.",
			Noticed: "My hands shook.", Left: "No sleep.", People: List("my sister, the neighbour ; "), Tags: List("doorway"),
		}
		if i == n-1 && i > 0 {
			e.Changes = 1
		}
		var prev *Entry
		if i > 0 {
			prev = &out[i-1]
		}
		out = append(out, Next(prev, e, now.Add(time.Duration(i)*time.Hour), []byte{1, 2, byte(i)}))
	}
	return out
}

func TestChain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func([]Entry) []Entry
		want   string
	}{
		{"as written", func(e []Entry) []Entry { return e }, ""},
		{"nothing", func([]Entry) []Entry { return nil }, ""},
		{"the end cut off", func(e []Entry) []Entry { return e[:2] }, ""},
		{"a word", func(e []Entry) []Entry { e[1].Happened += " "; return e }, "entry 2 was changed"},
		{"from one field to the next", func(e []Entry) []Entry { e[0].Told, e[0].Happened = "", e[0].Happened+e[0].Told; return e }, "entry 1 was changed"},
		{"a person", func(e []Entry) []Entry { e[2].People = e[2].People[:1]; return e }, "entry 3 was changed"},
		{"a tag among the people", func(e []Entry) []Entry {
			e[2].People, e[2].Tags = append(e[2].People, e[2].Tags...), nil
			return e
		}, "entry 3 was changed"},
		{"a time", func(e []Entry) []Entry { e[1].Written = "2026-03-01T00:00:00Z"; return e }, "entry 2 was changed"},
		{"taken out", func(e []Entry) []Entry { return append(e[:1], e[2:]...) }, "entry 3 stands where entry 2"},
		{"taken out and numbered", func(e []Entry) []Entry { e[2].N = 2; return append(e[:1], e[2:]...) }, "entry 2 does not follow"},
		{"put in", func(e []Entry) []Entry {
			x := Next(&e[0], Entry{Happened: "x"}, berlin(t), nil)
			e[1], e[2] = x, e[1]
			e[2].N = 3
			return e
		}, "entry 3 does not follow"},
		{"the first cut off", func(e []Entry) []Entry { return e[1:] }, "entry 2 stands where entry 1"},
		{"corrects itself", func(e []Entry) []Entry { e[1].Changes = 2; return e }, "entry 2 changes one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := Verify(tt.change(some(t, 3)))
			if tt.want == "" && err != nil || tt.want != "" && (!errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func TestEveryFieldIsUnderTheHash(t *testing.T) {
	t.Parallel()
	changes := map[string]func(*Entry){
		"n": func(e *Entry) { e.N++ }, "written": func(e *Entry) { e.Written += "x" }, "zone": func(e *Entry) { e.Zone += "x" },
		"date": func(e *Entry) { e.Date += "x" }, "time": func(e *Entry) { e.Time += "x" }, "happened": func(e *Entry) { e.Happened += "x" },
		"told": func(e *Entry) { e.Told += "x" }, "noticed": func(e *Entry) { e.Noticed += "x" }, "left": func(e *Entry) { e.Left += "x" },
		"people": func(e *Entry) { e.People[0] += "x" }, "tags": func(e *Entry) { e.Tags[0] += "x" }, "changes": func(e *Entry) { e.Changes++ },
		"salt": func(e *Entry) { e.Salt += "x" }, "prev": func(e *Entry) { e.Prev += "x" },
	}
	whole := some(t, 1)[0]
	for name, change := range changes {
		e := some(t, 1)[0]
		change(&e)
		if e.sum() == whole.Hash {
			t.Errorf("%s is not under the hash", name)
		}
	}
}

func TestEveryByteOfTheFileCounts(t *testing.T) {
	t.Parallel()
	b := NewBook(some(t, 3), berlin(t))
	file, err := b.JSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadJSON(file)
	if err != nil || len(back.Entries) != 3 || back.Head != b.Entries[2].Hash {
		t.Fatalf("%v", err)
	}
	for i := range file {
		changed := bytes.Clone(file)
		changed[i] ^= 1
		if _, err := ReadJSON(changed); !errors.Is(err, ErrBroken) {
			t.Fatalf("byte %d (%q for %q): %v", i, changed[i], file[i], err)
		}
	}
	for name, other := range map[string][]byte{"empty": nil, "longer": append(bytes.Clone(file), '\n'), "shorter": file[:len(file)-1], "other": []byte(`{"format":"x"}`)} {
		if _, err := ReadJSON(other); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWordsThatAreNoText(t *testing.T) {
	t.Parallel()
	e := Next(nil, Entry{Happened: "a\xffb \u2028 <b> & \x00"}, berlin(t), []byte("salt"))
	b := NewBook([]Entry{e}, berlin(t))
	file, err := b.JSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadJSON(file)
	if err != nil || back.Entries[0].Happened != "a\uFFFDb \u2028 <b> & \x00" {
		t.Errorf("%+v, %v", back, err)
	}
	if _, err := b.PDF(EnglishWords()); err != nil {
		t.Error(err)
	}
}

func TestSeal(t *testing.T) {
	t.Parallel()
	const phrase = "seven blue teapots"
	sealed, err := Seal([]byte("words"), phrase)
	if err != nil {
		t.Fatal(err)
	}
	if !Sealed(sealed) || bytes.Contains(sealed, []byte("words")) {
		t.Error("not sealed")
	}
	if plain, err := Open(sealed, phrase); err != nil || string(plain) != "words" {
		t.Errorf("%q, %v", plain, err)
	}
	if _, err := Open(sealed, phrase+"x"); !errors.Is(err, ErrPhrase) {
		t.Errorf("another phrase: %v", err)
	}
	for _, i := range []int{0, 30, len(sealed) / 2, len(sealed) - 1} {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := Open(changed, phrase); !errors.Is(err, ErrPhrase) {
			t.Errorf("byte %d: %v", i, err)
		}
	}
	if _, err := Seal(nil, ""); err == nil {
		t.Error("sealed under nothing")
	}
}

// TestPublicToolOpens builds the age command of the module that go.mod names, as
// anybody could install it. The command asks a terminal for the passphrase, so
// it is run under one.
func TestPublicToolOpens(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("script"); err != nil {
		t.Fatal("this test needs the command script (util-linux) for a terminal")
	}
	dir := t.TempDir()
	tool := filepath.Join(dir, "age")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", tool, "filippo.io/age/cmd/age").CombinedOutput(); err != nil {
		t.Fatalf("build the age tool: %v\n%s", err, out)
	}
	const phrase = "seven blue teapots"
	b := NewBook(some(t, 4), berlin(t))
	file, err := b.JSON()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := Seal(file, phrase)
	if err != nil {
		t.Fatal(err)
	}
	open := func(sealed []byte) ([]byte, string) {
		in, out := filepath.Join(dir, "notes.json.age"), filepath.Join(dir, "notes.json")
		if err := os.WriteFile(in, sealed, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(out) // of the try before
		cmd := exec.CommandContext(t.Context(), "script", "-qec", tool+" -d -o "+out+" "+in, "/dev/null")
		cmd.Stdin = strings.NewReader(phrase + "\n")
		said, _ := cmd.CombinedOutput() // what counts is the file
		plain, _ := os.ReadFile(out)
		return plain, string(said)
	}
	plain, said := open(sealed)
	if !bytes.Equal(plain, file) {
		t.Fatalf("the tool gives %d bytes, want %d; it says:\n%s", len(plain), len(file), said)
	}
	back, err := ReadJSON(plain)
	if err != nil || back.Head != b.Head {
		t.Errorf("chain: %v", err)
	}
	sealed[len(sealed)-5] ^= 1
	if plain, said = open(sealed); bytes.Equal(plain, file) || !strings.Contains(said, "age: error") {
		t.Errorf("one changed byte: %d bytes, %s", len(plain), said)
	}
}

func TestPDFDrawsSevenLanguages(t *testing.T) {
	t.Parallel()
	letters := map[string]string{
		"en": "can\u2019t \u201cquoted\u201d \u2013 \u2026", "es": "ñ Ñ á é í ó ú ü ¿ ¡", "de": "ä ö ü ß Ä Ö Ü \u201eso\u201c", "fr": "à â ç é è ê ë î ï ô œ Œ ù û ÿ « oui » €",
		"pt": "ã õ ç á à â é ê í ó ô ú", "pl": "ą ć ę ł ń ó ś ź ż Ą Ć Ę Ł Ń Ó Ś Ź Ż", "tr": "ç ğ ı İ ö ş ü Ç Ğ Ö Ş Ü",
	}
	for lang, text := range letters {
		pg, err := newPage(EnglishWords(), berlin(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := pg.can(text); got != text || pg.lost {
			t.Errorf("%s: %q", lang, got)
		}
	}
}

// streams unpacks what a PDF draws.
func streams(t *testing.T, file []byte) string {
	t.Helper()
	var all strings.Builder
	for rest := file; ; {
		i := bytes.Index(rest, []byte("stream\n"))
		if i < 0 {
			return all.String()
		}
		rest = rest[i+len("stream\n"):]
		if z, err := zlib.NewReader(bytes.NewReader(rest)); err == nil {
			plain, _ := io.ReadAll(z)
			all.Write(plain)
		}
	}
}

func TestPDF(t *testing.T) {
	t.Parallel()
	entries := some(t, 3)
	b := NewBook(entries, berlin(t))
	first, err := b.PDF(EnglishWords())
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.PDF(EnglishWords())
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("the same book gives two files: %v", err)
	}
	if !bytes.HasPrefix(first, []byte("%PDF-")) || bytes.Contains(first, []byte("doorway")) {
		t.Error("not a PDF with its texts packed")
	}
	drawn := streams(t, first)
	for _, word := range []string{"doorway", "2026-03-27 18:30", "Europe/Berlin", "my sister, the neighbour", "Corrected by entry", entries[2].Hash} {
		var wide strings.Builder
		for _, r := range word {
			wide.WriteByte(0)
			wide.WriteRune(r)
		}
		if !strings.Contains(drawn, wide.String()) && !strings.Contains(drawn, word) {
			t.Errorf("%q is not drawn", word)
		}
	}
}

func TestPDFSaysWhatItCannotDraw(t *testing.T) {
	t.Parallel()
	pg, err := newPage(EnglishWords(), berlin(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := pg.can("a 😀 b 漢\u200d e\u0301"); got != "a □ b □ é" || !pg.lost {
		t.Errorf("%q, lost %v", got, pg.lost)
	}
}

func TestPDFOfTenThousand(t *testing.T) {
	t.Parallel()
	b := NewBook(some(t, 10_000), berlin(t))
	began := time.Now()
	file, err := b.PDF(EnglishWords())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes in %v", len(file), time.Since(began))
	if len(file) > 40<<20 {
		t.Errorf("%d bytes", len(file))
	}
}
