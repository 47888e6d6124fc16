// Package journal is a person's incident log as it leaves the house: entries
// that hang together by hashes, the two files of an export (PDF for people, JSON
// for programs), the passphrase that seals them, and the check that a third
// party makes. It takes values and returns values: it never reads a clock, a
// store or a network, and never logs.
//
// # What the chain proves
//
// Each entry holds the hash of the one before it. So nobody can change, take out
// or put in an entry afterwards without changing every hash behind it, and who
// was given one hash (the head) at some time can later tell whether all that was
// written up to then is still word for word the same.
//
// It does not prove that what an entry says is true, who wrote it, or when: the
// times are those of the machine that kept it. Without a head that somebody else
// was given, whoever has the whole file could make a new one from the start.
// Entries after the last head, too, could be cut off. Statement says this in
// words for whoever receives an export.
package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Format names the encoding that hashes are made of. A change of it is a new
// name.
const Format = "handrail-journal-1"

// Entry is one entry. Every field is under its hash.
type Entry struct {
	N       int    `json:"n"`       // 1, 2, 3 ...
	Written string `json:"written"` // when it was written down: RFC 3339, with the offset of Zone
	Zone    string `json:"zone"`    // IANA name of the person's time zone then; Date and Time are in it, too
	Date    string `json:"date"`    // when it happened, as 2026-03-28; "" if that was not said
	Time    string `json:"time"`    // as 18:30; "" if that was not said

	Happened string `json:"happened"` // what happened
	Told     string `json:"told"`     // what the person was told about it
	Noticed  string `json:"noticed"`  // what they noticed themselves
	Left     string `json:"left"`     // what it left them with

	People []string `json:"people"`
	Tags   []string `json:"tags"`
	// Changes is the number of the entry that this one corrects; that one stays
	// as it was. 0: none.
	Changes int `json:"changes"`

	Salt string `json:"salt"` // hex; so that nobody can guess words from a hash alone
	Prev string `json:"prev"` // hex hash of the entry before; "" in the first
	Hash string `json:"hash"` // hex SHA-256 of all above
}

// Next makes an entry the one after prev, nil for the first. It fills in the
// number, the time, the zone, the salt and the hashes; now is in the person's
// zone.
func Next(prev *Entry, e Entry, now time.Time, salt []byte) Entry {
	e.N, e.Prev = 1, ""
	if prev != nil {
		e.N, e.Prev = prev.N+1, prev.Hash
	}
	e.Written, e.Zone = now.Format(time.RFC3339), now.Location().String()
	e.Salt = hex.EncodeToString(salt)
	for _, s := range []*string{&e.Date, &e.Time, &e.Happened, &e.Told, &e.Noticed, &e.Left} {
		*s = strings.ToValidUTF8(*s, "\uFFFD") // what JSON would make of it
	}
	e.People, e.Tags = clean(e.People), clean(e.Tags)
	e.Hash = e.sum()
	return e
}

func clean(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		if s = strings.TrimSpace(strings.ToValidUTF8(s, "\uFFFD")); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// List takes apart what a person wrote as one line: "my sister, the neighbour".
func List(line string) []string {
	return clean(strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }))
}

// sum is the hash of an entry: SHA-256 over the canonical form of its fields.
func (e *Entry) sum() string {
	var c canon
	c.text("format", Format)
	c.number("n", e.N)
	c.text("written", e.Written)
	c.text("zone", e.Zone)
	c.text("date", e.Date)
	c.text("time", e.Time)
	c.text("happened", e.Happened)
	c.text("told", e.Told)
	c.text("noticed", e.Noticed)
	c.text("left", e.Left)
	c.list("people", e.People)
	c.list("tags", e.Tags)
	c.number("changes", e.Changes)
	c.text("salt", e.Salt)
	c.text("prev", e.Prev)
	return c.hash()
}

// canon is the canonical form: for each field its name, a blank, the length of
// its value in bytes, a colon, the value, a line break. No two different lists
// of fields have the same form.
type canon struct{ b strings.Builder }

func (c *canon) text(name, value string) {
	c.b.WriteString(name + " " + strconv.Itoa(len(value)) + ":" + value + "\n")
}

func (c *canon) number(name string, n int) { c.text(name, strconv.Itoa(n)) }

func (c *canon) list(name string, values []string) {
	c.number(name, len(values))
	for _, v := range values {
		c.text(name, v)
	}
}

func (c *canon) hash() string {
	sum := sha256.Sum256([]byte(c.b.String()))
	return hex.EncodeToString(sum[:])
}

// ErrBroken is the error of a chain or a file that is not what was written.
var ErrBroken = errors.New("this is not what was written")

// Verify checks the chain from the first entry on. The error says at which
// number it breaks, wraps ErrBroken, and quotes nothing.
func Verify(entries []Entry) error {
	prev := ""
	for i := range entries {
		e := &entries[i]
		switch {
		case e.N != i+1:
			return fmt.Errorf("entry %d stands where entry %d belongs: %w", e.N, i+1, ErrBroken)
		case e.Prev != prev:
			return fmt.Errorf("entry %d does not follow the one before it: %w", e.N, ErrBroken)
		case e.Changes < 0 || e.Changes >= e.N:
			return fmt.Errorf("entry %d changes one that was not there: %w", e.N, ErrBroken)
		case e.Hash != e.sum():
			return fmt.Errorf("entry %d was changed: %w", e.N, ErrBroken)
		}
		prev = e.Hash
	}
	return nil
}

// Head is the hash of the newest entry: what to give to somebody else so that
// they can vouch for everything up to it. "" for no entry.
func Head(entries []Entry) string {
	if len(entries) == 0 {
		return ""
	}
	return entries[len(entries)-1].Hash
}

// Statement says in plain English what the chain proves and what it does not.
func Statement() []string {
	return []string{
		"Each entry holds the hash of the entry before it. An entry that is changed, taken out or put in later breaks the chain from there on.",
		"Who was given the head at some time can check that everything up to it is still the same, word for word.",
		"It does not prove that the words are true, or who wrote them. The times are those of the machine that kept them.",
		"Without a head that somebody else was given earlier, the whole chain could have been made anew, or its end cut off.",
		"A correction is a new entry that names the one it changes. The original stays.",
	}
}
