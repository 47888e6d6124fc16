package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// rawEvent is an event as the homeserver stores it, with nothing decrypted.
type rawEvent struct {
	ID       string          `json:"event_id"`
	Type     string          `json:"type"`
	Sender   string          `json:"sender"`
	StateKey *string         `json:"state_key"`
	Content  json.RawMessage `json:"content"`
	Redacts  string          `json:"redacts"`
	At       int64           `json:"origin_server_ts"` // ms
}

// rawRequest speaks with the homeserver without any client between.
func rawRequest(ctx context.Context, method, address, token, body string, answer any) error {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", resp.Status, data)
	}
	return json.Unmarshal(data, answer)
}

// rawEvents is everything in a room, newest first.
func rawEvents(t testing.TB, server, token, room string) []rawEvent {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var all []rawEvent
	for from := ""; ; {
		var page struct {
			Chunk []rawEvent `json:"chunk"`
			End   string     `json:"end"`
		}
		address := fmt.Sprintf("%s/_matrix/client/v3/rooms/%s/messages?dir=b&limit=100", server, url.PathEscape(room))
		if from != "" {
			address += "&from=" + url.QueryEscape(from)
		}
		must(t, rawRequest(ctx, http.MethodGet, address, token, "", &page))
		all = append(all, page.Chunk...)
		if page.End == "" || page.End == from || len(page.Chunk) == 0 {
			return all
		}
		from = page.End
	}
}

// fromVerification tells whether the person's client sent the event in the
// course of a verification, which it does in the open.
func (c *chat) fromVerification(e rawEvent) bool {
	return e.Sender == c.p.UserID && (strings.HasPrefix(e.Type, "m.key.verification.") || strings.Contains(string(e.Content), `"m.key.verification.request"`))
}

// checkRaw fails the test when the homeserver has anything of the talk in the
// open. Reactions are never encrypted, by no client.
func (c *chat) checkRaw() {
	open := []string{"m.reaction", "m.room.redaction"}
	messages := 0
	for _, e := range rawEvents(c.w, c.w.server.URL(), c.p.Token, c.room) {
		switch {
		case e.StateKey != nil || slices.Contains(open, e.Type) || c.fromVerification(e):
		case e.Type == "m.room.encrypted":
			messages++
		case c.plain:
		default:
			c.w.Errorf("an event of type %s is not encrypted on the homeserver", e.Type)
		}
		if c.plain {
			continue
		}
		for _, said := range c.said {
			if len(said) >= canaryLength && strings.Contains(string(e.Content), said) {
				c.w.Errorf("an event of type %s has a person's words in the open", e.Type)
			}
		}
	}
	if messages == 0 && !c.plain {
		c.w.Error("there is no encrypted event in the room: this check looked at nothing")
	}
}
