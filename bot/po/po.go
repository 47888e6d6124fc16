// Package po reads and writes gettext PO files and brings a translation up to
// date with changed texts. It keeps everything that a translator or a
// translation tool has written: comments, flags, texts before a change, plural
// forms and entries that are out of use. It knows nothing of scripts, and never
// opens a file.
package po

import (
	"fmt"
	"slices"
	"strings"
)

// File is one PO file.
type File struct {
	// Header is the entry with the empty ID; its Str[0] holds the fields, each
	// "Name: value\n".
	Header Entry
	// Entries stand in the order of the file, those out of use too.
	Entries []Entry
}

// Entry is one text with its translation.
type Entry struct {
	Comments   []string // of the translator, without "# "
	Extracted  []string // what the program says about the text, without "#. "
	References []string // where the text stands, "file:line"
	Flags      []string // "fuzzy" and others

	// Before is what the translation was made for, where that changed since.
	Before *Before

	Context string // "" is no context
	ID      string // the text to translate
	Plural  string // the text for many; "" where there is one form
	Str     []string
	// Obsolete: the text is not used any more.
	Obsolete bool

	// Own is not part of a file: the entry holds a list of the language's own,
	// which stays good when the text that it stands beside changes.
	Own bool

	Line     int   // where the entry begins, from 1; 0: not read from a file
	StrLines []int // where each of Str begins
}

// Before is a text before it changed.
type Before struct {
	Context, ID, Plural string
}

// FlagFuzzy marks a translation that may not fit its text any more.
const FlagFuzzy = "fuzzy"

// Fuzzy tells whether the translation may not fit its text any more.
func (e *Entry) Fuzzy() bool { return slices.Contains(e.Flags, FlagFuzzy) }

// Translated tells whether every form is filled in, fuzzy or not.
func (e *Entry) Translated() bool {
	return len(e.Str) > 0 && !slices.Contains(e.Str, "")
}

// touched tells whether a translator has written anything.
func (e *Entry) touched() bool {
	return slices.ContainsFunc(e.Str, func(s string) bool { return s != "" })
}

// Field gives the value of a field of the header.
func (f *File) Field(name string) string {
	if len(f.Header.Str) == 0 {
		return ""
	}
	for line := range strings.Lines(f.Header.Str[0]) {
		key, value, ok := strings.Cut(line, ":")
		if ok && strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Key finds an entry: no two in use share it.
type Key struct{ Context, ID string }

// Key is what tells the entry from all others.
func (e *Entry) Key() Key { return Key{e.Context, e.ID} }

// SyntaxError is a place where a file is no PO file.
type SyntaxError struct {
	Line    int // from 1
	Message string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Message) }
