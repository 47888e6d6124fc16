package matrix

import (
	"encoding/json"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

const (
	me  = id.UserID("@bot:x")
	ann = id.UserID("@ann:x")
)

// eventOf decodes an event as it comes from a homeserver.
func eventOf(t *testing.T, data string) *event.Event {
	t.Helper()
	evt := &event.Event{}
	if err := json.Unmarshal([]byte(data), evt); err != nil {
		t.Fatal(err)
	}
	parse(evt, "!room:x", event.MessageEventType)
	return evt
}

func TestInbound(t *testing.T) {
	t.Parallel()
	encrypted := scene{self: me, encrypted: true}
	rows := []struct {
		name    string
		kind    string // event type
		content string
		scene   scene
		plain   bool // not encrypted
		want    chat.Message
		none    bool
	}{
		{name: "text", kind: "m.room.message", content: `{"msgtype":"m.text","body":"hi"}`, want: chat.Message{Kind: chat.KindText, Text: "hi"}},
		{name: "emote", kind: "m.room.message", content: `{"msgtype":"m.emote","body":"sighs"}`, want: chat.Message{Kind: chat.KindText, Text: "sighs"}},
		{name: "kind that a client invented", kind: "m.room.message", content: `{"msgtype":"nic.custom.confetti","body":"wow"}`, want: chat.Message{Kind: chat.KindText, Text: "wow"}},
		{name: "no kind at all", kind: "m.room.message", content: `{"body":"hi"}`, want: chat.Message{Kind: chat.KindText, Text: "hi"}},
		{name: "notice", kind: "m.room.message", content: `{"msgtype":"m.notice","body":"hi"}`, none: true},
		{name: "body is a number", kind: "m.room.message", content: `{"msgtype":"m.text","body":7}`, want: chat.Message{Kind: chat.KindMedia}},
		{name: "empty content", kind: "m.room.message", content: `{}`, want: chat.Message{Kind: chat.KindMedia}},
		{name: "reply", kind: "m.room.message", content: `{"msgtype":"m.text","body":"> <@bot:x> one\n> two\n\nyes","m.relates_to":{"m.in_reply_to":{"event_id":"$q"}}}`, want: chat.Message{Kind: chat.KindText, Text: "yes", Target: "$q"}},
		{name: "reply to an emote", kind: "m.room.message", content: `{"msgtype":"m.text","body":"> * <@bot:x> one\n\nyes","m.relates_to":{"m.in_reply_to":{"event_id":"$q"}}}`, want: chat.Message{Kind: chat.KindText, Text: "yes", Target: "$q"}},
		{name: "reply without a quotation", kind: "m.room.message", content: `{"msgtype":"m.text","body":"yes","m.relates_to":{"m.in_reply_to":{"event_id":"$q"}}}`, want: chat.Message{Kind: chat.KindText, Text: "yes", Target: "$q"}},
		{name: "reply that is only a quotation", kind: "m.room.message", content: `{"msgtype":"m.text","body":"> <@bot:x> one","m.relates_to":{"m.in_reply_to":{"event_id":"$q"}}}`, want: chat.Message{Kind: chat.KindText, Text: "> <@bot:x> one", Target: "$q"}},
		{name: "words that look like a quotation", kind: "m.room.message", content: `{"msgtype":"m.text","body":"> <@bot:x> one\n\nyes"}`, want: chat.Message{Kind: chat.KindText, Text: "> <@bot:x> one\n\nyes"}},
		{name: "in a thread", kind: "m.room.message", content: `{"msgtype":"m.text","body":"yes","m.relates_to":{"rel_type":"m.thread","event_id":"$t","is_falling_back":true,"m.in_reply_to":{"event_id":"$q"}}}`, want: chat.Message{Kind: chat.KindText, Text: "yes"}},
		{name: "edit", kind: "m.room.message", content: `{"msgtype":"m.text","body":"* no","m.new_content":{"msgtype":"m.text","body":"no"},"m.relates_to":{"rel_type":"m.replace","event_id":"$e"}}`, want: chat.Message{Kind: chat.KindEdit, Text: "no", Target: "$e"}},
		{name: "edit without new content", kind: "m.room.message", content: `{"msgtype":"m.text","body":"* no","m.relates_to":{"rel_type":"m.replace","event_id":"$e"}}`, want: chat.Message{Kind: chat.KindEdit, Text: "no", Target: "$e"}},
		{name: "edit of nothing", kind: "m.room.message", content: `{"msgtype":"m.text","body":"* no","m.relates_to":{"rel_type":"m.replace"}}`, want: chat.Message{Kind: chat.KindText, Text: "* no"}},
		{name: "picture", kind: "m.room.message", content: `{"msgtype":"m.image","body":"a.jpg"}`, want: chat.Message{Kind: chat.KindMedia}},
		{name: "picture with words", kind: "m.room.message", content: `{"msgtype":"m.image","body":"look","filename":"a.jpg"}`, want: chat.Message{Kind: chat.KindMedia, Text: "look"}},
		{name: "voice", kind: "m.room.message", content: `{"msgtype":"m.audio","body":"a.ogg"}`, want: chat.Message{Kind: chat.KindMedia}},
		{name: "location", kind: "m.room.message", content: `{"msgtype":"m.location","body":"at home","geo_uri":"geo:1,2"}`, want: chat.Message{Kind: chat.KindMedia}},
		{name: "sticker", kind: "m.sticker", content: `{"body":"cat"}`, want: chat.Message{Kind: chat.KindMedia}},
		{name: "poll", kind: "org.matrix.msc3381.poll.start", content: `{}`, want: chat.Message{Kind: chat.KindMedia}},
		{name: "call", kind: "m.call.invite", content: `{}`, want: chat.Message{Kind: chat.KindCall}},
		{name: "rest of a call", kind: "m.call.candidates", content: `{}`, none: true},
		{name: "reaction", kind: "m.reaction", content: `{"m.relates_to":{"rel_type":"m.annotation","event_id":"$r","key":"👍"}}`, plain: true, want: chat.Message{Kind: chat.KindReaction, Text: "👍", Target: "$r"}},
		{name: "reaction to nothing", kind: "m.reaction", content: `{"m.relates_to":[]}`, none: true},
		{name: "removal", kind: "m.room.redaction", content: `{"redacts":"$d"}`, plain: true, want: chat.Message{Kind: chat.KindRemoval, Target: "$d"}},
		{name: "verification request", kind: "m.room.message", content: `{"msgtype":"m.key.verification.request","body":"x","to":"@bot:x"}`, none: true},
		{name: "verification", kind: "m.key.verification.done", content: `{}`, none: true},
		{name: "something else", kind: "org.example.thing", content: `{"body":"x"}`, none: true},
		{name: "plain in an encrypted room", kind: "m.room.message", content: `{"msgtype":"m.text","body":"hi"}`, plain: true, want: chat.Message{Kind: chat.KindPlaintext}},
		{name: "room without encryption", kind: "m.room.message", content: `{"msgtype":"m.text","body":"hi"}`, plain: true, scene: scene{self: me}, want: chat.Message{Kind: chat.KindUnencrypted}},
		{name: "removal in a room without encryption", kind: "m.room.redaction", content: `{"redacts":"$d"}`, plain: true, scene: scene{self: me}, want: chat.Message{Kind: chat.KindRemoval, Target: "$d"}},
		{name: "room without encryption, allowed", kind: "m.room.message", content: `{"msgtype":"m.text","body":"hi"}`, plain: true, scene: scene{self: me, allowPlain: true}, want: chat.Message{Kind: chat.KindText, Text: "hi"}},
		{name: "crowd", kind: "m.room.message", content: `{"msgtype":"m.text","body":"hi"}`, scene: scene{self: me, encrypted: true, crowd: true, crowdEvent: "$c"}, want: chat.Message{ID: "crowd:$c", Kind: chat.KindCrowd}},
		{name: "crowd of unknown origin", kind: "m.room.message", content: `{"msgtype":"m.text","body":"hi"}`, scene: scene{self: me, encrypted: true, crowd: true}, want: chat.Message{ID: "crowd:$1", Kind: chat.KindCrowd}},
		{name: "notice in a crowd", kind: "m.room.message", content: `{"msgtype":"m.notice","body":"hi"}`, scene: scene{self: me, encrypted: true, crowd: true}, none: true},
		{name: "our own", kind: "m.room.message", content: `{"msgtype":"m.text","body":"hi"}`, scene: scene{self: ann, encrypted: true}, none: true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			evt := eventOf(t, `{"type":"`+row.kind+`","event_id":"$1","sender":"@ann:x","origin_server_ts":1000,"content":`+row.content+`}`)
			evt.Mautrix.WasEncrypted = !row.plain
			where := row.scene
			if where.self == "" {
				where = encrypted
			}
			got, ok := inbound(evt, where)
			if ok == row.none {
				t.Fatalf("ok = %v", ok)
			}
			if row.none {
				return
			}
			want := row.want
			if want.ID == "" {
				want.ID = "$1"
			}
			if got.ID != want.ID || got.Kind != want.Kind || got.Text != want.Text || got.Target != want.Target {
				t.Errorf("got %s kind %d %q target %q, want %s kind %d %q target %q",
					got.ID, got.Kind, string(got.Text), got.Target, want.ID, want.Kind, string(want.Text), want.Target)
			}
			if got.From.User != "@ann:x" || got.From.Room != "!room:x" || got.Sent.UnixMilli() != 1000 {
				t.Error("sender, room or time is wrong")
			}
		})
	}
}

func TestInboundIgnoresWhatWasRemoved(t *testing.T) {
	t.Parallel()
	evt := eventOf(t, `{"type":"m.room.message","event_id":"$1","sender":"@ann:x","content":{},"unsigned":{"redacted_because":{"type":"m.room.redaction"}}}`)
	if _, ok := inbound(evt, scene{self: me, encrypted: true}); ok {
		t.Error("a removed message was handled")
	}
}

func FuzzInbound(f *testing.F) {
	f.Add([]byte(`{"type":"m.room.message","event_id":"$1","sender":"@ann:x","content":{"msgtype":"m.text","body":"hi"}}`), uint8(0))
	f.Add([]byte(`{"type":"m.room.message","event_id":"$1","sender":"@ann:x","content":{"msgtype":"m.text","body":"> <@a:b> x","m.relates_to":{"m.in_reply_to":{"event_id":"$2"}}}}`), uint8(1))
	f.Add([]byte(`{"type":"m.room.message","event_id":"$1","sender":"@ann:x","content":{"m.new_content":[],"m.relates_to":{"rel_type":"m.replace","event_id":"$1"}}}`), uint8(3))
	f.Add([]byte(`{"type":"m.reaction","event_id":"$1","sender":"@ann:x","content":{"m.relates_to":{"key":"x","event_id":"$2"}}}`), uint8(7))
	f.Add([]byte(`{"type":"m.room.encrypted","event_id":"$1","sender":"@ann:x","content":{"algorithm":"m.megolm.v1.aes-sha2","ciphertext":7}}`), uint8(9))
	f.Add([]byte(`{"type":"m.room.member","state_key":"@ann:x","event_id":"$1","sender":7,"content":null}`), uint8(15))
	f.Fuzz(func(t *testing.T, data []byte, flags uint8) {
		evt := salvage(data)
		if evt == nil {
			return
		}
		parse(evt, "!room:x", event.MessageEventType)
		evt.Mautrix.WasEncrypted = flags&1 != 0
		where := scene{self: me, encrypted: flags&2 != 0, allowPlain: flags&4 != 0, crowd: flags&8 != 0}
		m, ok := inbound(evt, where)
		if !ok {
			return
		}
		if m.ID == "" || m.From.User == "" || m.From.User == me.String() || m.From.Room != "!room:x" {
			t.Error("a message without an id or a sender")
		}
		switch m.Kind {
		case chat.KindUnencrypted, chat.KindPlaintext, chat.KindCrowd:
			if m.Text != "" {
				t.Error("words were handed up that must not be")
			}
		case chat.KindText, chat.KindEdit, chat.KindMedia:
			if where.crowd || (where.encrypted && !evt.Mautrix.WasEncrypted) || (!where.encrypted && !where.allowPlain) {
				t.Error("words were taken where they must not be")
			}
		}
	})
}

func FuzzDecodeSync(f *testing.F) {
	f.Add([]byte(`{"next_batch":"s1","rooms":{"join":{"!a:x":{"timeline":{"events":[{"type":"m.room.message","content":"x","sender":"@a:x"}]}}}}}`))
	f.Add([]byte(`{"next_batch":"s1","to_device":{"events":[null,7,{"type":"m.dummy","sender":"@a:x","content":{}}]}}`))
	f.Add([]byte(`{"rooms":{"invite":{"!a:x":null},"leave":{"!b:x":{}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		resp, dropped, err := decodeSync(data)
		if err == nil && (resp == nil || dropped < 0) {
			t.Error("no error and no response")
		}
	})
}

func TestDecodeSyncKeepsTheGoodEvents(t *testing.T) {
	t.Parallel()
	resp, dropped, err := decodeSync([]byte(`{"next_batch":"s2","to_device":{"events":[{"type":"m.dummy","sender":"@a:x","content":{}}]},
		"device_lists":{"changed":["@a:x"]},"rooms":{"join":{"!a:x":{"state":{"events":[null]},"timeline":{"limited":true,"prev_batch":"p","events":[
		{"type":"m.room.message","event_id":"$1","sender":"@a:x","origin_server_ts":5,"content":{"body":"good"}},
		{"type":"m.room.message","event_id":"$2","sender":"@a:x","origin_server_ts":6,"content":"bad"},
		{"type":"m.room.encrypted","event_id":"$3","sender":"@a:x","origin_server_ts":"bad","content":{"algorithm":"x"}},
		{"type":7,"event_id":"$4"}]}}},"invite":{"!b:x":{"invite_state":{"events":[]}}},"leave":{"!c:x":{}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	room := resp.Rooms.Join["!a:x"]
	if resp.NextBatch != "s2" || dropped != 2 || len(room.Timeline.Events) != 3 || !room.Timeline.Limited || room.Timeline.PrevBatch != "p" ||
		len(resp.ToDevice.Events) != 1 || len(resp.DeviceLists.Changed) != 1 || resp.Rooms.Invite["!b:x"] == nil || resp.Rooms.Leave["!c:x"] == nil {
		t.Errorf("%d dropped, %d events", dropped, len(room.Timeline.Events))
	}
	for i, want := range []string{"$1", "$2", "$3"} {
		if got := room.Timeline.Events[i]; got.ID.String() != want || len(got.Content.Raw) == 0 {
			t.Errorf("event %d is %s with %d fields", i, got.ID, len(got.Content.Raw))
		}
	}
}
