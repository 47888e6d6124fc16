package console

import (
	"strings"
	"testing"
	"time"
)

func TestEntryFormat(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		e    Entry
		want string
	}{
		{"person", Entry{Text: "hi"}, "< hi"},
		{"empty", Entry{}, "< "},
		{"bot with more lines", Entry{Bot: true, Text: "a\n\nb\r\nc"}, "> a\n  \n  b\n  c"},
		{"edit", Entry{Bot: true, Act: Edited, Text: "Out, 6"}, "> [edited] Out, 6"},
		{"removal", Entry{Bot: true, Act: Removed}, "> [removed]"},
		{"reaction", Entry{Act: Reacted, Text: "👍"}, "< [reaction 👍]"},
		{"image", Entry{Act: Image, Text: "a cat"}, "< [image: a cat]"},
		{"older edit", Entry{Act: Edited, Text: "8", Back: 2}, "< [edit 2] 8"},
		{"older removal", Entry{Act: Removed, Back: 3}, "< [remove 3]"},
		{"reply", Entry{Act: Replied, Text: "no ] way", Back: 12}, "< [reply 12] no ] way"},
		{"older reaction", Entry{Act: Reacted, Text: "1️⃣", Back: 2}, "< [reaction 1️⃣ 2]"},
		{"at once", Entry{Act: AtOnce, Text: "yes"}, "< [at once] yes"},
		{"words in brackets", Entry{Text: "[reply] [edit 0] x"}, "< [reply] [edit 0] x"},
		{"no number", Entry{Text: "[reply one] x"}, "< [reply one] x"},
		{"file", Entry{Act: File, Text: "x.pdf"}, "< [file: x.pdf]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.e.String(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if back := ReadBody(tt.e.Body()); !tt.e.Bot && back != tt.e {
				t.Errorf("read back as %+v", back)
			}
		})
	}
}

func TestParseTranscript(t *testing.T) {
	t.Parallel()
	text := "# note\n@ 2026-03-28T20:59 Europe/Berlin\n< hi\n  there\n> One\n  \n\n  two ...\n> Three\n\n! timer checkin 2026-03-30T21:00+02:00\n"
	tr, err := ParseTranscript("a.txt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.Turns) != 3 {
		t.Fatalf("%d turns, want 3", len(tr.Turns))
	}
	say := tr.Turns[1]
	if say.Text != "hi\nthere" || say.Line != 3 || say.Last != 4 {
		t.Errorf("turn: %+v", say)
	}
	if len(say.Expect) != 2 || say.Expect[0].Body != "One\n\n\ntwo ..." || say.Expect[0].Last != 8 || say.Expect[1].Line != 9 {
		t.Errorf("expectations: %+v", say.Expect)
	}
	start, zone, err := tr.Start(DefaultBegin(time.UTC), time.UTC)
	if err != nil || zone.String() != "Europe/Berlin" || start.Format(time.RFC3339) != "2026-03-28T20:59:00+01:00" {
		t.Errorf("start %v in %v, %v", start, zone, err)
	}
}

func TestParseTranscriptFaults(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"nothing", "# only a note\n", "a.txt:1:1: nothing happens"},
		{"bot first", "> Hello\n", "a.txt:1:1: the bot says nothing before"},
		{"bot after an assertion", "< hi\n! no timer\n> Hello\n", "a.txt:3:1: the bot says nothing before"},
		{"loose continuation", "  more\n", "a.txt:1:1: this line continues nothing"},
		{"unknown mark", "< hi\nhello\n", "a.txt:2:1: "},
		{"no space", "<hi\n", "a.txt:1:1: put a space"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseTranscript("a.txt", []byte(tt.text))
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestExpectedMatches(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want, got string
		ok              bool
	}{
		{"same", "Hello", "Hello", true},
		{"other", "Hello", "Hullo", false},
		{"prefix", "How was today? ...", "How was today?\n1 good", true},
		{"prefix of nothing", "...", "anything", true},
		{"prefix differs", "How is ...", "How was today?", false},
		{"real dots", "Well...", "Well...", true},
		{"no prefix without dots", "How", "How was today?", false},
		{"blanks at line ends", "a  \nb", "a\nb ", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := (Expected{Body: tt.want}).matches(Entry{Bot: true, Text: tt.got}); got != tt.ok {
				t.Errorf("matches = %v, want %v", got, tt.ok)
			}
		})
	}
}

func FuzzTranscript(f *testing.F) {
	f.Add("# note\n@ +1d\n< hi\n> One\n  \n  two ...\n! no timer\n")
	f.Add("< a\n\n\n  b\n")
	f.Fuzz(func(t *testing.T, text string) {
		tr, err := ParseTranscript("a.txt", []byte(text))
		if err != nil {
			return
		}
		// Every line number lies inside the file, in order: the rewriting of
		// files depends on it.
		line := 0
		for _, turn := range tr.Turns {
			if turn.Line <= line || turn.Last < turn.Line {
				t.Fatalf("turn at %d-%d after %d", turn.Line, turn.Last, line)
			}
			line = turn.Last
			for _, e := range turn.Expect {
				if e.Line <= line || e.Last < e.Line {
					t.Fatalf("expectation at %d-%d after %d", e.Line, e.Last, line)
				}
				line = e.Last
			}
		}
		if line > len(tr.Lines) {
			t.Fatalf("line %d of %d", line, len(tr.Lines))
		}
	})
}
