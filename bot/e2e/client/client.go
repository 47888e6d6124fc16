// Package client is a person with a real Matrix client that nobody here wrote:
// matrix-js-sdk with its Rust encryption, in a Node process of its own. It is
// for tests. It never imports the bot and never reads what the bot stores.
package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"

	"handrail/bot/e2e/child"
)

const (
	startPatience = 3 * time.Minute // a busy machine takes a minute
	stopPatience  = 5 * time.Second
	// driverMargin is how much earlier than the caller the driver gives up, so
	// that its own words of what went wrong arrive.
	driverMargin = 500 * time.Millisecond
	// defaultPatience is for callers without a deadline.
	defaultPatience = 30 * time.Second
)

// Options say who logs in and where.
type Options struct {
	Dir        string // the folder of the driver, already given to Install
	Homeserver string // the address of the homeserver
	User       string // the part of the user id between @ and colon
	Password   string
}

// Person is one login in one client. Methods may be called from several
// goroutines. Every method that waits ends with ctx, or after 30 seconds when
// ctx has no deadline.
type Person struct {
	UserID string // "@ann:localhost"
	Device string // the device of this login
	Token  string // its access token, for looking at the server's side

	proc   *child.Process
	output *child.Tail
	in     io.WriteCloser

	mu      sync.Mutex
	lastID  int
	waiting map[int]chan reply
	ended   error // why no more replies will come
}

type request struct {
	ID   int    `json:"id"`
	Do   string `json:"do"`
	With any    `json:"with"`
}

type reply struct {
	ID    int             `json:"id"`
	Ready bool            `json:"ready"`
	OK    json.RawMessage `json:"ok"`
	Error string          `json:"error"`
}

// Login starts a client, logs in as a new device and waits for the first sync.
func Login(ctx context.Context, o Options) (*Person, error) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	p, err := start(ctx, o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start the client: %w", err)
	}
	if err := p.Again(ctx, o); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Again logs in with the same client as somebody else, or once more as a new
// device, with nothing of the login before. It saves the start of a process. No
// other method may be under way.
func (p *Person) Again(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	var who struct{ User, Device, Token string }
	args := map[string]any{"homeserver": o.Homeserver, "user": o.User, "password": o.Password}
	if err := p.call(ctx, "login", args, &who); err != nil {
		return err
	}
	p.UserID, p.Device, p.Token = who.User, who.Device, who.Token
	return nil
}

// start runs the driver and returns when it is ready for requests.
func start(ctx context.Context, dir string) (*Person, error) {
	p := &Person{output: &child.Tail{}, waiting: map[int]chan reply{}}
	cmd := exec.Command("node", "driver.mjs")
	cmd.Dir = dir
	cmd.Stderr = p.output
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	// A pipe of our own: the one of exec is closed by Wait, under the reader.
	out, write := io.Pipe()
	cmd.Stdout = write
	if p.proc, err = child.Start(cmd); err != nil {
		return nil, err
	}
	p.in = in
	go func() {
		<-p.proc.Done()
		_ = write.Close()
	}()
	ready := make(chan struct{})
	go p.read(out, ready)
	select {
	case <-ready:
		return p, nil
	case <-p.proc.Done():
		return nil, fmt.Errorf("it ended at once: %s\n%s", p.proc.State(), p.output)
	case <-ctx.Done():
		p.proc.Kill()
		return nil, fmt.Errorf("it says nothing: %w\n%s", ctx.Err(), p.output)
	}
}

// read hands every answer to the caller that waits for it.
func (p *Person) read(out io.Reader, ready chan struct{}) {
	r := bufio.NewReaderSize(out, 1<<16)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			break
		}
		var got reply
		if err := json.Unmarshal(line, &got); err != nil {
			continue // not ours: a library that prints
		}
		if got.Ready {
			close(ready)
			continue
		}
		p.mu.Lock()
		if ch := p.waiting[got.ID]; ch != nil {
			delete(p.waiting, got.ID)
			ch <- got // has room for one
		}
		p.mu.Unlock()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = errors.New("the client has ended")
	for id, ch := range p.waiting {
		delete(p.waiting, id)
		close(ch)
	}
}

// call sends one request and waits for its answer. args gets the time left as
// "timeout", in milliseconds.
func (p *Person) call(ctx context.Context, do string, args map[string]any, answer any) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultPatience)
		defer cancel()
	}
	deadline, _ := ctx.Deadline()
	args["timeout"] = max(time.Until(deadline)-driverMargin, time.Millisecond).Milliseconds()

	ch := make(chan reply, 1)
	p.mu.Lock()
	if p.ended != nil {
		p.mu.Unlock()
		return fmt.Errorf("client: %s: %w\n%s", do, p.ended, p.output)
	}
	p.lastID++
	id := p.lastID
	p.waiting[id] = ch
	line, err := json.Marshal(request{ID: id, Do: do, With: args})
	if err == nil {
		_, err = p.in.Write(append(line, '\n'))
	}
	p.mu.Unlock()
	if err != nil {
		return fmt.Errorf("client: %s: the client has ended: %w\n%s", do, err, p.output)
	}
	select {
	case got, ok := <-ch:
		switch {
		case !ok:
			return fmt.Errorf("client: %s: the client has ended\n%s", do, p.output)
		case got.Error != "":
			return fmt.Errorf("client: %s: %s%s", do, got.Error, indent(p.output.String()))
		case answer == nil:
			return nil
		}
		return json.Unmarshal(got.OK, answer)
	case <-ctx.Done():
		p.mu.Lock()
		delete(p.waiting, id)
		p.mu.Unlock()
		return fmt.Errorf("client: %s: %w\n%s", do, ctx.Err(), p.output)
	}
}

func indent(text string) string {
	if text == "" {
		return ""
	}
	return "\n\t" + strings.ReplaceAll(text, "\n", "\n\t")
}

// Close ends the client. The login stays on the server, as when a person closes
// a window.
func (p *Person) Close() {
	_ = p.in.Close()
	timer := time.NewTimer(stopPatience)
	defer timer.Stop()
	select {
	case <-p.proc.Done():
	case <-timer.C:
		p.proc.Kill()
	}
}
