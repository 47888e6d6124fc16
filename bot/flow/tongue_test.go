package flow

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// BenchmarkTongues measures a talk in a translation, and a match over 2,000
// phrases of the person's language with as many of the scripts' behind them.
func BenchmarkTongues(b *testing.B) {
	fsys := files(b, map[string]string{"day": heavyDay})
	fill := spanishDay()
	fill[example("words_numbers")] = "cero, uno/una, dos, tres, cuatro, cinco, seis, siete"
	translateFiles(b, fsys, "es", fill)
	lib, list, err := Load(fsys, Options{Readers: readers()})
	if lib == nil {
		b.Fatal(list, err)
	}
	b.Run("step", func(b *testing.B) {
		b.ReportAllocs()
		talk := []string{"mi día", "Demasiado", "siete"}
		in := Input{Lang: "es", Now: time.Unix(1e9, 0), Vars: map[string]any{}}
		s := Session{}
		for i := 0; b.Loop(); i++ {
			if i%len(talk) == 0 {
				s = Session{}
			}
			in.Text, in.Seed = talk[i%len(talk)], uint64(i)
			next, out, err := lib.Step(s, in)
			if err != nil || len(out) == 0 {
				b.Fatal(out, err)
			}
			s = next
		}
	})
	scripts, fill := map[string]string{}, map[string]string{}
	for i := range 20 {
		var english, spanish []string
		for j := range 100 {
			english = append(english, fmt.Sprintf("want to visit house%dx%d", i, j))
			spanish = append(spanish, fmt.Sprintf("quiero visitar casa%dx%d", i, j))
		}
		scripts[fmt.Sprintf("f%d", i)] = "start: [" + strings.Join(english, ", ") + "]\nsteps: [{say: x}]"
		fill[strings.Join(english, ", ")] = strings.Join(spanish, ", ")
	}
	fsys = files(b, scripts)
	translateFiles(b, fsys, "es", fill)
	if lib, list, err = Load(fsys, Options{Readers: readers()}); lib == nil {
		b.Fatal(list, err)
	}
	for _, m := range []struct{ name, text string }{
		{"match own", "hoy quiero visitar la casa7x11"},
		{"match other", "today i want to visit house7x11"},
		{"match nothing", "we went to the beach with the dog and it rained"},
	} {
		b.Run(m.name, func(b *testing.B) {
			b.ReportAllocs()
			v := lib.In("es")
			for b.Loop() {
				v.Match(m.text)
			}
		})
	}
}
