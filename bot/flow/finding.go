package flow

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Finding is one fault in a script. Line and Col count from 1.
type Finding struct {
	File    string
	Line    int
	Col     int
	Rule    string // stable name of the rule, e.g. "unknown-key"
	Message string
}

// String gives the finding in the form file:line:col: message (rule).
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d:%d: %s (%s)", f.File, f.Line, f.Col, f.Message, f.Rule)
}

// Mild tells that the scripts can be used as they are: a translation is not
// complete, and what it lacks is said in the language of the scripts; or
// something comes as often as ever when nobody answers, or does not begin with
// the person's own line.
func (f Finding) Mild() bool {
	return f.Rule == ruleTranslation || f.Rule == ruleCadence || f.Rule == ruleGreeting
}

// place is where something stands in a file.
type place struct {
	file string
	line int
	col  int
}

func at(file string, n *yaml.Node) place {
	return place{file, max(n.Line, 1), max(n.Column, 1)}
}

// findings collects faults and the waivers that excuse some of them.
type findings struct {
	list    []Finding
	waivers map[string]map[int]*waiver // by file and line
	// partial: a file makes no sense, so that what other files take from it
	// cannot be known.
	partial bool
}

func (c *findings) add(p place, rule, format string, args ...any) {
	if w := c.waived(p, rule); w != nil {
		w.used = true
		return
	}
	if c.partial && (rule == ruleUnknownVar || rule == ruleUnknownList || rule == ruleSchedule || rule == ruleNever) {
		return
	}
	c.list = append(c.list, Finding{p.file, p.line, p.col, rule, fmt.Sprintf(format, args...)})
}

// sorted returns the findings in reading order, each once.
func (c *findings) sorted() []Finding {
	slices.SortStableFunc(c.list, func(a, b Finding) int {
		return cmp.Or(
			strings.Compare(a.File, b.File), a.Line-b.Line, a.Col-b.Col,
			strings.Compare(a.Rule, b.Rule), strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(c.list)
}

// waiver is a comment that excuses one rule on its own line and the next one:
//
//	# lint: allow wording because the card quotes what others say
type waiver struct {
	rule string
	col  int
	used bool
}

// waivable are the rules of taste. Faults of structure cannot be waived.
func waivable(rule string) bool {
	switch rule {
	case ruleWording, ruleExclamation, ruleLongText, ruleHiddenOption, ruleEmoji, ruleSentence, ruleChoices, ruleMessages,
		ruleQuestions, ruleContact, ruleLongWord, ruleAbbreviation, ruleTitle, ruleNoReply, ruleCadence, ruleUnprompted, ruleGreeting, ruleSource, ruleNoSkip, ruleWayOut:
		return true
	}
	return strings.HasPrefix(rule, ruleWording+"-")
}

// readWaivers finds the waivers of a file. It reads lines, not YAML, so that a
// comment counts wherever it stands.
func (c *findings) readWaivers(file string, src []byte, rx *patterns) {
	if !bytes.Contains(src, []byte("lint:")) {
		return
	}
	for i, line := range strings.Split(string(src), "\n") {
		m := rx.lint.FindStringSubmatchIndex(line)
		if m == nil {
			continue
		}
		p := place{file, i + 1, m[0] + 1}
		parts := rx.allow.FindStringSubmatch(strings.TrimSpace(line[m[2]:m[3]]))
		if parts == nil {
			c.add(p, ruleWaiver, "write it as: # lint: allow RULE because REASON")
			continue
		}
		if !waivable(parts[1]) {
			c.add(p, ruleWaiver, "%q is not a rule that can be waived", parts[1])
			continue
		}
		if c.waivers == nil {
			c.waivers = map[string]map[int]*waiver{}
		}
		if c.waivers[file] == nil {
			c.waivers[file] = map[int]*waiver{}
		}
		c.waivers[file][i+1] = &waiver{rule: parts[1], col: p.col}
	}
}

func (c *findings) waived(p place, rule string) *waiver {
	for _, line := range []int{p.line, p.line - 1} {
		if w := c.waivers[p.file][line]; w != nil && (w.rule == rule || w.rule == ruleWording && strings.HasPrefix(rule, ruleWording+"-")) {
			return w
		}
	}
	return nil
}

// unusedWaivers reports waivers that excuse nothing, so that they do not pile
// up and hide the next fault.
func (c *findings) unusedWaivers() {
	for file, lines := range c.waivers {
		for line, w := range lines {
			if !w.used {
				c.add(place{file, line, w.col}, ruleWaiver, "nothing here breaks the rule %q; the waiver can go", w.rule)
			}
		}
	}
}

// The names of the rules, as findings and waivers write them.
const (
	ruleSyntax       = "syntax"
	ruleSize         = "size"
	ruleDepth        = "depth"
	ruleAlias        = "alias"
	ruleType         = "type"
	ruleUnknownKey   = "unknown-key"
	ruleDuplicateKey = "duplicate-key"
	ruleMissing      = "missing"
	ruleVerb         = "verb"
	ruleValue        = "value"
	ruleName         = "duplicate-name"
	ruleUnknownStep  = "unknown-step"
	ruleUnknownFlow  = "unknown-flow"
	ruleUnknownVar   = "unknown-variable"
	ruleUnknownList  = "unknown-list"
	ruleUnknownText  = "unknown-text"
	ruleVarType      = "variable-type"
	ruleTemplate     = "template"
	ruleCondition    = "condition"
	ruleLoop         = "loop"
	ruleUnreachable  = "unreachable"
	ruleCall         = "call"
	rulePhrase       = "phrase"
	ruleOption       = "option"
	ruleHiddenOption = "hidden-option"
	ruleSafety       = "safety"
	ruleReader       = "reader"
	ruleMenu         = "menu"
	ruleFile         = "file"
	ruleSchedule     = "schedule"
	ruleForget       = "forget"
	ruleLongText     = "long-text"
	ruleWordingList  = "wording-list"
	ruleWording      = "wording" // all of the rules wording-..., in waivers
	ruleEmoji        = "emoji"
	ruleSentence     = "long-sentence"
	ruleChoices      = "choices"
	ruleMessages     = "messages"
	ruleExclamation  = "exclamation"
	ruleNever        = "never"
	ruleUnseen       = "unseen"
	ruleHelp         = "help"
	ruleQuestions    = "questions"
	ruleContact      = "contact"
	ruleLongWord     = "long-word"
	ruleAbbreviation = "abbreviation"
	ruleTitle        = "long-title"
	ruleNoReply      = "no-reply"
	ruleCadence      = "cadence"
	ruleUnprompted   = "unprompted"
	ruleGreeting     = "greeting"
	ruleSource       = "source"
	ruleNoSkip       = "no-skip"
	ruleWayOut       = "way-out"
	ruleWaiver       = "waiver"
	ruleTranslation  = "translation"
)
