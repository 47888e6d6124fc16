package matrix

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/account"
	"handrail/bot/chat"
)

const (
	backoffFirst = 200 * time.Millisecond
	backoffMost  = 30 * time.Second
	patience     = time.Minute // beyond the time for which a sync request is held
	firstLimit   = 50          // events of one room in the very first response
	devicesAgain = time.Minute // between questions for device lists that could not be had
	refusals     = 6           // answers with an error before something about one room is given up
)

// Run receives until ctx ends. It returns an error only when the account can
// no longer be used as it is.
func (t *Transport) Run(ctx context.Context, h chat.Handler) error {
	if !t.running.CompareAndSwap(false, true) {
		return errors.New("matrix: Run was called twice")
	}
	defer t.running.Store(false)
	t.asks.Store(&h)
	t.passes.restart()
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error { t.courtesy.run(gctx); return nil })
	group.Go(func() error { t.followInvites(gctx); return nil })
	group.Go(func() error { t.keepStaff(gctx); return nil })
	group.Go(func() error {
		return (&loop{Transport: t, handler: h, back: lookBack{told: make(chan *told, 1)}}).run(gctx)
	})
	if err := group.Wait(); ctx.Err() == nil {
		return err
	}
	return nil
}

// loop is one Run.
type loop struct {
	*Transport
	handler chat.Handler
	warm    bool      // the first response was handled
	devices time.Time // when outdated device lists were last asked for
	pruned  time.Time // when the ledger was last tidied
	back    lookBack
	looking sync.WaitGroup // requests beside the sync
	early   sync.Map       // of id.RoomID: rooms that were shown before the bot's join
}

// run makes one pass after the other. At the start and after a failure it goes
// on from a token that is some responses and half a minute older than the last:
// Dendrite, when it is stopped, answers a waiting request with a newer token and
// without the events before it, and on a busy machine more than one. What comes
// twice is known to the handler by its id.
func (l *loop) run(ctx context.Context) error {
	beside, stop := context.WithCancel(ctx)
	defer l.looking.Wait()
	defer stop()
	since, quick, failures := "", true, 0
	var told *told
	for ctx.Err() == nil {
		if failures > 0 || !l.warm {
			err := l.insist(ctx, "read the sync token", func() (err error) {
				since, err = l.ledger.oldToken(ctx)
				return err
			})
			if err != nil {
				return nil
			}
		}
		if failures == 0 && told == nil {
			told = l.lookBack(beside, since)
			quick = quick || told != nil
		}
		pass := l.passes.begin()
		resp, err := l.ask(ctx, since, quick)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errPoked):
			quick = true
			continue
		case answered(err, unknownToken, "M_USER_DEACTIVATED"):
			return fmt.Errorf("%w: start again with the password of the bot's account configured", clean("sync", err))
		case err != nil:
			if l.failed(ctx, err, failures) != nil {
				return nil
			}
			quick, failures = true, failures+1
			continue
		}
		if failures > 0 {
			l.log.Info("sync works again")
		}
		if failures > 0 || !l.warm {
			calm := time.Now().Add(l.settle)
			if failures > 0 { // the homeserver may have been the one that restarted
				calm = calm.Add(awayTimes * l.settle)
			}
			l.calm.Store(&calm)
			// The very first answer is not told in changes.
			l.back.restart(cmp.Or(since, resp.NextBatch), time.Now().Add(l.settle+l.settle/3))
		}
		quick, failures = false, 0
		if err := l.handle(ctx, resp, since); err != nil {
			return nil // only the end of ctx stops it
		}
		since, l.warm = resp.NextBatch, true
		l.wentBack()
		if told != nil {
			since, quick = l.compare(told, since)
			told = nil
		}
		l.passes.finish(pass)
		l.heard.Store(l.now().UnixMilli())
		l.tidy(ctx)
	}
	return nil
}

// failed waits before the next try. Sends wait too, because until the sync has
// caught up nobody knows what is there already.
func (l *loop) failed(ctx context.Context, err error, failures int) error {
	l.passes.restart()
	if failures%8 == 0 {
		l.log.Warn("sync failed, will try again", "err", clean("sync", err))
	}
	return sleep(ctx, max(backoff(failures), classify(err).after))
}

// tidy forgets what is too old to matter, once an hour.
func (l *loop) tidy(ctx context.Context) {
	if l.now().Sub(l.pruned) < time.Hour {
		return
	}
	l.pruned = l.now()
	if err := errors.Join(l.ledger.prune(ctx, l.served.now()), l.ledger.dropLeft(ctx, l.self)); err != nil && ctx.Err() == nil {
		l.log.Warn("the crypto store could not be tidied", "err", clean("tidy", err))
	}
	l.broke.Range(func(key, at any) bool {
		if time.Since(at.(time.Time)) > time.Hour {
			l.broke.Delete(key)
		}
		return true
	})
}

var (
	errPoked         = errors.New("asked again at once")
	errNotUnderstood = errors.New("the homeserver's answer to sync is not understood")
	errNothingTold   = errors.New("the homeserver tells nothing of what it told before")
)

// ask makes one sync request. A poke ends it with errPoked: then somebody
// waits for a request that begins later.
func (l *loop) ask(ctx context.Context, since string, quick bool) (*mautrix.RespSync, error) {
	select {
	case <-l.poke:
		quick = true
	default:
	}
	hold := time.Duration(0)
	if !quick && since != "" {
		hold = l.holdFor(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, hold+patience)
	defer cancel()
	answered := make(chan struct{})
	poked := make(chan bool, 1)
	go func() {
		select {
		case <-l.poke:
			poked <- true
			cancel()
		case <-answered:
			poked <- false
		}
	}()
	body, err := l.cli.MakeFullRequest(ctx, mautrix.FullRequest{
		Method: http.MethodGet, URL: l.syncURL(since, hold), MaxAttempts: 1,
	})
	close(answered)
	if <-poked && err != nil {
		return nil, errPoked
	}
	if err != nil {
		return nil, err
	}
	resp, dropped, err := decodeSync(body)
	if err != nil || resp.NextBatch == "" {
		return nil, errNotUnderstood
	}
	if dropped > 0 {
		l.log.Warn("events that cannot be decoded were dropped", "count", dropped)
	}
	return resp, nil
}

// holdFor is how long the homeserver may hold the request: until the next
// waiting event must be looked at.
func (l *loop) holdFor(ctx context.Context) time.Duration {
	hold := longPoll
	if !l.back.at.IsZero() && l.back.asked == nil {
		hold = min(hold, max(time.Until(l.back.at), 10*time.Millisecond))
	}
	due, ok, err := l.ledger.nextDue(ctx)
	if err != nil || !ok {
		return hold
	}
	return min(max(due.Sub(l.now()), 10*time.Millisecond), hold)
}

// syncURL asks for what came since a token, but for the events of some senders.
func (l *loop) syncURL(since string, hold time.Duration, without ...id.UserID) string {
	nothing := &mautrix.FilterPart{NotTypes: []event.Type{{Type: "*"}}}
	filter := mautrix.Filter{
		AccountData: nothing, Presence: nothing,
		Room: &mautrix.RoomFilter{AccountData: nothing, Ephemeral: nothing, Timeline: &mautrix.FilterPart{Limit: l.timeline, NotSenders: without}},
	}
	query := map[string]string{"timeout": strconv.FormatInt(hold.Milliseconds(), 10)}
	if since != "" {
		query["since"] = since
	} else {
		filter.Room.Timeline.Limit = min(firstLimit, l.timeline)
	}
	inline, err := json.Marshal(filter)
	if err == nil {
		query["filter"] = string(inline)
	}
	return l.cli.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "sync"}, query)
}

// handle does everything that a response asks for and then moves the token. It
// fails only when ctx ends; then nothing of the batch is noted, and the next
// start gets it again.
func (l *loop) handle(ctx context.Context, resp *mautrix.RespSync, since string) error {
	if err := l.handleToDevice(ctx, resp); err != nil {
		return err
	}
	if l.back.now {
		l.back.pass(resp)
	}
	for room := range resp.Rooms.Join { // Dendrite names one that was left and joined again twice
		delete(resp.Rooms.Leave, room)
	}
	jobs, err := l.jobs(ctx, resp, since)
	if err != nil {
		return err
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelRooms)
	for _, job := range jobs {
		group.Go(func() error { return job.run(gctx) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	b := batch{rooms: make(map[id.RoomID]roomRow), echoed: make(map[string]id.EventID), invites: l.invitations(ctx, resp)}
	if resp.NextBatch != since {
		b.token = resp.NextBatch
	}
	for _, job := range jobs {
		job.addTo(&b)
	}
	for room := range resp.Rooms.Leave {
		if err := l.leave(ctx, room); err != nil {
			return err
		}
		b.left = append(b.left, room)
	}
	err = l.insist(ctx, "write the sync token", func() error { return l.ledger.commit(ctx, b, l.now()) })
	if err != nil {
		return err
	}
	l.back.note(resp, jobs)
	if len(b.invites) > 0 {
		signal(l.invited)
	}
	for _, job := range jobs {
		if job.readUpTo != "" {
			l.courtesy.read(job.room, job.readUpTo)
		}
	}
	return nil
}

// handleToDevice gives the crypto machine its part of a response, each event
// by itself. What fails is its own loss: a key that did not come is asked for
// when it is missed. It returns an error only when ctx ends.
func (l *loop) handleToDevice(ctx context.Context, resp *mautrix.RespSync) error {
	mach := l.crypt.mach
	l.refreshDevices(ctx, resp.DeviceLists.Changed)
	for _, evt := range resp.ToDevice.Events {
		if evt == nil {
			continue
		}
		parse(evt, "", event.ToDeviceEventType)
		if strings.HasPrefix(evt.Type.Type, verificationPrefix) {
			l.verify.toDevice(ctx, evt)
			continue
		}
		if evt.Type.Type == event.ToDeviceEncrypted.Type {
			if err := l.handleKeys(ctx, evt); err != nil {
				return err
			}
			continue
		}
		if err := guard(func() error { mach.HandleToDeviceEvent(ctx, evt); return nil }); err != nil {
			l.log.Warn("a to-device event could not be handled")
		}
	}
	if err := guard(func() error { mach.HandleOTKCounts(ctx, &resp.DeviceOTKCount); return nil }); err != nil {
		l.log.Warn("one-time keys could not be renewed")
	}
	mach.MarkOlmHashSavePoint(ctx)
	return nil
}

// refreshDevices fetches the device lists that changed. They are marked first,
// so that a failure or a crash only delays it; those of a homeserver that does
// not answer are asked for again after a while.
func (l *loop) refreshDevices(ctx context.Context, changed []id.UserID) {
	store := l.crypt.store
	if len(changed) > 0 {
		if err := store.MarkTrackedUsersOutdated(ctx, changed); err != nil {
			l.log.Warn("changed devices could not be noted", "err", clean("mark devices", err))
		}
	} else if l.now().Sub(l.devices) < devicesAgain {
		return
	}
	l.devices = l.now()
	outdated, err := store.GetOutdatedTrackedUsers(ctx)
	if err == nil && len(outdated) > 0 {
		err = guard(func() error {
			_, err := l.crypt.mach.FetchKeys(ctx, outdated, false)
			return err
		})
		l.lookAtStaff(ctx, outdated)
	}
	if err != nil && ctx.Err() == nil {
		l.log.Warn("changed devices could not be fetched, will try again", "err", clean("fetch devices", err))
	}
}

// lookAtStaff asks whether the keys of staff still count where devices changed, so
// that nobody has a case on keys that nobody knows. What fails is asked again before
// anything is sent.
func (l *loop) lookAtStaff(ctx context.Context, changed []id.UserID) {
	if l.cfg.Staff == nil || !l.cfg.Staff.Verified {
		return
	}
	for _, user := range changed {
		if !slices.Contains(l.cfg.Staff.Members, user.String()) {
			continue
		}
		err := guard(func() error {
			master, _, err := l.crypt.identity(ctx, user)
			if err == nil && master != "" {
				_, err = l.vouched(ctx, user, master)
			}
			return err
		})
		if err != nil && ctx.Err() == nil {
			l.log.Warn("changed keys of staff could not be looked at", "err", clean("look at keys", err))
		}
	}
}

// leave forgets a room that the bot is no longer in, and tells of everybody who is
// there: they have put the bot out, or the room has ended.
func (l *loop) leave(ctx context.Context, room id.RoomID) error {
	l.early.Delete(room)
	j := &roomJob{loop: l, room: room}
	view, err := j.look(ctx)
	if err == nil {
		err = l.insist(ctx, "read how far a room was handled", func() (err error) {
			j.row, _, err = l.ledger.room(ctx, room)
			return err
		})
	}
	if err != nil {
		return err
	}
	for _, who := range view.others {
		if err := j.deliver(ctx, leftMessage(who, room, "out:"+room.String()+":"+j.row.last.String(), l.now())); err != nil {
			return err
		}
	}
	return l.insist(ctx, "forget a room", func() error {
		if err := l.state.ClearCachedMembers(ctx, room); err != nil {
			return err
		}
		return l.crypt.store.RemoveOutboundGroupSession(ctx, room)
	})
}

// insist repeats fn until it works or ctx ends. It is for what must not be
// skipped: the token waits for it.
func (t *Transport) insist(ctx context.Context, what string, fn func() error) error {
	for attempt := 0; ; attempt++ {
		err := guard(fn)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if attempt%8 == 0 {
			t.log.Warn("will try again", "what", what, "attempt", attempt+1, "err", clean(what, err))
		}
		if err := sleep(ctx, max(backoff(attempt), classify(err).after)); err != nil {
			return err
		}
	}
}

// persist is insist for what concerns one room only: it gives up when the
// homeserver is there and refuses again and again, because nobody else must be
// kept waiting. It returns nil, ctx's error or the last refusal.
func (t *Transport) persist(ctx context.Context, what string, fn func() error) error {
	refused, last := 0, error(nil)
	err := t.insist(ctx, what, func() error {
		last = fn()
		if f := classify(last); last != nil && f.status >= http.StatusBadRequest && f.status != http.StatusTooManyRequests {
			refused++
			if refused >= refusals || f.final() {
				return nil
			}
		}
		return last
	})
	if err != nil {
		return err
	}
	return last
}

// guard turns a panic into an error without its text, which may hold anything.
func guard(fn func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = account.ErrPanic
		}
	}()
	return fn()
}

func backoff(attempt int) time.Duration {
	d := min(backoffFirst<<min(attempt, 10), backoffMost)
	return d - time.Duration(rand.Int64N(int64(d)/5+1)) //nolint:gosec // jitter
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// signal wakes whoever waits on a channel with room for one.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
