package matrix

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const (
	// lookBackEvery is how often the homeserver is asked for what it told before. What
	// it left out waits about that long.
	lookBackEvery = time.Minute
	// lookBackTries is how often the same span is asked for, until another way is taken.
	lookBackTries = 3
	// lookBackMost is how old a span may become, where the sync fails again and again.
	lookBackMost = 10 * time.Minute
)

// lookBack finds what a homeserver left out of its answers. It can leave a room out
// and move on: Dendrite does it with one that it could not read in time. So the
// same is asked for a second and a third time, beside the sync, which goes on
// meanwhile. Only where something is found does the sync go back, as it does after a
// failure. Beside the sync it asks for the events of others only: with those of a
// burst of our own Dendrite would have as much to do again.
type lookBack struct {
	since string    // the token to go back to
	begun time.Time // when since became it
	last  string    // where the sync was when the last look back was asked for
	at    time.Time // when; zero: nothing was heard yet
	tries int
	whole bool  // the sync goes back in any case
	asked *told // is being asked for, or was and is compared
	told  chan *told
	now   bool // the sync has gone back
	// handled are events, and rooms with an invitation, by when: since the last look
	// back was over, and between those before. A span is older than two of them.
	handled [3]map[string]bool
}

// told is what a homeserver tells a second time.
type told struct {
	from, mark string              // where it begins, and where the sync was at that time
	keys       map[string][]string // by room: events, or the room of an invitation
	err        error
}

// plan lets the next look back over the same span be at a time. One on its way does
// not count any more.
func (b *lookBack) plan(at time.Time) {
	b.at, b.asked, b.now, b.tries, b.whole = at, nil, false, 0, false
}

// over plans the next look back and forgets what was handled before its span. It
// goes back to where the sync was before this one was asked for, which may itself
// have left something out.
func (b *lookBack) over(mark string, every time.Duration) {
	b.plan(time.Now().Add(every))
	b.since, b.begun, b.last = cmp.Or(b.last, mark), time.Now(), mark
	b.handled = [3]map[string]bool{nil, b.handled[0], b.handled[1]}
}

// restart has the sync go back in any case, a little after a start or a failure: when
// a homeserver has just begun it often leaves rooms out. since is where the sync went
// on from.
func (b *lookBack) restart(since string, at time.Time) {
	if b.since == "" || time.Since(b.begun) > lookBackMost {
		b.over(since, 0)
	}
	if b.whole && b.at.Before(at) {
		at = b.at
	}
	b.plan(at)
	b.whole = true
}

// again plans the same once more; false: it was the last time.
func (b *lookBack) again(every time.Duration) bool {
	tries := b.tries + 1
	if tries == lookBackTries {
		return false
	}
	b.plan(time.Now().Add(every))
	b.tries = tries
	return true
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

func (b *lookBack) known(key string) bool {
	return b.handled[0][key] || b.handled[1][key] || b.handled[2][key]
}

// note notes what of a response was handled.
func (b *lookBack) note(resp *mautrix.RespSync, jobs map[id.RoomID]*roomJob) {
	if b.handled[0] == nil {
		b.handled[0] = make(map[string]bool)
	}
	note := func(list []*event.Event) {
		for _, evt := range list {
			if evt != nil {
				b.handled[0][evt.ID.String()] = true
			}
		}
	}
	for _, job := range jobs {
		if job.data != nil && !job.ahead { // else it is as new to the next response
			note(job.past)
			note(job.data.Timeline.Events)
		}
	}
	for _, data := range resp.Rooms.Leave {
		if data != nil {
			note(data.Timeline.Events)
		}
	}
	for room := range resp.Rooms.Invite {
		b.handled[0][room.String()] = true
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
	maps.DeleteFunc(resp.Rooms.Join, func(_ id.RoomID, data *mautrix.SyncJoinedRoom) bool { return data != nil && done(data.Timeline.Events) })
	maps.DeleteFunc(resp.Rooms.Leave, func(_ id.RoomID, data *mautrix.SyncLeftRoom) bool { return data != nil && done(data.Timeline.Events) })
	maps.DeleteFunc(resp.Rooms.Invite, func(room id.RoomID, _ *mautrix.SyncInvitedRoom) bool { return b.known(room.String()) })
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
				ID     string    `json:"event_id"`
				Sender id.UserID `json:"sender"`
			} `json:"events"`
		} `json:"timeline"`
	}
	var resp struct {
		NextBatch string `json:"next_batch"`
		Rooms     struct {
			Join   map[string]room            `json:"join"`
			Leave  map[string]room            `json:"leave"`
			Invite map[string]json.RawMessage `json:"invite"`
		} `json:"rooms"`
	}
	if err := json.Unmarshal(body, &resp); err != nil || resp.NextBatch == "" {
		return nil, errNotUnderstood
	}
	if resp.NextBatch == since { // so Dendrite answers, too, where it could read nothing
		return nil, errNothingTold
	}
	keys := make(map[string][]string)
	for _, rooms := range []map[string]room{resp.Rooms.Join, resp.Rooms.Leave} {
		for name, data := range rooms {
			for _, evt := range data.Timeline.Events {
				if evt.Sender != l.self { // Dendrite makes up a leaving where an invitation ended
					keys[name] = append(keys[name], evt.ID)
				}
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
	if t != b.asked { // the sync failed meanwhile
		return since, false
	}
	rooms := b.leftOut(t)
	switch {
	case b.whole:
	case t.err != nil:
		if b.again(l.backEvery) {
			return since, false
		}
		l.log.Warn("the homeserver does not tell again what it told before; going back to it", "err", clean("sync", t.err))
		b.whole = true
	case rooms == 0:
		b.over(t.mark, l.backEvery)
		return since, false
	default:
		l.log.Info("the homeserver had left something out of an answer", "rooms", rooms)
	}
	b.now = true
	return t.from, true
}

// wentBack ends a look back for which the sync has gone back.
func (l *loop) wentBack() {
	b := &l.back
	if !b.now {
		return
	}
	mark, rooms := b.asked.mark, b.leftOut(b.asked)
	switch {
	case b.whole && b.asked.err == nil: // nobody has compared yet
		b.plan(time.Now().Add(l.backEvery))
	case rooms == 0:
		b.over(mark, l.backEvery)
	case !b.again(l.backEvery):
		l.log.Warn("the homeserver leaves something out of every answer", "rooms", rooms)
		b.over(mark, l.backEvery)
	}
}
