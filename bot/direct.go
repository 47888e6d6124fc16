package bot

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"

	"handrail/bot/chat"
	"handrail/bot/store"
)

// directAfter is how often a message must have failed before the person gets
// the fixed reply past the store: the first failure may be a hiccup.
const directAfter = 2

// directKept bounds how many failing messages are remembered.
const directKept = 10_000

// directReplies counts failures of Handle by message, so that the fixed reply
// goes out once for each and not before it is needed.
type directReplies struct {
	mu    sync.Mutex
	tries map[string]int
}

func newDirectReplies() *directReplies { return &directReplies{tries: map[string]int{}} }

// failed counts one failure and tells whether the reply is due now.
func (d *directReplies) failed(id string, now bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.tries) >= directKept {
		clear(d.tries)
	}
	if now {
		d.tries[id] = directAfter
		return true
	}
	d.tries[id]++
	return d.tries[id] == directAfter
}

func (d *directReplies) settled(id string) {
	d.mu.Lock()
	delete(d.tries, id)
	d.mu.Unlock()
}

// replyDirectly answers a message that the store cannot take: a fixed sentence
// with help lines, sent without being kept. The key depends on the message
// alone, so the network drops a repetition. It does not wait: Handle may be
// running inside the transport that has to send.
func (b *Bot) replyDirectly(ctx context.Context, m chat.Message, at bool) {
	tr := b.network[m.From.Network]
	if tr == nil || ctx.Err() != nil || wordless(m.Kind) || !b.direct.failed(m.ID, at) {
		return
	}
	sum := sha256.Sum256([]byte("direct\x00" + m.ID))
	c := b.content.Load()
	text := c.Library.In(b.Language).Text("safe_reply", nil) + "\n\n" + c.linesText(&store.Person{}, b.Language, "", b.Now(), 0)
	out := chat.Outgoing{Key: base64.RawURLEncoding.EncodeToString(sum[:16]), To: m.From, Text: chat.Text(text)}
	ctx = context.WithoutCancel(ctx)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, 2*sendTimeout)
		defer cancel()
		for attempt := 0; attempt < 5 && ctx.Err() == nil; attempt++ {
			if _, err := tr.Send(ctx, out); err == nil {
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second << attempt):
			}
		}
		b.direct.settled(m.ID) // so that it is tried again; the key stays the same
		b.log.Error("fixed reply could not be sent past the store")
	}()
}
