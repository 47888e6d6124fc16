package crisis

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// fit is a linear support vector machine with squared losses, by descent along
// one passage after the other. side is 1 for danger, -1 for harmless, 0 to leave out.
func (s *school) fit(side func(*lesson) int) []float64 {
	type example struct {
		p     *lessonPassage
		y     float64
		alpha float64
		norm  float64
		slack float64
	}
	var all []example
	for i := range s.lessons {
		l := &s.lessons[i]
		y := side(l)
		if y == 0 {
			continue
		}
		slack := 1 / (2 * cost)
		if l.example {
			slack /= loud
		}
		for k := range l.passages {
			p := &l.passages[k]
			if y < 0 || p.whole {
				all = append(all, example{p: p, y: float64(y), slack: slack, norm: 1 + float64(len(p.features))*p.scale*p.scale + slack})
			}
		}
	}
	rng := rand.New(rand.NewPCG(3, 4))
	w := make([]float64, len(s.names)+1)
	for range rounds {
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for i := range all {
			e := &all[i]
			g := e.y*e.p.score(w) - 1 + e.alpha*e.slack
			next := max(0, e.alpha-g/e.norm)
			if d := (next - e.alpha) * e.y; d != 0 {
				e.alpha = next
				w[0] += d
				d *= e.p.scale
				for _, f := range e.p.features {
					w[f+1] += d
				}
			}
		}
	}
	return w
}

// limits are the settings of the learned words.
type limits struct {
	enough, doubt map[string]float64 // by language
	judgment      judgment
}

// verdict is what a lesson weighs, alone and with what rules found in it.
type verdict struct{ alone, found float64 }

func (m *limits) weigh(l *lesson, w weighedLesson) verdict {
	v := verdict{alone: m.judgment.weigh(w.score, w.words, nil), found: math.Inf(-1)}
	for k := range l.found {
		if l.found[k].sure {
			v.found = math.Inf(1)
		}
		if a := w.around[k]; !math.IsInf(a.score, 0) {
			v.found = max(v.found, m.judgment.weigh(a.score, a.words, &l.found[k]))
		}
	}
	return v
}

func (m *limits) heard(l *lesson, v verdict) bool {
	return v.alone >= m.enough[l.lang] || v.found >= m.doubt[l.lang]
}

// eachSign calls f with the signs of a passage: its weight, its length and what
// was found in it, which may be nil.
func eachSign(score float64, words int, found *Finding, f func(name string, x float64)) {
	long := math.Log(float64(words + 1))
	f("always", 1)
	f("weight", score)
	f("long", long)
	f("long long", long*long)
	f("weight long", score*long)
	if found != nil {
		rule, _, _ := strings.Cut(found.Rule, ":")
		f(found.Level.String(), 1)
		f("found long", long)
		f(rule, 1)
	}
}

// weigh is the sum of what the signs of a passage mean.
func (j judgment) weigh(score float64, words int, found *Finding) float64 {
	sum := 0.0
	eachSign(score, words, found, func(name string, x float64) { sum += j[name] * x })
	return sum
}

// TestScales: the scales say what the judgment says.
func TestScales(t *testing.T) {
	t.Parallel()
	x := shipped(t)
	for _, l := range x.langs {
		for words := 1; words <= passage; words++ {
			for i := -1; i < len(l.rules); i += 7 {
				var f *Finding
				if i >= 0 {
					f = &Finding{Level: l.rules[i].level, Rule: l.rules[i].id, trust: l.rules[i].trust}
				}
				want, got := l.learned.judgment.weigh(0.7, words, f), l.learned.scales.weigh(0.7, words, f)
				if math.Abs(want-got) > 1e-9 {
					t.Fatalf("%s, %d words, %v: %v, want %v", l.code, words, f, got, want)
				}
			}
		}
	}
}

// trust learns what the weight of a passage, its length and a finding say
// together, from sentences that came after the rules, by logistic regression.
func (s *school) trust(scores []weighedLesson, use func(*lesson) bool) judgment {
	type sign struct {
		at int
		x  float64
	}
	type row struct {
		is []sign
		y  float64
	}
	var rows []row
	var names []string
	for i := range s.lessons {
		l := &s.lessons[i]
		if !l.later || !use(l) || len(l.passages) == 0 {
			continue
		}
		for k := range max(1, len(l.found)) {
			var r row
			if l.danger {
				r.y = 1
			}
			var f *Finding
			if len(l.found) > 0 {
				f = &l.found[k]
			}
			at := scores[i].weight
			if f != nil {
				at = scores[i].around[k]
			}
			if math.IsInf(at.score, 0) {
				continue
			}
			eachSign(at.score, at.words, f, func(name string, x float64) {
				at := slices.Index(names, name)
				if at < 0 {
					at = len(names)
					names = append(names, name)
				}
				r.is = append(r.is, sign{at, x})
			})
			rows = append(rows, r)
		}
	}
	n := len(names)
	w := make([]float64, n)
	for range 12 { // Newton's method
		slope, bend := slices.Clone(w), make([][]float64, n)
		for i := range bend {
			bend[i] = make([]float64, n)
			bend[i][i] = 1
		}
		for _, r := range rows {
			z := 0.0
			for _, a := range r.is {
				z += w[a.at] * a.x
			}
			p := 1 / (1 + math.Exp(-z))
			for _, a := range r.is {
				slope[a.at] += (p - r.y) * a.x
				for _, b := range r.is {
					bend[a.at][b.at] += p * (1 - p) * a.x * b.x
				}
			}
		}
		for i, d := range solve(bend, slope) {
			w[i] -= d
		}
	}
	out := judgment{}
	for i, name := range names {
		out[name] = w[i]
	}
	return out
}

// solve solves a system of linear equations whose matrix is positive definite.
func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	for i := range n {
		for k := i + 1; k < n; k++ {
			f := a[k][i] / a[i][i]
			for j := i; j < n; j++ {
				a[k][j] -= f * a[i][j]
			}
			b[k] -= f * b[i]
		}
	}
	for i := n - 1; i >= 0; i-- {
		for j := i + 1; j < n; j++ {
			b[i] -= a[i][j] * b[j]
		}
		b[i] /= a[i][i]
	}
	return b
}

// choose finds what is enough in each language for the allowed false alarms, and
// from where on a finding is overruled.
func (s *school) choose(t *testing.T, m *limits, verdicts []verdict) {
	m.enough, m.doubt = map[string]float64{}, map[string]float64{}
	for lang := range s.langs {
		var wrong, direct []float64
		for i := range s.lessons {
			switch l := &s.lessons[i]; {
			case !l.later || l.lang != lang:
			case l.direct && l.level > None:
				direct = append(direct, verdicts[i].found)
			case !l.danger:
				wrong = append(wrong, verdicts[i].alone)
			}
		}
		slices.Sort(wrong)
		slices.Sort(direct)
		if len(wrong) == 0 || len(direct) == 0 {
			t.Fatalf("%s has no later sentences", lang)
		}
		m.enough[lang] = wrong[len(wrong)-1-int(float64(len(wrong))*most/100)] + 0.005
		m.doubt[lang] = direct[int(float64(len(direct))*lost/100)] - 0.005
	}
}
