package signalcli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"handrail/bot"
	"handrail/bot/chat"
	"handrail/bot/crisis"
	"handrail/bot/flow"
	"handrail/bot/lines"
	"handrail/bot/schedule"
	"handrail/bot/seal"
	"handrail/bot/store"
	"handrail/flows"
)

// These in the environment make the test binary a bot on Signal that can be killed
// instead of running tests.
const (
	childDir    = "SIGNAL_TEST_CHILD"
	childSocket = "SIGNAL_TEST_CHILD_SOCKET"
	childPolicy = "SIGNAL_TEST_CHILD_POLICY"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// counting is a script with one recognisable answer to each message.
var counting = map[string]string{
	"welcome": "flow: welcome\ntitle: Welcome\nsteps:\n  - set: {welcomed: true}\n  - call: count\n",
	"menu":    "flow: menu\ntitle: Menu\nanywhere: [menu]\nsteps:\n  - say: Menu text.\n",
	"crisis":  "flow: crisis\ntitle: Crisis\nsteps:\n  - say: Crisis text.\n  - lines: dv\n  - ask: Are you safe right now?\n    yes_no: {\"yes\": {}, \"no\": {}}\n",
	"stop":    "flow: stop\ntitle: Stop\nfirst: [stop]\nsteps:\n  - quiet: stop\n  - say: OK. No more messages.\n",
	"count":   "flow: count\ntitle: Counting\nstart: [count with me]\nsteps:\n  - ask: Counting.\n    text: {}\n  - ask: \"Heard {{answer}}.\"\n    name: again\n    text: {}\n  - goto: again\n",
}

// newHost is a whole bot on this transport, with what it keeps in dir.
func newHost(ctx context.Context, dir string, tr chat.Transport, log *slog.Logger) (*bot.Bot, *store.Store, error) {
	key, err := os.ReadFile(filepath.Join(dir, "master"))
	if err != nil {
		return nil, nil, err
	}
	master, err := seal.OpenMaster(key)
	if err != nil {
		return nil, nil, err
	}
	files := fstest.MapFS{}
	texts, err := fs.ReadFile(flows.FS, "texts.yaml")
	if err != nil {
		return nil, nil, err
	}
	files["texts.yaml"] = &fstest.MapFile{Data: texts}
	for id, script := range counting {
		files[id+".yaml"] = &fstest.MapFile{Data: []byte(script)}
	}
	library, _, err := flow.Load(files, flow.Options{Readers: schedule.Readers()})
	if err != nil {
		return nil, nil, err
	}
	if library == nil {
		return nil, nil, errors.New("the scripts have faults")
	}
	words, err := fs.Sub(flows.FS, "crisis")
	if err != nil {
		return nil, nil, err
	}
	lexicon, err := crisis.Load(words)
	if err != nil {
		return nil, nil, err
	}
	help, err := fs.Sub(flows.FS, "lines")
	if err != nil {
		return nil, nil, err
	}
	directory, _, err := lines.Load(help)
	if err != nil {
		return nil, nil, err
	}
	st, err := store.Open(ctx, store.Options{Path: filepath.Join(dir, "handrail.db"), Master: master})
	if err != nil {
		return nil, nil, err
	}
	b, err := bot.New(bot.Config{
		Store: st, Library: library, Lexicon: lexicon, Lines: directory, Transports: []chat.Transport{tr}, Log: log,
		Burst: 1_000_000, // a backlog of thousands by few people
	})
	if err != nil {
		return nil, nil, errors.Join(err, st.Close())
	}
	return b, st, nil
}

// withPolicy sends every message under one policy.
type withPolicy struct {
	*Transport
	policy chat.OnDoubt
}

func (w withPolicy) Send(ctx context.Context, out chat.Outgoing) (string, error) {
	out.OnDoubt = w.policy
	return w.Transport.Send(ctx, out)
}

// child is a bot that runs until it is killed or told to end.
func child(dir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	policy, err := strconv.Atoi(os.Getenv(childPolicy))
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	tr, err := Open(ctx, Config{Address: os.Getenv(childSocket), Account: number, Dir: filepath.Join(dir, "signal"), Key: make([]byte, 32), Log: log})
	if err != nil {
		return err
	}
	tr.grace, tr.quiet = time.Second, 300*time.Millisecond
	b, st, err := newHost(ctx, dir, withPolicy{tr, chat.OnDoubt(policy)}, log)
	if err != nil {
		return errors.Join(err, tr.Close())
	}
	return errors.Join(b.Run(ctx), st.Close(), tr.Close())
}

// victim is such a bot in a process of its own.
type victim struct {
	t   *testing.T
	dir string
	env []string
	cmd *exec.Cmd
	log *os.File
}

func newVictim(t *testing.T, dir, socket string, policy chat.OnDoubt) *victim {
	t.Helper()
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a directory needs the x bit
		t.Fatal(err)
	}
	key, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "master"), key, 0o400); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	v := &victim{t: t, dir: dir, log: log, env: append(os.Environ(), childDir+"="+dir, childSocket+"="+socket, childPolicy+"="+strconv.Itoa(int(policy)))}
	t.Cleanup(func() {
		v.kill()
		_ = log.Close()
	})
	return v
}

func (v *victim) start() {
	v.t.Helper()
	v.cmd = exec.Command(os.Args[0], "-test.run=^$")
	v.cmd.Env, v.cmd.Stderr, v.cmd.Stdout = v.env, v.log, v.log
	if err := v.cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
}

// kill ends it as kill -9 does, and waits until it is gone.
func (v *victim) kill() {
	if v.cmd != nil {
		_ = v.cmd.Process.Kill()
		_ = v.cmd.Wait()
		v.cmd = nil
	}
}

func (v *victim) logged() string {
	data, _ := os.ReadFile(v.log.Name())
	return string(data)
}
