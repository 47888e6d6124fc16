package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"handrail/bot/chat"
	"handrail/bot/console"
	"handrail/bot/e2e/client"
	"handrail/bot/matrix"
)

// matrixWire is the bot's account with one guest's client at the other end. What
// the bot did is read from the client.
type matrixWire struct {
	*matrixWorld
	name  string
	apps  []matrixPlace // of the guest: their client, and their other one if they use two
	sink  func(console.Entry)
	began time.Time
	how   matrixHow

	mu      sync.Mutex
	sim     *console.Sim
	taken   map[string]bool   // ids of the messages that the bot took
	changed chan struct{}     // closed and made anew with each
	said    []string          // what the guest wrote
	shown   []matrixShown     // what the bot wrote to them
	doing   string            // what the guest does now, as the console calls it
	names   map[string]string // what they did, by event id, as the console calls it

	members *console.StaffRoom          // nil: no staff
	wrote   map[*client.Person][]string // what each of staff wrote
	place   map[string]matrixPlace      // where staff read a message of the bot
}

// matrixHow is what is special about a talk.
type matrixHow struct {
	// opening: the guest's first words are to open the room.
	opening bool
	// apps are two where the guest writes from two. A code to connect them is drawn
	// from the id of a message, so the bot gets the ids of the console then.
	apps int
}

// matrixShown is a message of the bot as the guest's client has to show it.
type matrixShown struct {
	event, text string
	app         int
	gone        bool
}

// arrive logs a guest in and opens the room, unless that is for the talk.
func (w *matrixWire) arrive(ctx context.Context) error {
	w.matrixWorld.mu.Lock()
	w.guests++
	w.name = fmt.Sprintf("guest%d", w.guests)
	w.matrixWorld.mu.Unlock()
	for i := range w.how.apps {
		p, err := w.login(ctx, w.name+strings.Repeat("-there", i))
		if err != nil {
			return err
		}
		w.apps = append(w.apps, matrixPlace{who: p})
		w.matrixWorld.mu.Lock()
		w.wires[p.UserID] = w
		w.matrixWorld.mu.Unlock()
		if w.how.opening {
			continue
		}
		if err := w.open(ctx, &w.apps[i]); err != nil {
			return err
		}
	}
	return nil
}

func (w *matrixWire) open(ctx context.Context, app *matrixPlace) (err error) {
	ctx, cancel := context.WithTimeout(ctx, matrixPatience)
	defer cancel()
	if app.room, err = app.who.CreateRoom(ctx, true, matrixBotID); err != nil {
		return err
	}
	return app.who.WaitJoined(ctx, app.room, matrixBotID)
}

// begin hands on what arrives from now on.
func (w *matrixWire) begin(sim *console.Sim) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sim = sim
}

// leave looks at the whole talk once more and closes the clients.
func (w *matrixWire) leave() (err error) {
	for i, app := range w.apps {
		if app.room != "" {
			err = errors.Join(err, w.lookBack(i))
		}
		w.logout(app.who)
	}
	return err
}

// lookBack compares what a client shows at the end with what the bot has sent:
// nothing more, nothing less, and nothing that was taken back.
func (w *matrixWire) lookBack(app int) error {
	ctx, cancel := context.WithTimeout(context.Background(), matrixPatience)
	defer cancel()
	events, err := w.apps[app].who.Timeline(ctx, w.apps[app].room)
	if err != nil {
		return err
	}
	want := map[string]matrixShown{}
	for _, s := range w.shown {
		if s.app == app {
			want[s.event] = s
		}
	}
	for _, e := range events {
		if e.Sender != matrixBotID || e.State || e.Type == "m.room.redaction" || e.Type == "m.reaction" || e.Replaces != "" && !e.Redacted {
			continue
		}
		s, ok := want[e.ID]
		delete(want, e.ID)
		err = errors.Join(err, s.differs(e, ok))
	}
	if len(want) > 0 {
		err = errors.Join(err, fmt.Errorf("at the end the client shows %d messages less than the bot sent", len(want)))
	}
	return err
}

// differs tells what is wrong with an event of the bot at the end; sent: it is one
// of its messages.
func (s matrixShown) differs(e client.Event, sent bool) error {
	text := e.Body
	if e.Edited != "" {
		text = e.Edited
	}
	switch {
	case e.Redacted && (!sent || s.gone): // an edit was taken back with its message
		return nil
	case !sent:
		return errors.New("at the end the client shows a message that the bot did not send")
	case s.gone || e.Redacted:
		return fmt.Errorf("at the end a message is taken back: %v, and is to be: %v", e.Redacted, s.gone)
	case text != s.text:
		return fmt.Errorf("at the end the client shows %q in place of %q", text, s.text)
	}
	return nil
}

// Network implements chat.Transport.
func (w *matrixWire) Network() string { return matrix.NetworkName }

// Run implements chat.Transport; the account of the world receives for all.
func (w *matrixWire) Run(ctx context.Context, _ chat.Handler) error { <-ctx.Done(); return nil }

// Ready implements chat.Transport.
func (w *matrixWire) Ready(ctx context.Context) error { return w.account.Ready(ctx) }

// Person is the guest.
func (w *matrixWire) Person() chat.Address { return w.app(0) }

// There is the guest's second client.
func (w *matrixWire) There() chat.Address { return w.app(1) }

func (w *matrixWire) app(n int) chat.Address {
	if n >= len(w.apps) {
		return chat.Address{}
	}
	return chat.Address{Network: matrix.NetworkName, User: w.apps[n].who.UserID, Room: w.apps[n].room}
}

// handle hands a message to the bot of this transcript. When the homeserver says
// it was sent is moved to the clock of the talk. That the room was opened is not
// told where the guest begins with words, nor what an earlier talk of staff left.
func (w *matrixWire) handle(ctx context.Context, m chat.Message) error {
	w.mu.Lock()
	sim := w.sim
	w.mu.Unlock()
	if sim == nil || m.Kind == chat.KindOpened && !w.how.opening || m.Sent.Before(w.began) {
		return nil
	}
	now, err := sim.Now(ctx)
	if err != nil {
		return err
	}
	m.Sent = now
	event := m.ID
	w.rename(&m)
	if err := sim.Handler().Handle(ctx, m); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken[event] = true
	if m.Kind == chat.KindOpened {
		w.taken[m.From.Room] = true
	}
	close(w.changed)
	w.changed = make(chan struct{})
	return nil
}

// rename calls what the guest does as the console does, where that matters.
func (w *matrixWire) rename(m *chat.Message) {
	if w.how.apps == 1 || m.Staff != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.doing != "" && w.names[m.ID] == "" {
		w.names[m.ID], w.doing = w.doing, ""
	}
	if name := w.names[m.ID]; name != "" {
		m.ID = name
	}
	if name := w.names[m.Target]; name != "" {
		m.Target = name
	}
}

func (w *matrixWire) delivered(ctx context.Context, network, key, eventID string) error {
	w.mu.Lock()
	sim := w.sim
	w.mu.Unlock()
	if sim == nil {
		return nil
	}
	return sim.Handler().Delivered(ctx, network, key, eventID)
}

// wait returns when the bot has taken a message.
func (w *matrixWire) wait(ctx context.Context, event string) error {
	for {
		w.mu.Lock()
		done, changed := w.taken[event], w.changed
		w.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return errors.New("the bot does not take what was done")
		}
	}
}

// Do lets the guest do something in their client.
func (w *matrixWire) Do(ctx context.Context, e console.Entry) error {
	ctx, cancel := context.WithTimeout(ctx, matrixPatience)
	defer cancel()
	app := &w.apps[0]
	if e.There {
		app = &w.apps[1]
	}
	if app.room == "" {
		if err := w.open(ctx, app); err != nil {
			return err
		}
		return w.wait(ctx, app.room)
	}
	w.mu.Lock()
	w.doing = w.sim.Said()
	w.mu.Unlock()
	var theirs []string
	for _, s := range w.shown {
		theirs = append(theirs, s.event)
	}
	event, err := act(ctx, *app, e, &w.said, theirs)
	if err != nil {
		return err
	}
	return w.wait(ctx, event)
}

// matrixPlace is where somebody reads and writes: a room, or a thread in it.
type matrixPlace struct {
	who    *client.Person
	room   string
	thread string
}

// act does something in a client. mine is what they wrote before, theirs what the
// bot did; both are counted from the newest.
func act(ctx context.Context, at matrixPlace, e console.Entry, mine *[]string, theirs []string) (event string, err error) {
	back := max(e.Back, 1)
	target := func(of []string) (string, error) {
		if back > len(of) {
			return "", fmt.Errorf("there are not %d messages to choose from", back)
		}
		return of[len(of)-back], nil
	}
	switch e.Act {
	case console.Edited:
		if event, err = target(*mine); err == nil {
			event, err = at.who.Edit(ctx, at.room, event, e.Text)
		}
		return event, err
	case console.Removed:
		if event, err = target(*mine); err == nil {
			event, err = at.who.Redact(ctx, at.room, event)
		}
		return event, err
	case console.Reacted:
		if event, err = target(theirs); err == nil {
			event, err = at.who.React(ctx, at.room, event, e.Text)
		}
		return event, err
	case console.Image:
		return at.who.Picture(ctx, at.room, "picture.png")
	case console.File:
		return at.who.SendType(ctx, at.room, "m.room.message", map[string]any{"msgtype": "m.file", "body": e.Text, "filename": e.Text})
	case console.Replied:
		if event, err = target(theirs); err != nil {
			return "", err
		}
		event, err = at.who.SendType(ctx, at.room, "m.room.message", map[string]any{
			"msgtype": "m.text", "body": e.Text, "m.relates_to": map[string]any{"m.in_reply_to": map[string]any{"event_id": event}},
		})
	default:
		event, err = at.say(ctx, e.Text)
	}
	*mine = append(*mine, event)
	return event, err
}

func (p matrixPlace) say(ctx context.Context, text string) (string, error) {
	if p.thread == "" {
		return p.who.Send(ctx, p.room, text)
	}
	return p.who.SendType(ctx, p.room, "m.room.message", map[string]any{
		"msgtype": "m.text", "body": text,
		"m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": p.thread, "is_falling_back": true, "m.in_reply_to": map[string]any{"event_id": p.thread}},
	})
}

// Send sends and tells what the client shows then. The clock of the talk stands,
// so a homeserver that is slow or wants a pause is asked again here.
func (w *matrixWire) Send(ctx context.Context, out chat.Outgoing) (id string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), matrixPatience)
	defer cancel()
	sent := out
	sent.Key = w.name + "." + out.Key
	for {
		if id, err = w.account.Send(ctx, sent); err == nil {
			break
		}
		var never *chat.PermanentError
		if errors.As(err, &never) || ctx.Err() != nil {
			return "", err
		}
		time.Sleep(100 * time.Millisecond)
	}
	switch {
	case out.Form == chat.FormLeave && !out.Team:
		return id, nil // the talk ends there
	case out.Form == chat.FormSweep:
		// It is for times by the homeserver's clock, which does not move with the
		// talk. TestExitLeavesNothing in bot/e2e looks at what is left.
		return id, nil
	case out.Team:
		return id, w.showTeam(ctx, out, id)
	}
	e, err := w.show(ctx, out, id)
	if err == nil {
		w.sink(e)
	}
	return id, err
}

// show is what the guest's client shows of something that the bot sent.
func (w *matrixWire) show(ctx context.Context, out chat.Outgoing, id string) (console.Entry, error) {
	app := slices.IndexFunc(w.apps, func(p matrixPlace) bool { return p.who.UserID == out.To.User })
	if app < 0 || w.apps[app].room != out.To.Room {
		return console.Entry{}, errors.New("the bot writes to somebody else, or elsewhere")
	}
	e, body, err := w.apps[app].entry(ctx, out, id)
	if err != nil {
		return e, err
	}
	e.There = app > 0
	switch out.Form {
	case chat.FormText, chat.FormImage, chat.FormFile:
		w.shown = append(w.shown, matrixShown{event: id, text: body, app: app})
	default:
		for i := range w.shown {
			s := &w.shown[i]
			switch {
			case s.event != out.Target:
			case out.Form == chat.FormEdit:
				s.text = body
			case out.Form == chat.FormRemove:
				s.gone = true
			}
		}
	}
	return e, nil
}

// entry waits until a client shows what was sent, and reads it there; body is the
// text beside it.
func (p matrixPlace) entry(ctx context.Context, out chat.Outgoing, id string) (e console.Entry, body string, err error) {
	e.Bot = true
	if out.Form == chat.FormRemove {
		e.Act = console.Removed
		return e, "", p.who.Gone(ctx, p.room, out.Target)
	}
	shown, err := p.who.Shown(ctx, p.room, id)
	switch {
	case err != nil:
		return e, "", err
	case shown.Type == "m.reaction" && out.Form == chat.FormReaction && shown.Target == out.Target:
		e.Act, e.Text = console.Reacted, shown.Key
		return e, "", nil
	case !shown.Encrypted || shown.Shield != 0:
		return e, "", fmt.Errorf("beside a message of the bot there is a shield %d for reason %d, encrypted: %v", shown.Shield, shown.ShieldReason, shown.Encrypted)
	}
	switch {
	case out.Form == chat.FormEdit && shown.ID == out.Target:
		e.Act, e.Text = console.Edited, shown.Edited
		return e, shown.Edited, nil
	case shown.MsgType == "m.image", shown.MsgType == "m.file":
		file, err := p.who.Download(ctx, p.room, id)
		if err != nil {
			return e, "", err
		}
		if !bytes.Equal(file.Data, out.Data) {
			return e, "", errors.New("the file is another one in the client")
		}
		if e.Act, e.Text = console.File, file.Name; strings.HasPrefix(file.Kind, "image/") {
			e.Act, e.Text = console.Image, shown.Body
		}
	default:
		e.Text = shown.Body
	}
	return e, shown.Body, nil
}
