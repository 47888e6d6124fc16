package matrix

import (
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

// scene is what the conversion must know about the room of an event.
type scene struct {
	self       id.UserID
	encrypted  bool       // the room is encrypted
	allowPlain bool       // rooms without encryption are welcome
	crowd      bool       // more than one person is there
	crowdEvent id.EventID // the membership change that made it so, if known
}

// inbound turns one event of somebody, decrypted if it was encrypted, into
// what the handler gets; ok is false for events that are no message to the
// bot. It reads raw JSON and expects nothing of it: whatever a client sends
// under the name of a message becomes something that the bot can answer.
func inbound(evt *event.Event, s scene) (m chat.Message, ok bool) {
	if evt == nil || evt.ID == "" || evt.Sender == "" || evt.Sender == s.self || evt.StateKey != nil ||
		evt.Unsigned.RedactedBecause != nil || isVerification(evt) {
		return m, false
	}
	c, ok := read(evt)
	if !ok {
		return m, false
	}
	m = messageFrom(evt, evt.ID.String())
	m.Kind, m.Text, m.Target = c.kind, chat.Text(c.text), c.target
	if c.kind == chat.KindRemoval {
		return m, true
	}
	switch {
	case s.crowd:
		return crowdMessage(evt, s.crowdEvent), true
	case !s.encrypted && !s.allowPlain:
		m.Kind, m.Text, m.Target = chat.KindUnencrypted, "", ""
	case s.encrypted && !evt.Mautrix.WasEncrypted && c.kind != chat.KindReaction: // reactions never are
		m.Kind, m.Text, m.Target = chat.KindPlaintext, "", ""
	}
	return m, true
}

func messageFrom(evt *event.Event, name string) chat.Message {
	return chat.Message{
		ID:   name,
		From: chat.Address{Network: NetworkName, User: evt.Sender.String(), Room: evt.RoomID.String()},
		Sent: time.UnixMilli(evt.Timestamp),
	}
}

// crowdMessage tells that others can read the room. Its id is that of the
// membership change, so that it is answered once for each of them.
func crowdMessage(evt *event.Event, change id.EventID) chat.Message {
	if change == "" {
		change = evt.ID
	}
	m := messageFrom(evt, "crowd:"+change.String())
	m.Kind = chat.KindCrowd
	return m
}

// unreadableMessage tells that an event could not be decrypted.
func unreadableMessage(evt *event.Event) chat.Message {
	m := messageFrom(evt, "unreadable:"+evt.ID.String())
	m.Kind = chat.KindUnreadable
	return m
}

// content is what an event says.
type content struct {
	kind   chat.Kind
	text   string
	target string
}

// read tells what an event says; ok is false where it says nothing to the bot.
func read(evt *event.Event) (c content, ok bool) {
	raw := evt.Content.Raw
	switch evt.Type.Type {
	case "m.room.message":
		return readMessage(raw)
	case "m.reaction":
		relates := object(raw, "m.relates_to")
		c = content{kind: chat.KindReaction, text: text(relates, "key"), target: text(relates, "event_id")}
		return c, c.text != "" && c.target != ""
	case "m.room.redaction":
		c = content{kind: chat.KindRemoval, target: evt.Redacts.String()}
		if c.target == "" {
			c.target = text(raw, "redacts")
		}
		return c, c.target != ""
	case "m.call.invite", "m.call.notify", "m.rtc.notification", "org.matrix.msc4075.call.notify", "org.matrix.msc4075.rtc.notification":
		return content{kind: chat.KindCall}, true
	case "m.sticker", "m.poll.start", "org.matrix.msc3381.poll.start", "org.matrix.msc3381.v2.poll.start",
		"m.message", "m.image", "m.video", "m.audio", "m.voice", "m.file", "m.location", "m.emote":
		return content{kind: chat.KindMedia}, true
	}
	return c, false
}

// readMessage reads an m.room.message.
func readMessage(raw map[string]any) (c content, ok bool) {
	kind := text(raw, "msgtype")
	if kind == "m.notice" { // by convention from machines; two that answer each other never stop
		return c, false
	}
	relates := object(raw, "m.relates_to")
	if text(relates, "rel_type") == "m.replace" && text(relates, "event_id") != "" {
		return content{kind: chat.KindEdit, text: editText(raw), target: text(relates, "event_id")}, true
	}
	c.target = replyTarget(relates)
	body := text(raw, "body")
	switch {
	case slices.Contains([]string{"m.image", "m.video", "m.audio", "m.file", "m.location"}, kind):
		c.kind, c.text = chat.KindMedia, caption(raw, kind, body)
	case body == "":
		c.kind = chat.KindMedia
	default: // m.text, m.emote, and kinds that clients invent, which carry a readable body
		c.kind, c.text = chat.KindText, body
		if c.target != "" {
			c.text = stripReply(body)
		}
	}
	return c, true
}

// editText is the new wording, or the fallback for clients without edits.
func editText(raw map[string]any) string {
	if body := text(object(raw, "m.new_content"), "body"); body != "" {
		return stripReply(body)
	}
	return stripReply(strings.TrimPrefix(text(raw, "body"), "* "))
}

// replyTarget is the event that a message replies to. In a thread clients add
// a reply that nobody made; that is none.
func replyTarget(relates map[string]any) string {
	if fallback, _ := relates["is_falling_back"].(bool); fallback {
		return ""
	}
	return text(object(relates, "m.in_reply_to"), "event_id")
}

// caption is what a person wrote under a picture; without a file name the body
// is the file name.
func caption(raw map[string]any, kind, body string) string {
	if name := text(raw, "filename"); kind != "m.location" && name != "" && name != body {
		return body
	}
	return ""
}

// stripReply removes the quotation that older clients put before a reply. A
// message that would be empty without it stays as it is.
func stripReply(body string) string {
	if !strings.HasPrefix(body, "> <@") && !strings.HasPrefix(body, "> * <@") {
		return body
	}
	rest := body
	for strings.HasPrefix(rest, ">") {
		_, after, found := strings.Cut(rest, "\n")
		if !found {
			return body
		}
		rest = after
	}
	rest = strings.TrimPrefix(rest, "\n")
	if strings.TrimSpace(rest) == "" {
		return body
	}
	return rest
}

// text returns a string of a JSON object, "" where there is none.
func text(raw map[string]any, key string) string {
	s, _ := raw[key].(string)
	return s
}

// object returns an object of a JSON object, nil where there is none.
func object(raw map[string]any, key string) map[string]any {
	o, _ := raw[key].(map[string]any)
	return o
}
