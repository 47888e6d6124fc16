package bot

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"handrail/bot/store"
)

// floodKept bounds how many people the gate remembers. When it is full it
// forgets everybody, which only ever lets more through.
const floodKept = 10_000

// floodGate tells when one person sends more than can be answered one by one.
// It lives in memory: after a restart everybody has a full allowance.
type floodGate struct {
	burst  int
	refill rate.Limit

	mu     sync.Mutex
	people map[store.PersonID]*allowance
}

type allowance struct {
	limit *rate.Limiter
	told  time.Time
}

func newFloodGate(burst int, refill float64) *floodGate {
	return &floodGate{burst: burst, refill: rate.Limit(refill), people: map[store.PersonID]*allowance{}}
}

// pass tells whether this message is within the allowance. If it is not, tell
// says whether the person should hear about it: once a minute.
func (f *floodGate) pass(id store.PersonID, now time.Time) (ok, tell bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.people[id]
	if a == nil {
		if len(f.people) >= floodKept {
			clear(f.people)
		}
		a = &allowance{limit: rate.NewLimiter(f.refill, f.burst)}
		f.people[id] = a
	}
	if a.limit.AllowN(now, 1) {
		return true, false
	}
	if now.Sub(a.told) < time.Minute {
		return false, false
	}
	a.told = now
	return false, true
}
