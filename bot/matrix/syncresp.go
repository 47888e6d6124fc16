package matrix

import (
	"bytes"
	"encoding/json"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// decodeSync decodes a sync response. One event that does not fit its type
// would make the library refuse the whole response, and the bot would be
// silent for everybody until somebody removes it; so then every event is
// decoded by itself, and a bad one is replaced by what is left of it. dropped
// counts those of which nothing was left.
func decodeSync(body []byte) (resp *mautrix.RespSync, dropped int, err error) {
	resp = &mautrix.RespSync{}
	if err := json.Unmarshal(body, resp); err == nil {
		return resp, 0, nil
	}
	var loose looseSync
	if err := json.Unmarshal(body, &loose); err != nil {
		return nil, 0, err
	}
	return loose.tighten()
}

type looseEvents struct {
	Events []json.RawMessage `json:"events"`
}

type looseTimeline struct {
	looseEvents
	Limited   bool   `json:"limited"`
	PrevBatch string `json:"prev_batch"`
}

type looseRoom struct {
	State       looseEvents   `json:"state"`
	InviteState looseEvents   `json:"invite_state"`
	Timeline    looseTimeline `json:"timeline"`
}

type looseSync struct {
	NextBatch   string              `json:"next_batch"`
	ToDevice    looseEvents         `json:"to_device"`
	DeviceLists mautrix.DeviceLists `json:"device_lists"`
	OTKCount    mautrix.OTKCount    `json:"device_one_time_keys_count"`
	Rooms       struct {
		Join   map[id.RoomID]looseRoom `json:"join"`
		Invite map[id.RoomID]looseRoom `json:"invite"`
		Leave  map[id.RoomID]looseRoom `json:"leave"`
	} `json:"rooms"`
}

func (l *looseSync) tighten() (*mautrix.RespSync, int, error) {
	dropped := 0
	list := func(raw looseEvents) (out mautrix.SyncEventsList) {
		for _, data := range raw.Events {
			if evt := salvage(data); evt != nil {
				out.Events = append(out.Events, evt)
			} else {
				dropped++
			}
		}
		return out
	}
	resp := &mautrix.RespSync{
		NextBatch: l.NextBatch, DeviceLists: l.DeviceLists, DeviceOTKCount: l.OTKCount, ToDevice: list(l.ToDevice),
		Rooms: mautrix.RespSyncRooms{
			Join:   make(map[id.RoomID]*mautrix.SyncJoinedRoom),
			Invite: make(map[id.RoomID]*mautrix.SyncInvitedRoom),
			Leave:  make(map[id.RoomID]*mautrix.SyncLeftRoom),
		},
	}
	for name, room := range l.Rooms.Join {
		resp.Rooms.Join[name] = &mautrix.SyncJoinedRoom{
			State: list(room.State),
			Timeline: mautrix.SyncTimeline{
				SyncEventsList: list(room.Timeline.looseEvents), Limited: room.Timeline.Limited, PrevBatch: room.Timeline.PrevBatch,
			},
		}
	}
	for name, room := range l.Rooms.Invite {
		resp.Rooms.Invite[name] = &mautrix.SyncInvitedRoom{State: list(room.InviteState)}
	}
	for name := range l.Rooms.Leave {
		resp.Rooms.Leave[name] = &mautrix.SyncLeftRoom{}
	}
	return resp, dropped, nil
}

// salvage decodes one event, or as much of it as says who sent what; nil if
// not even that is there.
func salvage(data []byte) *event.Event {
	evt := &event.Event{}
	if err := json.Unmarshal(data, evt); err == nil && !bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
		return evt
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil
	}
	str := func(key string) (s string) {
		_ = json.Unmarshal(fields[key], &s)
		return s
	}
	evt = &event.Event{ID: id.EventID(str("event_id")), Sender: id.UserID(str("sender")), Type: event.NewEventType(str("type"))}
	_ = json.Unmarshal(fields["origin_server_ts"], &evt.Timestamp)
	if key, ok := fields["state_key"]; ok {
		var s string
		if err := json.Unmarshal(key, &s); err != nil {
			return nil
		}
		evt.StateKey = &s
	}
	if err := json.Unmarshal(fields["content"], &evt.Content); err != nil {
		// Not empty, because that is what a removed message looks like.
		evt.Content = event.Content{VeryRaw: json.RawMessage(`{"malformed":true}`), Raw: map[string]any{"malformed": true}}
	}
	if evt.Sender == "" || evt.Type.Type == "" {
		return nil
	}
	return evt
}
