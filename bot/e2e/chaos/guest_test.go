package chaos

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	_ "go.mau.fi/util/dbutil/litestream" // the SQLite driver that the crypto store asks for
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/cryptohelper"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/e2e/homeserver"
)

const (
	botName       = "handrail"
	botID         = id.UserID("@" + botName + ":" + homeserver.ServerName)
	botPassword   = "bot password of the tests"
	guestPassword = "password of a person"
	// answerPatience is for how long nothing at all comes, with everything sound
	// again, until somebody gives up: the bot may sit out a pause of half a minute
	// first, and a homeserver that was killed may bring a message half a minute
	// late.
	answerPatience = 3 * time.Minute
)

// guest is a person with a client of their own, in a room with the bot. The
// client is not the bot's: it has its own keys, and reads the room as the
// homeserver gives it to everybody.
type guest struct {
	name string
	cli  *mautrix.Client
	keys *cryptohelper.CryptoHelper
	room id.RoomID

	mu      sync.Mutex
	heard   map[string]int // what the bot said, as it came in; how often
	shown   map[id.EventID]line
	changed chan struct{}

	said int // numbered messages sent so far; for one goroutine
	from int // of those, how many were judged
	due  int // numbered messages of the bot that were judged
	gone int // messages of the bot that were taken back, as far as judged
}

// newGuest makes an account, logs in, makes an encrypted room with the bot and
// waits until the bot is there.
func newGuest(ctx context.Context, t testing.TB, server *homeserver.Server, dir, name string) (*guest, error) {
	if err := server.CreateUser(ctx, name, guestPassword); err != nil {
		return nil, err
	}
	cli, err := mautrix.NewClient(server.URL(), "", "")
	if err != nil {
		return nil, err
	}
	cli.Log = zerolog.Nop()
	g := &guest{name: name, cli: cli, heard: map[string]int{}, shown: map[id.EventID]line{}, changed: make(chan struct{})}
	if g.keys, err = cryptohelper.NewCryptoHelper(cli, []byte(guestPassword), filepath.Join(dir, name+".db")); err != nil {
		return nil, err
	}
	g.keys.LoginAs = &mautrix.ReqLogin{
		Type: mautrix.AuthTypePassword, Password: guestPassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: name},
	}
	if err := g.keys.Init(ctx); err != nil {
		return nil, errors.Join(err, g.keys.Close())
	}
	cli.Crypto = g.keys
	joined := make(chan struct{})
	var once sync.Once
	syncer := cli.Syncer.(*mautrix.DefaultSyncer)
	syncer.OnEventType(event.StateMember, func(_ context.Context, e *event.Event) {
		if e.GetStateKey() == botID.String() && e.Content.AsMember().Membership == event.MembershipJoin {
			once.Do(func() { close(joined) })
		}
	})
	syncer.OnEventType(event.EventMessage, func(_ context.Context, e *event.Event) { g.hear(e) })
	g.listen(t)
	room, err := cli.CreateRoom(ctx, &mautrix.ReqCreateRoom{
		Preset: "trusted_private_chat", IsDirect: true, Invite: []id.UserID{botID},
		InitialState: []*event.Event{{Type: event.StateEncryption, Content: event.Content{
			Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1},
		}}},
	})
	if err != nil {
		return nil, fmt.Errorf("make a room: %w", err)
	}
	g.room = room.RoomID
	select {
	case <-joined:
		return g, nil
	case <-ctx.Done():
		return nil, errors.New("the bot did not come into the room")
	}
}

// listen syncs until the test ends.
func (g *guest) listen(t testing.TB) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_ = g.cli.SyncWithContext(ctx) // the homeserver may be down
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
	t.Cleanup(func() { stop(); <-done; _ = g.keys.Close() })
}

// hear notes what comes in.
func (g *guest) hear(e *event.Event) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := line{mine: e.Sender == g.cli.UserID, body: e.Content.AsMessage().Body}
	if _, again := g.shown[e.ID]; again {
		return
	}
	g.shown[e.ID] = l
	if l.mine {
		return
	}
	g.heard[l.body]++
	close(g.changed)
	g.changed = make(chan struct{})
}

// await waits until what was heard is as wanted. Patience begins anew with every
// message that comes: on a machine with much other work late is not lost.
func (g *guest) await(ctx context.Context, what string, done func(heard map[string]int) bool) error {
	patience := time.NewTimer(answerPatience)
	defer patience.Stop()
	for {
		g.mu.Lock()
		ok, changed := done(g.heard), g.changed
		g.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
			patience.Reset(answerPatience)
		case <-patience.C:
			return fmt.Errorf("%s waited in vain for %s", g.name, what)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// awaitText waits for a message of the bot that has one of the texts in it.
func (g *guest) awaitText(ctx context.Context, texts ...string) error {
	return g.await(ctx, strings.Join(texts, " or "), func(heard map[string]int) bool {
		for body := range heard {
			for _, text := range texts {
				if strings.Contains(body, text) {
					return true
				}
			}
		}
		return false
	})
}

// say sends a message, again and again under one transaction id until the
// homeserver has it.
func (g *guest) say(ctx context.Context, body string) error {
	txn := g.cli.TxnID()
	var err error
	for ctx.Err() == nil {
		once, cancel := context.WithTimeout(ctx, 20*time.Second)
		_, err = g.cli.SendMessageEvent(once, g.room, event.EventMessage,
			&event.MessageEventContent{MsgType: event.MsgText, Body: body}, mautrix.ReqSendEvent{TransactionID: txn})
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s cannot send: %w", g.name, cmp.Or(err, ctx.Err()))
}

// line is a message as the client shows it.
type line struct {
	mine bool
	body string
	gone bool // taken back
	id   id.EventID
	at   time.Time // by the homeserver's clock
}

// timeline is all messages of the room: those that came in, and those that the
// homeserver has besides. Either way alone leaves one out now and then: a sync
// after the homeserver was killed, or a page at its edge. What the client cannot
// read is an error.
func (g *guest) timeline(ctx context.Context) ([]line, error) {
	for from := ""; ; {
		page, err := g.cli.Messages(ctx, g.room, from, "", mautrix.DirectionBackward, nil, 100)
		if err != nil {
			return nil, fmt.Errorf("read the room: %w", err)
		}
		for _, e := range page.Chunk {
			l, ok, err := g.read(ctx, e)
			if err != nil {
				return nil, err
			}
			if ok {
				g.mu.Lock()
				g.shown[e.ID] = l
				g.mu.Unlock()
			}
		}
		if from = page.End; from == "" || len(page.Chunk) == 0 {
			g.mu.Lock()
			defer g.mu.Unlock()
			return slices.Collect(maps.Values(g.shown)), nil
		}
	}
}

func (g *guest) read(ctx context.Context, e *event.Event) (line, bool, error) {
	if e.Type.Type != event.EventEncrypted.Type {
		return line{}, false, nil
	}
	if e.Unsigned.RedactedBecause != nil {
		return line{mine: e.Sender == g.cli.UserID, gone: true, id: e.ID, at: time.UnixMilli(e.Timestamp)}, true, nil
	}
	e.Type.Class, e.RoomID = event.MessageEventType, g.room
	if err := e.Content.ParseRaw(e.Type); err != nil {
		return line{}, false, fmt.Errorf("parse an event: %w", err)
	}
	plain, err := g.keys.Decrypt(ctx, e)
	for tries := 0; errors.Is(err, cryptohelper.NoSessionFound) && tries < 20; tries++ { // the key may be under way
		time.Sleep(250 * time.Millisecond)
		plain, err = g.keys.Decrypt(ctx, e)
	}
	if err != nil {
		return line{}, false, fmt.Errorf("%s cannot read a message of %s: %w", g.name, e.Sender, err)
	}
	if plain.Type.Type != event.EventMessage.Type {
		return line{}, false, nil
	}
	return line{
		mine: e.Sender == g.cli.UserID, body: plain.Content.AsMessage().Body, id: e.ID, at: time.UnixMilli(e.Timestamp),
	}, true, nil
}
