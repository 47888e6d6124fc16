package console

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"handrail/bot/chat"
)

// Network is the name of this network in a chat.Address.
const Network = "console"

// Person is the address of the only person there is on this network.
func Person() chat.Address {
	return chat.Address{Network: Network, User: "you", Room: "terminal"}
}

// There is the address of the same person in their other app, if they use one.
func There() chat.Address {
	return chat.Address{Network: Network, User: "you too", Room: "another terminal"}
}

// Transport is chat.Transport on a sink for entries. It delivers at once and
// never fails, but for an Outgoing that makes no sense.
type Transport struct {
	session string // makes event ids unique over the runs on one store
	sink    func(Entry)

	mu    sync.Mutex
	sent  int
	ids   []string // the messages of the bot, for reactions and replies
	staff *StaffRoom
}

// NewTransport sends what the bot says to sink, one call at a time. Session
// tells the runs on one store apart.
func NewTransport(session string, sink func(Entry)) *Transport {
	return &Transport{session: session, sink: sink, staff: NewStaffRoom(nil)}
}

// Network implements chat.Transport.
func (t *Transport) Network() string { return Network }

// Run implements chat.Transport. The simulator hands messages to the bot
// itself, so there is nothing to receive.
func (t *Transport) Run(ctx context.Context, _ chat.Handler) error {
	<-ctx.Done()
	return nil
}

// Ready is always: nothing arrives while nobody listens.
func (t *Transport) Ready(context.Context) error { return nil }

// Send implements chat.Transport.
func (t *Transport) Send(_ context.Context, out chat.Outgoing) (string, error) {
	if out.To.Network != Network {
		return "", &chat.PermanentError{Err: errors.New("not an address of the console")}
	}
	e := Entry{Bot: true, There: out.To.User == There().User, Text: string(out.Text)}
	switch out.Form {
	case chat.FormText:
	case chat.FormSweep, chat.FormLeave: // what the person typed stays in the terminal, and so does the bot
		return "", nil
	case chat.FormEdit:
		e.Act = Edited
	case chat.FormRemove:
		e.Act = Removed
	case chat.FormImage:
		e.Act, e.Text = Image, string(out.Alt)
	case chat.FormFile:
		e.Act, e.Text = File, out.Name
	case chat.FormReaction:
		e.Act = Reacted
	default:
		return "", &chat.PermanentError{Err: fmt.Errorf("unknown form %d", out.Form)}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent++
	id := fmt.Sprintf("%s-b%d", t.session, t.sent)
	switch {
	case out.Team:
		e.Staff, e.Who = true, t.staff.Name(out.To.User)
		t.staff.Took(out, id)
	case e.Act == Wrote || e.Act == Image || e.Act == File:
		t.ids = append(t.ids, id)
	}
	t.sink(e)
	return id, nil
}

// Message is the event id of a message of the bot to the person, counted back from the newest,
// which is 1; edits are no messages. It is empty if there are not so many.
func (t *Transport) Message(back int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return nth(t.ids, back)
}
