package matrix

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// TestNameOfTheAccount: what is configured is what people see, set once; without
// one, what is there stays. The examination tells it.
func TestNameOfTheAccount(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	for _, want := range []string{"Robin", "Robin", "Kim", ""} {
		cfg.DisplayName = want
		b := startBot(t, cfg, newRecorder(), nil)
		if want == "" {
			want = "Kim"
		}
		if got, err := b.shownName(testContext(t)); err != nil || got != want {
			t.Errorf("called %q: %v", got, err)
		}
		if strings.Contains(b.logs.String(), "could not be set") {
			t.Error("a refusal")
		}
		b.stop()
	}
	if x, err := Examine(testContext(t), cfg); err != nil || x.Name != "Kim" {
		t.Errorf("examined: %q, %v", x.Name, err)
	}
}

// TestPictureOfTheAccount: what is configured is what people see, uploaded once;
// without one, what is there stays.
func TestPictureOfTheAccount(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	draw := func(width int) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, 8))); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	var uris []id.ContentURI
	for _, picture := range [][]byte{draw(8), draw(8), draw(9), nil} {
		cfg.Picture = picture
		b := startBot(t, cfg, newRecorder(), nil)
		uri, err := b.cli.GetOwnAvatarURL(testContext(t))
		if err != nil || uri.IsEmpty() {
			t.Fatalf("no picture: %v", err)
		}
		if picture != nil && !b.shows(testContext(t), picture) {
			t.Error("it shows another picture")
		}
		uris = append(uris, uri)
		b.stop()
	}
	if uris[0] != uris[1] || uris[1] == uris[2] || uris[2] != uris[3] {
		t.Errorf("the pictures: %v", uris)
	}
}

// TestNameOfTheStaffRoom: the room that the bot makes is called as configured, and
// anew when that changes.
func TestNameOfTheStaffRoom(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	ana := newGuest(t, server, "ana")
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	var room id.RoomID
	for _, want := range []string{"Staff", "Garden"} {
		cfg.Staff = &Staff{Members: []string{ana.cli.UserID.String()}}
		if want != "Staff" {
			cfg.Staff.RoomName = want
		}
		b := startBot(t, cfg, newRecorder(), nil)
		if room == "" {
			room = ana.invited(t)
			if _, err := ana.cli.JoinRoomByID(testContext(t), room); err != nil {
				t.Fatal(err)
			}
			ana.room = room
		} else {
			ana.await(t, "the new name", func(evt *event.Event) bool {
				return evt.Type == event.StateRoomName && evt.Content.AsRoomName().Name == want
			})
		}
		var now event.RoomNameEventContent
		if err := b.cli.StateEvent(testContext(t), room, event.StateRoomName, "", &now); err != nil || now.Name != want {
			t.Errorf("called %q: %v", now.Name, err)
		}
		b.stop()
	}
}
