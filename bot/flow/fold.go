package flow

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// wordKind tells what a word is worth when a message is compared with phrases.
type wordKind uint8

const (
	wordPlain   wordKind = iota // carries meaning
	wordSmall                   // little meaning: i, the, please
	wordLight                   // a meaning that adds nothing beside a phrase: want, show, give
	wordAgainst                 // turns a thought around: not, never, almost
	wordBreak                   // begins a new thought: but, so
	wordOther                   // somebody else, whom what follows is about: he, mum, friend
)

// token is one word of a message or a phrase in the form that is compared.
type token struct {
	word string
	kind wordKind
	from string // what was written, if that was something else
	as   string // what it was heard as: word, and its neighbours where from is one thing
	typo bool   // word is a guess at a misspelling
	self bool   // stands for who writes: i, we
	// strong: it names a thing by itself, also beside another word: panic, helpline.
	strong bool
}

// counts tells whether the word says something beside a phrase.
func (t token) counts() bool {
	return t.kind != wordSmall && t.kind != wordLight && t.kind != wordBreak
}

// means tells whether the word of a phrase has to be there.
func (t token) means() bool { return t.kind != wordSmall && t.kind != wordBreak }

// folder brings messages and phrases to one form with the word lists of
// texts.yaml, so that "I'm thinking about texting her" and "want to text them"
// can be compared word by word. It knows no language itself.
type folder struct {
	rules  map[string][]rewrite // by the first word, longest first
	kinds  map[string]wordKind
	self   map[string]bool
	strong map[string]bool
	vocab  map[byte][]string // words of the phrases that a misspelling may mean, by their first byte
	known  map[string]bool
	meant  map[string]bool // words that rewrites lead to: never taken for misspelt
}

// rewrite puts other words in the place of some.
type rewrite struct {
	old, words []string
	as         string
}

func newFolder() *folder {
	return &folder{
		rules: map[string][]rewrite{}, kinds: map[string]wordKind{}, self: map[string]bool{}, strong: map[string]bool{},
		vocab: map[byte][]string{}, known: map[string]bool{}, meant: map[string]bool{},
	}
}

// same adds the rule that old is heard as now. Both are normal.
func (f *folder) same(old, now string) {
	r := rewrite{strings.Fields(old), strings.Fields(now), now}
	if len(r.old) == 0 || old == now {
		return
	}
	list := append(f.rules[r.old[0]], r)
	slices.SortStableFunc(list, func(a, b rewrite) int { return cmp.Compare(len(b.old), len(a.old)) })
	f.rules[r.old[0]] = list
	for _, w := range r.old {
		f.known[w] = true
	}
	for _, w := range r.words {
		f.meant[w] = true
	}
	if len(r.old) == 1 && len(old) > shortestTypo {
		f.guessable(old)
	}
}

func (f *folder) kind(words []string, k wordKind) {
	for _, w := range words {
		f.kinds[w] = k
		f.known[w] = true
		if len(w) > shortestTypo {
			f.guessable(w)
		}
	}
}

// learn takes the words of a normal phrase as words that a misspelling may mean.
func (f *folder) learn(norm string) {
	for w := range strings.FieldsSeq(norm) {
		if f.known[w] && f.kinds[w] != wordLight {
			continue
		}
		f.known[w] = true
		f.guessable(w)
	}
}

func (f *folder) guessable(w string) {
	if utf8.RuneCountInString(w) >= shortestTypo && !strings.ContainsAny(w, "0123456789") && !slices.Contains(f.vocab[w[0]], w) {
		f.vocab[w[0]] = append(f.vocab[w[0]], w)
	}
}

// fold makes tokens of a normal text.
func (f *folder) fold(norm string) []token {
	return f.tokens(strings.Fields(norm), nil)
}

// hear is fold for a message, whose misspelt words are guessed.
func (f *folder) hear(norm string) []token {
	words := strings.Fields(norm)
	if len(words) > longestMended {
		return f.tokens(words, nil)
	}
	var wrote []string
	for i, w := range words {
		if guess := f.guess(w); guess != "" {
			if wrote == nil {
				wrote = make([]string, len(words))
			}
			words[i], wrote[i] = guess, w
		}
	}
	return f.tokens(words, wrote)
}

// tokens folds words; wrote holds what stood in the place of a guess.
func (f *folder) tokens(words, wrote []string) []token {
	out := make([]token, 0, len(words)+4)
	for i := 0; i < len(words); {
		r, ok := f.rule(words[i:])
		n := 1
		if ok {
			n = len(r.old)
		}
		from, typo := "", false
		if wrote != nil {
			for j := i; j < i+n; j++ {
				typo = typo || wrote[j] != ""
			}
		}
		switch {
		case typo:
			from = wrote[i]
			if n > 1 || from == "" {
				from = strings.Join(words[i:i+n], " ")
			}
		case ok:
			from = strings.Join(r.old, " ")
		}
		if !ok {
			out = append(out, token{words[i], f.kinds[words[i]], from, words[i], typo, f.self[words[i]], f.strong[words[i]]})
		} else {
			for _, w := range r.words {
				out = append(out, token{w, f.kinds[w], from, r.as, typo, f.self[w], f.strong[w]})
			}
		}
		i += n
	}
	return out
}

func (f *folder) rule(words []string) (rewrite, bool) {
	for _, r := range f.rules[words[0]] {
		if len(r.old) <= len(words) && slices.Equal(r.old, words[:len(r.old)]) {
			return r, true
		}
	}
	return rewrite{}, false
}

// guess finds the one word that an unknown word may be a misspelling of: a slip
// away, with the same first letter. A letter s more or less at the end is no
// slip, since it makes another word.
func (f *folder) guess(word string) (found string) {
	if len(word) < shortestTypo || f.known[word] || f.meant[word] {
		return ""
	}
	for _, w := range f.vocab[word[0]] {
		if d := len(w) - len(word); d < -1 || d > 1 || word == w+"s" || w == word+"s" || !slip(word, w) {
			continue
		}
		if found != "" {
			return ""
		}
		found = w
	}
	return found
}

// slip tells whether a may be a misspelling of w. Of words with four letters
// only two swapped letters are forgiven: "test" is not "text".
func slip(a, w string) bool {
	if !oneEdit(a, w) {
		return false
	}
	return len(w) > shortestTypo || len(a) == len(w) && a != w && sameLetters(a, w)
}

func sameLetters(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return string(x) == string(y)
}

// folder reads the word lists of a language.
func (ld *loader) folder(from lists, rewrites [][2]string) *folder {
	f := newFolder()
	f.kind(wordList(from, "words_small"), wordSmall)
	f.kind(wordList(from, "words_light"), wordLight)
	f.kind(wordList(from, "words_against"), wordAgainst)
	f.kind(wordList(from, "words_break"), wordBreak)
	f.kind(wordList(from, "words_other"), wordOther)
	for _, w := range wordList(from, "words_self") {
		f.self[w] = true
	}
	for _, w := range wordList(from, "words_strong") {
		f.strong[w] = true
	}
	for _, r := range rewrites {
		f.same(r[0], r[1])
	}
	return f
}

// wordList takes a comma list of single words apart.
func wordList(from lists, key string) (out []string) {
	list, _, ok := from(key)
	if !ok {
		return nil
	}
	for w := range strings.SplitSeq(list, ",") {
		out = append(out, Normalise(w))
	}
	return out
}

// checkWords refuses entries of a language's word lists that nothing could mean,
// and gives the pairs of words_same.
func (ld *loader) checkWords(from lists) (rewrites [][2]string) {
	seen := map[string]string{}
	for _, key := range []string{"words_small", "words_light", "words_against", "words_break", "words_other"} {
		_, pos, _ := from(key)
		for _, w := range wordList(from, key) {
			switch {
			case w == "" || strings.Contains(w, " "):
				ld.c.add(pos, ruleValue, "%s holds single words: %q", key, w)
			case seen[w] != "" && seen[w] != key:
				ld.c.add(pos, ruleValue, "%q stands in %s and in %s", w, seen[w], key)
			}
			seen[w] = key
		}
	}
	list, pos, ok := from("words_same")
	if !ok {
		return nil
	}
	twice := map[string]string{}
	for entry := range strings.SplitSeq(list, ",") {
		before, after, ok := strings.Cut(entry, "=")
		old, now := Normalise(before), Normalise(after)
		other, again := twice[old]
		switch {
		case !ok || old == "" || now == "":
			ld.c.add(pos, ruleValue, "words_same holds entries like: wanna = want to; not %q", strings.TrimSpace(entry))
		case again && other != now:
			ld.c.add(pos, ruleValue, "%q stands twice in words_same", old)
		case !again:
			twice[old] = now
			rewrites = append(rewrites, [2]string{old, now})
		}
	}
	return rewrites
}
