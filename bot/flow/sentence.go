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
			t.variants = []template{{src: list, static: list, pos: t.pos}}
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

// lists gives a word list of texts.yaml in one language, and where it stands; ok
// is false where there is none.
type lists func(key string) (list string, pos place, ok bool)

// baseWords are the lists of texts.yaml itself.
func (ld *loader) baseWords(key string) (string, place, bool) {
	t := ld.texts[key]
	if t == nil || len(t.variants) == 0 {
		return "", place{}, false
	}
	return t.variants[0].static, t.pos, true
}

// readWords takes the engine's word lists of a language apart and refuses a word
// with two meanings.
func (ld *loader) readWords(from lists) (w words, meaning map[string]string) {
	meaning = map[string]string{}
	list := func(key string) (out []string, label string) {
		all, pos, ok := from(key)
		if !ok {
			return nil, ""
		}
		for w := range strings.SplitSeq(all, ",") {
			n := Normalise(w)
			if n == "" {
				ld.c.add(pos, ruleValue, "%s has an empty word", key)
				continue
			}
			switch other := meaning[n]; {
			case other == key: // another spelling of the same
				continue
			case other != "":
				ld.c.add(pos, ruleValue, "%q stands in %s and in %s", n, other, key)
				continue
			}
			meaning[n] = key
			if label == "" {
				label = strings.TrimSpace(w)
			}
			out = append(out, n)
		}
		return out, label
	}
	w.skip, _ = list("words_skip")
	w.done, _ = list("words_done")
	w.repeat, _ = list("words_repeat")
	w.back, _ = list("words_back")
	list("words_language")
	w.yes, w.yesLabel = list("words_yes")
	w.no, w.noLabel = list("words_no")
	for _, key := range []string{"words_thanks", "words_meant", "words_sorry", "words_link"} {
		list(key)
	}
	w.unsure, w.misread = wordList(from, "words_unsure"), wordList(from, "words_misread")
	w.seen = wordList(from, "words_seen")
	w.kept = ld.keptNames(from)
	w.courtesy = readCourtesy(from)
	return w, meaning
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
	var labels []string
	for i := range o.options {
		opt := &o.options[i]
		ld.yesNo(opt, o.kind, taken)
		labels = append(labels, opt.label)
	}
	o.choices = numbered(labels)
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
