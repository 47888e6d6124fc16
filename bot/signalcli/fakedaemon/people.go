package fakedaemon

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// Person is somebody with a phone. Its methods are what they do with it; what the
// bot sends them is on it. Exported fields may be set before anything happens.
type Person struct {
	ACI, Name, Number string
	Device            int
	// Outcome is what becomes of every send to them; "" success. Token and Retry are
	// those of a rate limit.
	Outcome, Token string
	Retry          int
	// Off: the phone is off. It gets what is sent, and says so when it is on again.
	Off bool

	d            *Daemon
	phone        []Shown
	reactions    []string
	typing       int
	revised      int
	timer        int64 // seconds: what the phone puts on its own messages
	contactTimer int64 // seconds: what the daemon puts on messages to them
	timersSet    []int64
	readByBot    map[string]bool
	receipts     []int64 // to be sent when the phone is on
	hasKeys      bool
	added        int64 // ms: when the daemon first had their keys
	untrusted    bool
	verified     bool
	keys         int
	cached       [][]byte
}

// Shown is a message of the bot's on a phone.
type Shown struct {
	Stamp   int64
	Text    string
	Before  []string // what it said before it was changed
	Removed bool
	Expires int64 // seconds
	Quotes  int64
	Styles  []string
	Files   []string
}

// Person returns somebody, known by their ACI.
func (d *Daemon) Person(aci string) *Person {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.person(aci)
}

// Known lets the daemon have the keys of somebody from before.
func (d *Daemon) Known(aci string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.person(aci).meet()
}

func (d *Daemon) person(aci string) *Person {
	p, ok := d.people[aci]
	if !ok {
		p = &Person{ACI: aci, Name: "Some Name", Device: 1, d: d, readByBot: make(map[string]bool)}
		d.people[aci] = p
		d.order = append(d.order, aci)
	}
	return p
}

// find is somebody by ACI or number. A number without + is completed with the
// account's own beginning, as the daemon does.
func (d *Daemon) find(name string) *Person {
	if len(name) == 36 && strings.Count(name, "-") == 4 {
		return d.person(name)
	}
	if !strings.HasPrefix(name, "+") && len(name) < len(d.o.Account) {
		name = d.o.Account[:len(d.o.Account)-len(name)] + name
	}
	for _, aci := range d.order {
		if d.people[aci].Number == name {
			return d.people[aci]
		}
	}
	p := d.person("aaaaaaaa-0000-4000-8000-0000000000" + name[len(name)-2:])
	p.Number = name
	return p
}

func (d *Daemon) stampNow() int64 { return time.Now().UnixMilli() }

// arrived makes the times of something that arrives; the time of the sender is
// one that they have not used before.
func (d *Daemon) arrived() (sent, received, delivered int64) {
	if d.o.Arrived != nil {
		return d.o.Arrived()
	}
	d.lastIn = max(time.Now().UnixMilli(), d.lastIn+1)
	return d.lastIn, d.lastIn, d.lastIn
}

// arrive lets something of this person arrive. fill completes the envelope.
func (p *Person) arrive(fill func(*envelope)) int64 {
	d := p.d
	d.mu.Lock()
	defer d.mu.Unlock()
	return p.arriveLocked(fill)
}

func (p *Person) arriveLocked(fill func(*envelope)) int64 {
	d := p.d
	e := &envelope{Source: p.ACI, UUID: p.ACI, Name: p.Name, Device: p.Device}
	e.Timestamp, e.Received, e.Delivered = d.arrived()
	fill(e)
	l := encode(payload{Envelope: e, Account: d.o.Account})
	if p.untrusted && e.Receipt == nil {
		p.cached = append(p.cached, l)
		l = d.exception(p, e.Timestamp, p.Device, 0, 0, "Untrusted identity: "+p.ACI, "UntrustedIdentityException")
	}
	if e.Receipt == nil {
		p.meet()
	}
	d.queue = append(d.queue, l)
	d.cond.Broadcast()
	return e.Timestamp
}

// meet notes that the daemon has their keys.
func (p *Person) meet() {
	if !p.hasKeys {
		p.hasKeys, p.added = true, p.d.stampNow()
	}
}

func (d *Daemon) exception(p *Person, stamp int64, device int, received, delivered int64, message, kind string) []byte {
	e := &envelope{Source: p.ACI, UUID: p.ACI, Name: p.Name, Device: device, Timestamp: stamp, Received: received, Delivered: delivered}
	return encode(payload{map[string]string{"message": message, "type": kind}, e, d.o.Account})
}

// data makes the part that most messages have.
func (p *Person) data(e *envelope, message *string) *data {
	x := &data{Timestamp: e.Timestamp, Message: message, Expires: p.timer}
	if !p.d.old() {
		x.OnlyTimer = new(bool)
	}
	if message != nil && *message != "" { // what carries words sets the contact's timer, too
		p.contactTimer = p.timer
	}
	return x
}

func (p *Person) write(message *string, fill func(*data)) int64 {
	return p.arrive(func(e *envelope) {
		e.Data = p.data(e, message)
		if fill != nil {
			fill(e.Data)
		}
	})
}

// Say writes a message and returns its time stamp.
func (p *Person) Say(text string) int64 { return p.write(&text, nil) }

// SayBold writes a message of which the beginning is bold.
func (p *Person) SayBold(text string, length int) int64 {
	return p.write(&text, func(x *data) { x.Styles = []styled{{"BOLD", 0, length}} })
}

// Answer writes a message that quotes one of the bot's.
func (p *Person) Answer(text string, target int64, quoted string) int64 {
	return p.write(&text, func(x *data) {
		x.Quote = &quote{ID: target, author: p.d.author(), Text: quoted, Files: []file{}}
	})
}

func (d *Daemon) author() author { return author{d.o.Account, d.o.Account, d.o.ACI} }

// React puts an emoji under a message of the bot's, or takes it back.
func (p *Person) React(emoji string, target int64, remove bool) int64 {
	return p.write(nil, func(x *data) {
		x.Reaction = &reaction{emoji, p.d.o.Account, p.d.o.Account, p.d.o.ACI, target, remove}
	})
}

// Delete takes a message of their own back.
func (p *Person) Delete(target int64) int64 {
	return p.write(nil, func(x *data) { x.Delete = &stamped{target} })
}

// SetTimer sets after how many seconds messages disappear.
func (p *Person) SetTimer(seconds int64) int64 {
	return p.arrive(func(e *envelope) {
		p.timer, p.contactTimer = seconds, seconds
		e.Data = p.data(e, nil)
		if e.Data.OnlyTimer != nil {
			*e.Data.OnlyTimer = true
		}
	})
}

// Picture sends a picture that can be seen once.
func (p *Person) Picture() int64 {
	return p.write(nil, func(x *data) {
		x.ViewOnce = true
		x.Files = []file{{ContentType: "image/jpeg", Filename: "p.jpg", ID: "AbCdEf123.jpg", Size: 12345, Width: 10, Height: 20}}
	})
}

// Edit changes a message of their own.
func (p *Person) Edit(target int64, text string) int64 {
	return p.arrive(func(e *envelope) { e.Edit = &edit{target, p.data(e, &text)} })
}

// Poll asks something by a poll.
func (p *Person) Poll(question string, options ...string) int64 {
	return p.write(nil, func(x *data) { x.PollCreate = &poll{question, false, options} })
}

// Vote votes in a poll of the bot's.
func (p *Person) Vote(target int64, which int) int64 {
	return p.write(nil, func(x *data) { x.PollVote = &vote{p.d.author(), target, []int{which}, 1} })
}

// SayInGroup writes in a group in which the bot is.
func (p *Person) SayInGroup(group string, revision int, text string) int64 {
	return p.write(&text, func(x *data) { x.Group = &groupInfo{group, "A group", revision, "DELIVER"} })
}

// Call rings.
func (p *Person) Call() int64 {
	return p.arrive(func(e *envelope) {
		e.Call = map[string]any{"offerMessage": map[string]any{"id": 1, "type": "audio_call", "opaque": ""}}
	})
}

// Type shows that they write.
func (p *Person) Type() int64 {
	return p.arrive(func(e *envelope) { e.Typing = &typing{"STARTED", e.Timestamp} })
}

// Read tells that messages of the bot's were read.
func (p *Person) Read(stamps ...int64) int64 {
	return p.arrive(func(e *envelope) { e.Receipt = &receipt{e.Timestamp, false, true, false, stamps} })
}

// Got tells that messages of the bot's are on the phone. By itself the phone tells
// that of what it gets, unless it is off.
func (p *Person) Got(stamps ...int64) int64 {
	return p.arrive(func(e *envelope) { e.Receipt = &receipt{e.Timestamp, true, false, false, stamps} })
}

// ReadOnLinkedPhone is what another device of the bot's account tells: somebody
// read this person's message there.
func (p *Person) ReadOnLinkedPhone(stamp int64) int64 {
	return p.arrive(func(e *envelope) { e.Sync = &syncPart{Read: []readPart{{p.ACI, nil, p.ACI, stamp}}} })
}

// WrittenOnLinkedPhone is what another device of the bot's account tells: somebody
// wrote to this person there. To the account itself, it is a note to self.
func (p *Person) WrittenOnLinkedPhone(text string) int64 {
	return p.arrive(func(e *envelope) {
		e.Sync = &syncPart{Sent: &sent{p.ACI, nil, p.ACI, e.Timestamp, text, p.timer, false}}
	})
}

// Unreadable lets something arrive that cannot be opened.
func (p *Person) Unreadable() {
	d := p.d
	d.mu.Lock()
	defer d.mu.Unlock()
	p.meet()
	sent, received, delivered := d.arrived()
	d.queue = append(d.queue, d.exception(p, sent, p.Device, received, delivered,
		"org.signal.libsignal.protocol.InvalidMessageException: decryption failed", "RuntimeException"))
	d.cond.Broadcast()
}

// Broken lets something arrive of which not even the envelope could be read.
func (d *Daemon) Broken() {
	d.Raw(encode(payload{Exception: map[string]string{"message": "x", "type": "IOException"}, Account: d.o.Account}))
}

// ChangeKeys is a new phone, or somebody else with their number.
func (p *Person) ChangeKeys() {
	p.d.mu.Lock()
	defer p.d.mu.Unlock()
	p.untrusted, p.verified = true, false
	p.keys++
}

// SafetyNumber is what their phone shows for the talk with the bot.
func (p *Person) SafetyNumber() string {
	p.d.mu.Lock()
	defer p.d.mu.Unlock()
	return p.safetyNumber()
}

func (p *Person) safetyNumber() string {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s %d", p.ACI, p.keys)
	return strings.Repeat(fmt.Sprintf("%020d", h.Sum64()), 3)
}

// receipt lets the phone tell that it got something, now or when it is on again.
func (d *Daemon) receipt(p *Person, stamp int64) {
	if p.Off {
		p.receipts = append(p.receipts, stamp)
		return
	}
	p.arriveLocked(func(e *envelope) { e.Receipt = &receipt{e.Timestamp, true, false, false, []int64{stamp}} })
}

// TurnOn turns the phone on: it tells what it got meanwhile.
func (p *Person) TurnOn() {
	p.d.mu.Lock()
	p.Off = false
	stamps := p.receipts
	p.receipts = nil
	p.d.mu.Unlock()
	for _, s := range stamps {
		p.Got(s)
	}
}

// TurnOff turns it off.
func (p *Person) TurnOff() {
	p.d.mu.Lock()
	defer p.d.mu.Unlock()
	p.Off = true
}

func (p *Person) revise(target int64, text string, stamp int64) {
	for i := range p.phone {
		if s := &p.phone[i]; s.Stamp == target && !s.Removed {
			s.Before = append(s.Before, s.Text)
			s.Text = text
			p.revised++
			return
		}
	}
}

func (p *Person) remove(target int64) {
	for i := range p.phone {
		if s := &p.phone[i]; s.Stamp == target {
			*s = Shown{Stamp: s.Stamp, Removed: true}
		}
	}
}

// Phone is what is on the phone from the bot, in order.
func (p *Person) Phone() []Shown {
	p.d.mu.Lock()
	defer p.d.mu.Unlock()
	return slices.Clone(p.phone)
}

// Reactions are the emoji that the bot put under messages of theirs.
func (p *Person) Reactions() []string {
	p.d.mu.Lock()
	defer p.d.mu.Unlock()
	return slices.Clone(p.reactions)
}

// SeenRead tells whether the bot has shown that it read a message of theirs.
func (p *Person) SeenRead(stamp int64) bool {
	p.d.mu.Lock()
	defer p.d.mu.Unlock()
	return p.readByBot[fmt.Sprint(stamp)]
}

// Typing is how often the bot has shown that it writes.
func (p *Person) Typing() int {
	p.d.mu.Lock()
	defer p.d.mu.Unlock()
	return p.typing
}

// TimersSet are the times in seconds after which the bot let messages disappear.
func (p *Person) TimersSet() []int64 {
	p.d.mu.Lock()
	defer p.d.mu.Unlock()
	return slices.Clone(p.timersSet)
}

// groupSaid notes what the bot said in a group.
func (d *Daemon) groupSaid(group, text string) {
	p := d.person("group:" + group)
	p.phone = append(p.phone, Shown{Stamp: d.last, Text: text})
}

// Group is what the bot said in a group.
func (d *Daemon) Group(group string) []Shown { return d.Person("group:" + group).Phone() }
