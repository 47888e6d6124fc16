package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/e2e/homeserver"
)

// converse is a short encrypted conversation of a new person: the greeting, a
// message, the answer. Hundreds of Node processes would be too many, so these
// people use a small client that keeps everything in memory.
func converse(ctx context.Context, server *homeserver.Server, name string) error {
	if err := server.CreateUser(ctx, name, password); err != nil {
		return err
	}
	cli, err := mautrix.NewClient(server.URL(), "", "")
	if err != nil {
		return err
	}
	_, err = cli.Login(ctx, &mautrix.ReqLogin{
		Type: mautrix.AuthTypePassword, StoreCredentials: true, Password: password,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: name},
	})
	if err != nil {
		return fmt.Errorf("login: %w", err)
	}
	cli.StateStore = mautrix.NewMemoryStateStore()
	state, ok := cli.StateStore.(crypto.StateStore)
	if !ok {
		return fmt.Errorf("%T is no state store for encryption", cli.StateStore)
	}
	mach := crypto.NewOlmMachine(cli, nil, crypto.NewMemoryStore(nil), state)
	if err := mach.Load(ctx); err != nil {
		return fmt.Errorf("make an olm account: %w", err)
	}
	if err := mach.ShareKeys(ctx, 0); err != nil {
		return fmt.Errorf("upload keys: %w", err)
	}
	encryption := &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}
	room, err := cli.CreateRoom(ctx, &mautrix.ReqCreateRoom{
		Preset: "trusted_private_chat", IsDirect: true, Invite: []id.UserID{botID},
		InitialState: []*event.Event{{Type: event.StateEncryption, Content: event.Content{Parsed: encryption}}},
	})
	if err != nil {
		return fmt.Errorf("create a room: %w", err)
	}
	if err := cli.StateStore.SetEncryptionEvent(ctx, room.RoomID, encryption); err != nil {
		return err
	}
	if err := waitForMessages(ctx, cli, room.RoomID, 1); err != nil {
		return fmt.Errorf("the greeting: %w", err)
	}
	if err := mach.ShareGroupSession(ctx, room.RoomID, []id.UserID{botID}); err != nil {
		return fmt.Errorf("share the key: %w", err)
	}
	content, err := mach.EncryptMegolmEvent(ctx, room.RoomID, event.EventMessage, &event.MessageEventContent{MsgType: event.MsgText, Body: "count with me"})
	if err != nil {
		return fmt.Errorf("encrypt: %w", err)
	}
	if _, err := cli.SendMessageEvent(ctx, room.RoomID, event.EventEncrypted, content); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if err := waitForMessages(ctx, cli, room.RoomID, 2); err != nil {
		return fmt.Errorf("the answer: %w", err)
	}
	return nil
}

// waitForMessages waits until the bot has sent n encrypted events to the room.
func waitForMessages(ctx context.Context, cli *mautrix.Client, room id.RoomID, n int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	address := fmt.Sprintf("%s/_matrix/client/v3/rooms/%s/messages?dir=b&limit=20", cli.HomeserverURL, url.PathEscape(room.String()))
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		var page struct {
			Chunk []rawEvent `json:"chunk"`
		}
		if err := rawRequest(ctx, http.MethodGet, address, cli.AccessToken, "", &page); err != nil {
			return err
		}
		seen := 0
		for _, e := range page.Chunk {
			if e.Type == "m.room.encrypted" && e.Sender == botID {
				seen++
			}
		}
		if seen >= n {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
