// Package crisis hears that a person is in danger. It turns a text into words,
// compares them with patterns that are data (one file a language, readable by a
// clinician), and weighs who does what to whom, when, and whether it is denied.
//
// It is pure and explainable: the same text gives the same findings, each names
// the rule and the words that spoke. What no rule puts into words may be heard by
// hints and by learned words, which are lists with numbers and only ever ask. It
// never does I/O after Load, keeps no text, uses no network, and it decides
// nothing: it only reports.
package crisis

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// Level is how serious a finding is.
type Level int

// The levels. Ask means that one gentle question is due; Crisis that help comes
// before everything else.
const (
	None Level = iota
	Ask
	Crisis
)

// String returns "none", "ask" or "crisis".
func (l Level) String() string {
	switch l {
	case None:
		return "none"
	case Ask:
		return "ask"
	case Crisis:
		return "crisis"
	}
	return fmt.Sprintf("Level(%d)", int(l))
}

func parseLevel(s string) (Level, bool) {
	for _, l := range []Level{None, Ask, Crisis} {
		if l.String() == s {
			return l, true
		}
	}
	return None, false
}

// Finding is one rule that spoke. Start and End are byte offsets of the words in
// the text that was scanned.
type Finding struct {
	Level      Level
	Category   string
	Rule       string
	Start, End int

	sure    bool    // words that nothing overrules
	asked   bool    // the same rule has an Ask that nothing overrules
	present bool    // it is being done at this moment
	trust   float64 // what the learned words add for its rule
}

// learnedRule begins the names of the rules that stand for learned words.
const learnedRule = "learned."

// Learned tells whether no rule spoke, and learned words alone ask. Their category
// is a guess.
func (f Finding) Learned() bool { return strings.HasPrefix(f.Rule, learnedRule) }

// Categories returns the names of all categories. Of two findings of the same
// level the one whose category stands earlier comes first: "watched" leads,
// because an answer to it must not show a number.
func Categories() []string {
	return []string{
		"watched", "weapon", "strangulation", "violence", "medical", "child", "suicide", "sexual", "locked_in",
		"self_harm", "partner_suicide", "stalking", "other_person", "own_behaviour", "hopeless",
	}
}

// Example is a sentence beside a rule that must, or must not, make it speak.
type Example struct {
	Lang, Category, Rule string
	Text                 string
	// Level is what Scan must report as its first finding of Category; None for
	// a sentence about which Scan must report nothing at all.
	Level Level
}

// Lexicon is a set of languages. It is safe for concurrent use.
type Lexicon struct {
	langs []*language
	order []string
	pool  sync.Pool // of *scratch
}

// Load reads every <language>.yaml at the root of fsys, with <language>.words
// beside it if there is one, and compiles the rules. All faults are reported in
// one error, each with file and line.
func Load(fsys fs.FS) (*Lexicon, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list crisis words: %w", err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, ".") }) // an editor's own
	if len(names) == 0 {
		return nil, errors.New("load crisis words: there is no <language>.yaml")
	}
	x := &Lexicon{}
	weights, err := loadWeights(fsys)
	if err != nil {
		return nil, fmt.Errorf("load crisis words: %w", err)
	}
	var faults []error
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read crisis words: %w", err)
		}
		code := strings.TrimSuffix(path.Base(name), ".yaml")
		lang, errs := parseLanguage(code, data)
		faults = append(faults, errs...)
		if lang == nil {
			continue
		}
		learned, err := weights.load(fsys, code, lang.joined)
		if err != nil {
			faults = append(faults, err)
		}
		lang.teach(learned)
		lang.drop()
		x.langs = append(x.langs, lang)
		x.order = append(x.order, code)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("load crisis words: %w", errors.Join(faults...))
	}
	rankMarks(x.langs)
	x.pool.New = func() any { return &scratch{} }
	return x, nil
}

// Languages returns the codes of the loaded languages, in order.
func (x *Lexicon) Languages() []string { return slices.Clone(x.order) }

// keptScratch is how many bytes of text a scratch may have held to be used again.
const keptScratch = 1 << 16

// Scan reports what the text says about danger, the most serious first, each
// rule once. A language that is not loaded, and "", means every language.
func (x *Lexicon) Scan(text, lang string) []Finding { return x.scan(text, lang, nil) }

// scan is Scan; overruled, if it is not nil, takes what the learned words took back.
func (x *Lexicon) scan(text, lang string, overruled *[]Overruled) []Finding {
	langs := x.langs
	if i := slices.Index(x.order, lang); i >= 0 {
		langs = langs[i : i+1]
	}
	sc := x.pool.Get().(*scratch)
	defer func() {
		clear(sc.buf) // no text is kept
		clear(sc.sensed)
		if cap(sc.buf) <= keptScratch {
			x.pool.Put(sc)
		}
	}()
	out := sc.scan(text, langs, overruled)
	if len(out) < 2 {
		return out
	}
	order := Categories()
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(int(b.Level-a.Level), slices.Index(order, a.Category)-slices.Index(order, b.Category), a.Start-b.Start)
	})
	return out
}

// Examples returns the sentences beside all rules of all languages.
func (x *Lexicon) Examples() []Example {
	var out []Example
	for _, l := range x.langs {
		out = append(out, l.examples...)
	}
	return out
}
