package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	_ "go.mau.fi/util/dbutil/litestream" // the SQLite driver that the crypto store asks for
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/cryptohelper"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/console"
)

// guest is a small Matrix client with end-to-end encryption: the person of the
// demo. It talks with one bot in one room and signs no device, as a new account
// in a new client would not have either.
type guest struct {
	client *mautrix.Client
	turn   *turn // held while it sends
	crypto *cryptohelper.CryptoHelper
	bot    id.UserID
	room   id.RoomID
	events chan guestEvent
	joined chan struct{}
	last   id.EventID // the bot's newest message; only read by the reader of events
	synced *task
	stop   context.CancelFunc
}

// turn is a syncer that takes in nothing while the guest sends: the library finds out
// about its own keys while it does either, and keeps them without a lock.
type turn struct {
	*mautrix.DefaultSyncer
	sync.Mutex
}

// ProcessResponse takes in what came.
func (t *turn) ProcessResponse(ctx context.Context, resp *mautrix.RespSync, since string) error {
	t.Lock()
	defer t.Unlock()
	return t.DefaultSyncer.ProcessResponse(ctx, resp, since)
}

// guestEvent is one thing that the bot did in the room. Unreadable is set when
// it could not be decrypted.
type guestEvent struct {
	id         id.EventID
	at         int64 // unix ms, by the homeserver
	entry      console.Entry
	unreadable bool
}

// eventBuffer is how many events may wait for the screen. A full buffer only
// holds up the reading of the network.
const eventBuffer = 256

// guestAccount is who a guest is. Its device and keys are in the file at path.
type guestAccount struct {
	homeserver, user, password string
	device                     string // what others call its device
	pickle                     []byte // seals the keys
	path                       string
}

// newGuest logs in and begins to read. Its database is the file at path.
func newGuest(ctx context.Context, homeserver, user, password string, bot id.UserID, path string) (*guest, error) {
	pickle := make([]byte, 32)
	_, _ = rand.Read(pickle) // it never fails
	return openGuest(ctx, guestAccount{homeserver, user, password, "Handrail demo", pickle, path}, bot, "")
}

// openGuest logs in, with the device of last time if there was one, and begins to
// read what the bot says in a room; "" until there is one.
func openGuest(ctx context.Context, a guestAccount, bot id.UserID, room id.RoomID) (*guest, error) {
	cli, err := mautrix.NewClient(a.homeserver, "", "")
	if err != nil {
		return nil, fmt.Errorf("make the guest's client: %w", err)
	}
	cli.Log = zerolog.Nop()
	cli.DefaultHTTPRetries = 3
	g := &guest{
		client: cli, bot: bot, room: room, turn: &turn{DefaultSyncer: mautrix.NewDefaultSyncer()},
		events: make(chan guestEvent, eventBuffer), joined: make(chan struct{}),
	}
	cli.Syncer = g.turn
	if g.crypto, err = cryptohelper.NewCryptoHelper(cli, a.pickle, a.path); err != nil {
		return nil, fmt.Errorf("open the guest's keys: %w", err)
	}
	g.crypto.LoginAs = &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: a.user},
		Password:   a.password, InitialDeviceDisplayName: a.device,
	}
	if err := g.crypto.Init(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("log the guest in: %w", err), g.crypto.Close())
	}
	cli.Crypto = g.crypto
	if !strings.HasPrefix(bot.String(), "@") { // the configuration may leave out the server
		g.bot = id.NewUserID(bot.String(), cli.UserID.Homeserver())
	}
	sctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	g.stop = stop
	g.listen(sctx)
	g.synced = startTask(func() error { return cli.SyncWithContext(sctx) })
	return g, nil
}

// listen puts what the bot does on the channel, in the order of the network.
func (g *guest) listen(ctx context.Context) {
	send := func(e guestEvent) {
		select {
		case g.events <- e:
		case <-ctx.Done():
		}
	}
	fromBot := func(evt *event.Event) bool { return evt.Sender == g.bot && evt.RoomID == g.room }
	syncer := g.turn
	syncer.OnEventType(event.StateMember, func(_ context.Context, evt *event.Event) {
		if evt.GetStateKey() != g.bot.String() || evt.Content.AsMember().Membership != event.MembershipJoin {
			return
		}
		select {
		case <-g.joined:
		default:
			close(g.joined)
		}
	})
	syncer.OnEventType(event.EventMessage, func(_ context.Context, evt *event.Event) {
		if !fromBot(evt) {
			return
		}
		content := evt.Content.AsMessage()
		e := guestEvent{id: evt.ID, at: evt.Timestamp, entry: console.Entry{Bot: true, Text: content.Body}}
		switch {
		case content.RelatesTo.GetReplaceID() != "" && content.NewContent != nil:
			e.entry.Act, e.entry.Text = console.Edited, content.NewContent.Body
		case content.MsgType == event.MsgImage:
			e.entry.Act = console.Image
		case content.MsgType == event.MsgFile:
			e.entry.Act = console.File
		}
		send(e)
	})
	syncer.OnEventType(event.EventReaction, func(_ context.Context, evt *event.Event) {
		if fromBot(evt) {
			send(guestEvent{id: evt.ID, entry: console.Entry{Bot: true, Act: console.Reacted, Text: evt.Content.AsReaction().RelatesTo.Key}})
		}
	})
	syncer.OnEventType(event.EventRedaction, func(_ context.Context, evt *event.Event) {
		if fromBot(evt) {
			send(guestEvent{id: evt.ID, entry: console.Entry{Bot: true, Act: console.Removed}})
		}
	})
	g.crypto.DecryptErrorCallback = func(evt *event.Event, _ error) {
		if fromBot(evt) && evt.Unsigned.RedactedBecause == nil {
			send(guestEvent{id: evt.ID, at: evt.Timestamp, unreadable: true})
		}
	}
}

// joinTimeout is how long the bot may take to accept the invitation.
const joinTimeout = 60 * time.Second

// open makes an encrypted room, invites the bot and waits until it is there.
func (g *guest) open(ctx context.Context) error {
	resp, err := g.client.CreateRoom(ctx, &mautrix.ReqCreateRoom{
		Preset: "trusted_private_chat", IsDirect: true, Invite: []id.UserID{g.bot},
		InitialState: []*event.Event{{
			Type:    event.StateEncryption,
			Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}},
		}},
	})
	if err != nil {
		return fmt.Errorf("make a room: %w", err)
	}
	g.room = resp.RoomID
	select {
	case <-g.joined:
		return nil
	case <-time.After(joinTimeout):
		return errors.New("the bot did not come into the room")
	case <-ctx.Done():
		return ctx.Err()
	case <-g.synced.done:
		return fmt.Errorf("the guest's connection ended: %w", g.synced.err)
	}
}

// say sends what the person does. Only words and reactions are known here.
func (g *guest) say(ctx context.Context, e console.Entry) error {
	g.turn.Lock()
	defer g.turn.Unlock()
	var err error
	if e.Act == console.Reacted && g.last != "" {
		_, err = g.client.SendReaction(ctx, g.room, g.last, e.Text)
	} else {
		_, err = g.client.SendText(ctx, g.room, e.Body())
	}
	if err != nil {
		return fmt.Errorf("send as the guest: %w", err)
	}
	return nil
}

// close ends the reading and closes the database.
func (g *guest) close() error {
	g.stop()
	g.client.StopSync()
	<-g.synced.done
	return g.crypto.Close()
}
