package matrix

import (
	"context"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// timelines returns the events between the last handled one and the timeline,
// if the homeserver left some out, and the timeline.
func (j *roomJob) timelines(ctx context.Context) (past, timeline []*event.Event, err error) {
	reached := false
	for _, evt := range j.data.Timeline.Events {
		if evt == nil {
			continue
		}
		parse(evt, j.room, event.MessageEventType)
		timeline = append(timeline, evt)
		j.again = j.again || (!j.fresh && evt.ID == j.row.last)
		reached = reached || (j.fresh && j.ownMembership(evt) == event.MembershipJoin) || (!j.fresh && evt.ID == j.row.last)
	}
	from := j.data.Timeline.PrevBatch
	if !j.data.Timeline.Limited || from == "" || j.start || reached {
		return nil, timeline, nil
	}
	err = j.persist(ctx, "fetch what was left out", func() (err error) {
		past, err = j.gap(ctx, from)
		return err
	})
	if err == nil || ctx.Err() != nil {
		return past, timeline, err
	}
	j.log.Warn("what was left out cannot be had", "err", clean("fetch messages", err))
	if answered(err, "M_FORBIDDEN", "M_NOT_FOUND") {
		return nil, timeline, nil // no longer in the room
	}
	return nil, timeline, j.confess(ctx, timeline)
}

// confess tells whoever writes in this room that some messages were lost to us.
func (j *roomJob) confess(ctx context.Context, timeline []*event.Event) error {
	for _, evt := range timeline {
		if evt.Sender != j.self && evt.StateKey == nil {
			return j.deliver(ctx, unreadableMessage(evt))
		}
	}
	return nil
}

const (
	gapPage = 100                // Dendrite gives no more, whatever is asked for
	gapMost = 10_000             // events
	gapAge  = 7 * 24 * time.Hour // beyond the last handled event, in case it is not found
)

// gap pages backwards until the last handled event, or our join of a new room.
// It never gives the homeserver an end: Dendrite then sends one event a page
// and runs past it.
func (j *roomJob) gap(ctx context.Context, from string) ([]*event.Event, error) {
	var back []*event.Event
	seen := make(map[id.EventID]bool)
pages:
	for len(back) < gapMost {
		page, err := j.cli.Messages(ctx, j.room, from, "", mautrix.DirectionBackward, nil, gapPage)
		if err != nil {
			return nil, err
		}
		for _, evt := range page.Chunk {
			if evt == nil || seen[evt.ID] {
				continue
			}
			parse(evt, j.room, event.MessageEventType)
			if !j.fresh && (evt.ID == j.row.last || evt.Timestamp < j.row.ts-gapAge.Milliseconds()) {
				break pages
			}
			seen[evt.ID] = true
			back = append(back, evt)
			if j.fresh && j.ownMembership(evt) == event.MembershipJoin {
				break pages
			}
		}
		if len(page.Chunk) == 0 || page.End == "" || page.End == from {
			break
		}
		from = page.End
	}
	if len(back) >= gapMost {
		j.log.Warn("more was missed in a room than is fetched", "events", len(back))
	}
	slices.Reverse(back)
	return back, nil
}
