package matrix

import (
	"net/http"
	"sync/atomic"
	"time"
)

// served is the homeserver's clock as its answers tell it. The times of events
// are by that clock, and the clock of this machine may be set at any moment, or
// have been wrong when an earlier process wrote down a time.
type served struct {
	http.RoundTripper
	last atomic.Pointer[reading]
}

// reading is what the homeserver's clock showed at a moment of this process.
type reading struct{ server, here time.Time }

// RoundTrip implements http.RoundTripper.
func (s *served) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.RoundTripper.RoundTrip(req)
	if err == nil {
		if at, bad := http.ParseTime(resp.Header.Get("Date")); bad == nil {
			s.last.Store(&reading{at, time.Now()})
		}
	}
	return resp, err
}

// now is the homeserver's time, to a few seconds; this machine's where the
// homeserver does not tell. What passed since the last answer is counted by the
// monotonic clock, which nobody sets.
func (s *served) now() time.Time {
	r := s.last.Load()
	if r == nil {
		return time.Now()
	}
	return r.server.Add(time.Since(r.here))
}
