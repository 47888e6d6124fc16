package e2e

import (
	"bytes"
	"image/png"
	"strings"
	"testing"
)

// TestFileArrives: the person's client receives the export as an encrypted file
// and can open it. Afterwards everything is erased, and they begin anew.
func TestFileArrives(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("una")
	c.welcome()
	c.ask("my data", "Send it now?")
	e := c.ask("send it", "notes.txt")
	if e.MsgType != "m.file" || !e.Encrypted || e.Shield != 0 {
		t.Errorf("the file is a %s, encrypted %v, shield %d", e.MsgType, e.Encrypted, e.Shield)
	}
	file, err := c.p.Download(t.Context(), c.room, e.ID)
	must(t, err)
	if !strings.Contains(string(file.Data), "Country: United Kingdom\n") || file.Name != "notes.txt" || file.Kind != "text/plain" {
		t.Errorf("%s (%s):\n%s", file.Name, file.Kind, file.Data)
	}
}

// TestPictureArrives: the person's client receives a chart as an encrypted
// picture, with what it shows in words, and can open it.
func TestPictureArrives(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.bot.start(t)
	c := w.enter("ida")
	c.welcome()
	c.ask("zebra picture", "How many zebras")
	c.ask("3", "And now?")
	e := c.ask("8", "Zebras. ")
	if e.MsgType != "m.image" || !e.Encrypted || e.Shield != 0 || !strings.HasSuffix(e.Body, ": 3, 8") {
		t.Errorf("the picture is a %s, encrypted %v, shield %d: %q", e.MsgType, e.Encrypted, e.Shield, e.Body)
	}
	got, err := c.p.Download(t.Context(), c.room, e.ID)
	must(t, err)
	if img, err := png.Decode(bytes.NewReader(got.Data)); err != nil || img.Bounds().Dx() < 400 || got.Name != "picture.png" || got.Kind != "image/png" {
		t.Errorf("%s (%s): %v", got.Name, got.Kind, err)
	}
}
