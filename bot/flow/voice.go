package flow

// Voice is a library in one language: that of the person whom the host speaks
// to. What is not translated is said in the language of the scripts, and the
// phrases of every language are heard, the person's own first.
type Voice struct {
	lib *Library
	own *speech
}

// In gives the library in a language, a BCP 47 tag such as "es". One that there
// is nothing in is the language of the scripts.
func (l *Library) In(lang string) Voice { return Voice{l, l.in(lang)} }

// Tag names the language.
func (v Voice) Tag() string { return v.lib.tag(v.own) }

// First tells whether the whole text is a phrase that is heard before all else,
// in any language.
func (v Voice) First(text string) (flow string, ok bool) {
	f := v.own.byPhrase(hear(text), (*speech).firsts)
	if f == nil {
		return "", false
	}
	return f.ID, true
}

// Match finds the flow that a text reaches when nothing waits, and the phrase
// as the script or the translation writes it. Where two are too close to tell
// apart it is the first that the engine would offer. Phrases of `first` are not
// looked at.
func (v Voice) Match(text string) (flow, phrase string, ok bool) {
	h := v.own.hears(hear(text))
	if len(h) == 0 {
		return "", "", false
	}
	return h[0].flow.ID, h[0].text, true
}

// Text gives one of the sentences of texts.yaml with its placeholders filled.
// Where there are variants it is the first one. An unknown key is a fault of
// the program; it gives the key itself.
func (v Voice) Text(key string, values map[string]string) string {
	t := v.lib.texts[key]
	if t == nil {
		return key
	}
	return t.in(v.own.lang)[0].fill(func(name string) string { return values[name] })
}
