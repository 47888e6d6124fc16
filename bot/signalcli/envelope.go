package signalcli

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
)

// notice is what the parameters of a notification hold, in one of two shapes:
// that of a subscription has the payload inside result.
type notice struct {
	payload
	Result *payload `json:"result"`
}

type payload struct {
	Envelope  *envelope  `json:"envelope"`
	Account   string     `json:"account"`
	Exception *exception `json:"exception"`
}

// exception says why an envelope could not be opened. Its words are not read:
// they hold identifiers.
type exception struct {
	Type string `json:"type"`
}

// envelope is one thing that arrived. At most one of the pointers is set.
type envelope struct {
	SourceUUID string `json:"sourceUuid"`
	Source     string `json:"source"`
	Device     int    `json:"sourceDevice"`
	Timestamp  int64  `json:"timestamp"`
	Received   int64  `json:"serverReceivedTimestamp"`

	Data    *dataMessage    `json:"dataMessage"`
	Edit    *editMessage    `json:"editMessage"`
	Receipt *receiptMessage `json:"receiptMessage"`
	Typing  json.RawMessage `json:"typingMessage"`
	Call    *callMessage    `json:"callMessage"`
	Story   json.RawMessage `json:"storyMessage"`
	Sync    json.RawMessage `json:"syncMessage"`
}

type dataMessage struct {
	Timestamp      int64           `json:"timestamp"`
	Message        *string         `json:"message"`
	Expires        *int64          `json:"expiresInSeconds"`
	ExpirationOnly *bool           `json:"isExpirationUpdate"` // since 0.14
	ViewOnce       bool            `json:"viewOnce"`
	Reaction       *reactionPart   `json:"reaction"`
	Quote          *quotePart      `json:"quote"`
	Attachments    json.RawMessage `json:"attachments"`
	Sticker        json.RawMessage `json:"sticker"`
	Contacts       json.RawMessage `json:"contacts"`
	Payment        json.RawMessage `json:"payment"`
	RemoteDelete   *stampPart      `json:"remoteDelete"`
	Group          *groupPart      `json:"groupInfo"`
	PollCreate     json.RawMessage `json:"pollCreate"`
	PollVote       json.RawMessage `json:"pollVote"`
	PollTerminate  json.RawMessage `json:"pollTerminate"`
	Pin            json.RawMessage `json:"pinMessage"`
	Unpin          json.RawMessage `json:"unpinMessage"`
	AdminDelete    json.RawMessage `json:"adminDelete"`
}

type editMessage struct {
	Target int64        `json:"targetSentTimestamp"`
	Data   *dataMessage `json:"dataMessage"`
}

type reactionPart struct {
	Emoji      string `json:"emoji"`
	AuthorUUID string `json:"targetAuthorUuid"`
	Author     string `json:"targetAuthor"`
	Target     int64  `json:"targetSentTimestamp"`
	Remove     bool   `json:"isRemove"`
}

type quotePart struct {
	ID         int64  `json:"id"`
	AuthorUUID string `json:"authorUuid"`
	Author     string `json:"author"`
}

type stampPart struct {
	Timestamp int64 `json:"timestamp"`
}

type groupPart struct {
	ID       string `json:"groupId"`
	Revision int    `json:"revision"`
}

type receiptMessage struct {
	Delivery   bool    `json:"isDelivery"`
	Read       bool    `json:"isRead"`
	Viewed     bool    `json:"isViewed"`
	Timestamps []int64 `json:"timestamps"`
}

type callMessage struct {
	Offer json.RawMessage `json:"offerMessage"`
}

// what names the kinds of things that arrive. It goes into the key by which a
// repetition is known.
type what string

const (
	whatText       what = "text"
	whatMedia      what = "media"
	whatReaction   what = "reaction"
	whatUnreact    what = "unreact"
	whatEdit       what = "edit"
	whatRemoval    what = "removal"
	whatCall       what = "call"
	whatCrowd      what = "crowd"      // in a group
	whatTimer      what = "timer"      // a person set the disappearing messages, and nothing else
	whatReceipt    what = "receipt"    // of the person's device, for messages of ours
	whatUnreadable what = "unreadable" // it could not be decrypted
	whatKeys       what = "keys"       // the person has another safety number
	whatLeft       what = "left"       // the person has no account on Signal any more
	whatNothing    what = "nothing"    // nothing for the bot: typing, stories, what another device of ours did
	whatLost       what = "lost"       // from nobody knows whom
)

// arrival is one line, understood.
type arrival struct {
	what    what
	account string
	from    string // ACI, lower case
	device  int
	stamp   int64 // ms; with from, the name of the message
	text    string
	target  int64 // stamp of the message that this one is about
	author  string
	group   string
	change  int // revision of the group
	// expires is for how many seconds the sender's messages last; -1: not said.
	expires int64
	stamps  []int64 // of a receipt
	server  int64   // ms: when Signal took it
}

// aciPattern is what the identifier of an account looks like.
var aciPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// aci returns the first of these that is the identifier of an account. A number
// is none: it can be unknown, and it changes hands.
func aci(candidates ...string) string {
	for _, s := range candidates {
		if s = strings.ToLower(s); aciPattern.MatchString(s) {
			return s
		}
	}
	return ""
}

var errNoNotice = errors.New("the line is no message")

// understand reads one line. It fails for a line that is no notification of
// something received; whatever is in such a notification becomes an arrival.
func understand(l line) (arrival, error) {
	if l.cut {
		return salvage(l.data), nil
	}
	var r response
	if json.Unmarshal(l.data, &r) != nil || r.Method != "receive" {
		return arrival{}, errNoNotice
	}
	var n notice
	if json.Unmarshal(r.Params, &n) != nil {
		return salvage(l.data), nil
	}
	p := n.payload
	if n.Result != nil {
		p = *n.Result
	}
	return p.arrival(), nil
}

// sourcePattern finds the sender in what cannot be read as a whole.
var (
	sourcePattern = regexp.MustCompile(`"sourceUuid":"([0-9a-fA-F-]{36})"`)
	stampPattern  = regexp.MustCompile(`"sourceDevice":(\d{1,4}),"timestamp":(\d{1,15})\b`)
)

// salvage makes of what cannot be read as a whole what it can: somebody wrote
// something that the bot cannot read.
func salvage(data []byte) arrival {
	a := arrival{what: whatLost, expires: -1}
	from := sourcePattern.FindSubmatch(data)
	stamp := stampPattern.FindSubmatch(data)
	if from == nil || stamp == nil {
		return a
	}
	a.from = aci(string(from[1]))
	if json.Unmarshal(stamp[1], &a.device) == nil && json.Unmarshal(stamp[2], &a.stamp) == nil && a.from != "" && a.stamp > 0 {
		a.what = whatUnreadable
	}
	return a
}

// arrival says what a payload is.
func (p payload) arrival() arrival {
	a := arrival{what: whatLost, account: p.Account, expires: -1}
	e := p.Envelope
	if e == nil {
		return a
	}
	a.from, a.device, a.stamp, a.server = aci(e.SourceUUID, e.Source), e.Device, e.Timestamp, e.Received
	if a.from == "" || a.stamp <= 0 {
		return a
	}
	switch {
	case p.Exception != nil && p.Exception.Type == "UntrustedIdentityException":
		a.what = whatKeys
	case p.Exception != nil && p.Exception.Type == noAccount:
		a.what = whatLeft
	case p.Exception != nil:
		a.what = whatUnreadable
	case e.Data != nil:
		a.data(e.Data)
	case e.Edit != nil && e.Edit.Data != nil:
		a.data(e.Edit.Data)
		if a.what != whatCrowd {
			a.what, a.target = whatEdit, e.Edit.Target
		}
	case e.Receipt != nil:
		a.what = whatNothing
		if e.Receipt.Delivery || e.Receipt.Read || e.Receipt.Viewed {
			a.what, a.stamps = whatReceipt, e.Receipt.Timestamps
		}
	case e.Call != nil && present(e.Call.Offer):
		a.what = whatCall
	default:
		a.what = whatNothing
	}
	return a
}

// data reads the part that most messages have.
func (a *arrival) data(d *dataMessage) {
	if d.Timestamp > 0 {
		a.stamp = d.Timestamp
	}
	if d.Expires != nil {
		a.expires = *d.Expires
	}
	if d.Message != nil {
		a.text = *d.Message
	}
	if d.Quote != nil {
		a.target, a.author = d.Quote.ID, aci(d.Quote.AuthorUUID, d.Quote.Author)
	}
	switch {
	case d.Group != nil:
		a.what, a.group, a.change, a.expires = whatCrowd, d.Group.ID, d.Group.Revision, -1
	case d.RemoteDelete != nil:
		a.what, a.target = whatRemoval, d.RemoteDelete.Timestamp
	case d.Reaction != nil:
		a.what, a.text = whatReaction, d.Reaction.Emoji
		a.target, a.author = d.Reaction.Target, aci(d.Reaction.AuthorUUID, d.Reaction.Author)
		if d.Reaction.Remove {
			a.what = whatUnreact
		}
	case present(d.Attachments), present(d.Sticker), present(d.Contacts), present(d.Payment), present(d.PollCreate), d.ViewOnce:
		a.what = whatMedia
	case a.text != "":
		a.what = whatText
	case present(d.PollVote), present(d.PollTerminate), present(d.Pin), present(d.Unpin), present(d.AdminDelete):
		a.what, a.expires = whatNothing, -1
	case d.ExpirationOnly != nil && *d.ExpirationOnly, d.ExpirationOnly == nil && d.Expires != nil:
		a.what = whatTimer // 0.13 does not say it: then a message with nothing else in it is taken for one
	default:
		a.what, a.expires = whatNothing, -1 // keys of a profile or a session
	}
}

// present tells whether a JSON value is there and not empty.
func present(raw json.RawMessage) bool {
	switch string(raw) {
	case "", "null", "[]", "{}":
		return false
	}
	return true
}
