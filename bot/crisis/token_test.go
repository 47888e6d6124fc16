package crisis

import "testing"

// TestCutEverything cuts every short text over the runes that mean something to it:
// the first word begins a sentence, and so does what follows an exclamation mark.
func TestCutEverything(t *testing.T) {
	t.Parallel()
	runes := []rune{'a', 'B', '5', '.', ':', '!', ',', '\'', ' ', '…'}
	const longest = 5
	var texts []string
	for from, length := 0, 0; length < longest; length++ {
		now := append([]string{""}, texts...)
		for _, text := range now[from:] {
			for _, r := range runes {
				texts = append(texts, text+string(r))
			}
		}
		from = len(now)
	}
	var w writing
	for _, text := range texts {
		for _, whole := range []string{text, "x! " + text} {
			w.cut(whole)
			for i, word := range w.words {
				if first := i == 0 || whole != text && i == 1; first && !word.sentence {
					t.Errorf("%q: word %d begins no sentence", whole, i)
				}
				if word.start >= word.end || int(word.end) > len(whole) || i > 0 && word.start < w.words[i-1].end {
					t.Errorf("%q: word %d stands at %d to %d", whole, i, word.start, word.end)
				}
			}
		}
	}
	if len(texts) != 111_110 {
		t.Errorf("%d texts", len(texts))
	}
}
