package schedule

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"
)

// tongueFiles hold a language each, named by its tag.
//
// The readers know one grammar, written with English words. A language is a list
// of phrases and what each is in that grammar, and how things are said back:
//
//	[say]        a key of sayKeys = the words, with {names} in them
//	[typed]      phrase, phrase = words of the grammar (nothing: left out);
//	             the longest phrase that fits is taken
//	[before]     what stands before the name of a place, with commas
//	[cities]     time zone = names, with commas
//	[countries]  code = names beside that of the country, with commas
//
//go:embed tongues/*.txt
var tongueFiles embed.FS

// tongue is one language other than English.
type tongue struct {
	say       map[string]string
	typed     map[string][]rule // by the first token, the longest first
	before    []string
	cities    map[string]string // folded name to zone
	countries map[string]string // folded name to code
	names     map[string]string // code to name
}

// rule puts words of the grammar in the place of a phrase.
type rule struct{ phrase, words []string }

// tongues are all languages, which are read once and never changed.
var tongues = sync.OnceValues(readTongues)

func readTongues() (map[string]*tongue, error) {
	files, err := fs.Glob(tongueFiles, "tongues/*.txt")
	if err != nil {
		return nil, err
	}
	all := map[string]*tongue{}
	for _, file := range files {
		data, err := tongueFiles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		tag := strings.TrimSuffix(path.Base(file), ".txt")
		if all[tag], err = parseTongue(tag, string(data)); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return all, nil
}

// sayKeys are what a language says.
func sayKeys() []string {
	keys := []string{
		"mon", "tue", "wed", "thu", "fri", "sat", "sun", "every day", "workdays", "other day", "days step", "list", "at", "at 1",
		"window", "window days", "hours", "date", "zone", "zone 1", "minute", "minutes", "hour", "hours many", "day", "days many",
		"dates", "week", "two weeks",
	}
	for m := range 12 {
		keys = append(keys, fmt.Sprint("month ", m+1))
	}
	return keys
}

// parseTongue reads the file of a language.
func parseTongue(tag, data string) (*tongue, error) {
	t := &tongue{say: map[string]string{}, typed: map[string][]rule{}, cities: map[string]string{}, countries: map[string]string{}, names: map[string]string{}}
	section := ""
	for line := range strings.Lines(data) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case strings.HasPrefix(line, "["):
			section = strings.Trim(line, "[]")
			continue
		}
		if err := t.line(section, line); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
	}
	for _, key := range sayKeys() {
		if t.say[key] == "" {
			return nil, fmt.Errorf("%q is not said", key)
		}
	}
	for first := range t.typed {
		slices.SortStableFunc(t.typed[first], func(a, b rule) int { return len(b.phrase) - len(a.phrase) })
	}
	return t, t.regions(tag)
}

// line reads one line of a section.
func (t *tongue) line(section, line string) error {
	if section == "before" {
		for p := range strings.SplitSeq(line, ",") {
			t.before = append(t.before, plain(p))
		}
		slices.SortFunc(t.before, func(a, b string) int { return len(b) - len(a) })
		return nil
	}
	left, right, ok := strings.Cut(line, "=")
	left, right = strings.TrimSpace(left), strings.TrimSpace(right)
	if !ok || left == "" {
		return fmt.Errorf("want a = b")
	}
	switch section {
	case "say":
		if !slices.Contains(sayKeys(), left) {
			return fmt.Errorf("unknown key")
		}
		t.say[left] = right
	case "typed":
		for p := range strings.SplitSeq(left, ",") {
			phrase := tokens(fold(p))
			if len(phrase) == 0 {
				return fmt.Errorf("an empty phrase")
			}
			t.typed[phrase[0]] = append(t.typed[phrase[0]], rule{phrase, strings.Fields(right)})
		}
	case "cities", "countries":
		into := map[string]map[string]string{"cities": t.cities, "countries": t.countries}[section]
		for p := range strings.SplitSeq(right, ",") {
			into[plain(p)] = left
		}
	default:
		return fmt.Errorf("unknown section %q", section)
	}
	return nil
}

// regions takes the names of the countries from the Unicode CLDR.
func (t *tongue) regions(tag string) error {
	lang, err := language.Parse(tag)
	if err != nil {
		return err
	}
	namer := display.Regions(lang)
	rows(countryTable, func(f []string) bool {
		region, bad := language.ParseRegion(f[0])
		if bad != nil {
			err = bad
			return false
		}
		if name := namer.Name(region); name != "" {
			t.names[f[0]] = name
			if _, taken := t.countries[plain(name)]; !taken {
				t.countries[plain(name)] = f[0]
			}
		}
		return true
	})
	return err
}

// fold takes accents and inverted marks away.
func fold(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		if !unicode.Is(unicode.Mn, r) && r != '¿' && r != '¡' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// english puts the words of the grammar in the place of those of the language.
// What no phrase fits stays as it is.
func (t *tongue) english(text string) string {
	if len(text) > maxTyped {
		return ""
	}
	toks := tokens(fold(text))
	var out []string
	for i := 0; i < len(toks); {
		n := 0
		for _, r := range t.typed[toks[i]] {
			if len(toks)-i >= len(r.phrase) && slices.Equal(toks[i:i+len(r.phrase)], r.phrase) {
				out, n = append(out, r.words...), len(r.phrase)
				break
			}
		}
		if n == 0 {
			out, n = append(out, toks[i]), 1
		}
		i += n
	}
	return strings.Join(out, " ")
}

// place takes away what stands before the name of a place, and folds the name.
func (t *tongue) place(text string) string {
	return strip(plain(text), t.before, []string{"por favor"})
}
