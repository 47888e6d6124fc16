package flow

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"handrail/bot/po"
)

// localeDir holds the translations, a PO file a language.
const localeDir = "locale"

// maxLocale is the size from which a PO file is refused unread.
const maxLocale = 8 << 20

// catalog is one PO file on the way into the library.
type catalog struct {
	lang    string
	file    string
	p       *parser
	entries map[po.Key]*po.Entry
	lists   map[string]*po.Entry // by context alone
	avoid   []string             // words that no text may hold
	telling []string             // words that no message may hold that comes by itself
	rule    *pluralRule
	forms   int            // how many plural forms the language has
	lines   map[string]int // where the entries of a flow begin
}

// Language is a language that people can be spoken to in.
type Language struct {
	Tag   string // BCP 47, as in "es"
	Name  string // what it calls itself
	Flows int    // how many flows are translated, of Of
	Of    int
	// Missing are the flows that are not translated, or not wholly.
	Missing []string
}

// Languages lists the language of the scripts, then the others by their tags.
func (l *Library) Languages() []Language { return slices.Clone(l.tongues) }

// catalogs reads the PO files.
func (ld *loader) catalogs(fsys fs.FS) error {
	files, err := fs.Glob(fsys, localeDir+"/*.po")
	if err != nil {
		return fmt.Errorf("read translations: %w", err)
	}
	for _, file := range files {
		src, err := fs.ReadFile(fsys, file)
		if err != nil {
			return fmt.Errorf("read translation %s: %w", file, err)
		}
		top := place{file, 1, 1}
		tag := strings.ReplaceAll(strings.TrimSuffix(file[len(localeDir)+1:], ".po"), "_", "-")
		switch {
		case len(src) > maxLocale:
			ld.c.add(top, ruleSize, "the file is larger than %d kB", maxLocale>>10)
			continue
		case !ld.rx.lang.MatchString(tag):
			ld.c.add(top, ruleFile, "a translation is named after its language, as in es.po or pt_BR.po")
			continue
		}
		f, err := po.Parse(src)
		var syntax *po.SyntaxError
		if errors.As(err, &syntax) {
			ld.c.add(place{file, syntax.Line, 1}, ruleSyntax, "%s", syntax.Message)
			continue
		} else if err != nil {
			return fmt.Errorf("read translation %s: %w", file, err)
		}
		c := &catalog{lang: tag, file: file, p: newParser(ld.c, file, ld.opt, ld.rx, nil), entries: map[po.Key]*po.Entry{}, lists: map[string]*po.Entry{}, lines: map[string]int{}}
		if c.rule, c.forms = newPluralRule(f.Field("Plural-Forms")); c.rule == nil {
			if f.Field("Plural-Forms") != "" {
				ld.c.add(place{file, max(f.Header.Line, 1), 1}, ruleValue, "the field Plural-Forms is not understood; for this language it may be: %s", po.PluralForms(tag))
			}
			c.rule, c.forms = newPluralRule(po.PluralForms(tag))
		}
		for i := range f.Entries {
			e := &f.Entries[i]
			if e.Obsolete {
				continue
			}
			c.entries[e.Key()], c.lists[e.Context] = e, e
			group, _, _ := strings.Cut(e.Context, " ")
			if c.lines[group] == 0 {
				c.lines[group] = e.Line
			}
		}
		ld.po = append(ld.po, c)
	}
	return nil
}

// find gives the entry of a unit; nil if there is none. A list of the language's
// own stays good when the one of the scripts changes.
func (c *catalog) find(u *unit) *po.Entry {
	if u.own {
		return c.lists[u.context]
	}
	return c.entries[po.Key{Context: u.context, ID: u.id}]
}

// translate puts the translations into the library. A flow is translated as a
// whole or not at all: nobody is spoken to in two languages at once. Lists of
// words are taken as far as they are there.
func (ld *loader) translate(l *Library) {
	if l.base == "" {
		l.base = "en"
	}
	l.tongues = []Language{{Tag: l.base, Name: l.Text("language_name", nil), Flows: len(ld.parsers), Of: len(ld.parsers)}}
	l.order = []*speech{l.speech}
	defer ld.askLanguages(l)
	if len(ld.po) == 0 {
		return
	}
	ld.units = ld.gather()
	var all []*speech
	for _, c := range ld.po {
		if c.lang == l.base {
			ld.c.add(place{c.file, 1, 1}, ruleFile, "the scripts themselves are in %s", c.lang)
			continue
		}
		sp, missing := ld.speak(c)
		l.langs[c.lang] = sp
		l.telling[c.lang] = c.telling
		all = append(all, sp)
		l.tongues = append(l.tongues, Language{Tag: c.lang, Name: ld.nameOf(c), Flows: len(ld.parsers) - len(missing), Of: len(ld.parsers), Missing: missing})
	}
	l.order = append(l.order, all...)
	for _, sp := range all {
		sp.order = []*speech{sp, l.speech}
		for _, other := range all {
			if other != sp {
				sp.order = append(sp.order, other)
			}
		}
	}
}

// speak takes one language; missing are the flows that are not translated.
func (ld *loader) speak(c *catalog) (sp *speech, missing []string) {
	sp = &speech{lang: c.lang}
	groups := map[string][]*unit{}
	var names []string
	owned := map[string]*po.Entry{}
	for i := range ld.units {
		u := &ld.units[i]
		if groups[u.group] == nil {
			names = append(names, u.group)
		}
		groups[u.group] = append(groups[u.group], u)
		if e := c.find(u); e != nil && u.sample != "" && e.Str[0] != "" && !none(e.Str[0]) {
			owned[u.sample] = e
		}
	}
	from := func(key string) (string, place, bool) {
		e := owned[key]
		if e == nil {
			return "", place{}, false
		}
		return e.Str[0], c.at(e), true
	}
	sp.words, sp.meaning = ld.readWords(from)
	c.avoid = wordList(from, "words_avoid")
	c.telling = ld.tellingOf(from)
	sp.numbers = ld.readNumbers(from)
	if sp.words.yesLabel == "" {
		sp.words.yesLabel = ld.words.yesLabel
	}
	if sp.words.noLabel == "" {
		sp.words.noLabel = ld.words.noLabel
	}
	var phrases []heardIn
	for _, name := range names {
		phrases = append(phrases, ld.phrasesIn(c, groups[name])...)
	}
	sp.hear(ld.folder(from, ld.checkWords(from)), phrases)
	open, hidden := apart(phrases)
	ld.collisions(sp, open)
	ld.collisions(sp.hidden, hidden)
	for _, name := range names {
		switch whole := ld.complete(c, name, groups[name]); {
		case whole:
			ld.say(c, sp, name, groups[name])
		case name == groupTexts:
			ld.sayKnown(c, sp, groups[name])
		default:
			missing = append(missing, name)
		}
	}
	return sp, missing
}

// nameOf is what a language calls itself, or its tag.
func (ld *loader) nameOf(c *catalog) string {
	for i := range ld.units {
		if u := &ld.units[i]; u.context == groupTexts+" language_name" {
			if e := c.find(u); e != nil && e.Str[0] != "" {
				return e.Str[0]
			}
		}
	}
	return c.lang
}

func none(list string) bool { return strings.TrimSpace(list) == "-" }

// at is where the translation of an entry stands.
func (c *catalog) at(e *po.Entry) place { return place{c.file, e.StrLines[0], 1} }

// complete tells whether a flow is translated; what is begun and not finished is
// a finding.
func (ld *loader) complete(c *catalog, name string, units []*unit) bool {
	begun, fuzzy, open, absent, sound := false, 0, 0, 0, true
	var first *po.Entry
	for _, u := range units {
		e := c.find(u)
		switch {
		case u.own: // where a list is missing, the words of the scripts are heard
			continue
		case e == nil:
			absent++
			continue
		case e.Fuzzy():
			fuzzy++
			begun = true
		case !e.Translated(), u.plural != "" && len(e.Str) != c.forms:
			open++
		default:
			begun = true
			sound = ld.fits(c, u, e) && sound
			continue
		}
		if first == nil {
			first = e
		}
	}
	pos := place{c.file, max(c.lines[name], 1), 1}
	if first != nil {
		pos.line = max(first.Line, 1)
	}
	what := "the flow " + name
	if name == groupTexts {
		what = textsFile
	}
	switch {
	case !begun:
		return false
	case absent > 0:
		ld.c.add(pos, ruleTranslation, "%s has changed: %d of its texts are not in this file; run handrail flows extract %s", what, absent, c.lang)
	case fuzzy+open > 0 && name == groupTexts:
		ld.c.add(pos, ruleTranslation, "%s is translated in part: %d texts are missing and %d fuzzy, the first is here", what, open, fuzzy)
	case fuzzy+open > 0:
		ld.c.add(pos, ruleTranslation, "%s is translated in part, so it is said in %s: %d texts are missing and %d fuzzy, the first is here", what, ld.baseLang(), open, fuzzy)
	}
	return sound && absent+fuzzy+open == 0
}

func (ld *loader) baseLang() string {
	if ld.lang == "" {
		return "en"
	}
	return ld.lang
}

// fits checks one translation against what it translates.
func (ld *loader) fits(c *catalog, u *unit, e *po.Entry) bool {
	before := len(ld.c.list)
	for i, s := range e.Str {
		pos := place{c.file, e.StrLines[i], 1}
		if strings.ContainsAny(s, "!\u00a1\u203c\u2049\uff01") {
			ld.c.add(pos, ruleExclamation, "no exclamation marks")
		}
		if strings.ContainsFunc(s, isEmoji) {
			ld.c.add(pos, ruleEmoji, "no emoji")
		}
		if n := utf8.RuneCountInString(strings.TrimSpace(s)); n > MaxText {
			ld.c.add(pos, ruleLongText, "%d characters in one message; at most %d", n, MaxText)
		}
		norm := Normalise(s)
		for _, w := range c.avoid {
			if containsWords(norm, w) {
				ld.c.add(pos, ruleWordingList, "%q is not for this place", w)
			}
		}
		if u.alone() {
			if w := tells(s, c.telling); w != "" {
				ld.c.add(pos, ruleUnprompted, "this comes by itself: %q tells too much before an answer", w)
			}
		}
		want, got := holders(u.base()), holders(c.p.template(s, pos))
		for _, name := range want {
			if u.plural == "" && !slices.Contains(got, name) { // "one line" may do without
				ld.c.add(pos, ruleTemplate, "{{%s}} is missing in the translation", name)
			}
		}
		for _, name := range got {
			if !slices.Contains(want, name) {
				ld.c.add(pos, ruleTemplate, "{{%s}} is not in the text that this translates", name)
			}
		}
	}
	return len(ld.c.list) == before
}

// alone tells whether a unit is seen before an answer.
func (u *unit) alone() bool {
	return u.text != nil && u.text.alone || u.ask != nil && u.ask.text.alone
}

// base is the wording that a unit translates.
func (u *unit) base() template {
	if u.text != nil {
		return u.text.variants[u.at]
	}
	return template{}
}

// holders names the placeholders of a wording.
func holders(t template) (names []string) {
	add := func(parts []part) {
		for _, p := range parts {
			if p.name != "" && !slices.Contains(names, p.name) {
				names = append(names, p.name)
			}
		}
	}
	add(t.parts)
	if t.plural != nil {
		for _, f := range t.plural.forms {
			add(f.parts)
		}
	}
	return names
}

// say gives a complete flow its translation.
func (ld *loader) say(c *catalog, sp *speech, name string, units []*unit) {
	labels, also := map[*option]*po.Entry{}, map[*option]*po.Entry{}
	for _, u := range units {
		e := c.find(u)
		switch {
		case u.text != nil:
			if base := u.text.variants[u.at]; base.plural != nil {
				u.text.open(c)[u.at] = c.pluralIn(&base, e)
			} else {
				u.text.open(c)[u.at] = c.p.template(e.Str[0], c.at(e))
			}
		case u.ask != nil && u.own:
			also[&u.ask.options[u.at]] = e
		case u.ask != nil:
			labels[&u.ask.options[u.at]] = e
		case u.flow != nil && !u.own:
			u.flow.titles = append(u.flow.titles, titled{c.lang, strings.TrimSpace(e.Str[0])})
		}
	}
	f := ld.flows[name]
	if f == nil { // texts.yaml
		return
	}
	for _, n := range f.inOrder() {
		o, ok := n.op.(*askOp)
		if !ok || len(o.options) == 0 {
			continue
		}
		seen := map[string]int{}
		for i := range o.options {
			ld.choiceIn(c, sp, &o.options[i], labels[&o.options[i]], also[&o.options[i]], i, seen)
		}
		o.text.open(c)
		o.text.appendIn(c.lang, o.choicesIn(c.lang))
	}
}

// sayKnown gives the sentences of texts.yaml as far as they are translated: one
// that is new must not take the others away.
func (ld *loader) sayKnown(c *catalog, sp *speech, units []*unit) {
	whole := map[*text]bool{}
	byText := map[*text][]*unit{}
	for _, u := range units {
		if u.text == nil {
			continue
		}
		if byText[u.text] == nil {
			whole[u.text] = true
		}
		byText[u.text] = append(byText[u.text], u)
		e := c.find(u)
		whole[u.text] = whole[u.text] && e != nil && !e.Fuzzy() && e.Translated()
	}
	for t, list := range byText {
		if whole[t] {
			ld.say(c, sp, groupTexts, list)
		}
	}
}

// open gives the wordings of a text in a language for filling in. Those that
// need no translation are there already.
func (t *text) open(c *catalog) []template {
	for i := range t.said {
		if t.said[i].lang == c.lang {
			return t.said[i].variants
		}
	}
	in := spoken{lang: c.lang}
	for _, v := range t.variants {
		in.variants = append(in.variants, c.p.template(v.src, v.pos))
	}
	t.said = append(t.said, in)
	return in.variants
}

// appendIn is appendAll in another language.
func (t *text) appendIn(lang, s string) {
	appendTo(t.in(lang), s)
}
