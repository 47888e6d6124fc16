package crisis

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// The learned words are made from the sentences of the corpora and those beside
// the rules by logistic regression:
//
//	go test ./bot/crisis -run TestLearn -update
//
// writes <language>.words. Without -update the test measures what the learned
// words would hear in sentences that they were not made from: each sentence is
// weighed by words that were made from the others.

var update = flag.Bool("update", false, "write the learned words anew")

// folds is into how many parts the sentences are cut for measuring.
const folds = 8

// fewest is in how many sentences a feature must stand to be learned.
const fewest = 2

// most is how many harmless sentences in a hundred the learned words may alarm
// at, of those at which nothing else does.
const most = 1.5

// lesson is a sentence to learn from.
type lesson struct {
	text     string
	category string
	danger   bool
	silent   bool // no rule and no hint speaks
	features []int
	all      int // features, with the rare ones
}

func (l *lesson) score(w []float64) float64 {
	sum := 0.0
	for _, f := range l.features {
		sum += w[f+1]
	}
	return w[0] + sum*passageScale(l.all)
}

// TestLearn measures the learned words of each language, or makes them anew.
func TestLearn(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../flows/crisis/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no lexicon: %v", err)
	}
	for _, file := range files {
		lang := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			learnLanguage(t, lang, file)
		})
	}
}

func learnLanguage(t *testing.T, lang, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	l, errs := parseLanguage(lang, data)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	x, err := Load(fstest.MapFS{lang + ".yaml": {Data: data}})
	if err != nil {
		t.Fatal(err)
	}
	lessons := lessonsOf(t, l, lang)
	for i := range lessons {
		lessons[i].silent = len(x.Scan(lessons[i].text, lang)) == 0
	}
	names := readLessons(l, lessons)
	scores := crossed(lessons, len(names))
	enough := choose(lessons, scores)
	var heard, missed, alone, danger, alarms, harmless int
	for i := range lessons {
		loud := 0
		if scores[i] >= enough {
			loud = 1
		}
		switch l := &lessons[i]; {
		case l.danger:
			danger++
			alone += loud
			if l.silent {
				missed++
				heard += loud
			}
		default:
			harmless++
			if l.silent {
				alarms += loud
			}
		}
	}
	t.Logf("%s: %d sentences, %d features. Of %d that all else misses the learned words hear %d; alone they hear %.0f %% of all in danger; they add %.1f %% false alarms",
		lang, len(lessons), len(names), missed, heard, percent(alone, danger), percent(alarms, harmless))
	if percent(alone, danger) < 15 || percent(alarms, harmless) > most+1 {
		t.Errorf("%s: the learned words hear too little, or alarm too often, to be worth keeping", lang)
	}
	if *update {
		text := writeLearned(lessons, names, enough)
		if err := os.WriteFile("../../flows/crisis/"+lang+".words", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// lessonsOf gathers the sentences of a language, each once.
func lessonsOf(t *testing.T, l *language, lang string) []lesson {
	var out []lesson
	seen := map[string]bool{}
	add := func(text, category string, danger bool) {
		if text != "" && !seen[text] {
			seen[text] = true
			out = append(out, lesson{text: text, category: category, danger: danger})
		}
	}
	for _, c := range readCorpus(t, "../../flows/testdata/crisis/"+lang+".tsv") {
		add(c.text, c.label, c.expected > None)
	}
	for _, ex := range l.examples {
		add(ex.Text, ex.Category, ex.Level > None)
	}
	return out
}

// readLessons finds the features of the lessons, and returns their names.
func readLessons(l *language, lessons []lesson) []string {
	senses := map[uint32]string{}
	learnName := func(w string) { n := string(stem([]byte(w))); senses[senseName(n)] = n }
	for w, id := range l.vocabulary {
		learnName(w)
		if n := l.same[id]; n != "" {
			senses[senseName(n)] = n
		}
	}
	count := map[uint64]int{}
	name := map[uint64]string{}
	var w writing
	keys := make([][]uint64, len(lessons))
	for i := range lessons {
		w.cut(lessons[i].text)
		for k := range w.words {
			learnName(string(w.bytes(k)))
		}
		toks, _ := l.read(&w, nil, nil)
		if len(toks) == 0 {
			continue
		}
		seen := map[uint64]bool{}
		eachFeature(toks, func(key uint64, from, to int) {
			lessons[i].all++
			if !seen[key] {
				seen[key] = true
				keys[i] = append(keys[i], key)
				count[key]++
				if name[key] == "" {
					name[key] = nameOf(key, toks, from, to, senses)
				}
			}
		})
	}
	numbers := map[uint64]int{}
	var names []string
	for i := range lessons {
		for _, key := range keys[i] {
			if count[key] < fewest || name[key] == "" {
				continue
			}
			n, ok := numbers[key]
			if !ok {
				n = len(names)
				numbers[key] = n
				names = append(names, name[key])
			}
			lessons[i].features = append(lessons[i].features, n)
		}
	}
	return names
}

// nameOf writes a feature so that parseFeature reads it back; empty if it cannot be.
func nameOf(key uint64, toks []token, from, to int, senses map[uint32]string) string {
	a, b := senses[toks[from].sense], senses[toks[to-1].sense]
	for _, n := range []string{a, a + " " + b, a + " _ " + b, "^ " + a, a + " $"} {
		if got, ok := parseFeature(n); ok && got == key {
			return n
		}
	}
	return ""
}

// crossed scores each lesson by weights made from the others.
func crossed(lessons []lesson, features int) []float64 {
	rng := rand.New(rand.NewPCG(1, 2))
	order := rng.Perm(len(lessons))
	scores := make([]float64, len(lessons))
	for k := range folds {
		var train, test []int
		for i, at := range order {
			if i%folds == k {
				test = append(test, at)
			} else {
				train = append(train, at)
			}
		}
		w := fit(lessons, train, features, func(l *lesson) bool { return l.danger })
		for _, at := range test {
			scores[at] = lessons[at].score(w)
		}
	}
	return scores
}

// fit is logistic regression by stochastic gradient descent with a step for each
// weight that shrinks as it is used.
func fit(lessons []lesson, train []int, features int, want func(*lesson) bool) []float64 {
	rng := rand.New(rand.NewPCG(3, 4))
	w := make([]float64, features+1)
	used := make([]float64, features+1)
	train = slices.Clone(train)
	const rate, decay = 0.3, 0.001
	for range 20 {
		rng.Shuffle(len(train), func(i, j int) { train[i], train[j] = train[j], train[i] })
		for _, at := range train {
			l := &lessons[at]
			miss := 1 / (1 + math.Exp(-l.score(w)))
			if want(l) {
				miss--
			}
			used[0] += miss * miss
			w[0] -= rate * miss / math.Sqrt(1+used[0])
			by := passageScale(l.all)
			for _, f := range l.features {
				g := miss*by + decay*w[f+1]
				used[f+1] += g * g
				w[f+1] -= rate * g / math.Sqrt(1+used[f+1])
			}
		}
	}
	return w
}

// choose finds the score that is enough for a question.
func choose(lessons []lesson, scores []float64) float64 {
	harmless := 0
	var wrong []float64
	for i := range lessons {
		if !lessons[i].danger {
			harmless++
			if lessons[i].silent {
				wrong = append(wrong, scores[i])
			}
		}
	}
	slices.Sort(wrong)
	allowed := int(float64(harmless) * most / 100)
	return math.Round(100*(wrong[max(0, len(wrong)-1-allowed)]+0.02)) / 100
}

// writeLearned makes the words from all lessons and writes them.
func writeLearned(lessons []lesson, names []string, enough float64) string {
	var all, dangerous []int
	for i := range lessons {
		all = append(all, i)
		if lessons[i].danger {
			dangerous = append(dangerous, i)
		}
	}
	danger := fit(lessons, all, len(names), func(l *lesson) bool { return l.danger })
	byCategory := map[string][]float64{}
	for _, c := range Categories() {
		byCategory[c] = fit(lessons, dangerous, len(names), func(l *lesson) bool { return l.category == c })
	}
	var out strings.Builder
	out.WriteString("# Learned words: a word, two neighbours, or two with one between; how much they\n" +
		"# speak for danger, and for which. Written by go test ./bot/crisis -run TestLearn -update\n")
	fmt.Fprintf(&out, "=bias\t%.3f\n=enough\t%.2f\n", danger[0], enough)
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	whole := func(v float64) int { return int(math.Round(max(-127, min(127, v*learnedUnit)))) }
	for _, f := range order {
		d := whole(danger[f+1])
		var cats strings.Builder
		if d > 0 {
			for _, c := range Categories() {
				if n := whole(byCategory[c][f+1]); n > 7 || n < -15 {
					fmt.Fprintf(&cats, "\t%s:%d", c, n)
				}
			}
		}
		if d > 1 || d < -1 {
			fmt.Fprintf(&out, "%s\t%d%s\n", names[f], d, cats.String())
		}
	}
	return out.String()
}
