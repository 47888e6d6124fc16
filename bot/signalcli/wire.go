package signalcli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

const (
	// readAtOnce is how much is taken from the socket in one go: what is in it when
	// the process dies is lost, so it is small.
	readAtOnce = 64 << 10
	// maxLine bounds a line. The longest message of a person, escaped, is well below.
	maxLine = 2 << 20
	// maxAnswer bounds a line on a connection that an operator's command makes for
	// itself: the keys of a hundred thousand people fit.
	maxAnswer = 64 << 20
	// headOfLine is how much is kept of a line that is longer.
	headOfLine = 4 << 10
)

// line is one line from the daemon.
type line struct {
	data []byte
	cut  bool // it was longer than is read, and data is only its beginning
}

// lineReader reads lines. It holds no more than one of them and one buffer.
type lineReader struct {
	r       *bufio.Reader
	longest int
}

func newLineReader(r io.Reader, longest int) *lineReader {
	return &lineReader{bufio.NewReaderSize(r, readAtOnce), longest}
}

// next reads one line. What comes before an end in the middle of a line is
// dropped: the daemon writes a line in one go, so it is the connection that
// broke.
func (l *lineReader) next() (line, error) {
	var whole []byte
	cut := false
	for {
		part, err := l.r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return line{}, err
		}
		if cut = cut || len(whole)+len(part) > l.longest; !cut {
			whole = append(whole, part...)
		} else if len(whole) > headOfLine {
			whole = bytes.Clone(whole[:headOfLine])
		}
		if err == nil {
			return line{bytes.TrimRight(whole, "\r\n"), cut}, nil
		}
	}
}

// more tells whether a whole line is here already.
func (l *lineReader) more() bool {
	here, err := l.r.Peek(l.r.Buffered())
	return err == nil && bytes.IndexByte(here, '\n') >= 0
}

// request is one call.
type request struct {
	JSONRPC string `json:"jsonrpc"`
	Method  string `json:"method"`
	Params  any    `json:"params,omitempty"`
	ID      uint64 `json:"id"`
}

// response is what comes back, or a notification, which has a Method.
type response struct {
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *rpcError       `json:"error"`
	ID     json.RawMessage `json:"id"`
}

// The codes of errors.
const (
	codeParse          = -32700
	codeRequest        = -32600
	codeNoMethod       = -32601
	codeParams         = -32602
	codeInternal       = -32603
	codeUser           = -1
	codeIO             = -3
	codeUntrusted      = -4
	codeRateLimit      = -5
	codeCaptchaRefused = -6
)

// rpcError is the daemon's refusal of a call. Its words may hold a number and are
// never shown.
type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    *struct {
		Response *sendResult `json:"response"`
	} `json:"data"`
}

// rows are the outcomes by recipient, if the daemon told them.
func (e *rpcError) response() *sendResult {
	if e.Data == nil {
		return nil
	}
	return e.Data.Response
}

func (e *rpcError) Error() string { return e.class() }

// class says in words of ours what the code means.
func (e *rpcError) class() string {
	switch e.Code {
	case codeParse, codeRequest:
		return "the daemon does not understand the request"
	case codeNoMethod:
		return "the daemon does not know the method: it is too old"
	case codeParams:
		return "the daemon does not take the parameters: start it for one account, with -a"
	case codeInternal:
		return "the daemon failed"
	case codeUser:
		return "the daemon refused the request"
	case codeIO:
		return "the daemon could not reach Signal"
	case codeUntrusted:
		return "the person has another safety number"
	case codeRateLimit:
		return "Signal limits how much may be sent"
	case codeCaptchaRefused:
		return "Signal did not take the captcha"
	}
	return "the daemon answered with an error that is not known"
}
