package flow

import (
	"slices"
	"strings"
	"time"
)

// say adds a message, cut to size. A text that is nothing but an empty
// placeholder is no message.
func (r *run) say(s Say) {
	if strings.TrimSpace(s.Text) == "" {
		if !s.Ask {
			return
		}
		s.Text = r.sentence("noted", nil)
	}
	if r.ahead != "" {
		if s.Anchor || s.Edit { // it will be replaced
			r.flushLead()
		} else {
			s.Text, r.ahead = r.ahead+"\n"+s.Text, ""
		}
	}
	s.Text = cut(s.Text, MaxSay)
	r.out = append(r.out, s)
	r.spoke = true
}

// speak says one of the sentences of texts.yaml.
func (r *run) speak(key string, ask bool) {
	r.say(Say{Text: r.sentence(key, r.word), Ask: ask})
}

// speakFirst says a sentence before all other effects.
func (r *run) speakFirst(key string) {
	r.spoke = true
	r.out = slices.Insert(r.out, 0, Effect(Say{Text: r.sentence(key, r.word)}))
}

// sentence picks a variant of a sentence of texts.yaml and fills it.
func (r *run) sentence(key string, value func(string) string) string {
	if r.in.Decoy && (key == "not_understood_help" || key == "not_understood_again") {
		key = "lock_decoy" // the others name what is not there
	}
	t := r.lib.texts[key]
	return t.in(r.tongue.lang)[r.variant(t)].fill(value)
}

// nameSource is where the last text that states a fact has it from.
const nameSource = "source"

// cite remembers where a text has its facts from, for who asks.
func (r *run) cite(t *text) {
	if t.source != "" {
		r.s.Source = t.source
	}
}

// text picks a variant of a script's text and fills it.
func (r *run) text(t *text) string {
	v := t.in(r.tongue.lang)[r.variant(t)].pick(r.value)
	if v.parts == nil {
		return v.static
	}
	if t.until > 0 {
		return v.fill(func(name string) string {
			if name == "until" {
				return clock(r.in.Now.Add(t.until))
			}
			return r.word(name)
		})
	}
	return v.fill(r.word)
}

// variant chooses by seed, and never the same one twice in a row.
func (r *run) variant(t *text) int {
	n := len(t.variants)
	if n == 1 {
		return 0
	}
	i := int(mix(r.in.Seed^t.seed) % uint64(n))
	if last, ok := r.s.Last[t.key]; ok && last == i {
		i = (i + 1) % n
	}
	if !r.ownedLast {
		r.ownedLast = true
		m := make(map[string]int, len(r.s.Last)+1)
		for k, v := range r.s.Last {
			m[k] = v
		}
		r.s.Last = m
	}
	r.s.Last[t.key] = i
	return i
}

// word gives what a placeholder stands for.
func (r *run) word(name string) string {
	yes, no := r.tongue.words.yesLabel, r.tongue.words.noLabel
	switch name {
	case "answer":
		if r.s.Echo != "" {
			return r.s.Echo
		}
		return show(r.s.Answer, yes, no)
	case "time":
		return clock(r.in.Now)
	case nameSource:
		return r.s.Source
	case nameFirstLine:
		return r.firstLine()
	case nameAgreed:
		if r.in.Agreed == nil {
			return ""
		}
		return r.in.Agreed()
	case nameDeskAbout:
		if r.in.DeskAbout == nil {
			return ""
		}
		return r.in.DeskAbout()
	case "until":
		if r.s.Wait == nil {
			return ""
		}
		return clock(r.s.Wait.Until.In(r.in.Now.Location()))
	}
	if list, ok := strings.CutPrefix(name, "count_"); ok {
		return show(float64(len(r.items(list))), "", "")
	}
	v, set := r.stored(name)
	if !set {
		return ""
	}
	s := show(r.scope.vars[name].coerce(v), yes, no)
	if r.tongue.lang != "" {
		for _, opt := range r.scope.picks[name] {
			if label, _, ok := opt.in(r.tongue.lang); ok && opt.label == s {
				return label
			}
		}
	}
	for _, read := range r.scope.reads[name] {
		if _, echo, ok := read(s, r.lib.tag(r.tongue), time.Time{}); ok && s != "" {
			return echo
		}
	}
	return s
}

func clock(t time.Time) string { return t.Format("15:04") }

// stored gives a variable as this input left it; set is false for one that was
// never set or is forgotten.
func (r *run) stored(name string) (v any, set bool) {
	v, ok := r.vars[name]
	if !ok {
		v = r.in.Vars[name]
	}
	return v, v != nil
}

// deskAsked asks the host whether an advocate was asked for already.
func (r *run) deskAsked() bool { return r.in.DeskAsked != nil && r.in.DeskAsked() }

// value gives what a name stands for in a condition.
func (r *run) value(name string) any {
	switch name {
	case "answer":
		return r.s.Answer
	case "hour":
		return r.in.Now.Hour()
	case "language":
		return r.lib.tag(r.tongue)
	case "desk":
		return r.in.Desk
	case nameDeskAsked:
		return r.deskAsked()
	case "today":
		return r.in.Now.Format(time.DateOnly)
	case nameKind:
		return r.in.PromptedKind
	case "prompted":
		return r.in.Prompted
	case "linked":
		return r.in.Linked
	case nameSource:
		return r.s.Source
	case "weekday":
		return weekdays()[r.in.Now.Weekday()]
	}
	if list, ok := strings.CutPrefix(name, "count_"); ok {
		return len(r.items(list))
	}
	v, _ := r.stored(name)
	if isConsent(name) {
		s, _ := v.(string)
		return s
	}
	return r.scope.vars[name].coerce(v)
}

// mix spreads a number over 64 bits (splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hash is FNV-1a.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
