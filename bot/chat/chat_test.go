package chat_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
)

// Whatever way a message is printed, its words and its address stay inside.
func TestNothingPrintsWordsOrAddress(t *testing.T) {
	t.Parallel()
	m := chat.Message{
		ID: "$1", Text: "canary-words",
		From: chat.Address{Network: "matrix", User: "@canary-user:x", Room: "!canary-room:x"},
	}
	out := chat.Outgoing{Key: "k", To: m.From, Text: m.Text, Data: chat.Bytes("canary-data"), Alt: "canary-alt"}
	var log bytes.Buffer
	l := slog.New(slog.NewJSONHandler(&log, nil))
	l.Info("x", "text", m.Text, "from", m.From, "message", m, "out", out, "data", out.Data)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "text", m.Text, "from", m.From, "message", m, "out", out, "data", out.Data)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		fmt.Fprintf(&log, verb+verb+verb, m, out, m.From)
		fmt.Fprintf(&log, verb+verb, m.Text, out.Data)
	}
	err := fmt.Errorf("send %v to %v: %w", m.Text, m.From, errors.New("no"))
	log.WriteString(err.Error())
	if strings.Contains(log.String(), "canary") {
		t.Errorf("printed: %s", log.String())
	}
	if string(m.Text) != "canary-words" {
		t.Error("the words themselves are changed")
	}
}

func TestErrorsKeepTheirCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	for _, err := range []error{
		&chat.PermanentError{Err: cause},
		&chat.RetryError{After: time.Second, Err: cause},
	} {
		if !errors.Is(err, cause) || !strings.Contains(err.Error(), "cause") {
			t.Errorf("%v has lost its cause", err)
		}
	}
	if s := (&chat.RetryError{After: time.Second}).Error(); s == "" {
		t.Error("a pause without a cause has no text")
	}
}
