package crisis

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// The learned words are made from the sentences of the corpora and those beside
// the rules by a linear support vector machine, all languages at once:
//
//	go test ./bot/crisis -run TestLearn -update
//
// writes <language>.words and senses.words, and says what they hear in sentences
// that they were not made from: each sentence is weighed by words that were made
// from the others. Sentences with "later" in their note came after the rules and
// are the honest measure.

var update = flag.Bool("update", false, "write the learned words anew")

const (
	folds  = 5   // into how many parts the sentences are cut for measuring
	fewest = 2   // in how many passages a feature must stand to be learned
	rounds = 30  // how often the machine goes through all passages
	cost   = 2.0 // of a passage that is on the wrong side
	most   = 3.0 // how many harmless sentences in a hundred the learned words may alarm at
	lost   = 4.0 // how many direct findings in a hundred they may overrule
	loud   = 2   // how much more the sentences beside the rules count
)

// lesson is a sentence to learn from.
type lesson struct {
	lang, text, category  string
	danger, direct, later bool
	level                 Level // by rules and hints alone
	found                 []Finding
	example               bool // stands beside a rule
	passages              []lessonPassage
	around                [][]lessonPassage // by finding
	fold                  int
}

type lessonPassage struct {
	features []int32
	scale    float64
	words    int
	whole    bool
}

// school is all lessons and what they are made of.
type school struct {
	langs   map[string]*language
	weights *weights
	lessons []lesson
	keys    map[uint32]int32
	names   []string // of features
	of      []string // the language of each feature; empty for senses
}

func (p *lessonPassage) score(w []float64) float64 {
	sum := 0.0
	for _, f := range p.features {
		sum += w[f+1]
	}
	return w[0] + sum*p.scale
}

// weight is what a passage weighs, and how many words it has.
type weight struct {
	score float64
	words int
}

// weighed are the weights of a lesson, and of what stands around each finding.
type weighedLesson struct {
	weight
	around []weight
}

func heaviest(passages []lessonPassage, w []float64) weight {
	top := weight{score: math.Inf(-1)}
	for i := range passages {
		if score := passages[i].score(w); score > top.score {
			top = weight{score, passages[i].words}
		}
	}
	return top
}

func (l *lesson) score(w []float64) weighedLesson {
	out := weighedLesson{weight: heaviest(l.passages, w)}
	for _, p := range l.around {
		out.around = append(out.around, heaviest(p, w))
	}
	return out
}

// TestLearn makes the learned words anew, or sees that they were made from the
// sentences and senses that are there.
func TestLearn(t *testing.T) {
	if !*update {
		words, err := os.ReadFile("../../flows/crisis/senses.words")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(words), head(t)) {
			t.Error("the learned words were made from other sentences: run go test ./bot/crisis -run TestLearn -update")
		}
		return
	}
	s := newSchool(t)
	s.readAll()
	t.Logf("%d sentences, %d features", len(s.lessons), len(s.names))
	scores := s.crossed()
	honest := make([]verdict, len(scores)) // with rules that are trusted by other sentences
	for k := range folds {
		m := limits{judgment: s.trust(scores, func(l *lesson) bool { return l.fold != k })}
		for i := range s.lessons {
			if l := &s.lessons[i]; l.fold == k {
				honest[i] = m.weigh(l, scores[i])
			}
		}
	}
	m := limits{judgment: s.trust(scores, func(*lesson) bool { return true })}
	s.choose(t, &m, honest)
	s.report(t, honest, m)
	danger := s.fit(func(l *lesson) int {
		if l.danger {
			return 1
		}
		return -1
	})
	s.keepExamples(t, &m, danger)
	s.write(t, danger, m)
}

// keepExamples lowers the doubt where a sentence beside a rule would be overruled.
func (s *school) keepExamples(t *testing.T, m *limits, danger []float64) {
	for i := range s.lessons {
		l := &s.lessons[i]
		if !l.example || !l.danger || l.level == None {
			continue
		}
		if v := m.weigh(l, l.score(danger)); v.found-0.1 < m.doubt[l.lang] {
			t.Logf("%s: to keep %q the doubt falls from %.2f to %.2f", l.lang, l.text, m.doubt[l.lang], v.found)
			m.doubt[l.lang] = v.found - 0.1
		}
	}
}

func newSchool(t *testing.T) *school {
	s := &school{langs: map[string]*language{}, keys: map[uint32]int32{}}
	files, err := filepath.Glob("../../flows/crisis/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no lexicon: %v", err)
	}
	rows, err := os.ReadFile("../../flows/crisis/senses.tsv")
	if err != nil {
		t.Fatal(err)
	}
	if s.weights, err = loadWeights(fstest.MapFS{"senses.tsv": {Data: rows}}); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		lang := strings.TrimSuffix(filepath.Base(file), ".yaml")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		x, err := Load(fstest.MapFS{lang + ".yaml": {Data: data}})
		if err != nil {
			t.Fatal(err)
		}
		l, _ := parseLanguage(lang, data)
		l.teach(s.weights.empty(lang, l.joined))
		s.langs[lang] = l
		s.lessons = append(s.lessons, lessonsOf(t, x, l)...)
	}
	return s
}

// lessonsOf gathers the sentences of a language, each once.
func lessonsOf(t *testing.T, x *Lexicon, l *language) []lesson {
	var out []lesson
	seen := map[string]int{}
	add := func(c Sentence, example bool) {
		if at, ok := seen[c.Text]; ok || c.Text == "" {
			if ok && example {
				out[at].example = true
			}
			return
		}
		seen[c.Text] = len(out)
		found := x.Scan(c.Text, l.code)
		fold := int(hash(c.Text) >> 20 % folds)
		if _, scene, ok := strings.Cut(c.Note, "scene="); ok { // told in every language: all in one part
			fold = int(scene[0]-'0') % folds
		}
		out = append(out, lesson{
			lang: l.code, text: c.Text, category: c.Label, danger: c.Expected > None, direct: c.Direct(), later: c.Part() == Later, example: example,
			level: level(found), found: found, around: make([][]lessonPassage, len(found)), fold: fold,
		})
	}
	for _, c := range readCorpus(t, "../../flows/testdata/crisis/"+l.code+".tsv") {
		if c.Part() != Unseen {
			add(c, false)
		}
	}
	for _, ex := range l.examples {
		add(Sentence{ex.Category, ex.Text, "", ex.Level}, true)
	}
	return out
}

// readAll finds the features of the lessons.
func (s *school) readAll() {
	count := map[uint32]int{}
	each := func(f func(l *lesson, lang *language, toks []token, sensed []sensed, whole bool), near func(l *lesson, k int, lang *language, toks []sensed)) {
		var sc scratch
		for i := range s.lessons {
			l := &s.lessons[i]
			lang := s.langs[l.lang]
			sc.cut(l.text)
			if len(sc.words) == 0 {
				continue
			}
			toks, marks := lang.read(&sc.writing, nil, nil)
			sc.best = bestMarks(nil, [][]int32{marks})
			c := scanner{language: lang, scratch: &sc, seen: &seen{}, toks: toks, marks: marks, share: ownShare}
			c.sense()
			widest := 0
			c.eachPassage(func(from, to int) { widest = max(widest, to-from) })
			c.eachPassage(func(from, to int) {
				f(l, lang, toks[from:to], sc.sensed[from:to], to-from == widest)
			})
			for k := range l.found {
				c.eachPassage(func(from, to int) {
					if c.holds(from, to, &l.found[k]) {
						near(l, k, lang, sc.sensed[from:to])
					}
				})
				if from, to, ok := c.near(&l.found[k]); ok {
					near(l, k, lang, sc.sensed[from:to])
				}
			}
		}
	}
	each(func(l *lesson, lang *language, _ []token, toks []sensed, whole bool) {
		if !whole {
			return
		}
		once := map[uint32]bool{}
		eachFeature(lang.learned.seed, toks, func(key uint32, _, _ int) {
			if !once[key] {
				once[key] = true
				count[key]++
			}
		})
	}, func(*lesson, int, *language, []sensed) {})
	stems := map[string]map[uint32]string{}
	for code, lang := range s.langs {
		stems[code] = map[uint32]string{}
		for w := range lang.vocabulary {
			n := stem(bare([]byte(w)))
			stems[code][uint32(hash(n))] = string(n)
		}
	}
	var w writing
	for i := range s.lessons {
		w.cut(s.lessons[i].text)
		for k := range w.words {
			n := stem(bare(w.bytes(k)))
			stems[s.lessons[i].lang][uint32(hash(n))] = string(n)
		}
	}
	read := func(l *lesson, lang *language, toks []sensed, whole bool) lessonPassage {
		p := lessonPassage{whole: whole, words: len(toks)}
		n := 0
		once := map[int32]bool{}
		eachFeature(lang.learned.seed, toks, func(key uint32, from, to int) {
			n++
			if count[key] < fewest {
				return
			}
			f, ok := s.keys[key]
			if !ok {
				name, of := s.nameOf(key, lang, toks[from], toks[to-1], stems[l.lang])
				if name == "" {
					return
				}
				f = int32(len(s.names))
				s.keys[key] = f
				s.names, s.of = append(s.names, name), append(s.of, of)
			}
			if !once[f] {
				once[f] = true
				p.features = append(p.features, f)
			}
		})
		p.scale = passageScale(n)
		return p
	}
	each(func(l *lesson, lang *language, _ []token, toks []sensed, whole bool) {
		l.passages = append(l.passages, read(l, lang, toks, whole))
	}, func(l *lesson, k int, lang *language, toks []sensed) {
		l.around[k] = append(l.around[k], read(l, lang, toks, false))
	})
}

// nameOf writes a feature so that it can be read back; empty if it cannot be.
func (s *school) nameOf(key uint32, lang *language, a, b sensed, stems map[uint32]string) (name, of string) {
	for _, n := range a.is {
		for _, m := range b.is {
			for _, try := range []string{s.senseName(n), s.senseName(n) + " .. " + s.senseName(m)} {
				if got, ok := s.weights.senses.parsePair(try); ok && got == key {
					return try, ""
				}
			}
		}
	}
	x, y := stems[a.stem], stems[b.stem]
	for _, n := range []string{x, x + " " + y, x + " _ " + y, "^ " + x, x + " $"} {
		if got, ok := parseFeature(lang.learned.seed, n); ok && got == key {
			return n, lang.code
		}
	}
	return "", ""
}

func (s *school) senseName(n uint16) string {
	if n == 0 {
		return ""
	}
	return s.weights.senses.names[n-1]
}

// crossed scores each lesson by weights made from the others.
func (s *school) crossed() []weighedLesson {
	scores := make([]weighedLesson, len(s.lessons))
	parallel(folds, func(k int) {
		w := s.fit(func(l *lesson) int {
			switch {
			case l.fold == k:
				return 0
			case l.danger:
				return 1
			}
			return -1
		})
		for i := range s.lessons {
			if s.lessons[i].fold == k {
				scores[i] = s.lessons[i].score(w)
			}
		}
	})
	return scores
}

// parallel calls f with 0 to n-1.
func parallel(n int, f func(int)) {
	var wg sync.WaitGroup
	gate := make(chan struct{}, runtime.GOMAXPROCS(0))
	for k := range n {
		wg.Go(func() {
			gate <- struct{}{}
			f(k)
			<-gate
		})
	}
	wg.Wait()
}
