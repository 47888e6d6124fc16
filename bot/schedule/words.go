package schedule

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxTyped bounds what a reader looks at, in bytes; a longer text is no time,
// day, zone or country.
const maxTyped = 120

// tokens cuts a typed text into lower-case words, numbers and the marks
// : . , - / & +. Apostrophes vanish, so "o'clock" is one word. A point or
// exclamation mark at the end is dropped. nil: too long or something that no
// reader knows.
func tokens(text string) []string {
	if len(text) > maxTyped {
		return nil
	}
	text = strings.ToLower(norm.NFKC.String(text))
	text = strings.TrimRight(strings.TrimSpace(text), ".!? ")
	var out []string
	var run []rune
	kind := ' ' // of run: 'a' letters, '0' digits
	flush := func() {
		if len(run) > 0 {
			out = append(out, string(run))
			run = nil
		}
	}
	for _, r := range text {
		next := ' '
		switch {
		case r == '\'' || r == '\u2019' || r == '\u02bc' || r == '`':
			continue
		case r >= '0' && r <= '9':
			next = '0'
		case unicode.IsLetter(r) || unicode.Is(unicode.Mn, r):
			next = 'a'
		case unicode.IsSpace(r):
		case strings.ContainsRune(":.,-/&+", r):
			flush()
			out = append(out, string(r))
		case r == '\u2013' || r == '\u2014': // dashes
			flush()
			out = append(out, "-")
		default:
			return nil
		}
		if next != kind {
			flush()
		}
		kind = next
		if next != ' ' {
			run = append(run, r)
		}
	}
	flush()
	return out
}

// plain folds a name for look-up: lower case, no accents, no apostrophes, words
// parted by one space.
func plain(text string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(norm.NFKD.String(text)) {
		switch {
		case unicode.Is(unicode.Mn, r), r == '\'', r == '\u2019', r == '\u02bc', r == '`':
		case r == '&':
			b.WriteString(" and")
			gap = true
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		default:
			gap = true
		}
	}
	return b.String()
}

// strip removes the first prefix and the first suffix of the lists that fit
// whole words of s.
func strip(s string, prefixes, suffixes []string) string {
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(s, p+" "); ok {
			s = rest
			break
		}
	}
	for _, p := range suffixes {
		if rest, ok := strings.CutSuffix(s, " "+p); ok {
			s = rest
			break
		}
	}
	return s
}
