package flow

import (
	"slices"
	"unicode/utf8"
)

// Library is a set of compiled scripts. It is read only and may be used by any
// number of goroutines at the same time.
type Library struct {
	flows map[string]*flow
	infos []Info
	lists []string // of all editions
	own   []string // of this set alone
	scope *scope

	texts map[string]*text
	hears map[string]*flow // by kind of answer
	menu  []*flow          // in menu order
	decoy *decoy           // nil: there is none

	privateLists map[string]bool
	telling      map[string][]string // by language; "": of all

	*speech                    // in the language of the scripts
	base    string             // which that is
	langs   map[string]*speech // the others, by their tag
	tongues []Language

	files    map[string][]byte // what it was compiled from
	opt      Options
	pack     func() ([]byte, error) // files, packed once
	older    map[revision]*flow     // flows of editions that this set does not have
	editions []Edition              // newest first
}

// heard is a phrase and the flow it reaches.
type heard struct {
	phrase
	flow *flow
}

// Info tells about one flow what a person who runs the program may want to see.
type Info struct {
	ID    string
	Title string
	About string
	File  string
	Start []string // every phrase that reaches it: first, anywhere, start, idle
	Menu  int      // position in the menu; 0: not in the menu
	Modes []string // contact modes it is offered in; nil: all
	Rev   string   // changes when a waiting session could misread it
}

// Flows lists every flow by id.
func (l *Library) Flows() []Info { return slices.Clone(l.infos) }

// Has tells whether there is a flow of that id.
func (l *Library) Has(id string) bool { return l.flows[id] != nil }

// Lists names every list that the scripts use, sorted.
func (l *Library) Lists() []string { return slices.Clone(l.lists) }

// First tells whether the whole text is a phrase that is heard before all else,
// in any language.
func (l *Library) First(text string) (flow string, ok bool) { return l.In("").First(text) }

// Match is Voice.Match in the language of the scripts.
func (l *Library) Match(text string) (flow, phrase string, ok bool) { return l.In("").Match(text) }

// Text is Voice.Text in the language of the scripts.
func (l *Library) Text(key string, values map[string]string) string {
	return l.In("").Text(key, values)
}

// hear is the normal form of what a person wrote, of the first part of it if it
// is long: no phrase is longer, and a long text must not cost more.
func hear(text string) string {
	if len(text) <= maxHeard {
		return Normalise(text)
	}
	i := maxHeard
	for i > 0 && !utf8.RuneStart(text[i]) {
		i--
	}
	return Normalise(text[:i])
}
