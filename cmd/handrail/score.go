package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"

	"handrail/bot/flow"
)

// intent is a message as a person may type it, and the flow that it means; "-"
// for none.
type intent struct{ text, want string }

// readIntents reads a list of labelled messages: text, tab, flow or "-".
func readIntents(data []byte) (list []intent, err error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, 2
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read labelled messages: %w", err)
	}
	for _, row := range rows {
		list = append(list, intent{row[0], row[1]})
	}
	return list, nil
}

// score is how the matching does on labelled messages.
type score struct {
	total  int
	none   int // messages that mean no flow
	right  int // the flow, or none, as the label says; of two that are offered the first
	offers int // messages for which two flows would be offered
	second int // the second of them is what the label says
	missed int // a flow was meant and none was reached: the menu answers
	wrong  int // another flow was reached than was meant
	flows  map[string]*tally
	misses []string
	labels []string // labels that are no flows
}

// tally is what became of the messages of one label.
type tally struct {
	total, right int
	taken        map[string]int // what else they were taken for
}

// scoreOf compares labels and matching.
func scoreOf(lib *flow.Library, lang string, list []intent) score {
	v := lib.In(lang)
	s := score{total: len(list), flows: map[string]*tally{}}
	for _, m := range list {
		t := s.flows[m.want]
		if t == nil {
			t = &tally{taken: map[string]int{}}
			s.flows[m.want] = t
			if m.want != "-" && !lib.Has(m.want) {
				s.labels = append(s.labels, m.want)
			}
		}
		t.total++
		if m.want == "-" {
			s.none++
		}
		got, phrase, _ := strings.Cut(matched(v, m.text), "\t")
		other := ""
		if best := v.Explain(m.text).Best; len(best) == 2 {
			s.offers++
			other = best[1].Flow
		}
		switch {
		case got == m.want:
			s.right++
			t.right++
			continue
		case got == "-":
			s.missed++
		case other == m.want:
			s.second++
		default:
			s.wrong++
		}
		t.taken[got]++
		miss := fmt.Sprintf("%q means %s, reached %s by %q", m.text, m.want, got, phrase)
		if other != "" {
			miss += ", offered beside " + other
		}
		s.misses = append(s.misses, miss)
	}
	return s
}

// share is the part of the messages that agree with their label.
func (s score) share() float64 { return float64(s.right) / float64(max(1, s.total)) }

// wrongShare is the part that reached a flow that was not meant. It counts more
// than the rest: the menu is a small detour, the wrong talk is not.
func (s score) wrongShare() float64 { return float64(s.wrong) / float64(max(1, s.total)) }

// String is the confusion table: each label with what it was taken for, the
// most frequent first.
func (s score) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d agree (%.1f %%)\n", s.right, s.total, 100*s.share())
	fmt.Fprintf(&b, "%d reached the wrong flow (%.1f %%)\n", s.wrong, 100*s.wrongShare())
	fmt.Fprintf(&b, "%d reached none and meant one; the menu answers\n", s.missed)
	fmt.Fprintf(&b, "%d would be asked which of two fits; in %d of them the second does\n\n", s.offers, s.second)
	fmt.Fprintf(&b, "%-24s %5s %5s  taken for\n", "meant", "right", "of")
	for _, want := range slices.Sorted(maps.Keys(s.flows)) {
		t := s.flows[want]
		fmt.Fprintf(&b, "%-24s %5d %5d ", want, t.right, t.total)
		for _, got := range slices.SortedFunc(maps.Keys(t.taken), func(a, b string) int {
			if d := t.taken[b] - t.taken[a]; d != 0 {
				return d
			}
			return strings.Compare(a, b)
		}) {
			fmt.Fprintf(&b, " %s %d", got, t.taken[got])
		}
		b.WriteByte('\n')
	}
	if len(s.misses) > 0 {
		b.WriteByte('\n')
	}
	for _, m := range s.misses {
		b.WriteString(m + "\n")
	}
	return b.String()
}
