// Package lines is the directory of help lines: it loads and checks the records,
// picks some by country, need and hour, and says them in a few short lines.
//
// It never looks anything up on a network, never guesses a country, never shows
// a number that nobody confirmed, and never says that a line sends help.
package lines

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// The kinds of lines. A directory is a web page that lists lines elsewhere.
const (
	KindDV           = "dv"
	KindCrisis       = "crisis"
	KindEmergency    = "emergency"
	KindSexual       = "sexual"
	KindChild        = "child"
	KindOwnBehaviour = "own_behaviour"
	KindDirectory    = "directory"
)

// NeedDanger is a need, not a kind: the usual three with the emergency line
// first.
const NeedDanger = "danger"

// NeedMore is a need, not a kind: the lines for violence and for crisis that the
// usual three leave out, those for some people or a part of the country first.
const NeedMore = "more"

// Anywhere is the country code of records that belong to no country.
const Anywhere = "XX"

// The ages at which a record is doubted and at which it is no longer shown. An
// emergency number and a directory are shown at any age.
const (
	staleAfter  = 90 * 24 * time.Hour
	hiddenAfter = 365 * 24 * time.Hour
)

// Line is one help line. Numbers are written as they are dialled inside the
// country. Empty fields are not known, unless the field says otherwise.
type Line struct {
	ID        string // unique in the directory
	Country   string // ISO 3166-1 alpha-2, or Anywhere
	Name      string
	RunBy     string
	Kind      string
	Phone     string
	Alt       string // a second number that reaches the same line
	Abroad    string // the number from another country, with +
	SMS       string
	SMSText   string // the word to send to SMS
	Chat      string // a web page to write on
	URL       string // the line's own page
	Silent    string // how to use it without speaking
	For       string // whom it is for; empty: everybody
	Region    string // the part of the country it serves; empty: all of it
	Hours     string // "24/7" or as Hours reads it; empty: not known
	Zone      string // the IANA zone of Hours
	Languages []string
	Free      *bool  // nil: not known
	OnBill    string // "yes", "no" or empty
	CallLog   string // "yes", "no" or empty: a call stays in the phone's own list
	Source    string // where the number was read
	CheckedOn string // the day on which the source, or a copy of it, was read, 2006-01-02
	// ConfirmedOn is the day on which the organization that runs the bot made
	// sure of the record itself; empty: it did not.
	ConfirmedOn string
	// Confidence tells who vouches for the number: "operator" (the service
	// itself), "government", "quoted" (press or NGO quoting the service),
	// "dataset" (a kept data set that cites the service), "listed" (a list of
	// unknown care) or "unverified".
	Confidence string
	Notes      string // for staff, never shown

	hours hours
	place *time.Location // of Zone
	file  string
	row   int
}

// Confirmed tells whether the record may be shown: a number on the word of a
// list alone may not, the address of a directory may, and so may everything
// that the organization confirmed.
func (l Line) Confirmed() bool {
	if l.ConfirmedOn != "" {
		return true
	}
	switch l.Confidence {
	case "operator", "government", "quoted", "dataset":
		return true
	case "listed":
		return l.Kind == KindDirectory
	}
	return false
}

// Finding is one fault in a file of lines.
type Finding struct {
	File      string
	Line, Col int
	Rule      string
	Message   string
}

// String writes file:line:col: message (rule).
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d:%d: %s (%s)", f.File, f.Line, f.Col, f.Message, f.Rule)
}

// Directory is a checked set of lines. It is read only and may be used by
// several goroutines.
type Directory struct {
	set  []Line                       // by country, each in the order of its file
	said map[string]map[string]string // by language: what the files say, and how it is said
}

func (d *Directory) all() []Line { return d.set }

// Load reads every *.yaml at the root of fsys and reports all faults of all
// files. The directory is nil when there is any finding, so that a caller keeps
// the last good one. The error means that a file could not be read.
func Load(fsys fs.FS) (*Directory, []Finding, error) {
	return LoadLayers(Layer{FS: fsys})
}

// Check reports what has grown doubtful by now, of the records that are
// confirmed: a record older than 90 days
// should be confirmed again (rule stale), one older than a year is no longer
// shown (rule hidden), and a day of checking that has not come yet is wrong
// (rule future).
func (d *Directory) Check(now time.Time) []Finding {
	var out []Finding
	for _, l := range d.all() {
		if !l.Confirmed() {
			continue // not shown at any age
		}
		age := l.age(now)
		rule, text := "", ""
		switch {
		case age > hiddenAfter && l.fades():
			rule, text = "hidden", "is no longer shown: it was checked more than a year ago, on "+l.CheckedOn
		case age > staleAfter:
			rule, text = "stale", "was checked more than 90 days ago, on "+l.CheckedOn
		case age < -24*time.Hour:
			rule, text = "future", "was checked on a day that has not come yet, "+l.CheckedOn
		default:
			continue
		}
		out = append(out, Finding{File: l.file, Line: l.row, Col: 1, Rule: rule, Message: l.ID + " " + text})
	}
	return out
}

// Countries returns the codes of the countries that have a line to show, in
// order.
func (d *Directory) Countries() []string {
	var out []string
	for _, l := range d.all() {
		if l.Country != Anywhere && l.Confirmed() && !slices.Contains(out, l.Country) {
			out = append(out, l.Country)
		}
	}
	return out
}

// All returns every record of a country, shown or not, in the order of the
// file; of every country for "".
func (d *Directory) All(country string) []Line {
	var out []Line
	for _, l := range d.all() {
		if country == "" || l.Country == strings.ToUpper(country) {
			out = append(out, l)
		}
	}
	return out
}

// age is how long ago the record was checked; a day that cannot be read was
// refused at Load.
func (l Line) age(now time.Time) time.Duration {
	day, err := time.Parse(time.DateOnly, l.CheckedOn)
	if err != nil {
		return 0
	}
	return now.Sub(day)
}

// fades tells whether the record is hidden when it grows old.
func (l Line) fades() bool { return l.Kind != KindEmergency && l.Kind != KindDirectory }

// Shown tells whether the record may be shown at now: it is confirmed, and not
// too old.
func (l Line) Shown(now time.Time) bool {
	return l.Confirmed() && (!l.fades() || l.age(now) <= hiddenAfter)
}
