package matrix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"maunium.net/go/mautrix"

	"handrail/bot/chat"
)

// answer is an error as the library makes it from a response.
func answer(status int, code, words string, header http.Header, extra map[string]any) error {
	resp := &mautrix.RespError{ErrCode: code, Err: words, StatusCode: status, ExtraData: extra}
	if code == "" {
		resp = nil
	}
	return mautrix.HTTPError{Response: &http.Response{StatusCode: status, Header: header}, RespError: resp}
}

// broken is an error on the way, with a URL in it as net/http has it.
func broken(err error) error {
	return mautrix.HTTPError{Message: "request error", WrappedError: &url.Error{
		Op: "Put", URL: "http://h/_matrix/client/v3/rooms/!secret:room/send/m.room.message/key", Err: err,
	}}
}

func TestSendError(t *testing.T) {
	t.Parallel()
	const words = "@ann:x is not in !secret:room"
	rows := []struct {
		name      string
		err       error
		permanent bool
		after     time.Duration
		unsent    bool
		want      string
	}{
		{name: "not in the room", err: answer(403, "M_FORBIDDEN", words, nil, nil), permanent: true, unsent: true, want: "M_FORBIDDEN (HTTP 403)"},
		{name: "no such room", err: answer(404, "M_NOT_FOUND", words, nil, nil), permanent: true, unsent: true},
		{name: "too large", err: answer(413, "M_TOO_LARGE", words, nil, nil), permanent: true, unsent: true},
		{name: "bad content", err: answer(400, "M_BAD_JSON", words, nil, nil), permanent: true, unsent: true},
		{name: "too large here", err: errTooLarge, permanent: true},
		{name: "proxy without a homeserver", err: answer(404, "", "", nil, nil), unsent: true, want: "HTTP 404"},
		{name: "wrong path", err: answer(404, "M_UNRECOGNIZED", words, nil, nil), unsent: true},
		{name: "token gone", err: answer(401, "M_UNKNOWN_TOKEN", words, nil, nil), unsent: true},
		{name: "account suspended", err: answer(403, "M_USER_SUSPENDED", words, nil, nil), unsent: true},
		{name: "busy, in the body", err: answer(429, "M_LIMIT_EXCEEDED", words, http.Header{}, map[string]any{"retry_after_ms": 1500.0}), after: 1500 * time.Millisecond, unsent: true},
		{name: "busy, in the header", err: answer(429, "M_LIMIT_EXCEEDED", words, http.Header{"Retry-After": {"9"}}, nil), after: 9 * time.Second, unsent: true},
		{name: "busy, no hint", err: answer(429, "", "", http.Header{}, nil), after: 5 * time.Second, unsent: true},
		{name: "busy for a month", err: answer(429, "M_LIMIT_EXCEEDED", words, http.Header{"Retry-After": {"9999999"}}, nil), after: maxAfter, unsent: true},
		{name: "busy, nonsense", err: answer(429, "M_LIMIT_EXCEEDED", words, http.Header{"Retry-After": {"-3"}}, map[string]any{"retry_after_ms": -1.0}), after: 5 * time.Second, unsent: true},
		{name: "server error", err: answer(500, "M_UNKNOWN", words, nil, nil)},
		{name: "server error that looks final", err: answer(502, "M_FORBIDDEN", words, nil, nil)},
		{name: "strange code", err: answer(400, "@ann:x", words, nil, nil), unsent: true, want: "HTTP 400"},
		{name: "refused", err: broken(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), unsent: true, want: "refused"},
		{name: "no such host", err: broken(&net.OpError{Op: "dial", Err: &net.DNSError{Name: "h", IsNotFound: true}}), unsent: true, want: "not found"},
		{name: "reset", err: broken(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), want: "broke"},
		{name: "ended", err: broken(io.EOF), want: "broke"},
		{name: "time out", err: broken(context.DeadlineExceeded), want: "in time"},
		{name: "stopped", err: broken(context.Canceled), want: "stopped"},
		{name: "unheard of", err: fmt.Errorf("wrapped: %w", errors.New(words)), want: "unexpected error of type"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			err := sendError("send", row.err)
			var permanent *chat.PermanentError
			var pause *chat.RetryError
			if errors.As(err, &permanent) != row.permanent {
				t.Errorf("permanent: %v", err)
			}
			if errors.As(err, &pause) != (row.after > 0) || (pause != nil && pause.After != row.after) {
				t.Errorf("pause: %v, want %s", err, row.after)
			}
			if got := classify(row.err).unsent; got != row.unsent {
				t.Errorf("unsent = %v", got)
			}
			if !strings.Contains(err.Error(), row.want) {
				t.Errorf("%q does not say %q", err, row.want)
			}
			for _, form := range []string{"%v", "%+v", "%#v"} {
				if text := fmt.Sprintf(form, err); strings.Contains(text, "secret") || strings.Contains(text, "@ann") {
					t.Errorf("%s leaks: %s", form, text)
				}
			}
			if again := clean("again", err); strings.Contains(again.Error(), "@ann") {
				t.Errorf("cleaned twice it leaks: %s", again)
			}
		})
	}
	if err := sendError("send", broken(context.Canceled)); !errors.Is(err, context.Canceled) {
		t.Error("the end of the context is hidden")
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	rows := map[string]struct {
		err  error
		want bool
	}{
		"refused":     {broken(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), true},
		"bad gateway": {answer(502, "", "", nil, nil), true},
		"no answer":   {broken(context.DeadlineExceeded), true},
		"stopped":     {broken(context.Canceled), false},
		"forbidden":   {answer(403, "M_FORBIDDEN", "", nil, nil), false},
		"our own":     {errors.New("no password"), false},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Unreachable(fmt.Errorf("%w: is it running?", clean("log in", row.err))); got != row.want && name != "our own" {
				t.Errorf("Unreachable = %v", got)
			}
			if name == "our own" && Unreachable(row.err) {
				t.Error("an error of ours counts as unreachable")
			}
		})
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name   string
		policy Policy
		user   string
		want   bool
	}{
		{"zero admits nobody", Policy{}, "@a:x", false},
		{"open", Policy{Open: true}, "@a:x", true},
		{"open, not a user", Policy{Open: true}, "a", false},
		{"server", Policy{Servers: []string{"x"}}, "@a:x", true},
		{"other server", Policy{Servers: []string{"x"}}, "@a:y.x", false},
		{"server with a port", Policy{Servers: []string{"x:8448"}}, "@a:x:8448", true},
		{"user", Policy{Users: []string{"@a:x"}}, "@a:x", true},
		{"other user", Policy{Users: []string{"@a:x"}}, "@aa:x", false},
		{"nobody", Policy{Users: []string{""}, Servers: []string{""}}, "", false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := row.policy.Admits(row.user); got != row.want {
				t.Errorf("Admits = %v", got)
			}
		})
	}
}

func TestLibraryLogSaysNothingOfPeople(t *testing.T) {
	t.Parallel()
	book := &logBook{}
	log := newLibraryLog(slog.New(slog.NewTextHandler(book, &slog.HandlerOptions{Level: slog.LevelDebug})))
	log.Debug().Msg("below warning")
	log.Warn().Str("room_id", "!secret:room").Str("body", "my words").Err(errors.New("@ann:x M_FORBIDDEN !secret:room")).Msg("Failed to decrypt event")
	log.Error().Msgf("Failed in %s", "!secret:room")
	log.Error().Msg("secretsecretsecretsecretsecret")
	log.Error().Err(errors.New("my words")).Msg("Request failed")
	got := book.String()
	for _, word := range []string{"secret", "ann", "words", "below"} {
		if strings.Contains(got, word) {
			t.Errorf("the log has %q: %s", word, got)
		}
	}
	for _, word := range []string{"Failed to decrypt event", "M_FORBIDDEN", "Request failed"} {
		if !strings.Contains(got, word) {
			t.Errorf("the log lacks %q: %s", word, got)
		}
	}
}

func TestEchoesForgetTheOldest(t *testing.T) {
	t.Parallel()
	e := newEchoes()
	for i := range echoMemory + 10 {
		e.put(fmt.Sprint(i), "$x")
	}
	e.put("0", "$again")
	if _, ok := e.get("1"); ok || len(e.byKey) != echoMemory {
		t.Errorf("%d keys kept", len(e.byKey))
	}
	if got, ok := e.get(fmt.Sprint(echoMemory + 9)); !ok || got != "$x" {
		t.Error("the newest is gone")
	}
	e.put(fmt.Sprint(echoMemory+9), "$y")
	if got, _ := e.get(fmt.Sprint(echoMemory + 9)); got != "$x" {
		t.Error("a key changed its event")
	}
}
