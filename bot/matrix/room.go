package matrix

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/account"
	"handrail/bot/chat"
)

// bornSlack covers that the homeserver says the time in whole seconds.
const bornSlack = 2 * time.Second

// roomJob handles what one response has for one room, in order. Different
// rooms run at the same time.
type roomJob struct {
	*loop
	room    id.RoomID
	data    *mautrix.SyncJoinedRoom // nil: only waiting events
	waiting []waiting               // unreadable events to look at again
	start   bool                    // the very first response: it replays the past

	row     roomRow
	fresh   bool      // the room was unknown before this response
	away    bool      // at this point of the timeline the bot was not in the room
	ahead   bool      // the bot is in the room, but its join comes with a later response
	settled bool      // the stored state is newer than the timeline already
	again   bool      // up to the last handled event, the timeline repeats what came before
	handled bool      // the event at hand is repeated, and was not left out before
	inviter id.UserID // who invited the bot
	// answered are the events before our last words, where those were a lost device's
	answered map[id.EventID]bool

	readUpTo id.EventID
	past     []*event.Event // what the response left out between the last handled event and the timeline
	later    []waiting      // to write: new or told
	solved   []id.EventID
	echoed   map[string]id.EventID
}

// jobs sorts a response by room.
func (l *loop) jobs(ctx context.Context, resp *mautrix.RespSync, since string) (map[id.RoomID]*roomJob, error) {
	jobs := make(map[id.RoomID]*roomJob)
	job := func(room id.RoomID) *roomJob {
		if jobs[room] == nil {
			jobs[room] = &roomJob{loop: l, room: room, start: since == "", echoed: make(map[string]id.EventID)}
		}
		return jobs[room]
	}
	for room, data := range resp.Rooms.Join {
		if data != nil {
			job(room).data = data
		}
	}
	waiting, err := l.waitingNow(ctx)
	for _, w := range waiting {
		if _, left := resp.Rooms.Leave[w.room]; !left {
			job(w.room).waiting = append(job(w.room).waiting, w)
		}
	}
	return jobs, err
}

// addTo puts the results into the batch.
func (j *roomJob) addTo(b *batch) {
	if j.data != nil && !j.ahead { // else the room is as new to the next response
		b.rooms[j.room] = j.row
	}
	b.waiting = append(b.waiting, j.later...)
	b.read = append(b.read, j.solved...)
	maps.Copy(b.echoed, j.echoed)
}

// run fails only when ctx ends.
func (j *roomJob) run(ctx context.Context) error {
	err := j.insist(ctx, "read how far a room was handled", func() (err error) {
		var known bool
		j.row, known, err = j.ledger.room(ctx, j.room)
		j.fresh = !known
		return err
	})
	if err != nil {
		return err
	}
	for _, w := range j.waiting {
		if err := j.lookAgain(ctx, w); err != nil {
			return err
		}
	}
	if j.data == nil {
		return nil
	}
	past, timeline, err := j.timelines(ctx)
	if err != nil {
		return err
	}
	j.past = past
	if j.fresh {
		return j.runFresh(ctx, append(past, timeline...))
	}
	state := j.stateSection()
	if before, stay := j.stays(timeline); j.again && slices.ContainsFunc(stay, func(evt *event.Event) bool { return evt.ID == j.row.last }) {
		state, timeline = append(state, before...), stay // an earlier stay is not told again
	}
	j.away = j.comesLater(append(past, timeline...))
	if err := j.ensureState(ctx); err != nil {
		return err
	}
	if err := j.each(ctx, past, j.one); err != nil {
		return err
	}
	if err := j.storeAll(ctx, state); err != nil {
		return err
	}
	return j.each(ctx, timeline, j.one)
}

// runFresh handles a room that the bot has just joined (or, in the very first
// response, knows nothing about): what happened before the join only counts
// for the state. Dendrite sometimes shows a room as joined with the events up to
// the invitation, and the join with its next answer: the room begins there.
func (j *roomJob) runFresh(ctx context.Context, timeline []*event.Event) error {
	state := j.stateSection()
	past, timeline := j.stays(timeline)
	state = append(state, past...)
	whole, own := false, event.Membership("")
	for _, evt := range append(state, timeline...) {
		whole = whole || evt.Type.Type == event.StateCreate.Type
		own = cmp.Or(j.ownMembership(evt), own)
		j.away = j.away || (j.ownMembership(evt) == event.MembershipJoin && contains(timeline, evt))
	}
	j.waitForJoin(own)
	whole = whole && !j.ahead
	if !whole {
		// The bot knows nothing and was told only a part.
		if err := j.ensureState(ctx); err != nil {
			return err
		}
	}
	if err := j.storeAll(ctx, state); err != nil {
		return err
	}
	if whole {
		err := j.insist(ctx, "note the state of a room", func() error { return j.state.MarkMembersFetched(ctx, j.room) })
		if err != nil {
			return err
		}
	}
	for _, evt := range state {
		// More happened since the join than one response and the pages before it hold.
		if !j.start && !j.away && !j.ahead && j.ownMembership(evt) == event.MembershipJoin {
			if err := j.opened(ctx, evt); err != nil {
				return err
			}
		}
	}
	if j.start && j.replaced {
		j.answered = j.beforeOwnWords(timeline)
	}
	if err := j.each(ctx, timeline, j.one); err != nil {
		return err
	}
	return j.confessLoss(ctx, timeline)
}

// waitForJoin tells whether the bot's join is still to come, by what the response
// says of the bot. It comes with the next one that has the room; where it does
// not, nobody waits for it any longer.
func (j *roomJob) waitForJoin(own event.Membership) {
	if j.start || own == event.MembershipJoin {
		j.early.Delete(j.room)
		return
	}
	_, waited := j.early.LoadOrStore(j.room, true)
	j.ahead = !waited || (j.back.now && own == event.MembershipInvite)
}

// comesLater tells whether a timeline, of a room that is known, begins before the bot
// was in it: a response after a failure repeats what was before the join, too.
func (j *roomJob) comesLater(timeline []*event.Event) bool {
	for _, evt := range timeline {
		switch j.ownMembership(evt) {
		case event.MembershipInvite:
			return true
		case event.MembershipJoin:
			before := evt.Unsigned.PrevContent
			return before != nil && event.Membership(text(before.Raw, "membership")) != event.MembershipJoin
		case event.MembershipLeave, event.MembershipBan:
			return false
		}
	}
	return false
}

// stays parts a timeline behind the last time that the bot went out of the room.
// Of an earlier stay only the state counts: who invites it anew begins anew.
func (j *roomJob) stays(timeline []*event.Event) (past, now []*event.Event) {
	last := 0
	for i, evt := range timeline {
		if m := j.ownMembership(evt); m == event.MembershipLeave || m == event.MembershipBan {
			last = i + 1
		}
	}
	for _, evt := range timeline[:last] {
		if evt.StateKey != nil {
			past = append(past, evt)
		}
	}
	return past, timeline[last:]
}

func contains(list []*event.Event, evt *event.Event) bool {
	for _, other := range list {
		if other == evt {
			return true
		}
	}
	return false
}

func (j *roomJob) each(ctx context.Context, list []*event.Event, fn func(context.Context, *event.Event) error) error {
	for _, evt := range list {
		if err := fn(ctx, evt); err != nil {
			return err
		}
	}
	return nil
}

func (j *roomJob) stateSection() []*event.Event {
	var list []*event.Event
	for _, evt := range j.data.State.Events {
		if evt != nil {
			parse(evt, j.room, event.StateEventType)
			list = append(list, evt)
		}
	}
	return list
}

// store applies a state event without asking what it means for people.
func (j *roomJob) store(ctx context.Context, evt *event.Event) error {
	return j.storeAll(ctx, []*event.Event{evt})
}

// storeAll applies state events in one transaction: a room can have thousands.
func (j *roomJob) storeAll(ctx context.Context, list []*event.Event) error {
	for _, evt := range list {
		if j.ownMembership(evt) == event.MembershipInvite {
			j.inviter = evt.Sender
		}
		if err := j.insist(ctx, "note the room of a case", func() error { return j.noteCase(ctx, evt) }); err != nil {
			return err
		}
	}
	if j.settled || len(list) == 0 {
		return nil
	}
	return j.insist(ctx, "store the state of a room", func() error {
		defer j.rooms.WithLock(j.room)()
		return account.Txn(ctx, j.ledger.db, func(ctx context.Context) error {
			return j.each(ctx, list, j.crypt.applyState)
		})
	})
}

// ensureState fetches the room's state if it was never seen as a whole. A room
// whose state cannot be had counts as encrypted: nothing plain is believed.
func (j *roomJob) ensureState(ctx context.Context) error {
	err := j.persist(ctx, "fetch the state of a room", func() (err error) {
		j.settled, err = j.learn(ctx, j.room)
		return err
	})
	if err != nil && ctx.Err() == nil {
		j.log.Warn("the state of a room cannot be had", "err", clean("fetch state", err))
		j.settled = false
		return nil
	}
	return err
}

// learn fetches the state of a room that is not known as a whole.
func (t *Transport) learn(ctx context.Context, room id.RoomID) (fetched bool, err error) {
	defer t.rooms.WithLock(room)()
	known, err := t.state.HasFetchedMembers(ctx, room)
	if err != nil || known {
		return false, err
	}
	return true, t.crypt.fetchRoom(ctx, room)
}

// ownMembership is what a membership event says about the bot, "" for others.
func (j *roomJob) ownMembership(evt *event.Event) event.Membership {
	if evt.Type.Type != event.StateMember.Type || evt.StateKey == nil || *evt.StateKey != j.self.String() {
		return ""
	}
	return event.Membership(text(evt.Content.Raw, "membership"))
}

// old reports whether an event is from before this device's login, as the
// first response replays them.
func (j *roomJob) old(evt *event.Event) bool {
	return j.start && (evt.Timestamp < j.born-bornSlack.Milliseconds() || j.answered[evt.ID])
}

// beforeOwnWords are the events before the last message of ours: the device that
// this one replaced has read them.
func (j *roomJob) beforeOwnWords(timeline []*event.Event) map[id.EventID]bool {
	before := make(map[id.EventID]bool)
	last := len(timeline) - 1
	for last >= 0 && !j.ownWords(timeline[last]) {
		last--
	}
	for _, evt := range timeline[:max(last, 0)] {
		before[evt.ID] = true
	}
	return before
}

// lossAge is how far back an unanswered message is spoken of after a loss.
const lossAge = 3 * 24 * time.Hour

// confessLoss speaks of what people wrote to a device whose keys are gone: if
// they had the last word, they get told that it could not be read.
func (j *roomJob) confessLoss(ctx context.Context, timeline []*event.Event) error {
	if !j.start || !j.replaced {
		return nil
	}
	var last *event.Event
	for _, evt := range timeline {
		switch {
		case evt.StateKey != nil:
		case evt.Sender == j.self:
			last = nil
		case evt.Type.Type == event.EventEncrypted.Type && evt.Unsigned.RedactedBecause == nil && j.old(evt):
			last = evt
		}
	}
	if last == nil || last.Timestamp < j.born-lossAge.Milliseconds() {
		return nil
	}
	return j.deliver(ctx, unreadableMessage(last))
}

// one handles one event of the timeline.
func (j *roomJob) one(ctx context.Context, evt *event.Event) error {
	if j.handled = j.again; j.back.now {
		j.handled = j.back.known(evt.ID.String())
	}
	if j.again {
		j.again = evt.ID != j.row.last
	} else {
		j.row.last, j.row.ts = evt.ID, evt.Timestamp
	}
	switch {
	case evt.StateKey != nil:
		return j.stateEvent(ctx, evt)
	case evt.Sender == j.self:
		return j.echo(ctx, evt)
	case j.away || j.ahead || j.old(evt):
		return nil
	case evt.Type.Type == event.EventEncrypted.Type:
		return j.encrypted(ctx, evt)
	}
	return j.message(ctx, evt)
}

// message handles an event of a person that can be read.
func (j *roomJob) message(ctx context.Context, evt *event.Event) error {
	if isVerification(evt) {
		if !j.handled { // a request that comes twice would end what it began
			j.verify.inRoom(ctx, evt)
		}
		return nil
	}
	view, err := j.look(ctx)
	if err != nil {
		return err
	}
	staff, err := j.staffHere(ctx, evt.Sender, view)
	if err != nil {
		return err
	}
	m, ok := inbound(evt, scene{
		self: j.self, encrypted: view.encrypted || !view.known, allowPlain: j.cfg.AllowUnencrypted,
		crowd: view.crowd() && staff == nil, crowdEvent: j.row.crowd,
	})
	if ok && staff != nil {
		ok, err = j.mark(ctx, &m, staff, evt)
	}
	if err != nil || !ok {
		return err
	}
	if m.Kind == chat.KindRemoval {
		j.solved = append(j.solved, id.EventID(m.Target)) // it need not be read any more
	}
	j.readUpTo = evt.ID
	return j.handOver(ctx, m)
}

func (j *roomJob) look(ctx context.Context) (v roomView, err error) {
	err = j.insist(ctx, "look at a room", func() error {
		v, err = j.state.view(ctx, j.room, j.self)
		return err
	})
	return v, err
}

// deliver hands over what the transport tells by itself. Where it is of staff that
// is noted first.
func (j *roomJob) deliver(ctx context.Context, m chat.Message) error {
	view, err := j.look(ctx)
	if err == nil {
		m.Staff, err = j.staffHere(ctx, id.UserID(m.From.User), view)
	}
	if err != nil {
		return err
	}
	return j.handOver(ctx, m)
}

// handOver hands a message to the handler until it is committed.
func (j *roomJob) handOver(ctx context.Context, m chat.Message) error {
	if m.Staff != nil && (m.Kind == chat.KindCrowd || m.Kind == chat.KindOpened || m.Kind == chat.KindLeft) {
		return nil // staff come and go
	}
	if m.Kind != chat.KindRemoval && m.Kind != chat.KindLeft && !j.handled && m.Staff == nil {
		j.courtesy.typingOn(j.room, j.now())
	}
	defer j.people.WithLock(m.From.User)()
	return j.insist(ctx, "hand over a message", func() error {
		err := j.handler.Handle(ctx, m)
		if err != nil && ctx.Err() == nil {
			j.log.Warn("a message was not committed", "err", err)
			return errHandler
		}
		return err
	})
}
