package flow

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTwice: who asks for the same in other words, right after it was answered,
// does not read the same words again.
func TestTwice(t *testing.T) {
	t.Parallel()
	lib := shippedScripts(t)
	for _, lang := range []string{"", "es"} {
		for id, phrases := range phrasesOf(lib.in(lang)) {
			t.Run("lang="+lang+" "+id, func(t *testing.T) {
				t.Parallel()
				for n := range min(len(phrases)-1, 12) {
					w := &walker{
						lib: lib, lang: lang, seen: map[string]bool{}, rnd: rand.New(rand.NewPCG(uint64(n), 3)),
						vars: map[string]any{"welcomed": true, "mode": "deciding"}, lists: map[string][]Item{}, due: map[string]string{},
						now: time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC),
					}
					w.says(phrases[n])
					w.says(phrases[n+1])
					if w.fault != "" {
						t.Fatalf("%s:\n%s", w.fault, strings.Join(w.log, "\n"))
					}
				}
			})
		}
	}
}

// phrasesOf are the phrases of each flow in a language.
func phrasesOf(sp *speech) map[string][]string {
	all := map[string][]string{}
	for _, m := range []map[string]*flow{sp.first, sp.anywhere, sp.start, sp.idle} {
		for _, phrase := range slices.Sorted(maps.Keys(m)) {
			if f := m[phrase]; !strings.HasPrefix(f.ID, "decoy") {
				all[f.ID] = append(all[f.ID], phrase)
			}
		}
	}
	return all
}
