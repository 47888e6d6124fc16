package crisis

import "testing"

// TestJoinedWordsAreBounded: of a word of any length only a few ends are looked
// up, so that a text without spaces is read in linear time.
func TestJoinedWordsAreBounded(t *testing.T) {
	t.Parallel()
	const longest = 64
	joined := 0
	for _, l := range shipped(t).langs {
		if l.learned == nil || l.learned.meanings == nil || !l.joined {
			continue
		}
		joined++
		for _, n := range []int{0, 3, 20, 64 << 10, 1 << 20} {
			if tried := n - l.learned.meanings.firstEnd(n); tried > longest {
				t.Errorf("%s: %d ends of a word of %d letters are looked up", l.code, tried, n)
			}
		}
		if m := l.learned.meanings; m.of([]byte("xxxgarage")) != m.of([]byte("garage")) || m.of([]byte("garage")) == [2]uint16{} {
			t.Errorf("%s: the end of a joined word is not known", l.code)
		}
	}
	if joined == 0 {
		t.Error("no language joins words")
	}
}
