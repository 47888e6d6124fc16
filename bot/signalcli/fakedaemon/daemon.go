package fakedaemon

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"time"
)

// Options say which daemon it is.
type Options struct {
	Version string // default "0.14.6"
	Account string // the number that it serves; default "+15550001111"
	ACI     string // of that account
	// Multi: it serves accounts by name and has none, as a daemon without -a.
	Multi bool
	// Stamp makes the time stamps of what is sent; default: the clock, each one
	// once.
	Stamp func() int64
	// Fault is asked before every call; nil: nothing goes wrong.
	Fault func(Call) Fault
	// Arrived makes the times of what arrives: by the sender, by Signal, and when
	// it was fetched; default: the clock.
	Arrived func() (sent, received, delivered int64)
	// Subscription is the number of the first one.
	Subscription int
}

// Call is one request.
type Call struct {
	Method  string
	Params  map[string]any
	Content string // of send: the message
}

// Fault is what goes wrong with one call. The zero Fault is nothing.
type Fault struct {
	Ignore  bool   // do not do it
	Outcome string // what becomes of it instead: "NETWORK_FAILURE" and so on
	Token   string // of a rate limit: a captcha is asked for
	Retry   int    // seconds, of a rate limit
	Code    int    // refuse with this code
	Silent  bool   // do not answer
	Half    bool   // answer half a line
	Hangup  bool   // end the connection afterwards
	Before  func() // run before it is done
	After   func() // run after it was done and before the answer
	Twice   bool   // answer two times
	Junk    string // a line that comes before the answer
}

// Daemon is one that runs.
type Daemon struct {
	o        Options
	listener net.Listener

	mu       sync.Mutex
	cond     *sync.Cond
	last     int64 // the newest time stamp of something sent
	lastIn   int64 // the same of something that arrived
	sub      int
	conns    map[*conn]bool
	people   map[string]*Person
	order    []string
	queue    [][]byte // what arrived and nobody has yet
	handed   int      // lines that were written to a subscriber
	calls    []Call
	closed   bool
	captchas []string
	wg       sync.WaitGroup
}

const (
	defaultVersion = "0.14.6"
	defaultAccount = "+15550001111"
	defaultACI     = "11111111-2222-4333-8444-555555555555"
)

// Listen starts one. network is "unix" or "tcp".
func Listen(network, address string, o Options) (*Daemon, error) {
	if o.Version == "" {
		o.Version = defaultVersion
	}
	if o.Account == "" {
		o.Account = defaultAccount
	}
	if o.ACI == "" {
		o.ACI = defaultACI
	}
	l, err := net.Listen(network, address)
	if err != nil {
		return nil, fmt.Errorf("fake daemon: %w", err)
	}
	d := &Daemon{o: o, listener: l, sub: o.Subscription, conns: make(map[*conn]bool), people: make(map[string]*Person)}
	d.cond = sync.NewCond(&d.mu)
	d.wg.Add(2)
	go d.accept()
	go d.hand()
	return d, nil
}

// Address is where it listens.
func (d *Daemon) Address() string { return d.listener.Addr().String() }

// SetFault changes what goes wrong.
func (d *Daemon) SetFault(fault func(Call) Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.o.Fault = fault
}

// Hangup ends all connections, as a restart of the daemon does. What has arrived
// and was not handed over is kept.
func (d *Daemon) Hangup() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.conns {
		c.on = false
		_ = c.Close()
	}
}

// Close ends it.
func (d *Daemon) Close() error {
	d.mu.Lock()
	d.closed = true
	err := d.listener.Close()
	for c := range d.conns {
		_ = c.Close()
	}
	d.cond.Broadcast()
	d.mu.Unlock()
	d.wg.Wait()
	return err
}

// Calls are those that were made, in order.
func (d *Daemon) Calls(method string) (list []Call) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.calls {
		if method == "" || c.Method == method {
			list = append(list, c)
		}
	}
	return list
}

// Captchas are the answers that were handed in and taken.
func (d *Daemon) Captchas() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.captchas...)
}

// Waiting is how many lines nobody has been handed yet.
func (d *Daemon) Waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.queue)
}

// Handed is how many lines were written to a subscriber.
func (d *Daemon) Handed() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.handed
}

// Subscribers is how many connections receive.
func (d *Daemon) Subscribers() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.subscribers())
}

// conn is one client.
type conn struct {
	net.Conn
	write sync.Mutex
	sub   int // number of its subscription
	on    bool
}

func (c *conn) line(data []byte) error {
	c.write.Lock()
	defer c.write.Unlock()
	_, err := c.Write(append(data, '\n'))
	return err
}

func (d *Daemon) accept() {
	defer d.wg.Done()
	for {
		nc, err := d.listener.Accept()
		if err != nil {
			return
		}
		c := &conn{Conn: nc}
		d.mu.Lock()
		if d.closed {
			_ = nc.Close()
		}
		d.conns[c] = true
		d.mu.Unlock()
		d.wg.Add(1)
		go d.serve(c)
	}
}

// serve answers one client. Requests run side by side, as the daemon's do.
func (d *Daemon) serve(c *conn) {
	defer d.wg.Done()
	defer func() {
		d.mu.Lock()
		delete(d.conns, c)
		c.on = false
		d.cond.Broadcast()
		d.mu.Unlock()
		_ = c.Close()
	}()
	r := bufio.NewReader(c)
	for {
		l, err := r.ReadBytes('\n')
		if err != nil {
			return
		}
		d.wg.Add(1)
		go func() {
			defer d.wg.Done()
			d.request(c, bytes.TrimRight(l, "\r\n"))
		}()
	}
}

// hand writes what arrived to whoever subscribed, and waits while nobody has. It
// blocks while they do not read.
func (d *Daemon) hand() {
	defer d.wg.Done()
	for {
		d.mu.Lock()
		for !d.closed && (len(d.queue) == 0 || len(d.subscribers()) == 0) {
			d.cond.Wait()
		}
		if d.closed {
			d.mu.Unlock()
			return
		}
		l := d.queue[0]
		d.queue = d.queue[1:]
		subscribers := d.subscribers()
		d.handed++
		d.mu.Unlock()
		for _, c := range subscribers {
			_ = c.line(wrap(l, c.sub)) // what a broken connection was given is lost, as with the daemon
		}
	}
}

func (d *Daemon) subscribers() (list []*conn) {
	for c := range d.conns {
		if c.on {
			list = append(list, c)
		}
	}
	return list
}

// wrap puts a payload into a notification of a subscription.
func wrap(payload []byte, sub int) []byte {
	if !json.Valid(payload) {
		return payload // a test wants it so
	}
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"receive","params":{"subscription":%d,"result":%s}}`, sub, payload)
}

// Raw lets a line arrive as it is: a payload, or anything that is no JSON at all.
func (d *Daemon) Raw(payload []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue = append(d.queue, payload)
	d.cond.Broadcast()
}

// stamp makes the next time stamp of something that is sent.
func (d *Daemon) stamp() int64 {
	if d.o.Stamp != nil {
		return d.o.Stamp()
	}
	d.last = max(time.Now().UnixMilli(), d.last+1)
	return d.last
}
