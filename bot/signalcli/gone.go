package signalcli

import (
	"context"
	"errors"

	"handrail/bot/account"
	"handrail/bot/chat"
)

// noAccount is the kind of exception by which a line of the inbox says that
// somebody has no account on Signal any more.
const noAccount = "UnregisteredRecipientException"

// gone notes that somebody has no account on Signal any more, and has the handler
// hear of it as of one who leaves: nothing that comes by itself is tried again and
// again. To be blocked is another thing: nobody is told of that, the bot neither.
func (t *Transport) gone(ctx context.Context, out chat.Outgoing, why error) error {
	a := arrival{what: whatLeft, from: aci(out.To.User), stamp: t.now().UnixMilli()}
	if a.from == "" || isGroup(out.To.Room) {
		return &chat.PermanentError{Err: why}
	}
	added, err := t.commit(ctx, []arrival{a}, [][]byte{note(a)})
	if err != nil {
		return clean("note a person", err)
	}
	t.pending.Add(added)
	nudge(t.arrived)
	return &chat.PermanentError{Err: why}
}

// forget lets the daemon and the ledger forget somebody who was erased. Who writes
// again is a stranger.
func (t *Transport) forget(ctx context.Context, out chat.Outgoing) error {
	who := aci(out.To.User)
	if who == "" || isGroup(out.To.Room) {
		return nil
	}
	if err := t.Ready(ctx); err != nil {
		return err
	}
	err := t.call(ctx, "removeContact", forgetParams{Recipient: who, Forget: true}, nil)
	var refused *rpcError
	if errors.As(err, &refused) { // nobody of that name is there, or a daemon that cannot
		t.log.Warn("signal-cli would not forget a person", "err", clean("forget", err))
		err = nil
	}
	if err != nil {
		return clean("forget a person", err)
	}
	return clean("forget a person", account.Txn(ctx, t.ledger.db, func(ctx context.Context) error {
		_, err := t.ledger.db.Exec(ctx, "DELETE FROM hr_contact WHERE who=$1", t.keys.who(who))
		if err == nil {
			_, err = t.ledger.db.Exec(ctx, "DELETE FROM hr_receipt WHERE who=$1", t.keys.who(who))
		}
		return err
	}))
}
