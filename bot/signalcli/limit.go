package signalcli

import (
	"sync"
	"time"
)

const (
	limitFirst = 5 * time.Minute // where Signal does not say for how long
	limitMost  = 24 * time.Hour
	// limitProbe is how often one send is tried all the same: limits end early, by
	// a captcha or by themselves, and nobody tells.
	limitProbe = 10 * time.Minute
)

// limit is what Signal said about sending too much. It holds for the whole
// account: to go on trying makes it longer.
type limit struct {
	mu    sync.Mutex
	until time.Time
	next  time.Time // of the next try
	token string    // a captcha would end it; for submitRateLimitChallenge
	row   int       // how often it was said in a row
}

// hit notes an outcome. It returns how long to wait, and whether this is the first.
func (l *limit) hit(e sendEntry, now time.Time) (wait time.Duration, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	after := time.Duration(min(max(e.RetryAfter, 0), int64(limitMost/time.Second))) * time.Second
	if after == 0 {
		after = min(limitFirst<<min(l.row, 8), limitMost)
	}
	first = l.row == 0 || e.Token != "" && e.Token != l.token
	l.row++
	l.until, l.next = now.Add(after), now.Add(min(after, limitProbe))
	if e.Token != "" {
		l.token = e.Token
	}
	return l.next.Sub(now), first
}

// clear notes that a send went through. It tells whether there was a limit.
func (l *limit) clear() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.row > 0
	l.until, l.next, l.token, l.row = time.Time{}, time.Time{}, "", 0
	return was
}

// wait is how long nothing should be sent; 0: now.
func (l *limit) wait(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(l.next.Sub(now), 0)
}

func (l *limit) state() (until time.Time, token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until, l.token
}

// lift lets the next send be tried at once: a captcha was taken.
func (l *limit) lift() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = time.Time{}
}
