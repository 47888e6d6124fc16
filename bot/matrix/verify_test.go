package matrix

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mau.fi/util/jsontime"
	"maunium.net/go/mautrix/crypto/verificationhelper"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"handrail/bot/chat"
)

// checker is a person who verifies the bot.
type checker struct {
	helper *verificationhelper.VerificationHelper
	store  verificationhelper.VerificationStore
	emoji  chan []rune
	done   chan string // "done" or the reason why not

	confirms sync.WaitGroup // as in verifier.ShowSAS
}

// lockedStore is for a test that adds to the store beside the helper.
type lockedStore struct {
	mu sync.Mutex
	verificationhelper.VerificationStore
}

func (s *lockedStore) GetVerificationTransaction(ctx context.Context, txn id.VerificationTransactionID) (verificationhelper.VerificationTransaction, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.VerificationStore.GetVerificationTransaction(ctx, txn)
}

func (s *lockedStore) SaveVerificationTransaction(ctx context.Context, txn verificationhelper.VerificationTransaction) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.VerificationStore.SaveVerificationTransaction(ctx, txn)
}

func (s *lockedStore) DeleteVerification(ctx context.Context, txn id.VerificationTransactionID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.VerificationStore.DeleteVerification(ctx, txn)
}

// newChecker must be called before the guest syncs.
func newChecker(t *testing.T, g *guest) *checker {
	t.Helper()
	ctx := testContext(t)
	if _, _, err := g.help.Machine().GenerateAndUploadCrossSigningKeysWithPassword(ctx, password, ""); err != nil {
		t.Fatal(err)
	}
	if err := g.help.Machine().SignOwnDevice(ctx, g.help.Machine().OwnIdentity()); err != nil {
		t.Fatal(err)
	}
	c := &checker{store: &lockedStore{VerificationStore: verificationhelper.NewInMemoryVerificationStore()}, emoji: make(chan []rune, 4), done: make(chan string, 4)}
	g.turn.OnEvent(func(_ context.Context, evt *event.Event) {
		if evt.RoomID == "" || !strings.HasPrefix(evt.Type.Type, verificationPrefix) {
			return
		}
		if evt.Sender == g.cli.UserID {
			evt.Type = event.Type{Type: "ignored", Class: event.MessageEventType}
			return
		}
		evt.Type.Class = event.MessageEventType
		if evt.Content.Parsed == nil {
			_ = evt.Content.ParseRaw(evt.Type)
		}
		evt.ID = id.EventID(text(object(evt.Content.Raw, "m.relates_to"), "event_id"))
		c.confirms.Wait()
	})
	c.helper = verificationhelper.NewVerificationHelper(g.cli, g.help.Machine(), c.store, c, false, false, true)
	if err := c.helper.Init(ctx); err != nil {
		t.Fatal(err)
	}
	return c
}

// ask sends a request. The helper's own function would encrypt it twice.
func (c *checker) ask(t *testing.T, g *guest, b *bot) {
	t.Helper()
	request := g.send(t, event.EventMessage, &event.MessageEventContent{
		MsgType: event.MsgVerificationRequest, Body: "please verify", To: b.self,
		FromDevice: g.cli.DeviceID, Methods: []event.VerificationMethod{event.VerificationMethodSAS},
	})
	err := c.store.SaveVerificationTransaction(testContext(t), verificationhelper.VerificationTransaction{
		ExpirationTime: jsontime.UM(time.Now().Add(10 * time.Minute)), RoomID: g.room, TheirUserID: b.self,
		TransactionID: id.VerificationTransactionID(request), VerificationState: verificationhelper.VerificationStateRequested,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (c *checker) VerificationRequested(context.Context, id.VerificationTransactionID, id.UserID, id.DeviceID) {
}

func (c *checker) VerificationReady(_ context.Context, txn id.VerificationTransactionID, _ id.DeviceID, _, _ bool, _ *verificationhelper.QRCode) {
	go func() {
		if err := c.helper.StartSAS(context.Background(), txn); err != nil {
			c.done <- err.Error()
		}
	}()
}

func (c *checker) VerificationCancelled(_ context.Context, _ id.VerificationTransactionID, _ event.VerificationCancelCode, reason string) {
	c.done <- reason
}

func (c *checker) VerificationDone(context.Context, id.VerificationTransactionID, event.VerificationMethod) {
	c.done <- "done"
}

func (c *checker) ShowSAS(_ context.Context, txn id.VerificationTransactionID, emoji []rune, _ []string, _ []int) {
	c.emoji <- emoji
	c.confirms.Go(func() { _ = c.helper.ConfirmSAS(context.Background(), txn) })
}

func TestVerification(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	r := newRecorder()
	b := startBot(t, botConfig(t, server.URL(), createUser(t, server, "bot")), r, nil)
	var c *checker
	g := newGuest(t, server, "ann", func(g *guest) { c = newChecker(t, g) })
	g.openChat(t, b)
	g.say(t, "hi")
	r.waitText(t, "hi")
	for round := range 2 { // the second shows that the first has ended
		c.ask(t, g, b)
		select {
		case got := <-c.done:
			if got != "done" {
				t.Fatalf("round %d: %s", round, got)
			}
		case <-time.After(limit):
			t.Fatalf("round %d does not end: %s", round, b.logs)
		}
		if n := len(<-c.emoji); n != 7 {
			t.Errorf("%d emoji", n)
		}
	}
	device, err := g.help.Machine().GetOrFetchDevice(testContext(t), b.self, b.cli.DeviceID)
	if err != nil {
		t.Fatal(err)
	}
	if trust, err := g.help.Machine().ResolveTrustContext(testContext(t), device); err != nil || trust < id.TrustStateCrossSignedVerified {
		t.Errorf("the person's client trusts the bot's device as %v, %v", trust, err)
	}
	if n := r.count(chat.KindText); n != 1 || len(r.messages) != 2 {
		t.Errorf("verification was taken for words: %s", r.summary())
	}
}
