package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"handrail/bot/flow"
)

// finding is one fault in a file, at a place.
type finding struct {
	File      string
	Line, Col int
	Rule      string
	Message   string
}

// mild tells that the finding is about a translation that is not complete: what
// it lacks is said in the language of the scripts.
func (f finding) mild() bool { return flow.Finding{Rule: f.Rule}.Mild() }

// String is "file:line:col: message (rule)".
func (f finding) String() string {
	return fmt.Sprintf("%s:%d:%d: %s (%s)", f.File, max(1, f.Line), max(1, f.Col), f.Message, f.Rule)
}

// sortFindings puts them into reading order.
func sortFindings(fs []finding) {
	slices.SortStableFunc(fs, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), cmp.Compare(a.Message, b.Message))
	})
}

func printFindings(w io.Writer, fs []finding) {
	for _, f := range fs {
		fmt.Fprintln(w, f)
	}
}

// count is "1 fault" or "3 faults".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
