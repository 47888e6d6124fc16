package crisis

import (
	"strings"
	"testing"
)

const chat = "so he came home late again and we argued about the money, he said i was lazy and i said nothing, then he went " +
	"to bed and i sat in the kitchen with the radio on, my sister rang and we talked about mum and the garden and " +
	"what to do at christmas, i think i will go there with the kids if the car holds out, anyway night"

func BenchmarkScan(b *testing.B) {
	x := shipped(b)
	for _, row := range []struct{ name, text string }{
		{"300 characters", chat[:300]},
		{"300 characters with danger", (chat[:200] + " he has a knife and he is hitting me, he says he will kill me, his hands were round my neck, please help")[:300]},
		{"10 kB", strings.Repeat(chat+". ", 40)[:10000]},
		{"10 kB without a point", strings.Repeat(strings.ReplaceAll(chat, ",", "")+" ", 40)[:10000]},
		{"10 kB of he", strings.Repeat("he ", 3334)[:10000]},
		{"10 kB of he is going to", strings.Repeat("he is going to ", 700)[:10000]},
	} {
		b.Run(row.name, func(b *testing.B) {
			b.SetBytes(int64(len(row.text)))
			for b.Loop() {
				x.Scan(row.text, "en")
			}
		})
	}
}

func BenchmarkCut(b *testing.B) {
	var w writing
	for b.Loop() {
		w.cut(chat[:300])
	}
}
