package matrix

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/util/exsync"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"handrail/bot/account"
	"handrail/bot/chat"
)

// NetworkName is what Address.Network says for people reached this way.
const NetworkName = "matrix"

// Config says which account to use and how. Homeserver, User, Dir and
// PickleKey are required; Password is needed for the first start, and whenever
// the bot has to take a new device.
type Config struct {
	Homeserver string // base URL, "https://matrix.example.org"
	User       string // "@bot:example.org", or the part before the colon
	Password   string
	Dir        string // for this account alone; made with mode 0700
	// DB keeps what the bot needs to go on with its device (token, keys, how far it
	// has read) in a schema of PostgreSQL instead of files in Dir. It has one
	// connection, and the caller makes sure that no other process uses the account
	// while it lasts. Dir is still needed, for the recovery key.
	DB         *sql.DB
	PickleKey  []byte // seals the crypto store; 32 bytes; losing it means losing the device
	DeviceName string // what other people's clients call the bot's device; default "bot"
	// DisplayName is the name that people see; empty: the one that is there stays.
	DisplayName string
	// Picture is the picture of the account, PNG or JPEG; nil: the one that is
	// there stays.
	Picture []byte

	Invites Policy
	Staff   *Staff // who can take over a talk; nil: nobody
	// AllowUnencrypted lets the bot talk in rooms without encryption. The
	// homeserver's operator can then read everything.
	AllowUnencrypted bool
	// Grace is how long an event waits for its key before the person is told
	// that it cannot be read; default 20 s.
	Grace time.Duration
	// ResetIdentity makes a new cross-signing identity when the recovery key is
	// lost. People who verified the bot will be warned by their clients.
	ResetIdentity bool

	Log *slog.Logger // default: discards
}

const (
	defaultGrace    = 20 * time.Second
	defaultTimeline = 1000             // events of one room in one sync response
	httpTimeout     = 3 * time.Minute  // longer than any answer takes; sync has its own
	settleTime      = 15 * time.Second // how long a message may stay invisible after we lost sight of its request
	// awayTimes as long it may stay invisible besides where the homeserver was away:
	// what Dendrite had in hand as it stopped it takes up again half a minute later.
	awayTimes     = 2
	parallelRooms = 64               // rooms handled at the same time
	longPoll      = 30 * time.Second // how long the homeserver holds a sync request
	maxPlain      = 40_000           // bytes of content; encrypted and encoded it must stay below 64 KiB
)

// Transport is one account. It implements chat.Transport.
type Transport struct {
	cfg  Config
	log  *slog.Logger
	now  func() time.Time
	self id.UserID
	born int64 // unix ms by the homeserver: the login of this device
	// replaced: this device took the place of one whose keys were lost
	replaced bool
	vault    vault
	lock     *os.File

	cli      *mautrix.Client
	crypt    *crypt
	state    stateStore
	ledger   *ledger
	verify   *verifier
	courtesy *courtesy
	echoes   *echoes
	passes   *passes
	poke     chan struct{}
	invited  chan struct{}

	people  *exsync.KeyedMutex[string]    // one Handle per person at a time
	keys    *exsync.KeyedMutex[string]    // one request per send key at a time
	rooms   *exsync.KeyedMutex[id.RoomID] // whole-state fetches exclude single state events
	running atomic.Bool
	asks    atomic.Pointer[chat.Handler] // of the last Run

	staffMu   sync.Mutex
	staffMade id.RoomID // the room of staff that the bot made, once it is known

	served *served                   // the homeserver's clock
	calm   atomic.Pointer[time.Time] // when all that came before the last trouble is seen by everybody
	broke  sync.Map                  // send key to when its last request broke: time.Time
	heard  atomic.Int64              // unix ms: when the last answer to a sync request was handled

	timeline  int           // events of one room in one sync response
	settle    time.Duration // see settleTime
	backEvery time.Duration // see lookBackEvery
	// mostRooms is how many rooms one account may have with the bot.
	mostRooms int
}

var _ chat.Transport = (*Transport)(nil)

// Open logs in (once; later starts reuse the token in Dir), opens the crypto
// store and signs the bot's device. Its errors say what to do next. Close the
// Transport when Run has returned.
func Open(ctx context.Context, cfg Config) (*Transport, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	t := &Transport{
		cfg: cfg, log: cfg.Log, now: time.Now,
		echoes: newEchoes(), passes: newPasses(), poke: make(chan struct{}, 1), invited: make(chan struct{}, 1),
		people: exsync.NewKeyedMutex[string](), keys: exsync.NewKeyedMutex[string](), rooms: exsync.NewKeyedMutex[id.RoomID](),
		timeline: defaultTimeline, settle: settleTime, backEvery: lookBackEvery, mostRooms: defaultMostRooms,
	}
	var err error
	if t.vault, err = cfg.vault(); err != nil {
		return nil, err
	}
	if err := t.vault.prepare(); err != nil {
		return nil, clean("prepare "+cfg.Dir, err)
	}
	if cfg.DB == nil {
		if t.lock, err = account.Lock(t.vault.file(lockFile)); err != nil {
			return nil, err
		}
	}
	if err := t.open(ctx); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// vault is where the account's secrets are.
func (c Config) vault() (vault, error) {
	if c.DB == nil {
		return vault{dir: c.Dir}, nil
	}
	rows, err := newRowVault(c.DB, c.PickleKey)
	return vault{dir: c.Dir, rows: rows}, err
}

func (c *Config) check() error {
	switch {
	case c.Homeserver == "":
		return errors.New("matrix: no homeserver is configured")
	case c.User == "":
		return errors.New("matrix: no user is configured")
	case c.Dir == "":
		return errors.New("matrix: no directory is configured")
	case len(c.PickleKey) < 16:
		return errors.New("matrix: the key for the crypto store is missing or shorter than 16 bytes")
	}
	if c.Grace <= 0 {
		c.Grace = defaultGrace
	}
	if c.DeviceName == "" {
		c.DeviceName = "bot"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

func (t *Transport) open(ctx context.Context) error {
	cli, err := mautrix.NewClient(t.cfg.Homeserver, "", "")
	if err != nil {
		return errors.New("matrix: the homeserver's address is not a URL")
	}
	cli.Log = newLibraryLog(t.log)
	t.served = &served{RoundTripper: newPool()}
	cli.Client = &http.Client{Timeout: httpTimeout, Transport: t.served}
	cli.Store = mautrix.NewMemorySyncStore() // never used: the ledger keeps the token
	t.cli = cli
	if t.cfg.DB != nil {
		if err := t.moveIn(ctx); err != nil {
			return err
		}
	}
	sess, err := t.login(ctx)
	if err != nil {
		return err
	}
	t.self, t.born, t.replaced = sess.User, sess.Born, sess.Replaced
	if err := t.openStores(ctx, sess); err != nil {
		return err
	}
	if err := t.checkDevice(ctx); err != nil {
		return err
	}
	if !sess.HasKeys {
		sess.HasKeys = true
		if err := t.vault.putSession(sess); err != nil {
			return fmt.Errorf("write %s: %w", t.vault.path(sessionFile), err)
		}
	}
	if err := t.prepareIdentity(ctx); err != nil {
		return err
	}
	t.nameAccount(ctx)
	t.showPicture(ctx)
	t.courtesy = newCourtesy(cli, t.log)
	t.verify, err = newVerifier(ctx, cli, t.crypt.mach, t.log)
	return err
}

// newPool keeps a connection for each room that is handled at the same time.
func newPool() http.RoundTripper {
	base, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	pool := base.Clone()
	pool.MaxIdleConnsPerHost = parallelRooms
	return pool
}

// Network returns NetworkName.
func (t *Transport) Network() string { return NetworkName }

// Synced tells when the homeserver was last heard of and everything that it had
// was handled; zero: not since Open.
func (t *Transport) Synced() time.Time {
	if ms := t.heard.Load(); ms != 0 {
		return time.UnixMilli(ms)
	}
	return time.Time{}
}

// UserID returns the bot's own address, for people to write to.
func (t *Transport) UserID() string { return t.self.String() }

// Close releases the files. Run must have returned. A database that was given
// stays open: it is closed by whoever opened it.
func (t *Transport) Close() error {
	var err error
	if t.crypt != nil {
		t.crypt.mach.Destroy()
	}
	if t.ledger != nil {
		if t.cfg.DB == nil {
			err = clean("close the crypto store", t.ledger.db.Close())
		}
		t.ledger = nil
	}
	if t.cli != nil {
		t.cli.Client.CloseIdleConnections()
	}
	if t.lock != nil {
		err = errors.Join(err, t.lock.Close())
		t.lock = nil
	}
	return err
}
