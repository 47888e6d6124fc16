package matrix

import (
	"context"
	"encoding/json"
	"log/slog"
	"regexp"
	"strings"

	"github.com/rs/zerolog"
)

// logBridge is where the library's log ends. A line of it carries user ids,
// room ids, URLs and sometimes bodies, so only two things pass: its sentence,
// if that is a plain sentence, and a class made from the error. Lines below
// warning never get here.
type logBridge struct{ log *slog.Logger }

// newLibraryLog returns the logger to give to mautrix.
func newLibraryLog(log *slog.Logger) zerolog.Logger {
	return zerolog.New(logBridge{log}).Level(zerolog.WarnLevel)
}

// Write takes one line of zerolog.
func (b logBridge) Write(line []byte) (int, error) {
	var l struct {
		Level   string `json:"level"`
		Message string `json:"message"`
		Error   any    `json:"error"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		l.Level, l.Message = "error", ""
	}
	level := slog.LevelInfo
	switch {
	case l.Message == "Request canceled": // by us
		level = slog.LevelDebug
	case l.Level != zerolog.LevelWarnValue:
		level = slog.LevelWarn
	}
	text, _ := l.Error.(string)
	b.log.Log(context.Background(), level, "matrix library", "what", plainSentence(l.Message), "class", errorClass(text))
	return len(line), nil
}

// sentence is what the library's constant messages look like. Ids have @, !, $,
// #, : or a run of letters and digits without a space; none of that passes.
var sentence = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 ,.'()?-]{0,160}$`)

func plainSentence(s string) string {
	if !sentence.MatchString(s) {
		return "a message that may not be shown"
	}
	for word := range strings.FieldsSeq(s) {
		if len(word) > 20 {
			return "a message that may not be shown"
		}
	}
	return s
}

var matrixCode = regexp.MustCompile(`\bM_[A-Z_]{3,40}\b`)

// errorClass reduces the text of an error to a word of ours.
func errorClass(text string) string {
	if text == "" {
		return "none"
	}
	if code := matrixCode.FindString(text); code != "" {
		return code
	}
	for _, known := range []string{
		"no session with given ID found", "duplicate message", "duplicate olm message", "connection refused", "connection reset",
		"context canceled", "context deadline exceeded", "no such host", "database is locked", "database is closed",
		"disk I/O error", "unexpected EOF", "unknown transaction ID", "olm event isn't encrypted for this device",
		"BAD_MESSAGE_MAC", "unknown message index", "mismatching", "failed to verify signature", "unsupported",
	} {
		if strings.Contains(text, known) {
			return known
		}
	}
	return "other"
}
