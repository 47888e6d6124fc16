package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"handrail/bot/chat"
	"handrail/bot/console"
	"handrail/bot/e2e/client"
	"handrail/bot/e2e/homeserver"
	"handrail/bot/matrix"
)

const (
	matrixClientDir = "../../bot/e2e/client"
	matrixBot       = "handrail"
	matrixBotID     = "@" + matrixBot + ":" + homeserver.ServerName
	matrixPassword  = "password of the transcripts"
	// matrixPatience is for one thing that takes a moment on a quiet machine.
	matrixPatience = 3 * time.Minute
)

// matrixWorld is a homeserver and the bot's account on it, for many transcripts.
// Each has a guest of its own with a client, and a bot and a store of its own.
type matrixWorld struct {
	account *matrix.Transport

	mu     sync.Mutex
	server *homeserver.Server
	guests int
	idle   []*client.Person       // whose guest has gone; the next one takes it
	wires  map[string]*matrixWire // by user id

	desk  sync.Mutex  // one transcript with staff at a time
	staff *matrixWire // the one that has staff now
	team  *matrixTeam // nil: nobody has come yet
}

// newMatrixWorld starts everything. It ends with the test.
func newMatrixWorld(t *testing.T) *matrixWorld {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := context.Background()
	must(client.Install(ctx, matrixClientDir))
	dir, err := os.MkdirTemp(memoryDir(), "handrail-transcripts-")
	must(err)
	t.Cleanup(func() { must(os.RemoveAll(dir)) })
	server, err := homeserver.Start(ctx, homeserver.Options{Dir: filepath.Join(dir, "server"), InMemory: true})
	must(err)
	t.Cleanup(server.Kill)
	must(server.CreateUser(ctx, matrixBot, matrixPassword))
	w := &matrixWorld{server: server, wires: map[string]*matrixWire{}}
	w.account, err = matrix.Open(ctx, matrix.Config{
		Homeserver: server.URL(), User: matrixBot, Password: matrixPassword, Dir: filepath.Join(dir, "account"),
		PickleKey: bytes.Repeat([]byte("k"), 32), Invites: matrix.Policy{Open: true}, Staff: &matrix.Staff{Members: matrixMembers()},
		Grace: time.Hour, Log: slog.New(slog.DiscardHandler),
	})
	must(err)
	rctx, stop := context.WithCancel(ctx)
	run := startTask(func() error { return w.account.Run(rctx, w) })
	t.Cleanup(func() {
		stop()
		<-run.done
		must(errors.Join(run.err, w.account.Close()))
		for _, p := range w.idle {
			p.Close()
		}
		if w.team != nil {
			w.team.close()
		}
	})
	return w
}

// login makes an account and logs in.
func (w *matrixWorld) login(ctx context.Context, name string) (*client.Person, error) {
	w.mu.Lock()
	err := w.server.CreateUser(ctx, name, matrixPassword)
	var p *client.Person
	if n := len(w.idle); n > 0 && err == nil {
		p, w.idle = w.idle[n-1], w.idle[:n-1]
	}
	w.mu.Unlock()
	o := client.Options{Dir: matrixClientDir, Homeserver: w.server.URL(), User: name, Password: matrixPassword}
	switch {
	case err != nil:
		return nil, err
	case p == nil:
		return client.Login(ctx, o)
	}
	if err := p.Again(ctx, o); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// logout takes a client back.
func (w *matrixWorld) logout(p *client.Person) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.wires, p.UserID)
	w.idle = append(w.idle, p)
}

// Handle implements chat.Handler: every transcript gets what is its own.
func (w *matrixWorld) Handle(ctx context.Context, m chat.Message) error {
	w.mu.Lock()
	wire := w.wires[m.From.User]
	if m.Staff != nil {
		wire = w.staff
	}
	w.mu.Unlock()
	if wire == nil {
		return nil
	}
	return wire.handle(ctx, m)
}

// Delivered implements chat.Handler.
func (w *matrixWorld) Delivered(ctx context.Context, network, key, eventID string) error {
	name, key, _ := strings.Cut(key, ".")
	w.mu.Lock()
	wire := w.wires["@"+name+":"+homeserver.ServerName]
	w.mu.Unlock()
	if wire == nil {
		return nil
	}
	return wire.delivered(ctx, network, key, eventID)
}

// Vouch implements chat.Handler. The account is not told to look at the keys of
// staff, as the console does not.
func (w *matrixWorld) Vouch(context.Context, string, string, string) (bool, error) { return true, nil }

// over plays transcripts over a homeserver.
func (w *matrixWorld) over(c content, folder fs.FS, how matrixHow) console.Build {
	return func(ctx context.Context, begin console.Stage, sink func(console.Entry)) (_ *console.Sim, _ func() error, err error) {
		o := simOptions{begin: begin.At, zone: begin.Zone, lang: begin.Lang, sink: func(console.Entry) {}, log: slog.New(slog.DiscardHandler)}
		wire := &matrixWire{matrixWorld: w, sink: sink, how: how, taken: map[string]bool{}, names: map[string]string{}, changed: make(chan struct{}), began: time.Now().Add(-time.Second)}
		var ends []func() error
		end := func() (err error) {
			for i := len(ends) - 1; i >= 0; i-- {
				err = errors.Join(err, ends[i]())
			}
			return err
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, end())
			}
		}()
		if begin.Desk != "" {
			if o.desk, err = playedDesk(onThisServer(folder), begin.Desk); err != nil {
				return nil, nil, err
			}
			o.desk.Network = matrix.NetworkName
			w.desk.Lock()
			ends = append(ends, func() error { w.desk.Unlock(); return nil })
			if err := wire.meet(ctx, o.desk.Desk.Rota.Members); err != nil {
				return nil, nil, err
			}
			ends = append(ends, wire.part)
		}
		ends = append(ends, wire.leave)
		if err := wire.arrive(ctx); err != nil {
			return nil, nil, err
		}
		o.network = wire
		sim, done, err := c.simulator(ctx, o)
		if err != nil {
			return nil, nil, err
		}
		ends = append(ends, done)
		wire.begin(sim)
		return sim, end, nil
	}
}

// onThisServer is a folder whose staff have their accounts on the homeserver of
// the tests.
func onThisServer(folder fs.FS) fs.FS {
	moved := fstest.MapFS{}
	err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(folder, name)
		if path.Ext(name) == ".yaml" {
			data = bytes.ReplaceAll(data, []byte(":example.org"), []byte(":"+homeserver.ServerName))
		}
		moved[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("copy a folder in memory: %v", err)) // what is built in can be read
	}
	return moved
}
