package main

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"
)

// service speaks with the service manager that started the program, if it wants
// to be told (sd_notify of systemd): that it runs, that it makes progress, that
// it stops. Everywhere else it does nothing.
type service struct {
	socket string
	every  time.Duration // how often progress is to be told; 0: not at all
	log    *slog.Logger
}

// newService reads what the service manager has put into the environment.
func newService(env func(string) string, pid int, log *slog.Logger) service {
	s := service{socket: env("NOTIFY_SOCKET"), log: log}
	if strings.HasPrefix(s.socket, "@") { // an address without a file
		s.socket = "\x00" + s.socket[1:]
	}
	limit, err := strconv.ParseInt(env("WATCHDOG_USEC"), 10, 64)
	if owner := env("WATCHDOG_PID"); err == nil && limit > 0 && (owner == "" || owner == strconv.Itoa(pid)) {
		s.every = time.Duration(limit) * time.Microsecond / 3
	}
	return s
}

// tell sends one state. That nobody listens is logged and no more.
func (s service) tell(state string) {
	if s.socket == "" {
		return
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: s.socket, Net: "unixgram"})
	if err == nil {
		_, err = c.Write([]byte(state))
		_ = c.Close() // it was sent
	}
	if err != nil {
		s.log.Warn("the service manager could not be told", "state", state, "err", err)
	}
}

// run says that the program runs, and then now and again that it makes progress,
// as long as it does, until ctx ends; then it says that it stops.
func (s service) run(ctx context.Context, alive func(context.Context) error) {
	if s.socket == "" {
		return
	}
	s.tell("READY=1")
	defer s.tell("STOPPING=1")
	if s.every == 0 {
		<-ctx.Done()
		return
	}
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		if err := alive(ctx); err == nil {
			s.tell("WATCHDOG=1")
		} else if ctx.Err() == nil {
			s.log.Error("no progress: the service manager is about to start the program again")
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
