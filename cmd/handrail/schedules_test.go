package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handrail/flows"
)

// TestCheckSchedules: what the organization sends needs a flow, and somebody who
// can opt in; and that flow is held to what holds for all that comes by itself.
func TestCheckSchedules(t *testing.T) {
	t.Parallel()
	const (
		optIn = "flow: news\ntitle: News\nstart: [the news]\nsteps:\n  - every: news\n    kind: note\n    organization: true\n  - say: Noted.\n"
		note  = "flow: note.week\ntitle: A note\nsteps:\n  - ask: Hi. Is now all right?\n    greeting: true\n    yes_no: {}\n    no_reply: {after: 2h, end: }\n  - say: A note for you.\n"
		mute  = "flow: note.week\ntitle: A note\nsteps:\n  - ask: Hi. Is now all right?\n    greeting: true\n    yes_no: {}\n  - say: A note for you.\n"
		say   = "schedules:\n  - {name: weekly, kind: note, flow: note.week, at: \"18:00-20:00\", days: [sun]}\n"
	)
	for _, tt := range []struct {
		name    string
		scripts map[string]string
		config  string
		want    string // "": no faults
	}{
		{"all there", map[string]string{"news": optIn, "note.week": note}, say, ""},
		{"no such flow", map[string]string{"news": optIn}, say, `config.yaml:6:38: there is no flow "note.week": name one that handrail flows list shows`},
		{"nobody can opt in", map[string]string{"note.week": note}, say, `config.yaml:6:26: nobody can opt in to the kind "note": add a step`},
		{"no end without an answer", map[string]string{"news": optIn, "note.week": mute}, say, "note.week.yaml:4:5: this flow comes by itself, and nothing happens"},
		{"not sent by itself", map[string]string{"news": optIn, "note.week": mute}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := writeConfig(t, goodConfig+"  password_file: matrix.password\n"+tt.config)
			dir := t.TempDir()
			texts, err := fs.ReadFile(flows.FS, "texts.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "texts.yaml"), texts, 0o600); err != nil {
				t.Fatal(err)
			}
			for id, text := range tt.scripts {
				if err := os.WriteFile(filepath.Join(dir, id+".yaml"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			src, err := openSource(dir)
			if err != nil {
				t.Fatal(err)
			}
			cfg, faults, err := loadConfig(path)
			if err != nil || len(faults) > 0 {
				t.Fatalf("faults %v, %v", faults, err)
			}
			src.alone = cfg.alone()
			lib, faults, err := src.scripts()
			if err != nil {
				t.Fatal(err)
			}
			if lib != nil {
				more, err := broadcastFaults(path, lib)
				if err != nil {
					t.Fatal(err)
				}
				faults = append(faults, more...)
			}
			if tt.want == "" {
				if len(faults) > 0 {
					t.Errorf("faults %v", faults)
				}
				return
			}
			if len(faults) != 1 || !strings.Contains(faults[0].String(), tt.want) {
				t.Errorf("faults %v, want %s", faults, tt.want)
			}
		})
	}
}
