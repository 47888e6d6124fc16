package matrix

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
	"go.mau.fi/util/retryafter"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"

	"handrail/bot/account"
	"handrail/bot/chat"
)

// maxAfter caps a pause that the homeserver asks for.
const maxAfter = time.Hour

// fault is what remains of a foreign error once everything is gone that could
// name a person, a room or a token: URLs, the server's own sentences, event
// ids. The original is not kept, so that no %+v can print it.
type fault struct {
	op     string        // what we did
	class  string        // what went wrong, in words of ours
	code   string        // the Matrix error code, "" if none
	status int           // the HTTP status, 0 if none
	after  time.Duration // the pause that was asked for
	unsent bool          // the request certainly had no effect
	onWire bool          // it happened on the way to the homeserver or back
	is     error         // context.Canceled or context.DeadlineExceeded, else nil
}

func (f *fault) Error() string { return f.op + ": " + f.class }

// Unwrap returns the end of the context, if that is what happened.
func (f *fault) Unwrap() error { return f.is }

// clean turns any error into one that is safe to print. An error that is
// already clean keeps its class.
func clean(op string, err error) error {
	if err == nil {
		return nil
	}
	f := classify(err)
	f.op = op
	return f
}

// classify reads types and codes only. It never returns nil.
func classify(err error) *fault {
	if err == nil {
		return &fault{}
	}
	var done *fault
	if errors.As(err, &done) {
		again := *done
		return &again
	}
	f := &fault{}
	for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, end) {
			f.is = end
		}
	}
	var answer mautrix.HTTPError
	if errors.As(err, &answer) && answer.Response != nil && answer.WrappedError == nil {
		f.fromAnswer(answer)
		return f
	}
	if class, ok := storeClass(err); ok {
		f.class = class
		return f
	}
	f.class, f.unsent = netClass(err)
	f.onWire = f.class != ""
	if !f.onWire {
		f.class = localClass(err)
	}
	return f
}

// safeCode is what an error code of Matrix looks like; a server may put
// anything there.
var safeCode = regexp.MustCompile(`^[A-Z][A-Z0-9_.]{1,60}$`)

func (f *fault) fromAnswer(answer mautrix.HTTPError) {
	f.status = answer.Response.StatusCode
	f.class = fmt.Sprintf("the homeserver answered HTTP %d", f.status)
	if resp := answer.RespError; resp != nil && safeCode.MatchString(resp.ErrCode) {
		f.code = resp.ErrCode
		f.class = fmt.Sprintf("the homeserver answered %s (HTTP %d)", f.code, f.status)
	}
	f.unsent = slices.Contains([]int{
		http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
		http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests,
	}, f.status)
	if f.status != http.StatusTooManyRequests {
		return
	}
	f.after = retryafter.Parse(answer.Response.Header.Get("Retry-After"), 0)
	if answer.RespError != nil {
		if ms, ok := answer.RespError.ExtraData["retry_after_ms"].(float64); ok && ms > 0 && ms < 1e12 {
			f.after = max(f.after, time.Duration(ms)*time.Millisecond)
		}
	}
	if f.after <= 0 {
		f.after = 5 * time.Second
	}
	f.after = min(f.after, maxAfter)
}

// netClass names what happened on the way to the homeserver; "" if the error
// is not of that kind. unsent is true when no byte of the request can have
// reached it.
func netClass(err error) (class string, unsent bool) {
	var op *net.OpError
	dial := errors.As(err, &op) && op.Op == "dial"
	var name *net.DNSError
	var cert *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "stopped", false
	case errors.As(err, &name):
		return "the name of the homeserver is not found", true
	case errors.Is(err, syscall.ECONNREFUSED):
		return "no connection to the homeserver (refused)", dial
	case errors.As(err, &cert), errors.As(err, &unknown), errors.As(err, &host):
		return "the certificate of the homeserver is not valid", true
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer from the homeserver in time", dial
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection to the homeserver broke", false
	case op != nil:
		return "no connection to the homeserver", dial
	}
	return "", false
}

// cryptoErrors are those of the library that say something about a message.
var cryptoErrors = []error{
	crypto.ErrNoSessionFound, crypto.ErrDuplicateMessageIndex, crypto.ErrWrongRoom,
	crypto.ErrCorruptedMegolmPayload, crypto.ErrUnsupportedAlgorithm, crypto.ErrIncorrectEncryptedContentType,
	crypto.ErrNoGroupSession, crypto.ErrSessionNotShared, crypto.ErrSessionExpired,
	crypto.ErrSelfSigningKeyNotCached,
}

// storeClass names what went wrong with the database that holds the keys.
func storeClass(err error) (class string, ok bool) {
	var file sqlite3.Error
	var server *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &file):
		return "the crypto store failed: " + file.Code.Error(), true
	case errors.As(err, &server):
		return "the crypto store failed: SQLSTATE " + server.Code, true
	case errors.As(err, &connect):
		return "the crypto store cannot be reached", true
	}
	return "", false
}

// localClass names what went wrong on this machine. Texts are ours or constant.
func localClass(err error) string {
	if class, ok := storeClass(err); ok {
		return class
	}
	for _, known := range append(cryptoErrors[:len(cryptoErrors):len(cryptoErrors)],
		errNoReader, errTooLarge, account.ErrPanic, errHandler, errStateIncomplete, errNotInvited,
		errNotUnderstood, errNothingTold) {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if errors.Is(err, crypto.ErrGroupSessionWithheld) {
		return "the sender withheld the key"
	}
	return fmt.Sprintf("unexpected error of type %T", innermost(err))
}

func innermost(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}

// Unreachable reports that an error of Open came from the way to the
// homeserver, or from a proxy before it, so that waiting may help.
func Unreachable(err error) bool {
	var f *fault
	if !errors.As(err, &f) || errors.Is(err, context.Canceled) {
		return false
	}
	return f.onWire || slices.Contains([]int{http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}, f.status)
}

// answered reports whether err is an answer of the homeserver with one of
// these codes.
func answered(err error, codes ...string) bool {
	return err != nil && slices.Contains(codes, classify(err).code)
}

// final reports that the homeserver refused for good: asking again is useless.
func (f *fault) final() bool {
	return f.status < http.StatusInternalServerError && slices.Contains([]string{
		"M_FORBIDDEN", "M_TOO_LARGE", "M_NOT_FOUND", "M_BAD_JSON", "M_NOT_JSON", "M_INVALID_PARAM",
		"M_UNSUPPORTED_ROOM_VERSION", "M_INCOMPATIBLE_ROOM_VERSION", "M_BAD_STATE",
	}, f.code)
}

// sendError maps a failed send to the errors of package chat.
func sendError(op string, err error) error {
	cleaned := clean(op, err)
	f := classify(err)
	switch {
	case f.status == http.StatusTooManyRequests:
		return &chat.RetryError{After: f.after, Err: cleaned}
	case f.is != nil:
		return cleaned
	case errors.Is(err, errTooLarge):
		return &chat.PermanentError{Err: cleaned}
	case f.final():
		return &chat.PermanentError{Err: cleaned}
	}
	return cleaned
}

var (
	errNoReader        = errors.New("no device of the person could be given the key yet")
	errTooLarge        = errors.New("the message is too long for the network")
	errHandler         = errors.New("the message was not committed")
	errNotInvited      = errors.New("the bot is not in the room of staff: invite it there")
	errStateIncomplete = errors.New("the state of the room is not known yet")
)
