package signalcli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// dialPatience is how long a daemon on the same machine may take to answer.
const dialPatience = 10 * time.Second

// client is one connection to the daemon. Its calls may overlap; read must be
// running for them to return.
type client struct {
	conn  net.Conn
	lines *lineReader

	writing sync.Mutex // one request at a time is written

	mu    sync.Mutex
	next  uint64
	waits map[uint64]chan response
	ended error // why no more answers come
}

// CheckAddress tells whether an address can be one of the daemon: the path of a
// UNIX socket, or host:port of this very machine, since the daemon asks nobody
// who they are.
func CheckAddress(address string) error {
	_, _, err := splitAddress(address)
	return err
}

// SocketPath is the path of the UNIX socket that an address names; ok is false for
// any other.
func SocketPath(address string) (path string, ok bool) {
	network, where, err := splitAddress(address)
	return where, err == nil && network == "unix"
}

func splitAddress(address string) (network, where string, err error) {
	if path, ok := strings.CutPrefix(address, "unix:"); ok || strings.HasPrefix(address, "/") || strings.HasPrefix(address, "./") {
		return "unix", path, nil
	}
	address = strings.TrimPrefix(address, "tcp:")
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", "", errors.New("signal-cli is at neither the path of a socket nor host:port")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return "", "", errors.New("the port of signal-cli is no port")
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", "", errors.New("signal-cli must be reached on this machine alone: everybody who reaches it can read and write as the bot")
	}
	return "tcp", address, nil
}

// dial connects. Nothing is asked yet.
func dial(ctx context.Context, address string) (*client, error) {
	return dialFor(ctx, address, maxLine)
}

// dialFor is dial for lines of up to so many bytes.
func dialFor(ctx context.Context, address string, longest int) (*client, error) {
	network, where, err := splitAddress(address)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: dialPatience}
	conn, err := dialer.DialContext(ctx, network, where)
	if err != nil {
		return nil, clean("connect", err)
	}
	return newClient(conn, longest), nil
}

// newClient reads lines of up to so many bytes.
func newClient(conn net.Conn, longest int) *client {
	return &client{conn: conn, lines: newLineReader(conn, longest), waits: make(map[uint64]chan response)}
}

// read takes what comes until the connection ends. Answers go to who waits for
// them. Everything else goes to received, all of it that is here already at once,
// and nothing more is read before that has returned; nil drops it. An error of
// received ends the connection.
func (c *client) read(received func([]line) error) error {
	err := clean("read", c.readAll(received))
	c.mu.Lock()
	c.ended = err
	for id, wait := range c.waits {
		close(wait)
		delete(c.waits, id)
	}
	c.mu.Unlock()
	_ = c.conn.Close()
	return err
}

func (c *client) readAll(received func([]line) error) error {
	for {
		var batch []line
		for first := true; first || c.lines.more(); first = false {
			l, err := c.lines.next()
			if err != nil {
				return err
			}
			if l.cut && received == nil { // an answer that nobody would ever get
				return errTooLong
			}
			if l.cut || isNotification(l.data) {
				batch = append(batch, l)
			} else {
				c.answer(l.data)
			}
		}
		if len(batch) == 0 || received == nil {
			continue
		}
		if err := received(batch); err != nil {
			return err
		}
	}
}

// isNotification tells what arrived from an answer to a call.
func isNotification(data []byte) bool {
	var r response
	return json.Unmarshal(data, &r) == nil && r.Method != ""
}

// answer gives an answer to who waits for it.
func (c *client) answer(data []byte) {
	var r response
	if json.Unmarshal(data, &r) != nil {
		return
	}
	id, err := strconv.ParseUint(string(r.ID), 10, 64)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if wait, ok := c.waits[id]; ok {
		wait <- r
		delete(c.waits, id)
	}
}

// call asks for something and waits for the answer. It fails with a *rpcError
// when the daemon refused, with errUnsent when nothing of the request can have
// reached it; after anything else nobody knows what the daemon did.
func (c *client) call(ctx context.Context, method string, params, result any) error {
	wait := make(chan response, 1)
	c.mu.Lock()
	if c.ended != nil {
		defer c.mu.Unlock()
		return fmt.Errorf("%w: %w", errUnsent, c.ended)
	}
	c.next++
	id := c.next
	c.waits[id] = wait
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waits, id)
		c.mu.Unlock()
	}()
	data, err := json.Marshal(request{"2.0", method, params, id})
	if err != nil {
		return fmt.Errorf("%w: %w", errUnsent, clean("compose", err))
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", errUnsent, err)
	}
	if n, err := c.write(ctx, append(data, '\n')); err != nil {
		if n == 0 {
			return fmt.Errorf("%w: %w", errUnsent, clean("write", err))
		}
		return clean("write", err)
	}
	select {
	case r, ok := <-wait:
		switch {
		case !ok:
			return clean("wait for an answer", errBroken)
		case r.Error != nil:
			return r.Error
		case result == nil:
			return nil
		}
		if json.Unmarshal(r.Result, result) != nil {
			return errAnswer
		}
		return nil
	case <-ctx.Done():
		return clean("wait for an answer", ctx.Err())
	}
}

// write puts one request on the wire as a whole. After an error nothing else goes
// over this connection; n is how much of it may have left.
func (c *client) write(ctx context.Context, data []byte) (n int, err error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetWriteDeadline(time.Unix(1, 0)) })
	n, err = c.conn.Write(data)
	if !stop() && err == nil { // the deadline is set, or will be at any moment
		_ = c.conn.Close()
		return n, ctx.Err()
	}
	if err != nil { // half a request may be there: nothing sound can follow it
		_ = c.conn.Close()
	}
	return n, err
}

// close ends the connection; read returns, and nothing more can be asked.
func (c *client) close() {
	c.mu.Lock()
	if c.ended == nil {
		c.ended = errBroken
	}
	c.mu.Unlock()
	_ = c.conn.Close()
}

var (
	errUnsent = errors.New("nothing was sent")
	errBroken = errors.New("the connection to signal-cli broke")
	errAnswer = errors.New("the answer of signal-cli is not understood")
	// errTooLong says that an answer was longer than is read.
	errTooLong = errors.New("the answer of signal-cli is too long")
)

// alive tells whether calls can be made.
func (c *client) alive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended == nil
}
