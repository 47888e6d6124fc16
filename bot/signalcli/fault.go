package signalcli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"handrail/bot/account"
)

// fault is what remains of a foreign error once everything is gone that could
// name a person or a number. The original is not kept, so that no %+v can print
// it.
type fault struct {
	op, class string
	is        error // a sentinel that may be asked for, or nil
}

func (f *fault) Error() string { return f.op + ": " + f.class }

// Unwrap returns the sentinel.
func (f *fault) Unwrap() error { return f.is }

// clean turns any error into one that is safe to print; nil stays nil.
func clean(op string, err error) error {
	if err == nil {
		return nil
	}
	var done *fault
	if errors.As(err, &done) {
		return &fault{op, done.class, done.is}
	}
	class, is := classify(err)
	return &fault{op, class, is}
}

// classify reads types and codes only.
func classify(err error) (class string, is error) {
	for _, known := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return known.Error(), known
		}
	}
	for _, known := range []error{errBroken, errAnswer, errTooLong, errVersion, account.ErrPanic, errTooOld, errHandler, errAccount, errDoubt, errKey} {
		if errors.Is(err, known) {
			return known.Error(), known
		}
	}
	var refused *rpcError
	var file sqlite3.Error
	var server *pgconn.PgError
	var connect *pgconn.ConnectError
	var timeout net.Error
	switch {
	case errors.As(err, &refused):
		return refused.class(), nil
	case errors.As(err, &file):
		return "the ledger failed: " + file.Code.Error(), nil
	case errors.As(err, &server):
		return "the ledger failed: SQLSTATE " + server.Code, nil
	case errors.As(err, &connect):
		return "the ledger cannot be reached", nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ECONNREFUSED):
		return "signal-cli is not there", errGone
	case errors.Is(err, fs.ErrPermission):
		return "the socket of signal-cli is not open to this user", errGone
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return errBroken.Error(), errBroken
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "signal-cli does not answer", nil
	}
	return fmt.Sprintf("unexpected error of type %T", innermost(err)), nil
}

func innermost(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}

var (
	errGone    = errors.New("signal-cli is not there")
	errTooOld  = errors.New("signal-cli is older than " + oldestVersion.String() + ": update it")
	errHandler = errors.New("the message was not committed")
	errAccount = errors.New("signal-cli serves another account than the one that is configured")
	errKey     = errors.New("the ledger was made with another key: give the bot its own master key, or move the ledger away")
	errDoubt   = errors.New("whether the message was sent is not known")
)
