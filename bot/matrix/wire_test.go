package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"handrail/bot/e2e/homeserver"
)

// wire is a proxy between bot and homeserver that a test can disturb.
type wire struct {
	url    string
	puts   atomic.Int64                             // requests to send an event that reached the homeserver
	drop   atomic.Pointer[func(*http.Request) bool] // true: forward, then break the connection
	deny   atomic.Pointer[func(*http.Request) bool] // true: break the connection before it is forwarded
	reply  atomic.Pointer[func(*http.Request) *http.Response]
	hidden atomic.Int64 // how many events were taken out
	hide   atomic.Value // string: whose timeline events are taken out of the first answer to the sync that has them
	before sync.Map     // the ids of those that were
	early  atomic.Pointer[early]
}

// early has a room shown once among the joined ones with the last events before
// user joined it.
type early struct {
	user string
	most int // events
}

func newWire(t *testing.T, server *homeserver.Server) *wire {
	t.Helper()
	target, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorHandler = func(rw http.ResponseWriter, _ *http.Request, _ error) { panic(http.ErrAbortHandler) }
	proxy.ModifyResponse = w.alterSync
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if asks(&w.deny, r) {
			panic(http.ErrAbortHandler)
		}
		if reply := w.reply.Load(); reply != nil {
			if resp := (*reply)(r); resp != nil {
				for name, values := range resp.Header {
					rw.Header()[name] = values
				}
				rw.WriteHeader(resp.StatusCode)
				_, _ = io.Copy(rw, resp.Body)
				return
			}
		}
		if isPut(r) {
			w.puts.Add(1)
		}
		if asks(&w.drop, r) {
			proxy.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(rw, r)
	}))
	front.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(front.Close)
	w.url = front.URL
	return w
}

func asks(hook *atomic.Pointer[func(*http.Request) bool], r *http.Request) bool {
	fn := hook.Load()
	return fn != nil && (*fn)(r)
}

func isPut(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/send/")
}

// once makes a hook that says yes to the first request that fits.
func once(fits func(*http.Request) bool) *func(*http.Request) bool { return times(1, fits) }

// times makes a hook that says yes to the first requests that fit. net/http
// repeats a GET by itself when a used connection breaks; one yes is not seen.
func times(n int64, fits func(*http.Request) bool) *func(*http.Request) bool {
	var said atomic.Int64
	hook := func(r *http.Request) bool { return fits(r) && said.Add(1) <= n }
	return &hook
}

func newAnswer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
}

// alterSync changes a sync response as hide and early say.
func (w *wire) alterSync(resp *http.Response) error {
	hide, _ := w.hide.Load().(string)
	early := w.early.Load()
	lookBack := strings.Contains(resp.Request.URL.Query().Get("filter"), "not_senders")
	if hide == "" && early == nil || lookBack || !strings.HasSuffix(resp.Request.URL.Path, "/sync") {
		return nil
	}
	var body map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		return err
	}
	joined := object(object(body, "rooms"), "join")
	for room := range joined {
		timeline := object(object(joined, room), "timeline")
		events, ok := timeline["events"].([]any)
		if !ok {
			continue
		}
		join := slices.IndexFunc(events, func(evt any) bool {
			fields, _ := evt.(map[string]any)
			return early != nil && fields["state_key"] == early.user && text(object(fields, "content"), "membership") == "join"
		})
		if join > 0 {
			events = events[max(join-early.most, 0):join]
			timeline["limited"] = false
			body["next_batch"] = resp.Request.URL.Query().Get("since")
			w.early.Store(nil)
		}
		timeline["events"] = slices.DeleteFunc(events, func(evt any) bool {
			fields, _ := evt.(map[string]any)
			gone := hide != "" && text(fields, "sender") == hide && fields["state_key"] == nil
			if !gone {
				return false
			}
			if _, again := w.before.LoadOrStore(fields["event_id"], true); again {
				return false
			}
			w.hidden.Add(1)
			return true
		})
	}
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(data))
	resp.ContentLength = int64(len(data))
	resp.Header.Set("Content-Length", strconv.Itoa(len(data)))
	return nil
}
