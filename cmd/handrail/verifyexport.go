package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"handrail/bot/journal"
)

// mostExport is the largest file that verify-export reads, in bytes.
const mostExport = 256 << 20

// verifyExportCmd checks the file of somebody's journal. It needs no
// configuration and no store: a third party runs it.
type verifyExportCmd struct {
	File string `arg:"" placeholder:"FILE" help:"The file as it was received: notes.json.age, or notes.json after it was opened with age."`
	Head string `placeholder:"HASH" help:"A head that was handed over earlier: is it in this chain, unchanged up to there?"`
}

// Help is shown by handrail verify-export --help.
func (verifyExportCmd) Help() string {
	return `Tells whether the journal in an export is whole: that no entry was changed, taken out or put in, and no byte of the file. A sealed file (.age) asks for its passphrase on the terminal; where standard input is no terminal, its first line is the passphrase.

  handrail verify-export notes.json.age
  age -d -o notes.json notes.json.age && handrail verify-export notes.json

It prints what was found and what that proves. Exit 0: whole. Exit 1: not.`
}

// Run checks the file.
func (c *verifyExportCmd) Run(s streams) error {
	file, err := readExport(c.File)
	if err != nil {
		return err
	}
	if journal.Sealed(file) {
		phrase, err := readPhrase(s)
		if err != nil {
			return err
		}
		if file, err = journal.Open(file, phrase); err != nil {
			return fail("%v", err)
		}
	}
	if bytes.HasPrefix(file, []byte("%PDF-")) {
		return fail("this is the PDF, which is for reading: verify the JSON file that came with it")
	}
	book, err := journal.ReadJSON(file)
	if err != nil {
		return fail("not whole: %v", err)
	}
	fmt.Fprint(s.out, found(book))
	if c.Head != "" {
		n := holds(book, c.Head)
		if n == 0 {
			return fail("the head that you gave is of no entry in this file: what was written up to then is not what is here")
		}
		fmt.Fprintf(s.out, "the head that you gave is entry %d: all up to there is as it was then\n", n)
	}
	fmt.Fprintf(s.out, "\nWhat this proves, and what not:\n")
	for _, line := range book.About {
		fmt.Fprintf(s.out, "- %s\n", line)
	}
	return nil
}

// found says what is in a file that is whole, and none of its words.
func found(b *journal.Book) string {
	var out strings.Builder
	corrections := 0
	for _, e := range b.Entries {
		if e.Changes > 0 {
			corrections++
		}
	}
	fmt.Fprintf(&out, "whole: %d entries, %d of them corrections\n", len(b.Entries), corrections)
	if n := len(b.Entries); n > 0 {
		fmt.Fprintf(&out, "first written down %s, last %s (%s)\n", b.Entries[0].Written, b.Entries[n-1].Written, b.Entries[n-1].Zone)
		fmt.Fprintf(&out, "head %s\n", b.Head)
	}
	fmt.Fprintf(&out, "file made %s\n", b.Made)
	return out.String()
}

// holds is the number of the entry with that hash, 0 for none.
func holds(b *journal.Book, head string) int {
	for _, e := range b.Entries {
		if strings.EqualFold(e.Hash, strings.TrimSpace(head)) {
			return e.N
		}
	}
	return 0
}

func readExport(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fail("cannot read the file: %v", err)
	}
	defer func() { _ = f.Close() }() // only read
	file, err := io.ReadAll(io.LimitReader(f, mostExport+1))
	if err != nil {
		return nil, fail("cannot read the file: %v", err)
	}
	if len(file) > mostExport {
		return nil, fail("the file is larger than %d MB: no export is", mostExport>>20)
	}
	return file, nil
}

// readPhrase asks for a passphrase without showing it.
func readPhrase(s streams) (string, error) {
	if f, ok := s.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(s.err, "Passphrase: ")
		phrase, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(s.err)
		if err != nil {
			return "", fail("cannot read the passphrase: %v", err)
		}
		return string(phrase), nil
	}
	line, err := bufio.NewReader(s.in).ReadString('\n')
	if line == "" && err != nil {
		return "", fail("the file is sealed: give its passphrase as the first line of standard input")
	}
	return strings.TrimRight(line, "\r\n"), nil
}
