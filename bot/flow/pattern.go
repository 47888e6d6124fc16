package flow

import "regexp"

// patterns are the forms that names and values must have. They are compiled
// once for each Load.
type patterns struct {
	id, name, step, clock, date, lang *regexp.Regexp
	holder                            *regexp.Regexp // what stands between {{ and }}
	contact, brackets                 *regexp.Regexp // a number or an address in a text; what is no word of a text
	lint, allow                       *regexp.Regexp // a waiver, and its right form
	syntax                            *regexp.Regexp // an error of the YAML package
}

func newPatterns() *patterns {
	return &patterns{
		id:       regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`),
		name:     regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`),
		step:     regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`),
		clock:    regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`),
		date:     regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`),
		lang:     regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`),
		holder:   regexp.MustCompile(`^\s*([a-z][a-z0-9_]*)\s*(?:\|\s*or\s+("(?:[^"\\]|\\.)*")\s*)?$`),
		contact:  regexp.MustCompile(`(?i)\+?\d{2,}[\d ()/-]{3,}\d|\b(?:call|text|dial|ring|phone)\s+\d{3,}|https?://\S+|www\.\S+|\b[a-z0-9-]+\.(?:org|com|net|gov|info)\b|\S+@\S+\.\S+`),
		brackets: regexp.MustCompile(`\{\{[^}]*\}\}|https?://\S+`),
		lint:     regexp.MustCompile(`#\s*lint:\s*(.*)$`),
		allow:    regexp.MustCompile(`^allow\s+([a-z-]+)\s+because\s+\S.*$`),
		syntax:   regexp.MustCompile(`^line (\d+): (.*)`),
	}
}
