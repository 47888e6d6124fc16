package matrix

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/account"
)

// whole keeps what the library writes while it handles one to-device event until
// all of it can be written in one transaction. It writes that the event was read,
// how far its Olm session is now, and the room key that was in it, one after the
// other: where the process ends between these the key is gone, for the homeserver
// tells of it again and the session reads nothing twice, and everything that is
// said with it stays unreadable.
//
// From the first of these writes to the transaction it holds keyStore.order, so
// that nobody goes on from, or writes, a session as it will be. Nothing that the
// library does in between takes its own lock on the sessions, which somebody who
// waits for order may have. When ctx ends before the transaction, what is in memory
// is ahead of what is written: the Transport is of no more use and has to be opened
// anew.
type whole struct {
	store  keyStore
	writes []func(context.Context) error
}

type wholeKey struct{}

// within is the whole that ctx belongs to; nil: what is written is written at once.
func within(ctx context.Context) *whole {
	w, _ := ctx.Value(wholeKey{}).(*whole)
	return w
}

func (w *whole) add(write func(context.Context) error) error {
	if len(w.writes) == 0 {
		w.store.order.Lock()
	}
	w.writes = append(w.writes, write)
	return nil
}

// handleKeys gives the crypto machine an encrypted to-device event, and fails only
// when ctx ends. Then nothing of the event is noted, and it comes again.
func (l *loop) handleKeys(ctx context.Context, evt *event.Event) error {
	w := &whole{store: l.crypt.store}
	failed := guard(func() error {
		l.crypt.mach.HandleToDeviceEvent(context.WithValue(ctx, wholeKey{}, w), evt)
		return nil
	})
	if failed != nil {
		l.log.Warn("a to-device event could not be handled")
	}
	if len(w.writes) == 0 {
		return nil
	}
	defer w.store.order.Unlock()
	tries := 0
	return l.insist(ctx, "keep a key", func() error {
		err := account.Txn(ctx, l.ledger.db, func(ctx context.Context) error {
			for _, write := range w.writes {
				if err := write(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		if tries++; err == nil || ctx.Err() != nil || (tries < wholeTries && !refusedData(err)) {
			return err
		}
		l.log.Warn("a key cannot be kept as a whole", "err", clean("keep a key", err))
		for _, write := range w.writes {
			_ = guard(func() error { return write(ctx) }) // as the library does it
		}
		return nil
	})
}

// refusedData tells whether PostgreSQL will never take what it was given, which
// somebody else has made up. SQLite takes it.
func refusedData(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && (strings.HasPrefix(server.Code, "22") || strings.HasPrefix(server.Code, "23"))
}

// read is a question that the library asks after the first of the writes. Without an
// answer it would leave out the key, and the rest would be kept.
func (w *whole) read(ctx context.Context, ask func() error) error {
	for try := 0; ; try++ {
		err := ask()
		_, fault := storeClass(err)
		if w == nil || err == nil || !fault || refusedData(err) || try == wholeTries {
			return err
		}
		if sleep(ctx, backoff(try)) != nil {
			return err
		}
	}
}

// FindDeviceByKey is that of the library, tried again in a whole.
func (s keyStore) FindDeviceByKey(ctx context.Context, user id.UserID, key id.IdentityKey) (device *id.Device, err error) {
	err = within(ctx).read(ctx, func() error {
		device, err = s.SQLCryptoStore.FindDeviceByKey(ctx, user, key)
		return err
	})
	return device, err
}

// wholeTries is how often a transaction is tried, some five minutes, until everybody
// else has waited enough for one key.
const wholeTries = 20

// PutOlmHash is that of the library.
func (s keyStore) PutOlmHash(ctx context.Context, hash [32]byte, at time.Time) error {
	write := func(ctx context.Context) error { return s.SQLCryptoStore.PutOlmHash(ctx, hash, at) }
	if w := within(ctx); w != nil {
		return w.add(write)
	}
	return write(ctx)
}

// AddSession is that of the library, one at a time.
func (s keyStore) AddSession(ctx context.Context, key id.SenderKey, session *crypto.OlmSession) error {
	write := func(ctx context.Context) error { return s.SQLCryptoStore.AddSession(ctx, key, session) }
	if w := within(ctx); w != nil {
		return w.add(write)
	}
	s.order.Lock()
	defer s.order.Unlock()
	return write(ctx)
}

// UpdateSession is that of the library, one at a time. In a whole it writes the
// session as it is now: others may encrypt with it before that is written, and wait
// with what they write.
func (s keyStore) UpdateSession(ctx context.Context, key id.SenderKey, session *crypto.OlmSession) error {
	w := within(ctx)
	if w == nil {
		s.order.Lock()
		defer s.order.Unlock()
		return s.SQLCryptoStore.UpdateSession(ctx, key, session)
	}
	pickled, err := session.Internal.Pickle(s.PickleKey)
	if err != nil {
		return err
	}
	now := *session
	now.Internal = olm.NewBlankSession()
	if err := now.Internal.Unpickle(pickled, s.PickleKey); err != nil {
		return err
	}
	return w.add(func(ctx context.Context) error { return s.SQLCryptoStore.UpdateSession(ctx, key, &now) })
}

// PutAccount is that of the library. Only the sync changes the account once it runs.
func (s keyStore) PutAccount(ctx context.Context, acc *crypto.OlmAccount) error {
	write := func(ctx context.Context) error { return s.SQLCryptoStore.PutAccount(ctx, acc) }
	if w := within(ctx); w != nil {
		return w.add(write)
	}
	return write(ctx)
}

// PutGroupSession is that of the library.
func (s keyStore) PutGroupSession(ctx context.Context, session *crypto.InboundGroupSession) error {
	write := func(ctx context.Context) error { return s.SQLCryptoStore.PutGroupSession(ctx, session) }
	if w := within(ctx); w != nil {
		return w.add(write)
	}
	return write(ctx)
}
