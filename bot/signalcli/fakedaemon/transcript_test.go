package fakedaemon

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// exchange is a request in a transcript of a real daemon, and what came back.
type exchange struct {
	requests, replies []string
}

// transcript reads the requests and replies of a transcript, and behind them the
// lines that were received.
func transcript(t *testing.T, name string) (list []exchange, received []string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	section := ""
	for l := range strings.Lines(string(raw)) {
		l = strings.TrimRight(l, "\n")
		switch {
		case strings.HasPrefix(l, "== "), strings.HasPrefix(l, "# "):
			section = l
		case strings.HasPrefix(l, `{"jsonrpc":"2.0","method":"receive"`):
			if section == "== receive on-start" {
				received = append(received, l)
			}
		case section != "":
		case strings.HasPrefix(l, ">> ["): // a list of lines, written as Python does
			var e exchange
			for _, m := range regexp.MustCompile(`'((?:[^'\\]|\\.)*)'`).FindAllStringSubmatch(l[3:], -1) {
				e.requests = append(e.requests, strings.ReplaceAll(m[1], `\'`, `'`))
			}
			list = append(list, e)
		case strings.HasPrefix(l, ">> "):
			list = append(list, exchange{requests: []string{l[3:]}})
		case l != "" && len(list) > 0:
			last := &list[len(list)-1]
			last.replies = append(last.replies, l)
		}
	}
	if len(list) == 0 {
		t.Fatal("the transcript is empty")
	}
	return list, received
}

func start(t *testing.T, o Options) *Daemon {
	t.Helper()
	d, err := Listen("unix", filepath.Join(t.TempDir(), "s"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// ask sends lines and reads as many replies, or none within a moment.
func ask(t *testing.T, d *Daemon, e exchange) (replies []string) {
	t.Helper()
	c, err := net.Dial("unix", d.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for _, r := range e.requests {
		if _, err := fmt.Fprintln(c, r); err != nil {
			t.Fatal(err)
		}
	}
	if len(e.replies) == 0 { // it must stay silent: what it answers to the next request is the first it says
		if _, err := fmt.Fprintln(c, `{"jsonrpc":"2.0","method":"version","id":"after"}`); err != nil {
			t.Fatal(err)
		}
	}
	r := bufio.NewReader(c)
	for range max(len(e.replies), 1) {
		if err := c.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
			t.Fatal(err)
		}
		l, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("%v: %v", e.requests, err)
		}
		replies = append(replies, strings.TrimSpace(l))
	}
	if len(e.replies) == 0 {
		if !strings.Contains(replies[0], `"id":"after"`) {
			t.Errorf("%v was answered: %s", e.requests, replies[0])
		}
		return nil
	}
	return replies
}

// same compares two replies: as JSON, with the words of Java's own exceptions, the
// times of what was sent and the order inside a batch left out.
func same(t *testing.T, got, want string) bool {
	t.Helper()
	if got == want {
		return true
	}
	g, w := mask(t, got), mask(t, want)
	return reflect.DeepEqual(g, w)
}

func mask(t *testing.T, l string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(l), &v); err != nil {
		t.Fatalf("%s: %v", l, err)
	}
	if batch, ok := v.([]any); ok {
		slices.SortFunc(batch, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
	walk(v)
	return v
}

func walk(v any) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			walk(x)
		}
	case map[string]any:
		if code, ok := v["code"].(float64); ok {
			s, _ := v["message"].(string)
			switch {
			case code == -32700, code == -32600 && (strings.Contains(s, "Source:") || s == notThere || s == "Unrecognized field"), code == -32603 && strings.Contains(s, "NullPointer"):
				v["message"] = "of Java"
			case code == -5 && strings.HasPrefix(s, "Rate limit reached\nNext attempt may be tried at "):
				v["message"] = "later"
			}
		}
		for _, x := range v {
			walk(x)
		}
	}
}

// TestTranscripts asks the fake everything that a real daemon was asked, and
// expects what that answered.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"0.13.19", "0.14.6"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			var stamp atomic.Int64
			stamp.Store(1790000000000)
			d := start(t, Options{Version: version, Stamp: func() int64 { return stamp.Add(1) }, Fault: func(c Call) Fault {
				if c.Method == "getUserStatus" {
					return Fault{Code: -5}
				}
				return Fault{}
			}})
			for i, outcome := range []string{"", Network, Unregistered, Untrusted, RateLimit, RateLimit, PreKey} {
				p := d.find(fmt.Sprintf("+1555123450%d", i))
				p.Outcome = outcome
				switch i {
				case 4:
					p.Retry = 3600
				case 5:
					p.Token, p.Retry = "challenge-token-1", 86400
				}
			}
			list, _ := transcript(t, "daemon-"+version+".txt")
			for _, e := range list {
				for i, reply := range ask(t, d, e) {
					if !same(t, reply, e.replies[i]) {
						t.Errorf("%s\ngot  %s\nwant %s", e.requests, reply, e.replies[i])
					}
				}
			}
		})
	}
}

// TestAccountTranscript is the same for a daemon that serves accounts by name.
func TestAccountTranscript(t *testing.T) {
	t.Parallel()
	d := start(t, Options{Version: "0.13.19", Multi: true})
	list, _ := transcript(t, "accounts-0.13.19.txt")
	for _, e := range list {
		got := ask(t, d, e)
		if len(got) > 1 { // two requests side by side: whichever is first
			for _, replies := range [][]string{got, e.replies} {
				for i := range replies {
					replies[i] = regexp.MustCompile(`"id":\d+`).ReplaceAllString(replies[i], `"id":0`)
				}
				slices.Sort(replies)
			}
		}
		for i, reply := range got {
			if !same(t, reply, e.replies[i]) {
				t.Errorf("%s\ngot  %s\nwant %s", e.requests, reply, e.replies[i])
			}
		}
	}
}

// TestReceivedLines lets everything arrive that arrived at a real daemon, and
// expects the same bytes.
func TestReceivedLines(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"0.13.19", "0.14.6"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			d := start(t, Options{Version: version, Arrived: func() (int64, int64, int64) { return 1790000001234, 1790000001300, 1790000001400 }})
			_, want := transcript(t, "daemon-"+version+".txt")
			p := d.Person("aaaaaaaa-0000-4000-8000-000000000042")
			p.timer = 604800
			const ours = 1789999999000
			p.Say("hello bot")
			p.SayBold("styled x", 6)
			p.Answer("1", ours, "Choose 1 or 2")
			p.React("👍", ours, false)
			p.Delete(1789999998000)
			p.SetTimer(3600)
			p.timer = 604800
			p.Picture()
			p.Edit(1790000001000, "hello bot (edited)")
			p.Got(ours)
			p.Read(ours, 1789999998000)
			p.Type()
			if version == "0.13.19" {
				p.WrittenOnLinkedPhone("typed by a volunteer on the linked phone")
			}
			p.ReadOnLinkedPhone(1790000000999)
			if version != "0.13.19" {
				p.Poll("When?", "Mon", "Tue")
				p.Vote(ours, 1)
			}
			p.ChangeKeys()
			d.Raw(d.exception(p, 1790000001234, 2, 0, 0, "Untrusted identity: "+p.ACI, "UntrustedIdentityException"))
			p.untrusted = false
			p.Unreadable()
			d.Broken()
			d.mu.Lock()
			defer d.mu.Unlock()
			if len(d.queue) != len(want) {
				t.Fatalf("%d lines, want %d", len(d.queue), len(want))
			}
			for i, l := range d.queue {
				if got := `{"jsonrpc":"2.0","method":"receive","params":` + string(l) + `}`; got != want[i] {
					t.Errorf("line %d\ngot  %s\nwant %s", i, got, want[i])
				}
			}
		})
	}
}

// TestSubscription: what arrives waits until somebody receives, and what a
// subscriber gets has the shape of a subscription.
func TestSubscription(t *testing.T) {
	t.Parallel()
	d := start(t, Options{Subscription: 39, Arrived: func() (int64, int64, int64) { return 1790000001234, 1790000001300, 1790000001400 }})
	d.Person("aaaaaaaa-0000-4000-8000-000000000042").Say("hello bot")
	if d.Waiting() != 1 {
		t.Fatal("it was handed over to nobody")
	}
	c, err := net.Dial("unix", d.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_, _ = fmt.Fprintln(c, `{"jsonrpc":"2.0","method":"subscribeReceive","id":"s"}`)
	r := bufio.NewReader(c)
	var got []string
	for range 2 {
		l, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.TrimSpace(l))
	}
	slices.SortFunc(got, func(a, b string) int { return len(a) - len(b) })
	raw, err := os.ReadFile(filepath.Join("..", "testdata", "daemon-0.14.6.txt"))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(string(raw), `"expiresInSeconds":604800`, `"expiresInSeconds":0`, -1)
	for _, l := range got {
		if !strings.Contains(want, l+"\n") {
			t.Errorf("no real daemon wrote %s", l)
		}
	}
}
