package flow

import (
	"testing"
	"testing/fstest"
)

func TestTakes(t *testing.T) {
	t.Parallel()
	m := fstest.MapFS{
		"a.yaml": {Data: []byte("flow: a\ntitle: A\nstart: [begin]\nsteps:\n  - ask: Safe?\n    pick:\n      \"yes\": {}\n      not safe: {}\n  - ask: Say it.\n    text: {}\n")},
		"b.yaml": {Data: []byte("flow: b\ntitle: B\nanywhere: [help me]\nsteps:\n  - say: Here.\n")},
	}
	texts := "texts:\n"
	for _, r := range RequiredTexts() {
		texts += "  " + r.Key + ": \"" + r.Example + "\"\n"
	}
	m["texts.yaml"] = &fstest.MapFile{Data: []byte(texts)}
	lib, findings, err := Load(m, Options{})
	if err != nil || lib == nil {
		t.Fatal(findings, err)
	}
	asked, _, err := lib.Step(Session{}, Input{Kind: InStart, Flow: "a"})
	if err != nil {
		t.Fatal(err)
	}
	free, _, err := lib.Step(asked, Input{Kind: InText, Text: "yes"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		s    Session
		text string
		want bool
	}{
		{"idle", Session{}, "not safe", false},
		{"idle, heard anywhere", Session{}, "Help me", true},
		{"a choice", asked, "Not safe.", true},
		{"its number", asked, "2", true},
		{"more than the choice", asked, "I am not safe with him", false},
		{"heard anywhere", asked, "help me", true},
		{"free text", free, "not safe", false},
	} {
		if got := lib.In("").Takes(tt.s, tt.text); got != tt.want {
			t.Errorf("%s: Takes(%q) = %v", tt.name, tt.text, got)
		}
	}
	for _, tt := range []struct {
		name string
		s    Session
		text string
		want bool
	}{
		{"idle", Session{}, "Begin.", true},
		{"more than the phrase", Session{}, "begin with him", false},
		{"a question waits", asked, "begin", false},
		{"free text waits", free, "begin", false},
	} {
		if got := lib.In("").Starts(tt.s, tt.text); got != tt.want {
			t.Errorf("%s: Starts(%q) = %v", tt.name, tt.text, got)
		}
	}
}
