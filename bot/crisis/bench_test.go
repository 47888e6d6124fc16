package crisis

import (
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

const chat = "so he came home late again and we argued about the money, he said i was lazy and i said nothing, then he went " +
	"to bed and i sat in the kitchen with the radio on, my sister rang and we talked about mum and the garden and " +
	"what to do at christmas, i think i will go there with the kids if the car holds out, anyway night"

// danger is a message in which nearly every word is one of danger.
const danger = "he has a knife and a gun, he is hitting me and choking me, he says he will kill me and the kids and himself, " +
	"he raped me, his hands were round my neck, he locked me in and took my phone, i want to die, i cut myself, he is outside " +
	"my door, he is reading my messages, my daughter is bleeding, i swallowed all the pills, please help"

// onCPU runs f and reports what it costs on the processor, too: the clock says
// more on a machine that does other things.
func onCPU(b *testing.B, f func()) {
	spent := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before, n := spent(), 0
	for b.Loop() {
		f()
		n++
	}
	b.ReportMetric(float64(spent()-before)/float64(n), "cpu-ns/op")
}

func BenchmarkScan(b *testing.B) {
	x := shipped(b)
	for _, row := range []struct{ name, text string }{
		{"300 characters", chat[:300]},
		{"300 characters with danger", (chat[:200] + " he has a knife and he is hitting me, he says he will kill me, his hands were round my neck, please help")[:300]},
		{"300 characters full of danger", danger[:300]},
		{"10 kB full of danger", strings.Repeat(danger+". ", 40)[:10000]},
		{"10 kB", strings.Repeat(chat+". ", 40)[:10000]},
		{"10 kB without a point", strings.Repeat(strings.ReplaceAll(chat, ",", "")+" ", 40)[:10000]},
		{"10 kB of he", strings.Repeat("he ", 3334)[:10000]},
		{"10 kB of he is going to", strings.Repeat("he is going to ", 700)[:10000]},
	} {
		for _, lang := range []string{"en", ""} {
			name := row.name + "/all languages"
			if lang != "" {
				name = row.name + "/one language"
			}
			b.Run(name, func(b *testing.B) {
				b.SetBytes(int64(len(row.text)))
				b.ReportAllocs()
				onCPU(b, func() { x.Scan(row.text, lang) })
			})
		}
	}
}

// BenchmarkLayers shows what each layer of a scan costs on 300 characters.
func BenchmarkLayers(b *testing.B) {
	l := shipped(b).langs[1]
	var sc scratch
	sc.cut(chat[:300])
	toks, marks := l.read(&sc.writing, nil, nil)
	sc.present = make(wordSet, l.words/64+1)
	sc.best = bestMarks(nil, [][]int32{marks})
	s := scanner{language: l, scratch: &sc, seen: &seen{}, toks: toks, marks: marks}
	b.Run("cut", func(b *testing.B) {
		onCPU(b, func() { sc.cut(chat[:300]) })
	})
	b.Run("read one language", func(b *testing.B) {
		onCPU(b, func() { toks, marks = l.read(&sc.writing, toks, marks) })
	})
	b.Run("rules", func(b *testing.B) {
		onCPU(b, func() {
			s.sentences()
		})
	})
	b.Run("hints", func(b *testing.B) {
		onCPU(b, func() { s.hint() })
	})
	b.Run("learned words", func(b *testing.B) {
		onCPU(b, func() {
			s.listed = false
			s.hear()
		})
	})
}

// TestMemory holds the lexicons to what they may weigh in memory.
func TestMemory(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	x := shipped(t)
	after := heap()
	if after > before {
		t.Logf("all lexicons: %.1f MB", float64(after-before)/1e6)
	}
	if after > before+6e6 {
		t.Errorf("the lexicons weigh %d bytes, more than 6 MB", after-before)
	}
	runtime.KeepAlive(x)
}
