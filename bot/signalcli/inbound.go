package signalcli

import (
	"strconv"
	"strings"
	"time"

	"handrail/bot/chat"
)

// NetworkName is what Address.Network says for people reached this way.
const NetworkName = "signal"

const (
	ownPrefix   = "me."    // of the event ids of our own messages
	groupPrefix = "group:" // of rooms that are groups
)

// stampText writes a time stamp as it stands in event ids.
func stampText(stamp int64) string { return strconv.FormatInt(stamp, 10) }

// eventID names a message of somebody.
func eventID(from string, stamp int64) string { return from + "." + stampText(stamp) }

// ownID names a message of ours.
func ownID(stamp int64) string { return ownPrefix + stampText(stamp) }

// stampOf is the time stamp in an event id; own tells whether the message is ours.
func stampOf(id string) (stamp int64, own, ok bool) {
	at := strings.LastIndexByte(id, '.')
	if at < 0 {
		return 0, false, false
	}
	stamp, err := strconv.ParseInt(id[at+1:], 10, 64)
	return stamp, id[:at+1] == ownPrefix, err == nil && stamp > 0
}

// authorOf is who wrote the message of an event id: nobody for one of ours.
func authorOf(id string) string {
	if at := strings.LastIndexByte(id, '.'); at >= 0 && id[:at+1] != ownPrefix {
		return id[:at]
	}
	return ""
}

// message is what the handler gets for an arrival; ok is false for what is no
// message to the bot. The target is that of the arrival, with origin for the time
// stamp of the message as it was first sent: an edit and each further part of a
// long message have their own.
func (a arrival) message(origin int64) (m chat.Message, ok bool) {
	m = chat.Message{
		ID:   eventID(a.from, a.stamp),
		From: chat.Address{Network: NetworkName, User: a.from, Room: a.from},
		Text: chat.Text(a.text),
		Sent: time.UnixMilli(a.stamp),
	}
	target := func() string {
		switch {
		case origin == 0:
			return ""
		case a.author == a.from:
			return eventID(a.from, origin)
		}
		return ownID(origin)
	}
	switch a.what {
	case whatText:
		m.Target = target()
	case whatMedia:
		m.Kind, m.Target = chat.KindMedia, target()
	case whatReaction:
		m.ID, m.Kind, m.Target = "reaction:"+m.ID, chat.KindReaction, target()
	case whatUnreact: // origin is the reaction's own
		m.ID, m.Kind, m.Text, m.Target = "unreact:"+m.ID, chat.KindRemoval, "", "reaction:"+eventID(a.from, origin)
	case whatEdit:
		m.ID, m.Kind, m.Target = "edit:"+m.ID, chat.KindEdit, eventID(a.from, origin)
	case whatRemoval:
		m.ID, m.Kind, m.Text, m.Target = "removal:"+m.ID, chat.KindRemoval, "", eventID(a.from, origin)
	case whatCall:
		m.ID, m.Kind = "call:"+m.ID, chat.KindCall
	case whatUnreadable:
		m.ID, m.Kind = "unreadable:"+m.ID, chat.KindUnreadable
	case whatKeys:
		m.ID, m.Kind = "keys:"+m.ID, chat.KindKeysChanged
	case whatLeft:
		m.ID, m.Kind = "left:"+m.ID, chat.KindLeft
	case whatCrowd: // once for each state of the group, whoever writes there
		m.ID, m.Kind, m.Text = "crowd:"+a.group+":"+strconv.Itoa(a.change), chat.KindCrowd, ""
		m.From.Room = groupPrefix + a.group
	default:
		return chat.Message{}, false
	}
	return m, true
}

// wrote tells whether an arrival is something that a person wrote to the bot
// alone: from then on they may be answered.
func (a arrival) wrote() bool {
	switch a.what {
	case whatText, whatMedia, whatReaction, whatEdit, whatCall, whatUnreadable, whatKeys:
		return true
	}
	return false
}
