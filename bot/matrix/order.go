package matrix

import (
	"context"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/id"
)

// The library takes two things for its Olm sessions, a lock and a connection,
// and not always in the same order: to read all sessions of somebody it has the
// connection first. There is one connection, so two of these at once would wait
// for each other for ever, and with them everybody who sends or receives. So
// they go one after the other.

// GetSessions is that of the library, one at a time.
func (s keyStore) GetSessions(ctx context.Context, key id.SenderKey) (crypto.OlmSessionList, error) {
	s.order.Lock()
	defer s.order.Unlock()
	return s.SQLCryptoStore.GetSessions(ctx, key)
}

// GetLatestSession is that of the library, one at a time.
func (s keyStore) GetLatestSession(ctx context.Context, key id.SenderKey) (*crypto.OlmSession, error) {
	s.order.Lock()
	defer s.order.Unlock()
	return s.SQLCryptoStore.GetLatestSession(ctx, key)
}
