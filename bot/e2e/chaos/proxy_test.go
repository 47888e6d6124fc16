package chaos

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"
)

// trouble is a way in which the network between bot and homeserver fails.
type trouble string

const (
	troubleNone  trouble = ""
	troubleLimit trouble = "answers 429"
	troubleBad   trouble = "answers 502"
	troubleHang  trouble = "does not answer"
	troubleHalf  trouble = "half an answer"
	troubleLost  trouble = "answers lost on the way"
	troubleCut   trouble = "network cut"
)

const (
	// hangFor is how long a request hangs before the connection ends.
	hangFor = 4 * time.Second
	// limitPause is what a homeserver that answers 429 asks for, in ms.
	limitPause = 300
)

// proxy is the way from the bot to the homeserver.
type proxy struct {
	target *url.URL
	server *http.Server
	addr   string
	client http.Transport

	mu      sync.Mutex
	random  *rand.Rand
	trouble trouble
	struck  int // requests that met with trouble
}

func newProxy(t testing.TB, target string, random *rand.Rand) *proxy {
	t.Helper()
	u, err := url.Parse(target)
	must(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &proxy{target: u, addr: "http://" + l.Addr().String(), random: random}
	p.client.DisableCompression = true
	p.client.MaxIdleConnsPerHost = 16
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	go func() { _ = p.server.Serve(l) }() // it ends with Close
	t.Cleanup(func() { _ = p.server.Close(); p.client.CloseIdleConnections() })
	return p
}

// set begins a trouble, or ends it with none; it returns how many requests met
// with the one before.
func (p *proxy) set(tr trouble) (struck int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	struck, p.struck, p.trouble = p.struck, 0, tr
	return struck
}

// draw is what happens to one request: a cut network takes all of them, any
// other trouble one in two.
func (p *proxy) draw() trouble {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.trouble == troubleNone || p.trouble != troubleCut && p.random.IntN(2) == 0 {
		return troubleNone
	}
	p.struck++
	return p.trouble
}

func (p *proxy) cut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trouble == troubleCut
}

// ServeHTTP passes one request on, or does not.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tr := p.draw()
	switch tr {
	case troubleLimit:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write(fmt.Appendf(nil, `{"errcode":"M_LIMIT_EXCEEDED","error":"Too many requests","retry_after_ms":%d}`, limitPause))
		return
	case troubleBad:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html><body>502 Bad Gateway</body></html>"))
		return
	case troubleHang:
		select {
		case <-r.Context().Done():
		case <-time.After(hangFor):
		}
		panic(http.ErrAbortHandler)
	case troubleCut:
		panic(http.ErrAbortHandler)
	}
	resp, body, err := p.pass(r)
	if err != nil || tr == troubleLost || p.cut() {
		panic(http.ErrAbortHandler) // as a connection that ends
	}
	for key, values := range resp.Header {
		if key != "Content-Length" && key != "Transfer-Encoding" && key != "Connection" {
			w.Header()[key] = values
		}
	}
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(resp.StatusCode)
	if tr == troubleHalf {
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body)
}

func (p *proxy) pass(r *http.Request) (*http.Response, []byte, error) {
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, nil, err
	}
	u := *r.URL
	u.Scheme, u.Host = p.target.Scheme, p.target.Host
	req, err := http.NewRequestWithContext(r.Context(), r.Method, u.String(), bytes.NewReader(sent))
	if err != nil {
		return nil, nil, err
	}
	req.Header = r.Header.Clone()
	resp, err := p.client.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}
