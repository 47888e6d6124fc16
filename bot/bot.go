package bot

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"handrail/bot/chat"
	"handrail/bot/crisis"
	"handrail/bot/flow"
	"handrail/bot/lines"
	"handrail/bot/schedule"
	"handrail/bot/store"
)

// Limits and pauses of the host. Each has the reason beside it.
const (
	// DefaultBurst is how many messages one person may send at once before the
	// bot answers them together. Above 70, the backlog of a day offline that
	// must be answered one by one.
	DefaultBurst = 200
	// DefaultRefill is how many more a second after that: faster than anybody types.
	DefaultRefill = 1.0
	// DefaultFreshFor is how late something unprompted may start. Later than
	// this it answers a moment that is over.
	DefaultFreshFor = 2 * time.Hour
	// sendTimeout bounds one Send. A homeserver that has not answered by then is
	// treated as gone; the send is repeated under the same key.
	sendTimeout = 90 * time.Second
	// maxPause caps the pause between tries of a send, so that a reply comes
	// soon after a long outage ends.
	maxPause = 30 * time.Second
	// settle is how long something unprompted waits after the person's last
	// message when a conversation is under way.
	settle = time.Minute
	// lockShards bounds the memory of the per-person locks, to half a megabyte.
	lockShards = 1 << 16
)

// Config holds what a Bot is made of. Store, Library, Lexicon and Lines are
// required; zero values of the rest mean the defaults.
type Config struct {
	Store      *store.Store
	Library    *flow.Library
	Lexicon    *crisis.Lexicon
	Lines      *lines.Directory
	Transports []chat.Transport
	// Accounts are further networks, for which one of several copies of the
	// program speaks at a time. The store must be shared.
	Accounts []Account
	// Label is what the operator calls this copy, and LeaseTTL how long it speaks
	// for an account after its last sign of life; default 10 s.
	Label    string
	LeaseTTL time.Duration
	// Process says which process this is, and Dead tells of what another copy said
	// that its process has certainly ended; its accounts are then taken at once.
	// Both may be left out.
	Process    string
	Dead       func(process string) bool
	Now        func() time.Time // default time.Now
	Log        *slog.Logger     // default: discards
	Zone       string           // IANA zone of people who have not chosen one; default UTC
	Language   string           // language of people who have not chosen one; default: that of the scripts
	Lang       string           // hear crisis words of this language only; default: of all
	Quiet      schedule.QuietHours
	Staff      *Staff      // who can take over a talk; nil: nobody
	Broadcasts []Broadcast // what the organization sends to who opted in
	// ConsentVersion numbers the wording of what people agree to when they let
	// something come by itself; another number asks everybody anew. ConsentFor is
	// after how long they are asked anyway; zero: never.
	ConsentVersion int
	ConsentFor     time.Duration
	// Found says by network how people find the bot there, for who wants to write
	// from another one; nothing is said of a network that is not in it.
	Found    map[string]string
	FreshFor time.Duration
	Burst    int
	Refill   float64 // messages a second
	// Minutes seeds the draw of a minute inside a window; 0: the store's key does,
	// so that nobody can foresee it. The simulator, where the same input must give
	// the same output, sets it.
	Minutes uint64
	// OnDoubt is what becomes of a message of which a network cannot tell whether it
	// was sent. Answers to danger are sent again in any case.
	OnDoubt chat.OnDoubt
	// TakeBack is how long the messages of the bot stay where the person has not
	// chosen; zero: for good.
	TakeBack time.Duration
	// Workers is how many people are served at the same time by Fire and
	// Deliver; default 8. With 1 the order is the order of due times, which
	// the simulator needs.
	Workers int
}

// Bot is the host. Make it with New. Handle, Delivered, FireDue and DeliverDue
// may be called from several goroutines.
type Bot struct {
	Config
	content   atomic.Pointer[Content]
	zone      *time.Location
	log       *slog.Logger
	locks     [lockShards]sync.Mutex
	flood     *floodGate
	direct    *directReplies
	busy      sync.Map                              // lane -> *atomic.Bool: somebody else wanted it meanwhile
	kick      chan struct{}                         // something new may be due for sending
	rest      chan struct{}                         // the same, for what nobody waits for
	talked    atomic.Pointer[time.Time]             // when somebody last wrote
	gone      atomic.Pointer[map[string]bool]       // networks that were away at the last look; nil: nobody looked
	pause     map[string]*atomic.Pointer[time.Time] // by network: until when it wants less
	wake      chan struct{}                         // something new may be due for firing
	slots     chan struct{}                         // bounds slow work
	longSlots chan struct{}                         // the same for what takes seconds
	drafting  chan struct{}                         // those who draft turns of a crowd
	scrub     atomic.Bool                           // something was erased and is still in the write-ahead log
	recent    recent                                // last texts, in memory alone
	network   map[string]chat.Transport
	keeper    *keeper // nil: nothing is shared with other copies

	clock struct { // what heedClock remembers
		sync.Mutex
		last, noted time.Time
	}

	swapping sync.Mutex
	editions map[int64]flow.Edition // sets of scripts that the store keeps, by number
	current  int64                  // the number of the one that new talks begin on
}

// New checks the parts and joins them. It starts nothing; the store notes which
// scripts are current, and gives those that somebody is still in the middle of.
func New(c Config) (*Bot, error) {
	switch {
	case c.Store == nil:
		return nil, errors.New("bot: no store")
	}
	content := Content{Library: c.Library, Lexicon: c.Lexicon, Lines: c.Lines}
	if err := content.Check(); err != nil {
		return nil, err
	}
	c.Library, c.Lexicon, c.Lines = nil, nil, nil // what counts is b.content
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Zone == "" {
		c.Zone = "UTC"
	}
	if c.FreshFor == 0 {
		c.FreshFor = DefaultFreshFor
	}
	if c.Burst == 0 {
		c.Burst = DefaultBurst
	}
	if c.Refill == 0 {
		c.Refill = DefaultRefill
	}
	if c.Workers == 0 {
		c.Workers = 8
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return nil, errors.New("bot: the default zone is not an IANA zone name such as Europe/Berlin")
	}
	b := &Bot{
		Config: c, zone: zone, log: c.Log,
		flood:  newFloodGate(c.Burst, c.Refill),
		direct: newDirectReplies(),
		kick:   make(chan struct{}, 1),
		rest:   make(chan struct{}, 1),
		wake:   make(chan struct{}, 1),
		slots:  make(chan struct{}, slowAtOnce), longSlots: make(chan struct{}, longAtOnce),
		drafting: make(chan struct{}, drafters()),
		network:  map[string]chat.Transport{},
		pause:    map[string]*atomic.Pointer[time.Time]{},
	}
	b.talked.Store(&time.Time{})
	if err := b.share(c.Accounts); err != nil {
		return nil, err
	}
	for _, t := range b.Transports {
		if b.network[t.Network()] != nil {
			return nil, errors.New("bot: two transports for the network " + t.Network())
		}
		b.network[t.Network()] = t
		b.pause[t.Network()] = &atomic.Pointer[time.Time]{}
		b.pause[t.Network()].Store(&time.Time{})
	}
	if err := b.adopt(context.Background(), content); err != nil {
		return nil, fmt.Errorf("bot: %w", err)
	}
	if err := b.openDesk(context.Background()); err != nil {
		return nil, err
	}
	return b, nil
}

// lock serialises everything that concerns one person and returns the unlock.
// People share a shard now and then, which costs time and nothing else.
func (b *Bot) lock(a chat.Address) func() {
	m := b.mutex(a)
	m.Lock()
	return m.Unlock
}

func (b *Bot) mutex(a chat.Address) *sync.Mutex {
	h := fnv.New32a()
	h.Write([]byte(a.Network))
	h.Write([]byte{0})
	h.Write([]byte(a.User))
	return &b.locks[h.Sum32()%lockShards]
}

// Delivered implements chat.Handler.
func (b *Bot) Delivered(ctx context.Context, network, key, eventID string) error {
	return b.Store.SentByKey(ctx, network, key, eventID, b.Now())
}

// NextDue tells when FireDue or DeliverDue next has work; false: never, as
// things are.
func (b *Bot) NextDue(ctx context.Context) (time.Time, bool, error) {
	return b.Store.NextDue(ctx)
}

// location is the person's zone, or the default.
func (b *Bot) location(p *store.Person) *time.Location {
	if name, _ := p.Vars[varZone].(string); name != "" {
		if loc, err := time.LoadLocation(name); err == nil {
			return loc
		}
	}
	return b.zone
}

// kickAll wakes everybody who sends.
func (b *Bot) kickAll() {
	nudge(b.kick)
	nudge(b.rest)
}

// nudge wakes a loop without waiting for it.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
