package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handrail/bot/journal"
)

func TestVerifyExport(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 28, 20, 0, 0, 0, time.UTC)
	first := journal.Next(nil, journal.Entry{Happened: "kanarienvogel"}, now, []byte("salt"))
	second := journal.Next(&first, journal.Entry{Happened: "another", Changes: 1}, now.Add(time.Hour), []byte("salz"))
	book := journal.NewBook([]journal.Entry{first, second}, now.Add(2*time.Hour))
	plain, err := book.JSON()
	if err != nil {
		t.Fatal(err)
	}
	pdf, err := book.PDF(journal.EnglishWords())
	if err != nil {
		t.Fatal(err)
	}
	const phrase = "seven blue teapots"
	sealed, err := journal.Seal(plain, phrase)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	tests := []struct {
		name  string
		file  []byte
		stdin string
		args  []string
		code  int
		out   []string
		err   string
	}{
		{"plain", plain, "", nil, 0, []string{"whole: 2 entries, 1 of them corrections", "head " + second.Hash, "does not prove"}, ""},
		{"sealed", sealed, phrase + "\n", nil, 0, []string{"whole: 2 entries"}, ""},
		{"sealed, CRLF", sealed, phrase + "\r\n", nil, 0, []string{"whole: 2 entries"}, ""},
		{"a head of before", plain, "", []string{"--head", first.Hash}, 0, []string{"the head that you gave is entry 1"}, ""},
		{"a head of another", plain, "", []string{"--head", strings.Repeat("a", 64)}, 1, nil, "of no entry"},
		{"wrong phrase", sealed, "no\n", nil, 1, nil, "does not open it"},
		{"no phrase", sealed, "", nil, 1, nil, "first line of standard input"},
		{"sealed and changed", changed, phrase + "\n", nil, 1, nil, "the file was changed"},
		{"one word changed", bytes.Replace(plain, []byte("kanarien"), []byte("canaries"), 1), "", nil, 1, nil, "entry 1 was changed"},
		{"a blank more", append(bytes.Clone(plain), ' '), "", nil, 1, nil, "not whole"},
		{"the PDF", pdf, "", nil, 1, nil, "verify the JSON"},
		{"something else", []byte("hello"), "", nil, 1, nil, "not a journal file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "notes")
			if err := os.WriteFile(path, tt.file, 0o600); err != nil {
				t.Fatal(err)
			}
			r := handrail(t, tt.stdin, append([]string{"verify-export", path}, tt.args...)...)
			if r.code != tt.code || !strings.Contains(r.err, tt.err) {
				t.Errorf("exit %d, %s", r.code, r.err)
			}
			for _, want := range tt.out {
				if !strings.Contains(r.out, want) {
					t.Errorf("%q is not in:\n%s", want, r.out)
				}
			}
			if strings.Contains(r.out+r.err, "kanarienvogel") || strings.Contains(r.out+r.err, phrase) {
				t.Error("it shows what it read")
			}
		})
	}
	if r := handrail(t, "", "verify-export", filepath.Join(t.TempDir(), "missing")); r.code != 1 || strings.Count(r.err, "\n") != 1 {
		t.Errorf("a missing file: exit %d, %q", r.code, r.err)
	}
}
