package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"handrail/bot/chat"
)

func TestNewLog(t *testing.T) {
	t.Parallel()
	var text, machine bytes.Buffer
	newLog(&text, Log{Level: "warn", Format: "text"}).Info("left out")
	newLog(&text, Log{Level: "warn", Format: "text"}).Warn("kept", "text", chat.Text("a secret"), "who", chat.Address{Network: "console", User: "ada"})
	if got := text.String(); strings.Contains(got, "left out") || !strings.Contains(got, "msg=kept") || strings.Contains(got, "secret") || strings.Contains(got, "ada") {
		t.Errorf("text: %s", got)
	}
	newLog(&machine, Log{Level: "debug", Format: "json"}).Debug("kept")
	var line map[string]any
	if err := json.Unmarshal(machine.Bytes(), &line); err != nil || line["msg"] != "kept" || line["level"] != slog.LevelDebug.String() {
		t.Errorf("json: %s, %v", machine.String(), err)
	}
}
