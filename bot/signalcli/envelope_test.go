package signalcli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"handrail/bot/chat"
)

const (
	person = "aaaaaaaa-0000-4000-8000-000000000042"
	number = "+15550001111"
)

// received are the lines of a transcript of a real daemon that tell of something
// received. The last one was cut where the transcript ends.
func received(t testing.TB, name string) (whole []string, cut string) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(data)) {
		if l = strings.TrimSpace(l); !strings.HasPrefix(l, `{"jsonrpc":"2.0","method":"receive"`) {
			continue
		}
		if json.Valid([]byte(l)) {
			whole = append(whole, l)
		} else {
			cut = l
		}
	}
	return whole, cut
}

// TestEveryReceivedLine reads every line that a real daemon sent.
func TestEveryReceivedLine(t *testing.T) {
	t.Parallel()
	common := []string{
		"text hello bot expires 604800",
		"text styled x expires 604800",
		"text 1 target 1789999999000 of +ours expires 604800",
		"reaction 👍 target 1789999999000 of +ours expires 604800",
		"removal target 1789999998000 expires 604800",
		"timer expires 3600",
		"media expires 604800",
		"edit hello bot (edited) target 1790000001000 expires 604800",
		"receipt [1789999999000]",
		"receipt [1789999999000 1789999998000]",
		"nothing", // typing
	}
	tail := []string{
		"keys", "unreadable", "lost from nobody",
		"text hello bot expires 604800", // both shapes, with a subscription beside on-start
		"text hello bot expires 604800",
	}
	for _, test := range []struct {
		name   string
		middle []string
	}{
		{"daemon-0.13.19.txt", []string{"nothing", "nothing"}},                        // what another device of ours sent, and read
		{"daemon-0.14.6.txt", []string{"nothing", "media expires 604800", "nothing"}}, // read, a poll, a vote
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			lines, cut := received(t, test.name)
			var got []string
			for _, l := range lines {
				a, err := understand(line{data: []byte(l)})
				if err != nil {
					t.Fatal(err)
				}
				if a.account != number {
					t.Errorf("account %q", a.account)
				}
				got = append(got, describe(a))
			}
			want := slices.Concat(common, test.middle, tail)
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if _, err := understand(line{data: []byte(cut)}); cut == "" || err == nil {
				t.Error("half a line was understood")
			}
			if a, err := understand(line{data: []byte(cut), cut: true}); err != nil || a.what != whatUnreadable || a.from != person || a.stamp != 1790000001234 {
				t.Errorf("the beginning of a line: %v %v", describe(a), err)
			}
		})
	}
}

func describe(a arrival) string {
	s := string(a.what)
	if a.text != "" {
		s += " " + a.text
	}
	if a.target != 0 {
		s += fmt.Sprintf(" target %d", a.target)
	}
	switch a.author {
	case "", a.from:
	case "11111111-2222-4333-8444-555555555555":
		s += " of +ours"
	}
	if a.expires >= 0 {
		s += fmt.Sprintf(" expires %d", a.expires)
	}
	if a.stamps != nil {
		s += fmt.Sprint(" ", a.stamps)
	}
	if a.from == "" {
		s += " from nobody"
	} else if a.from != person || a.stamp != 1790000001234 {
		s += " from somebody else"
	}
	return s
}

// TestOtherArrivals are things that a daemon may send and the transcripts lack.
func TestOtherArrivals(t *testing.T) {
	t.Parallel()
	envelope := func(rest string) string {
		return `{"jsonrpc":"2.0","method":"receive","params":{"envelope":{"sourceUuid":"` + strings.ToUpper(person) +
			`","sourceDevice":1,"timestamp":1790000001234,` + rest + `},"account":"` + number + `"}}`
	}
	for _, test := range []struct{ name, line, want string }{
		{"a group", envelope(`"dataMessage":{"message":"hi","expiresInSeconds":60,"groupInfo":{"groupId":"Zz==","revision":3,"type":"DELIVER"}}`), "crowd hi"},
		{"an edit in a group", envelope(`"editMessage":{"targetSentTimestamp":1790000001000,"dataMessage":{"message":"hi","groupInfo":{"groupId":"Zz=="}}}`), "crowd hi"},
		{"a call", envelope(`"callMessage":{"offerMessage":{"id":1,"type":"audio_call"}}`), "call"},
		{"the end of a call", envelope(`"callMessage":{"hangupMessage":{"id":1}}`), "nothing"},
		{"a story", envelope(`"storyMessage":{"allowsReplies":true}`), "nothing"},
		{"a sticker", envelope(`"dataMessage":{"message":null,"sticker":{"packId":"x","stickerId":1}}`), "media"},
		{"words under a picture", envelope(`"dataMessage":{"message":"look","attachments":[{"contentType":"image/png"}]}`), "media look"},
		{"a reaction taken back", envelope(`"dataMessage":{"message":null,"reaction":{"emoji":"x","targetAuthorUuid":"` + person + `","targetSentTimestamp":1790000000000,"isRemove":true}}`), "unreact x target 1790000000000"},
		{"keys of a profile", envelope(`"dataMessage":{"timestamp":1790000001234,"isExpirationUpdate":false,"viewOnce":false}`), "nothing"},
		{"a key of a later version", envelope(`"dataMessage":{"message":"hi","shiny":{"new":[1]}},"alsoNew":true`), "text hi"},
		{"a value of another type", envelope(`"dataMessage":{"message":{"body":"hi"}}`), "unreadable"},
		{"no sender", `{"jsonrpc":"2.0","method":"receive","params":{"envelope":{"sourceNumber":"+15551230000","timestamp":1790000001234,"dataMessage":{"message":"hi"}},"account":"` + number + `"}}`, "lost hi from nobody"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a, err := understand(line{data: []byte(test.line)})
			if test.want == "lost hi from nobody" {
				test.want = "lost from nobody"
			}
			if err != nil || describe(a) != test.want {
				t.Errorf("got %q %v, want %q", describe(a), err, test.want)
			}
		})
	}
	if _, err := understand(line{data: []byte(`{"jsonrpc":"2.0","result":{},"id":1}`)}); err == nil {
		t.Error("an answer passed for a message")
	}
}

// TestMessages tells what the handler gets.
func TestMessages(t *testing.T) {
	t.Parallel()
	base := arrival{from: person, stamp: 1790000001234, expires: -1}
	for _, test := range []struct {
		name       string
		change     func(*arrival)
		origin     int64
		kind       chat.Kind
		id, target string
	}{
		{"text", func(a *arrival) { a.what, a.text = whatText, "x" }, 0, chat.KindText, person + ".1790000001234", ""},
		{"an answer to ours", func(a *arrival) { a.what, a.author = whatText, "other" }, 7, chat.KindText, person + ".1790000001234", "me.7"},
		{"an answer to theirs", func(a *arrival) { a.what, a.author = whatText, person }, 7, chat.KindText, person + ".1790000001234", person + ".7"},
		{"reaction", func(a *arrival) { a.what = whatReaction }, 7, chat.KindReaction, "reaction:" + person + ".1790000001234", "me.7"},
		{"reaction back", func(a *arrival) { a.what = whatUnreact }, 7, chat.KindRemoval, "unreact:" + person + ".1790000001234", "reaction:" + person + ".7"},
		{"edit", func(a *arrival) { a.what = whatEdit }, 7, chat.KindEdit, "edit:" + person + ".1790000001234", person + ".7"},
		{"removal", func(a *arrival) { a.what = whatRemoval }, 7, chat.KindRemoval, "removal:" + person + ".1790000001234", person + ".7"},
		{"group", func(a *arrival) { a.what, a.group, a.change = whatCrowd, "Zz==", 3 }, 0, chat.KindCrowd, "crowd:Zz==:3", ""},
		{"keys", func(a *arrival) { a.what = whatKeys }, 0, chat.KindKeysChanged, "keys:" + person + ".1790000001234", ""},
		{"no account any more", func(a *arrival) { a.what = whatLeft }, 0, chat.KindLeft, "left:" + person + ".1790000001234", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := base
			test.change(&a)
			m, ok := a.message(test.origin)
			if !ok || m.Kind != test.kind || m.ID != test.id || m.Target != test.target || m.From.User != person {
				t.Errorf("kind %d, id %q, target %q, %v", m.Kind, m.ID, m.Target, ok)
			}
		})
	}
	for _, w := range []what{whatNothing, whatReceipt, whatTimer, whatLost} {
		a := base
		a.what = w
		if _, ok := a.message(0); ok || a.wrote() {
			t.Errorf("%s became a message", w)
		}
	}
	if stamp, own, ok := stampOf("me.17"); stamp != 17 || !own || !ok {
		t.Error("our own id is not read")
	}
	if stamp, own, ok := stampOf("reaction:" + person + ".17"); stamp != 17 || own || !ok {
		t.Error("the id of a reaction is not read")
	}
}

// FuzzUnderstand: whatever the daemon sends, nothing breaks, and what is made of
// it names a sender or nobody.
func FuzzUnderstand(f *testing.F) {
	for _, name := range []string{"daemon-0.13.19.txt", "daemon-0.14.6.txt"} {
		lines, cut := received(f, name)
		for _, l := range append(lines, cut) {
			f.Add([]byte(l), false)
		}
		f.Add([]byte(cut), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, cut bool) {
		a, err := understand(line{data, cut})
		if err != nil {
			return
		}
		if a.what != whatLost && a.from == "" || a.from != "" && !aciPattern.MatchString(a.from) {
			t.Errorf("%s from %q", a.what, a.from)
		}
		if m, ok := a.message(a.target); ok && (m.ID == "" || m.From.User == "") {
			t.Error("a message without a name or a sender")
		}
	})
}

// FuzzLines: however the bytes fall, lines come out whole, in order, or not at all.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb\r\n\nc"))
	f.Add(bytes.Repeat([]byte("x"), readAtOnce+3))
	f.Add(append(bytes.Repeat([]byte("x"), maxLine+3), "\nafter\n"...))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := newLineReader(bytes.NewReader(data), maxLine)
		whole := data[:bytes.LastIndexByte(data, '\n')+1]
		for want := range bytes.Lines(whole) {
			want = bytes.TrimRight(want, "\r\n")
			got, err := r.next()
			if err != nil {
				t.Fatal(err)
			}
			if got.cut && !bytes.HasPrefix(want, got.data) || !got.cut && !bytes.Equal(got.data, want) {
				t.Errorf("a line of %d bytes became one of %d", len(want), len(got.data))
			}
		}
		if _, err := r.next(); err == nil {
			t.Error("half a line came out")
		}
	})
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text          string
		want          Version
		old, outdated bool
		bad           bool
	}{
		{text: "0.14.6", want: Version{0, 14, 6}},
		{text: "0.14.5-SNAPSHOT", want: Version{0, 14, 5}},
		{text: "0.13.19", want: Version{0, 13, 19}, outdated: true},
		{text: "0.13.4", want: Version{0, 13, 4}, old: true, outdated: true},
		{text: "1.0", want: Version{1, 0, 0}},
		{text: "", bad: true},
		{text: "new", bad: true},
		{text: "0.-1.2", bad: true},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			v, err := parseVersion(test.text)
			if v != test.want || (err != nil) != test.bad {
				t.Errorf("got %v %v", v, err)
			}
			if err == nil && (v.TooOld() != test.old || v.Outdated() != test.outdated) {
				t.Errorf("too old %v, outdated %v", v.TooOld(), v.Outdated())
			}
		})
	}
}

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"/run/signal-cli/socket": true, "unix:/run/s": true, "127.0.0.1:7583": true, "localhost:7583": true, "[::1]:7583": true,
		"tcp:127.0.0.1:7583": true, "0.0.0.0:7583": false, "example.org:7583": false, "192.168.1.2:7583": false, "7583": false, "": false, "127.0.0.1:0": false,
	} {
		if err := CheckAddress(address); (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
	}
}
