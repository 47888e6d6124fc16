package crisis

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// A pattern is written as a clinician would say it:
//
//	he (has|got) a <weapon>     one of several, and a group of words
//	he [just] hit me            a word that may be missing
//	his hands .. my neck        up to three other words between
//	his hands ..6 my neck       up to six
//	^ help me $                 the first and the last word of a sentence
//
// Spelling, apostrophes, capitals and accents do not matter. Words that the
// file rewrites ("gonna: going to") may be written either way.

// node is a parsed pattern.
type node struct {
	kind  nodeKind
	words []word  // leaf: words in order
	kids  []*node // seq: in order; choice: one of them
	max   int     // gap
}

type nodeKind int

const (
	leaf nodeKind = iota
	seq
	choice
	maybe // kids[0] or nothing
	gap
	atStart
	atEnd
)

const usualGap = 3

// patternParser reads one pattern.
type patternParser struct {
	lang   *language
	groups map[string]*node
	toks   []string
	at     int
}

// parsePattern reads a pattern; groups must hold every <name> that it uses.
func (l *language) parsePattern(text string, groups map[string]*node) (*node, error) {
	toks, err := patternTokens(text)
	if err != nil {
		return nil, err
	}
	p := patternParser{lang: l, groups: groups, toks: toks}
	n, err := p.seq()
	if err != nil {
		return nil, err
	}
	if p.at < len(p.toks) {
		return nil, fmt.Errorf("unexpected %q", p.toks[p.at])
	}
	if len(n.kids) == 0 {
		return nil, fmt.Errorf("the pattern is empty")
	}
	return n, nil
}

// patternTokens cuts a pattern into words and marks.
func patternTokens(text string) ([]string, error) {
	var out []string
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ' ' || c == '-' || c == ',':
			i++
		case strings.ContainsRune("()[]|^$", rune(c)):
			out = append(out, string(c))
			i++
		case c == '<':
			end := strings.IndexByte(text[i:], '>')
			if end < 0 {
				return nil, fmt.Errorf("< without >")
			}
			out = append(out, text[i:i+end+1])
			i += end + 1
		default:
			j := i
			for j < len(text) && !strings.ContainsRune(" -,()[]|^$<", rune(text[j])) {
				j++
			}
			out = append(out, text[i:j])
			i = j
		}
	}
	return out, nil
}

func (p *patternParser) peek() string {
	if p.at < len(p.toks) {
		return p.toks[p.at]
	}
	return ""
}

func (p *patternParser) seq() (*node, error) {
	out := &node{kind: seq}
	for {
		t := p.peek()
		switch {
		case t == "" || t == "|" || t == ")" || t == "]":
			return out, nil
		case t == "(":
			kid, err := p.choice(")")
			if err != nil {
				return nil, err
			}
			out.kids = append(out.kids, kid)
			continue
		case t == "[":
			kid, err := p.choice("]")
			if err != nil {
				return nil, err
			}
			out.kids = append(out.kids, &node{kind: maybe, kids: []*node{kid}})
			continue
		case t == "^":
			out.kids = append(out.kids, &node{kind: atStart})
		case t == "$":
			out.kids = append(out.kids, &node{kind: atEnd})
		case t[0] == '<':
			g := p.groups[t[1:len(t)-1]]
			if g == nil {
				return nil, fmt.Errorf("unknown group %s (a group must stand above those that use it)", t)
			}
			out.kids = append(out.kids, g)
		case strings.HasPrefix(t, ".."):
			n := usualGap
			if t != ".." {
				v, err := strconv.Atoi(t[2:])
				if err != nil || v < 1 || v > 8 {
					return nil, fmt.Errorf("a gap is .. or ..1 to ..8, not %q", t)
				}
				n = v
			}
			out.kids = append(out.kids, &node{kind: gap, max: n})
		default:
			words := p.lang.patternWords(t)
			if len(words) == 0 {
				return nil, fmt.Errorf("%q is no word", t)
			}
			out.kids = append(out.kids, &node{kind: leaf, words: words})
		}
		p.at++
	}
}

func (p *patternParser) choice(end string) (*node, error) {
	p.at++
	out := &node{kind: choice}
	for {
		kid, err := p.seq()
		if err != nil {
			return nil, err
		}
		if len(kid.kids) == 0 {
			return nil, fmt.Errorf("an empty choice; write [ ] for a word that may be missing")
		}
		out.kids = append(out.kids, kid)
		switch p.peek() {
		case "|":
			p.at++
		case end:
			p.at++
			return out, nil
		default:
			return nil, fmt.Errorf("%q is missing", end)
		}
	}
}

// patternWords reads one written word of a pattern the way a text is read, and
// adds what it finds to the vocabulary.
func (l *language) patternWords(w string) []word {
	if w == "YEAR" || w == "NUM" {
		return []word{l.learn(w)}
	}
	whole := w
	w = plainWord(w)
	if w == "" {
		return nil
	}
	ids := l.plainWords(w)
	l.spell(whole, ids)
	return ids
}

// plainWords is patternWords for a folded word.
func (l *language) plainWords(w string) []word {
	if ids, ok := l.forms[w]; ok {
		return ids
	}
	if bare := strings.ReplaceAll(w, "'", ""); bare != w {
		if ids, ok := l.forms[bare]; ok {
			return ids
		}
		if front, rest, _ := strings.Cut(w, "'"); !strings.Contains(rest, "'") && rest != "" {
			if id, ok := l.elide[front]; ok {
				return append([]word{id}, l.plainWords(rest)...)
			}
		}
		w = bare
	}
	return []word{l.learn(w)}
}

// plainWord folds a written word.
func plainWord(w string) string {
	var b strings.Builder
	for _, r := range decompose(w) {
		if r = fold(r); r >= 0 && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\'' || r == '*' || r > unicode.MaxLatin1) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// learn gives a word its number.
func (l *language) learn(w string) word {
	if id, ok := l.vocabulary[w]; ok {
		return id
	}
	id := word(len(l.vocabulary) + 1)
	l.vocabulary[w] = id
	if _, ok := l.forms[w]; !ok {
		l.forms[w] = []word{id}
	}
	return id
}
