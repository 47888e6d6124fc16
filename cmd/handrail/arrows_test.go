package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows are the imports that are allowed inside this module, in the direction
// of the import. A package that is not listed here fails the test, so that
// nobody adds one without deciding where it stands.
var arrows = map[string][]string{
	"bot/chat":     {},
	"bot/po":       {},
	"bot/flow":     {"bot/po"},
	"bot/chart":    {},
	"bot/crisis":   {},
	"bot/lines":    {},
	"bot/schedule": {},
	"bot/seal":     {},
	"bot/journal":  {},
	"bot/secret":   {},
	"bot/desk":     {},
	"flows":        {},
	"bot/store":    {"bot/desk", "bot/flow", "bot/seal", "bot/chat"},
	// For tests alone: a PostgreSQL server.
	"bot/store/pgtest": {},
	"bot":              {"bot/store", "bot/desk", "bot/crisis", "bot/lines", "bot/schedule", "bot/flow", "bot/chart", "bot/journal", "bot/secret", "bot/chat"},
	"bot/account":      {},
	"bot/matrix":       {"bot/account", "bot/chat"},
	"bot/signalcli":    {"bot/account", "bot/chat"},
	// For tests alone: what stands in for a signal-cli daemon.
	"bot/signalcli/fakedaemon": {},
	"bot/console":              {"bot", "bot/chat", "bot/desk", "bot/store"},
	// The tests' and the demo's own programs. They know nothing of the bot.
	"bot/e2e/child":      {},
	"bot/e2e/homeserver": {"bot/e2e/child"},
	"bot/e2e/client":     {"bot/e2e/child"},
	"bot/e2e":            {"bot/e2e/child", "bot/e2e/homeserver", "bot/e2e/client"},
	"bot/e2e/chaos":      {"bot/e2e/child", "bot/e2e/homeserver"},
	"bot/e2e/bench":      {},
	"bot/e2e/watch":      {},
	// cmd/handrail joins everything.
	"cmd/handrail": {
		"bot", "bot/chart", "bot/chat", "bot/console", "bot/crisis", "bot/desk", "bot/flow", "bot/journal", "bot/lines", "bot/matrix",
		"bot/schedule", "bot/seal", "bot/signalcli", "bot/store", "bot/e2e/homeserver", "flows",
	},
}

// bare are the packages that may import the standard library only.
var bare = []string{"bot/chat", "bot/po", "flows"}

func TestImportArrows(t *testing.T) {
	t.Parallel()
	const module = "handrail/"
	out, err := exec.Command("go", "list", "-tags", "goolm", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"...").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		name := strings.TrimPrefix(words[0], module)
		allowed, known := arrows[name]
		if !known {
			t.Errorf("%s has no place among the packages: decide what it may import", name)
			continue
		}
		for _, imported := range words[1:] {
			inner, ours := strings.CutPrefix(imported, module)
			switch {
			case ours && !slices.Contains(allowed, inner):
				t.Errorf("%s must not import %s", name, inner)
			case !ours && slices.Contains(bare, name) && strings.Contains(imported, "."):
				t.Errorf("%s must import the standard library only, not %s", name, imported)
			}
		}
	}
}
