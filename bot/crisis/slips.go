package crisis

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// slips adds the usual slips of the listed words as written forms: two letters
// swapped, one inner letter missing or doubled, a vowel hidden behind a star.
// Nothing that is a word already, or listed as real, becomes a slip.
func (l *language) slips(typos, real []yaml.Node, faults *faultList) {
	avoid := map[string]bool{}
	for _, n := range real {
		avoid[plainWord(n.Value)] = true
	}
	made := map[string][]word{}
	for i := range typos {
		w := plainWord(typos[i].Value)
		ids, ok := l.forms[w]
		if !ok || len(w) < 4 {
			faults.add(&typos[i], "%q is in no pattern, or too short to have slips", w)
			continue
		}
		for _, v := range slipsOf(w) {
			if _, taken := l.forms[v]; !taken && !avoid[v] {
				made[v] = ids
			}
		}
	}
	for v, ids := range made {
		l.forms[v] = ids
	}
}

// spoken adds "hittin" for "hitting".
func (l *language) spoken() {
	for w, id := range l.vocabulary {
		if short, ok := strings.CutSuffix(w, "ing"); ok && len(short) >= 3 {
			if _, taken := l.forms[short+"in"]; !taken {
				l.forms[short+"in"] = []word{id}
			}
		}
	}
}

// slipsOf lists the usual slips of a word.
func slipsOf(w string) []string {
	var out []string
	for i := range len(w) - 1 {
		if w[i] != w[i+1] {
			out = append(out, w[:i]+w[i+1:i+2]+w[i:i+1]+w[i+2:])
		}
	}
	for i := 1; i < len(w)-1; i++ {
		if strings.IndexByte("aeiou", w[i]) >= 0 {
			out = append(out, w[:i]+"*"+w[i+1:])
		}
		if len(w) >= 6 {
			out = append(out, w[:i]+w[i+1:])
		}
		if len(w) >= 5 {
			out = append(out, w[:i]+w[i:i+1]+w[i:])
		}
	}
	return out
}
