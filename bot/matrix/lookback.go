package matrix

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const (
	// lookBackEvery is how often the homeserver is asked for what it told since the
	// last time. What it left out waits about that long.
	lookBackEvery = time.Minute
	// lookBackTries is how often the same span is asked for, until it is given up.
	lookBackTries = 3
)

// lookBack finds what a homeserver left out of its answers. It can leave a room out
// and move on: Dendrite does it with one that it could not read in time. So the
// same is asked for a second time, beside the sync, which goes on meanwhile. Only
// where something is found does the sync go back, as it does after a failure. Beside
// the sync it asks for the events of others only: with those of a burst of our own
// Dendrite would have as much to do again.
type lookBack struct {
	since string    // the token to go back to
	at    time.Time // when; zero: nothing was heard yet
	tries int
	whole bool  // the sync goes back in any case
	asked *told // is being asked for, or was and is compared
	told  chan *told
	now   bool // the sync has gone back
	// handled are events, and rooms with an invitation, since the last look back was
	// over; before are those since the one before that.
	handled, before map[string]bool
}

// told is what a homeserver tells a second time.
type told struct {
	from, mark string              // where it begins, and where the sync was at that time
	keys       map[string][]string // by room: events, or the room of an invitation
	err        error
}

// plan lets the next look back be at a time, from a token on. One on its way does
// not count any more.
func (b *lookBack) plan(since string, at time.Time) {
	b.since, b.at, b.asked, b.now, b.tries, b.whole = since, at, nil, false, 0, false
}

// over plans the next look back, from a token on, and forgets what was handled
// before that. It goes back to where the sync was when this one was asked for: this
// one may have left something out, too.
func (b *lookBack) over(since string, every time.Duration) {
	b.plan(since, time.Now().Add(every))
	b.before, b.handled = b.handled, nil
}

// again plans the same once more, or gives it up.
func (b *lookBack) again(every time.Duration) {
	last, tries := b.asked, b.tries+1
	if tries == lookBackTries {
		b.over(last.mark, every)
		return
	}
	b.plan(last.from, time.Now().Add(every))
	b.tries = tries
}

// leftOut is in how many rooms the homeserver told something the second time only.
func (b *lookBack) leftOut(t *told) (rooms int) {
	for _, keys := range t.keys {
		for _, key := range keys {
			if !b.known(key) {
				rooms++
				break
			}
		}
	}
	return rooms
}

func (b *lookBack) known(key string) bool { return b.handled[key] || b.before[key] }

// note notes what of a response was handled; ahead are rooms that are as new to the
// next one.
func (b *lookBack) note(resp *mautrix.RespSync, ahead func(id.RoomID) bool) {
	if b.handled == nil {
		b.handled = make(map[string]bool)
	}
	note := func(list []*event.Event) {
		for _, evt := range list {
			if evt != nil {
				b.handled[evt.ID.String()] = true
			}
		}
	}
	for room, data := range resp.Rooms.Join {
		if data != nil && !ahead(room) {
			note(data.Timeline.Events)
		}
	}
	for _, data := range resp.Rooms.Leave {
		if data != nil {
			note(data.Timeline.Events)
		}
	}
	for room := range resp.Rooms.Invite {
		b.handled[room.String()] = true
	}
}

// pass takes the rooms out of a response in which everything was handled. One of
// which something was left out stays whole, so that it comes in order.
func (b *lookBack) pass(resp *mautrix.RespSync) {
	done := func(list []*event.Event) bool {
		for _, evt := range list {
			if evt != nil && !b.known(evt.ID.String()) {
				return false
			}
		}
		return len(list) > 0
	}
	for room, data := range resp.Rooms.Join {
		if data != nil && done(data.Timeline.Events) {
			delete(resp.Rooms.Join, room)
		}
	}
	for room, data := range resp.Rooms.Leave {
		if data != nil && done(data.Timeline.Events) {
			delete(resp.Rooms.Leave, room)
		}
	}
	for room := range resp.Rooms.Invite {
		if b.known(room.String()) {
			delete(resp.Rooms.Invite, room)
		}
	}
}

// lookBack begins one if the time has come, and returns one whose answer is there:
// whatever that tells of, the pass that begins now tells, too.
func (l *loop) lookBack(ctx context.Context, since string) *told {
	b := &l.back
	select {
	case t := <-b.told:
		if t == b.asked {
			return t
		}
	default:
	}
	switch {
	case b.asked != nil || b.at.IsZero() || time.Now().Before(b.at):
	case b.whole:
		b.asked = &told{from: b.since, mark: since}
		return b.asked
	case b.since == since: // nothing at all was told
		b.over(since, l.backEvery)
	default:
		t := &told{from: b.since, mark: since}
		b.asked = t
		l.looking.Go(func() {
			t.keys, t.err = l.tellAgain(ctx, t.from)
			select {
			case b.told <- t:
				signal(l.poke)
			case <-ctx.Done():
			}
		})
	}
	return nil
}

// tellAgain asks for what others sent since a token.
func (l *loop) tellAgain(ctx context.Context, since string) (map[string][]string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	body, err := l.cli.MakeFullRequest(ctx, mautrix.FullRequest{
		Method: http.MethodGet, URL: l.syncURL(since, 0, l.self), MaxAttempts: 1,
	})
	if err != nil {
		return nil, err
	}
	type room struct {
		Timeline struct {
			Events []struct {
				ID string `json:"event_id"`
			} `json:"events"`
		} `json:"timeline"`
	}
	var resp struct {
		Rooms struct {
			Join   map[string]room            `json:"join"`
			Leave  map[string]room            `json:"leave"`
			Invite map[string]json.RawMessage `json:"invite"`
		} `json:"rooms"`
	}
	if err := json.Unmarshal(body, &resp); err != nil {
		return nil, errNotUnderstood
	}
	keys := make(map[string][]string)
	for _, rooms := range []map[string]room{resp.Rooms.Join, resp.Rooms.Leave} {
		for name, data := range rooms {
			for _, evt := range data.Timeline.Events {
				keys[name] = append(keys[name], evt.ID)
			}
		}
	}
	for name := range resp.Rooms.Invite {
		keys[name] = append(keys[name], name)
	}
	return keys, nil
}

// compare tells where the sync goes on: where it was, or from before what was left
// out of its answers.
func (l *loop) compare(t *told, since string) (from string, back bool) {
	b := &l.back
	rooms := b.leftOut(t)
	switch {
	case t != b.asked: // the sync failed meanwhile
	case t.err != nil:
		l.log.Debug("a look back failed, will try again", "err", clean("sync", t.err))
		b.again(l.backEvery)
	case b.whole:
		b.now = true
		return t.from, true
	case rooms == 0:
		b.over(t.mark, l.backEvery)
	default:
		l.log.Info("the homeserver had left something out of an answer", "rooms", rooms)
		b.now = true
		return t.from, true
	}
	return since, false
}

// gone ends a look back for which the sync has gone back.
func (l *loop) gone() {
	b := &l.back
	if !b.now {
		return
	}
	if b.leftOut(b.asked) > 0 {
		b.again(l.backEvery)
		return
	}
	b.over(b.asked.mark, l.backEvery)
}
