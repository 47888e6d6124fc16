package matrix

import (
	"context"
	"strings"
	"sync"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// keyField is where the send key hides in the content of our messages, so that
// an event found in the room's history can be matched to what was sent. The
// key is a hash that says nothing.
const keyField = "org.handrail.key"

// echoMemory is how many of our own recent messages are remembered by key.
const echoMemory = 20_000

// echoes remembers which of our messages are on the network.
type echoes struct {
	mu    sync.Mutex
	byKey map[string]id.EventID
	order []string // a ring of the keys, the oldest is overwritten
	next  int
}

func newEchoes() *echoes { return &echoes{byKey: make(map[string]id.EventID)} }

func (e *echoes) put(key string, event id.EventID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := e.byKey[key]; ok {
		return
	}
	if len(e.order) < echoMemory {
		e.order = append(e.order, key)
	} else {
		delete(e.byKey, e.order[e.next])
		e.order[e.next] = key
		e.next = (e.next + 1) % echoMemory
	}
	e.byKey[key] = event
}

func (e *echoes) get(key string) (id.EventID, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	event, ok := e.byKey[key]
	return event, ok
}

// echo handles an event of our own: if it carries a send key, whoever keeps
// the outbox learns that it arrived.
func (j *roomJob) echo(ctx context.Context, evt *event.Event) error {
	key := evt.Unsigned.TransactionID
	if key == "" {
		key = j.hiddenKey(ctx, evt)
	}
	if key == "" || strings.HasPrefix(key, "mautrix-go_") {
		return nil
	}
	if twin, err := j.twin(ctx, key, evt); twin || err != nil {
		return err
	}
	err := j.insist(ctx, "note that a message arrived", func() error {
		return j.handler.Delivered(ctx, NetworkName, key, evt.ID.String())
	})
	if err != nil {
		return err
	}
	j.echoes.put(key, evt.ID)
	j.echoed[key] = evt.ID
	return nil
}

// hiddenKey returns the send key inside an event of our own, "" if it has none
// or cannot be read.
func (t *Transport) hiddenKey(ctx context.Context, evt *event.Event) string {
	if evt.Type.Type != event.EventEncrypted.Type {
		return text(evt.Content.Raw, keyField)
	}
	plain, err := t.crypt.Decrypt(ctx, evt)
	if err != nil {
		return ""
	}
	return text(plain.Content.Raw, keyField)
}
