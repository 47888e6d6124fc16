package homeserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"handrail/bot/e2e/child"
)

const (
	readyPoll    = 20 * time.Millisecond
	stopPatience = 10 * time.Second
	portAttempts = 3
	memoryLimit  = "300MiB"
)

// Options say how a server is started.
type Options struct {
	Dir      string       // its data; made when missing, kept when the server stops. Required
	Port     int          // on 127.0.0.1; 0: a free one
	InMemory bool         // its internal queue is not written to disk: for tests. A kill may lose what is in it
	Progress func(string) // lines for a person while the server is compiled; may be nil
}

// Server is one Dendrite process with its data. Its methods are for one
// goroutine at a time; only URL may be called at any time.
type Server struct {
	bin, dir string
	port     int
	secret   string
	proc     *process
}

// Start builds the server if needed, starts it and returns when it answers.
// Whoever starts a server stops it: with Stop, with Kill, or on Linux by dying.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Dir == "" {
		return nil, errors.New("start the homeserver: Options.Dir is empty")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start the homeserver: %w", err)
	}
	bin, err := Build(ctx, o.Progress)
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir}
	if s.secret, err = prepare(dir, o.InMemory); err != nil {
		return nil, fmt.Errorf("prepare the homeserver: %w", err)
	}
	// Between finding a free port and Dendrite's taking it, somebody else may.
	for range portAttempts {
		if s.port = o.Port; s.port == 0 {
			if s.port, err = freePort(); err != nil {
				return nil, fmt.Errorf("find a port for the homeserver: %w", err)
			}
		}
		if err = s.Restart(ctx); err == nil {
			return s, nil
		}
		if o.Port != 0 || ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

// URL is where clients connect, without a slash at the end.
func (s *Server) URL() string { return "http://127.0.0.1:" + strconv.Itoa(s.port) }

// Dir is where the server keeps its data.
func (s *Server) Dir() string { return s.dir }

// PID is the process id, 0 when the server does not run.
func (s *Server) PID() int {
	if s.proc == nil {
		return 0
	}
	return s.proc.PID()
}

// Restart starts the server again on the same port with the same data, and
// returns when it answers. A server that still runs is stopped first.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Stop(); err != nil {
		return err
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
	// Asked first, because the other one may be a homeserver too, and its answer
	// would pass for ours.
	if err := tryPort(address); err != nil {
		return fmt.Errorf("start the homeserver: the port is taken: %w", err)
	}
	proc, err := run(s.bin, s.dir, address)
	if err != nil {
		return fmt.Errorf("start the homeserver: %w", err)
	}
	if err := proc.ready(ctx, s.URL()); err != nil {
		proc.Kill()
		return fmt.Errorf("start the homeserver: %w", err)
	}
	s.proc = proc
	return nil
}

// Stop ends the server in good order and waits for that; after ten seconds it
// is killed, which is an error. A server that does not run is no error.
func (s *Server) Stop() error {
	proc := s.proc
	if proc == nil {
		return nil
	}
	s.proc = nil
	if err := proc.Stop(stopPatience); err != nil {
		return fmt.Errorf("stop the homeserver: %w", err)
	}
	return nil
}

// Kill ends the server as a crash would (SIGKILL) and waits until it is gone.
func (s *Server) Kill() {
	if s.proc != nil {
		s.proc.Kill()
		s.proc = nil
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func tryPort(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return l.Close()
}

// process is one run of the binary.
type process struct {
	*child.Process
	output *child.Tail
}

func run(bin, dir, address string) (*process, error) {
	cmd := exec.Command(bin, "-config", "dendrite.yaml", "-http-bind-address", address, "-https-bind-address", "")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOMEMLIMIT="+memoryLimit)
	output := &child.Tail{}
	cmd.Stdout, cmd.Stderr = output, output
	proc, err := child.Start(cmd)
	if err != nil {
		return nil, err
	}
	return &process{Process: proc, output: output}, nil
}

// ready waits until the server answers, ends, or ctx does.
func (p *process) ready(ctx context.Context, url string) error {
	alive, cancel := context.WithCancel(ctx) // so that a probe ends with the process
	defer cancel()
	go func() {
		select {
		case <-p.Done():
			cancel()
		case <-alive.Done():
		}
	}()
	client := &http.Client{Timeout: 2 * time.Second}
	defer client.CloseIdleConnections()
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		select {
		case <-p.Done():
			return fmt.Errorf("it ended at once: %s\n%s", p.State(), p.output.String())
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", ctx.Err())
		case <-tick.C:
		}
		req, err := http.NewRequestWithContext(alive, http.MethodGet, url+"/_matrix/client/versions", nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
	}
}
