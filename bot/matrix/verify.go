package matrix

import (
	"context"
	"log/slog"
	"sync"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/verificationhelper"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const verificationPrefix = "m.key.verification."

// verifier lets people verify the bot by comparing emoji. The bot cannot look
// at a screen, so it confirms at once: the check that counts is the person's,
// whose client then trusts the bot's cross-signing identity.
type verifier struct {
	self   id.UserID
	syncer *mautrix.DefaultSyncer
	helper *verificationhelper.VerificationHelper
	log    *slog.Logger

	confirms sync.WaitGroup // see ShowSAS
}

func newVerifier(ctx context.Context, cli *mautrix.Client, mach *crypto.OlmMachine, log *slog.Logger) (*verifier, error) {
	v := &verifier{self: cli.UserID, syncer: cli.Syncer.(*mautrix.DefaultSyncer), log: log}
	v.helper = verificationhelper.NewVerificationHelper(cli, mach, nil, v, false, false, true)
	if err := v.helper.Init(ctx); err != nil {
		return nil, clean("prepare verification", err)
	}
	return v, nil
}

// isVerification reports whether an event, decrypted if it was encrypted, is
// part of a verification.
func isVerification(evt *event.Event) bool {
	if len(evt.Type.Type) > len(verificationPrefix) && evt.Type.Type[:len(verificationPrefix)] == verificationPrefix {
		return true
	}
	return evt.Type.Type == event.EventMessage.Type && text(evt.Content.Raw, "msgtype") == string(event.MsgVerificationRequest)
}

// inRoom handles a verification event of a room. The helper looks the
// transaction up by the event's own id, where the spec means the id of the
// request it refers to; so that is what it gets.
func (v *verifier) inRoom(ctx context.Context, evt *event.Event) {
	if evt.Sender == v.self {
		return
	}
	shim := *evt
	if shim.Type.Type != event.EventMessage.Type {
		relates, _ := evt.Content.Raw["m.relates_to"].(map[string]any)
		request := text(relates, "event_id")
		if request == "" {
			return
		}
		shim.ID = id.EventID(request)
	}
	if shim.Content.Parsed == nil {
		parse(&shim, evt.RoomID, event.MessageEventType)
	}
	v.dispatch(ctx, &shim)
}

// toDevice handles one that came straight to the device.
func (v *verifier) toDevice(ctx context.Context, evt *event.Event) {
	if evt.Content.Parsed != nil {
		v.dispatch(ctx, evt)
	}
}

func (v *verifier) dispatch(ctx context.Context, evt *event.Event) {
	defer func() {
		if recover() != nil { // the helper trusts what others send
			v.log.Warn("a verification event could not be handled")
		}
	}()
	v.confirms.Wait()
	v.syncer.Dispatch(ctx, evt)
}

// VerificationRequested accepts every request.
func (v *verifier) VerificationRequested(ctx context.Context, txn id.VerificationTransactionID, _ id.UserID, _ id.DeviceID) {
	if err := v.helper.AcceptVerification(ctx, txn); err != nil {
		v.log.Warn("a verification request could not be accepted", "err", clean("accept", err))
	}
}

// VerificationReady leaves the start to the person.
func (v *verifier) VerificationReady(context.Context, id.VerificationTransactionID, id.DeviceID, bool, bool, *verificationhelper.QRCode) {
}

// VerificationCancelled is not worth a word.
func (v *verifier) VerificationCancelled(context.Context, id.VerificationTransactionID, event.VerificationCancelCode, string) {
}

// VerificationDone is good news.
func (v *verifier) VerificationDone(context.Context, id.VerificationTransactionID, event.VerificationMethod) {
	v.log.Info("a person has verified the bot")
}

// ShowSAS confirms. It is called under the helper's lock, which the
// confirmation takes too, hence the goroutine. The next event waits for it:
// the helper reads a transaction before it takes the lock and would write back
// one that knows nothing of the confirmation.
func (v *verifier) ShowSAS(ctx context.Context, txn id.VerificationTransactionID, _ []rune, _ []string, _ []int) {
	v.confirms.Go(func() {
		if err := v.helper.ConfirmSAS(context.WithoutCancel(ctx), txn); err != nil {
			v.log.Warn("a verification could not be confirmed", "err", clean("confirm", err))
		}
	})
}
