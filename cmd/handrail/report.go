package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"handrail/bot/flow"
)

// The colours of findings, on a terminal only.
const (
	colourPlace = "\x1b[1m"
	colourRule  = "\x1b[33m"
	colourOff   = "\x1b[0m"
)

// reported is what handrail check --format json prints.
type reported struct {
	Faults []reportedFinding `json:"faults"`
	Old    []reportedFinding `json:"old"`   // help lines to confirm again; no faults
	Rules  map[string]int    `json:"rules"` // faults by rule
}

type reportedFinding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Col     int    `json:"col"`
	Rule    string `json:"rule"`
	Message string `json:"message"`
}

// writeJSON prints the findings for other programs.
func writeJSON(w io.Writer, faults, old []finding) error {
	r := reported{Faults: exported(faults), Old: exported(old), Rules: map[string]int{}}
	for _, f := range faults {
		r.Rules[f.Rule]++
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the findings: %w", err)
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

func exported(list []finding) []reportedFinding {
	out := []reportedFinding{}
	for _, f := range list {
		out = append(out, reportedFinding{f.File, max(1, f.Line), max(1, f.Col), f.Rule, f.Message})
	}
	return out
}

// coloured prints findings with the place and the rule standing out.
func coloured(w io.Writer, list []finding) {
	for _, f := range list {
		fmt.Fprintf(w, "%s%s:%d:%d:%s %s %s(%s)%s\n", colourPlace, f.File, max(1, f.Line), max(1, f.Col), colourOff, f.Message, colourRule, f.Rule, colourOff)
	}
}

// wantsColour tells whether out is a terminal whose owner has not said no to
// colours (NO_COLOR, see no-color.org).
func wantsColour(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// ruleCounts is "3 long-text, 1 loop", the most frequent first.
func ruleCounts(faults []finding) string {
	counts := map[string]int{}
	var rules []string
	for _, f := range faults {
		if counts[f.Rule]++; counts[f.Rule] == 1 {
			rules = append(rules, f.Rule)
		}
	}
	slices.SortFunc(rules, func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
	})
	for i, r := range rules {
		rules[i] = fmt.Sprintf("%d %s", counts[r], r)
	}
	return strings.Join(rules, ", ")
}

// otherRules are the rules of what is beside the scripts.
func otherRules() []flow.Rule {
	return []flow.Rule{
		{Name: "config", What: "a key or a value of the configuration that makes no sense", Why: "the bot would run differently from what is written", Mend: "correct what the message names; config.example.yaml shows every key"},
		{Name: "yaml", What: "a configuration that is no YAML", Why: "nothing in it can be read for certain", Mend: "look at the line and the one before it"},
		{Name: "crisis", What: "crisis words that cannot be read or never be heard", Why: "a danger would pass unheard", Mend: "see README.md in the folder crisis"},
		{Name: "example", What: "a sentence beside the crisis words that is not heard as they say", Why: "the examples are the tests of the words", Mend: "mend the words, or the level of the example"},
		{Name: "transcript", What: "a transcript that the bot does not play as written", Why: "transcripts are how a talk should go", Mend: "mend the script, or take the new words with handrail flows play -update"},
		{Name: "stale", What: "a help line that nobody has confirmed for long", Why: "a dead number costs the one call that somebody dared", Mend: "check the number at its source and write today's date"},
	}
}

// explainRule prints what a rule is about.
func explainRule(w io.Writer, name string) error {
	var names []string
	for _, r := range append(flow.Rules(), otherRules()...) {
		names = append(names, r.Name)
		if r.Name != name {
			continue
		}
		fmt.Fprintf(w, "%s\n  refuses:  %s\n  because:  %s\n  to mend:  %s\n", r.Name, r.What, r.Why, r.Mend)
		if r.Waivable {
			fmt.Fprintf(w, "  to waive: write on the line, or on the one before, # lint: allow %s because REASON\n", r.Name)
		} else {
			fmt.Fprintln(w, "  it cannot be waived")
		}
		return nil
	}
	return misuse("there is no rule %q; there are %s", name, strings.Join(names, ", "))
}
