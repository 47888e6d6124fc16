package matrix

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"maunium.net/go/mautrix/event"

	"handrail/bot/chat"
)

// TestLargeFile: the journal of many years goes through whole, and what the
// homeserver will never take is told apart from what may be tried again.
func TestLargeFile(t *testing.T) {
	t.Parallel()
	_, b, g := talking(t)
	out := chat.Outgoing{
		Key: "file-1", To: g.address(), Form: chat.FormFile, Name: "notes.json.age",
		Data: bytes.Repeat([]byte("0123456789abcdef"), 7<<16), // 7 MiB
	}
	if _, err := b.Send(testContext(t), out); err != nil {
		t.Fatal(err)
	}
	e := g.await(t, "the file", func(evt *event.Event) bool {
		return evt.Type == event.EventMessage && evt.Content.AsMessage().MsgType == event.MsgFile
	}).Content.AsMessage()
	resp, err := g.cli.Download(testContext(t), e.File.URL.ParseOrIgnore())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err == nil {
		err = e.File.DecryptInPlace(got)
	}
	if err != nil || !bytes.Equal(got, out.Data) {
		t.Errorf("%d bytes came: %v", len(got), err)
	}
	var never *chat.PermanentError
	out.Key, out.Data = "file-2", bytes.Repeat(out.Data, 2)
	if _, err := b.Send(testContext(t), out); !errors.As(err, &never) {
		t.Errorf("a file that the homeserver does not take: %v", err)
	}
}
