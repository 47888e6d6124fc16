package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"handrail/bot"
	"handrail/bot/lines"
	"handrail/bot/seal"
	"handrail/bot/store"
)

// Monitor is how machines watch the bot.
type Monitor struct {
	// An address of this machine's loopback interface, as in 127.0.0.1:8090,
	// where the bot tells how it is: /healthz, /readyz, /metrics (Prometheus) and
	// /status (handrail status asks there). Numbers and times only, never a
	// name, an id or a word of a person. Leave it empty for none.
	Listen string `yaml:"listen"`

	// A made-up person who asks the bot for help now and again, over the
	// homeserver and encrypted like anybody, and says in the log, the metrics
	// and handrail status when no answer comes.
	Canary Canary `yaml:"canary"`
}

// check finds what is wrong with values of the right type.
func (m Monitor) check(at positions) (faults []finding) {
	faults = m.Canary.check(at)
	if m.Listen == "" {
		return faults
	}
	host, port, err := net.SplitHostPort(m.Listen)
	if ip := net.ParseIP(host); err != nil || port == "" || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		faults = append(faults, at.fault("monitor.listen", "%q is no address of the loopback interface: write it as in 127.0.0.1:8090", m.Listen))
	}
	return faults
}

const (
	storePatience = 5 * time.Second  // for the numbers of the store
	lifePatience  = 20 * time.Second // for the writer of the store to take its turn
	syncPatience  = 3 * time.Minute  // since the network was last heard of; a request is held for half a minute
	cachedFor     = 2 * time.Second  // the numbers of the store
)

// monitor knows how the running bot is.
type monitor struct {
	cfg     Config
	began   time.Time
	meter   *meter
	dial    *dial
	content atomic.Pointer[bot.Content]
	st      atomic.Pointer[store.Store]
	canary  atomic.Pointer[probe]

	mu   sync.Mutex
	last live // with its time in read
	read time.Time
}

func newMonitor(cfg Config, d *dial) *monitor {
	return &monitor{cfg: cfg, began: time.Now(), meter: &meter{}, dial: d}
}

// start answers and turns the dial of the log, from before the bot runs until stop
// is called.
func (m *monitor) start(ctx context.Context, log *slog.Logger) (stop func(), err error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	signals := make(chan os.Signal, 1) // caught from the first moment: by itself it would end the program
	signal.Notify(signals, tellMore, tellLess)
	answers, err := m.serve(ctx)
	if err != nil {
		cancel()
		signal.Stop(signals)
		return nil, err
	}
	turns := startTask(func() error { m.dial.listen(ctx, signals, log); return nil })
	return func() {
		cancel()
		signal.Stop(signals)
		<-turns.done
		<-answers.done
		if answers.err != nil {
			log.Error("the monitor had to stop", "err", answers.err)
		}
	}, nil
}

// watch notes what the bot runs on, now and after each swap.
func (m *monitor) watch(now bot.Content, swap func(context.Context, bot.Content) error) func(context.Context, bot.Content) error {
	m.content.Store(&now)
	return func(ctx context.Context, c bot.Content) error {
		err := swap(ctx, c)
		if err == nil {
			m.content.Store(&c)
		}
		return err
	}
}

// keepAsking lets the canary ask, if there is one, until ctx ends. tell reaches
// staff.
func (m *monitor) keepAsking(ctx context.Context, master *seal.Master, tell func(ctx context.Context, text, id string) error, log *slog.Logger) *task {
	return startTask(func() error {
		if m.cfg.Monitor.Canary.User != "" {
			p := newProbe(m.cfg, master, log)
			p.tell = tell
			m.canary.Store(p)
			p.run(ctx)
		}
		return nil
	})
}

// live is how the bot is at one moment.
type live struct {
	Version string
	Began   time.Time
	Fault   string // why the store cannot be read; "": it can
	Health  store.Health
	Notes   map[string]int64
	Copies  int
	Standby bool // another copy speaks with the network
	Lines   lineAge
	Flows   int
	Backup  time.Time
	Canary  *probed

	meter *meter
	dial  *dial
}

// lineAge is how old the help lines are.
type lineAge struct {
	Stale      int `json:"stale"`       // to confirm again
	OldestDays int `json:"oldest_days"` // since the shown one was checked that waits longest
}

// ageOf looks at the lines that are shown.
func ageOf(d *lines.Directory, now time.Time) (a lineAge) {
	a.Stale = len(d.Check(now))
	for _, l := range d.All("") {
		day, err := time.Parse(time.DateOnly, l.CheckedOn)
		if err == nil && l.Shown(now) {
			a.OldestDays = max(a.OldestDays, int(now.Sub(day)/(24*time.Hour)))
		}
	}
	return a
}

// look collects everything. The store is asked once in a while only.
func (m *monitor) look(ctx context.Context) live {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if now.Sub(m.read) < cachedFor {
		return m.last
	}
	l := live{Version: version(), Began: m.began, Backup: lastBackup(m.cfg), meter: m.meter, dial: m.dial}
	l.Canary = m.canary.Load().look()
	if c := m.content.Load(); c != nil {
		l.Lines, l.Flows = ageOf(c.Lines, now), len(c.Library.Flows())
	}
	if err := m.askStore(ctx, &l, now); err != nil {
		l.Fault = oneLine(err)
	}
	m.last, m.read = l, now
	return l
}

func (m *monitor) askStore(ctx context.Context, l *live, now time.Time) (err error) {
	st := m.st.Load()
	if st == nil {
		return errors.New("the store is not open yet")
	}
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	if l.Health, err = st.Health(ctx, now); err != nil {
		return err
	}
	if l.Notes, err = st.Notes(ctx, now); err != nil {
		return err
	}
	copies, err := st.Replicas(ctx)
	for _, c := range copies {
		if c.Alive {
			l.Copies++
			l.Standby = l.Standby || !c.Self && len(c.Holds) > 0
		}
	}
	l.Copies = max(l.Copies, 1)
	return err
}

// ready is why the bot cannot serve people now; nothing: it can.
func (l live) ready(now time.Time) (why []string) {
	if l.Fault != "" {
		why = append(why, "store: "+l.Fault)
	}
	switch at := l.meter.lastSync(); {
	case l.Standby:
	case at.IsZero():
		why = append(why, "network: not heard of yet")
	case now.Sub(at) > syncPatience:
		why = append(why, "network: not heard of for "+now.Sub(at).Round(time.Second).String())
	}
	return why
}

// alive tells whether the writer of the store takes its turn. A database that is
// away is no reason to start the program again.
func (m *monitor) alive(ctx context.Context) error {
	st := m.st.Load()
	if st == nil {
		return nil // it is still starting
	}
	ctx, cancel := context.WithTimeout(ctx, lifePatience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- st.Alive(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// handler answers on the loopback interface. A web page in a browser on this
// machine has no business here: whoever names another host gets nothing.
func (m *monitor) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		if m.alive(r.Context()) != nil {
			http.Error(w, "the writer of the store is stuck", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if why := m.look(r.Context()).ready(time.Now()); len(why) > 0 {
			http.Error(w, strings.Join(why, "\n"), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_ = m.look(r.Context()).write(w, time.Now()) // the scraper has gone
	})
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(m.look(r.Context()).told(time.Now())) // the client has gone
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(strings.Trim(host, "[]")); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "only from this machine", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// serve answers until ctx ends. A port that is taken is an error at once.
func (m *monitor) serve(ctx context.Context) (*task, error) {
	if m.cfg.Monitor.Listen == "" {
		return startTask(func() error { return nil }), nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", m.cfg.Monitor.Listen)
	if err != nil {
		return nil, fail("monitor.listen: %v: is another program using this port?", err)
	}
	const patience = 30 * time.Second
	srv := &http.Server{Handler: m.handler(), ReadTimeout: patience, WriteTimeout: patience, MaxHeaderBytes: 8 << 10}
	context.AfterFunc(ctx, func() { _ = srv.Close() }) // whoever asks can ask again
	return startTask(func() error {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}), nil
}

// told is what /status tells handrail status.
type told struct {
	Version  string    `json:"version"`
	Began    time.Time `json:"began"`
	LastSync time.Time `json:"last_sync,omitzero"`
	NotReady []string  `json:"not_ready"`
	Level    string    `json:"log_level"`
	Warnings int64     `json:"log_warnings"`
	Errors   int64     `json:"log_errors"`
	Flows    int       `json:"flows"`
	Lines    lineAge   `json:"lines"`
	Received int64     `json:"received"`
	Sent     int64     `json:"sent"`
	Canary   *probed   `json:"canary,omitempty"`
}

func (l live) told(now time.Time) told {
	return told{
		Version: l.Version, Began: l.Began.UTC(), LastSync: l.meter.lastSync().UTC(), NotReady: append([]string{}, l.ready(now)...),
		Level: l.dial.level.Level().String(), Warnings: l.dial.warnings.Load(), Errors: l.dial.errors.Load(),
		Flows: l.Flows, Lines: l.Lines, Received: l.meter.received.Load(), Sent: l.meter.sent.Load(), Canary: l.Canary,
	}
}
