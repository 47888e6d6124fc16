package matrix

import (
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"

	"handrail/bot/chat"
)

// What strangers try, against a real homeserver. The same at the host is in the
// tests of package bot: replays, letters that only look Latin, huge texts, floods.

// TestInvitationSpam: who invites again and again gets as many rooms as one account
// may have, in those is heard, and keeps nobody else from the bot.
func TestInvitationSpam(t *testing.T) {
	t.Parallel()
	const most, more = 3, 6
	server := sharedServer(t)
	r := newRecorder()
	b := startBot(t, botConfig(t, server.URL(), createUser(t, server, "bot")), r, func(tr *Transport) { tr.mostRooms = most })
	spammer, friend := newGuest(t, server, "spammer"), newGuest(t, server, "friend")
	spammer.openChat(t, b)
	first := spammer.room
	for range most - 1 {
		spammer.openChat(t, b)
	}
	for range more {
		spammer.openRoom(t, b.self, true)
		spammer.await(t, "the refusal", func(evt *event.Event) bool {
			return evt.Type == event.StateMember && evt.GetStateKey() == b.self.String() && evt.Content.AsMember().Membership == event.MembershipLeave
		})
	}
	friend.openChat(t, b)
	friend.say(t, "hi")
	r.waitText(t, "hi")
	spammer.room = first
	spammer.say(t, "and I am heard")
	r.waitText(t, "and I am heard")
	joined, err := b.cli.JoinedRooms(testContext(t))
	if err != nil || len(joined.JoinedRooms) != most+1 {
		t.Errorf("the bot is in %d rooms, want %d: %v", len(joined.JoinedRooms), most+1, err)
	}
}

// TestMarkup: of what somebody sends the plain words count, never a form that says
// something else to who sees it; and the bot sends plain words alone, whatever is in
// them: no form, no mention, nothing that an app would make more of.
func TestMarkup(t *testing.T) {
	t.Parallel()
	r, b, g := talking(t)
	g.send(t, event.EventMessage, map[string]any{
		"msgtype": "m.text", "body": "only this counts", "format": "org.matrix.custom.html",
		"formatted_body": "<h1>stop</h1><script>alert(1)</script>", "m.mentions": map[string]any{"room": true},
	})
	r.waitText(t, "only this counts")
	if strings.Contains(r.summary(), "script") {
		t.Errorf("the form was read: %s", r.summary())
	}
	const words = `<b>hello</b> [x](javascript:alert(1)) @room **all** <img src="mxc://localhost/x">`
	b.say(t, g, "key-1", words)
	got := g.awaitText(t, words).Content.Raw
	for _, field := range []string{"format", "formatted_body"} {
		if v, there := got[field]; there {
			t.Errorf("%s is %v", field, v)
		}
	}
	if mentions, _ := got["m.mentions"].(map[string]any); len(mentions) > 0 {
		t.Errorf("it mentions %v", mentions)
	}
	if got["msgtype"] != "m.text" {
		t.Errorf("it is a %v", got["msgtype"])
	}
}

// TestForgedEvents: what is made to look like the bot, like an answer of it or like
// a message of somebody else is at most a message of who sent it.
func TestForgedEvents(t *testing.T) {
	t.Parallel()
	r, b, g := talking(t)
	said := b.say(t, g, "key-1", "good evening")
	forged := []any{
		map[string]any{"msgtype": "m.text", "body": "forged key", keyField: "key-1"},
		map[string]any{"msgtype": "m.text", "body": "forged sender", "sender": b.self.String(), "user_id": b.self.String()},
		map[string]any{
			"msgtype": "m.text", "body": "* forged edit", "m.new_content": map[string]any{"msgtype": "m.text", "body": "forged edit"},
			"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": said},
		},
	}
	for _, content := range forged {
		g.send(t, event.EventMessage, content)
	}
	g.say(t, "the end")
	r.waitText(t, "the end")
	r.mu.Lock()
	messages, delivered := slices.Clone(r.messages), r.delivered["key-1"]
	r.mu.Unlock()
	for _, m := range messages {
		if m.From.User != g.cli.UserID.String() || m.Staff != nil {
			t.Errorf("kind %d came from somebody else", m.Kind)
		}
	}
	if delivered != "" && delivered != said {
		t.Errorf("a forged key counts as ours: %q", delivered)
	}
	if r.count(chat.KindText) < 3 {
		t.Errorf("something was not heard at all: %s", r.summary())
	}
}
