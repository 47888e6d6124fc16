package matrix

import (
	"net/http"
	"testing"
	"time"
)

// answering is a homeserver of which only the date matters.
type answering string

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{Header: http.Header{"Date": {string(a)}}}, nil
}

// TestTimesOfTheHomeserver: a clock of this machine that is days ahead would end
// the look for a message in doubt before it began.
func TestTimesOfTheHomeserver(t *testing.T) {
	t.Parallel()
	server := time.Now().Add(-72 * time.Hour)
	for name, tt := range map[string]struct {
		date string
		want time.Time
	}{
		"three days behind": {server.UTC().Format(http.TimeFormat), server},
		"no date":           {"", time.Now()},
		"no such date":      {"tomorrow", time.Now()},
	} {
		s := &served{RoundTripper: answering(tt.date)}
		if _, err := s.RoundTrip(nil); err != nil {
			t.Fatal(err)
		}
		if off := s.now().Sub(tt.want).Abs(); off > time.Minute {
			t.Errorf("%s: off by %v", name, off)
		}
	}
}

// TestFirstRequestByTheHomeserver: what the ledger notes is the homeserver's time.
func TestFirstRequestByTheHomeserver(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	b := startBot(t, botConfig(t, server.URL(), createUser(t, server, "bot")), newRecorder(), func(tr *Transport) {
		tr.served.RoundTripper = behind{tr.served.RoundTripper} // as if this machine were three days ahead
	})
	g := newGuest(t, server, "ann")
	g.openChat(t, b)
	b.say(t, g, "k", "take care")
	want := time.Now().Add(-72 * time.Hour)
	row, known, err := b.ledger.sent(testContext(t), "k")
	if err != nil || !known || row.first.Sub(want).Abs() > time.Minute {
		t.Errorf("noted %v, %t, %v; want about %v", row.first, known, err, want)
	}
}

// behind is a homeserver that is three days behind.
type behind struct{ http.RoundTripper }

func (b behind) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(req)
	if err == nil {
		resp.Header.Set("Date", time.Now().Add(-72*time.Hour).UTC().Format(http.TimeFormat))
	}
	return resp, err
}
