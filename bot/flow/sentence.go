package flow

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// sentence reads one entry of texts.yaml: a text or a list of variants.
func (p *parser) sentence(s Sentence, kv pair) *text {
	if s.Words {
		t := &text{pos: at(p.file, kv.v)}
		if list, ok := p.str(kv.v, kv.key); ok {
			t.variants = []template{{static: list, pos: t.pos}}
		}
		return t
	}
	first, rest := kv.v, (*yaml.Node)(nil)
	if kv.v.Kind == yaml.SequenceNode && len(kv.v.Content) > 0 {
		copied := *kv.v
		first, copied.Content = kv.v.Content[0], kv.v.Content[1:]
		rest = &copied
	}
	before := len(p.texts)
	t := p.text(kv.key, kv.key, first, rest)
	p.texts = p.texts[:before] // its names are checked here, not as a script's
	for _, v := range t.variants {
		used := map[string]bool{}
		for _, part := range v.parts {
			if part.name == "" {
				continue
			}
			used[part.name] = true
			if !slices.Contains(s.Names, part.name) {
				p.c.add(v.pos, ruleTemplate, "{{%s}} has no meaning in %q%s", part.name, s.Key, offer(s.Names))
			}
		}
		for _, name := range s.Must {
			if !used[name] {
				p.c.add(v.pos, ruleTemplate, "%q needs {{%s}}", s.Key, name)
			}
		}
	}
	return t
}

func offer(names []string) string {
	if len(names) == 0 {
		return "; it has no placeholders"
	}
	return fmt.Sprintf("; there are {{%s}}", strings.Join(names, "}}, {{"))
}

// readWords takes the word lists apart and refuses a word with two meanings.
func (ld *loader) readWords() {
	seen := map[string]string{}
	list := func(key string) (out []string, label string) {
		t := ld.texts[key]
		if t == nil {
			return nil, ""
		}
		for w := range strings.SplitSeq(t.variants[0].static, ",") {
			n := Normalise(w)
			if n == "" {
				ld.c.add(t.pos, ruleValue, "%s has an empty word", key)
				continue
			}
			if other := seen[n]; other != "" {
				ld.c.add(t.pos, ruleValue, "%q stands in %s and in %s", n, other, key)
				continue
			}
			seen[n] = key
			if label == "" {
				label = strings.TrimSpace(w)
			}
			out = append(out, n)
		}
		return out, label
	}
	ld.words.skip, _ = list("words_skip")
	ld.words.done, _ = list("words_done")
	ld.words.repeat, _ = list("words_repeat")
	ld.words.back, _ = list("words_back")
	ld.words.yes, ld.words.yesLabel = list("words_yes")
	ld.words.no, ld.words.noLabel = list("words_no")
}

// options finishes the choices of a question: yes and no take their labels and
// synonyms from texts.yaml, and the numbered list is made.
func (ld *loader) options(n *node) {
	o, ok := n.op.(*askOp)
	if !ok || len(o.options) == 0 {
		return
	}
	taken := map[string]bool{}
	for _, opt := range o.options {
		for _, w := range opt.words {
			taken[w] = true
		}
	}
	var b strings.Builder
	for i := range o.options {
		opt := &o.options[i]
		ld.yesNo(opt, o.kind, taken)
		fmt.Fprintf(&b, "\n%d %s", i+1, opt.label)
	}
	o.choices = b.String()
	o.text.appendAll(o.choices)
}

// yesNo gives an option named yes or no its synonyms and its thumb.
func (ld *loader) yesNo(opt *option, kind askKind, taken map[string]bool) {
	if len(opt.words) == 0 {
		return
	}
	for _, w := range []struct {
		list        []string
		label, word string
		sign        sign
	}{
		{ld.words.yes, ld.words.yesLabel, "yes", signYes},
		{ld.words.no, ld.words.noLabel, "no", signNo},
	} {
		if len(w.list) == 0 || opt.words[0] != w.word && opt.words[0] != w.list[0] {
			continue
		}
		if kind == askYesNo {
			opt.label = w.label
		}
		opt.sign = w.sign
		for _, word := range w.list {
			if !taken[word] {
				taken[word] = true
				opt.words = append(opt.words, word)
			}
		}
	}
}
