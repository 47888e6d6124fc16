package bot_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"handrail/bot/chat"
)

// BenchmarkAlarm compares one committed message of somebody idle with one of
// somebody in danger: what the alarm itself costs.
func BenchmarkAlarm(b *testing.B) {
	for name, text := range map[string]string{"plain": "I am not sure what to write here tonight", "alarm": "please help he has a knife and he is at the door"} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b)
			w.lib = shipped(b)
			w.open()
			w.now = time.Now()
			b.ResetTimer()
			for i := range b.N {
				m := chat.Message{ID: fmt.Sprintf("$alarm%d", i), From: person(fmt.Sprint("p", i)), Text: chat.Text(text)}
				if err := w.bot.Handle(context.Background(), m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
