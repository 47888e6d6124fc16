package main

import (
	"log/slog"
	"strings"

	"handrail/bot/flow"
)

// tellingNames are the keys of the configuration whose names people see on their
// phones, or others on the homeserver, and that tell what this is about.
func tellingNames(cfg Config) (found []finding) {
	for _, n := range []struct{ key, name string }{
		{"matrix.user", localpart(cfg.Matrix.User)}, {"matrix.device_name", cfg.Matrix.DeviceName},
	} {
		if w := flow.Telling(n.name, cfg.OrganizationNames...); w != "" {
			found = append(found, finding{Rule: n.key, Message: "the word \"" + w + "\" in this name can be read on a phone by anybody: take a plain one"})
		}
	}
	return found
}

// localpart is the name in @name:server.
func localpart(user string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(user, "@"), ":")
	return name
}

// warnOfNames says at start which names tell too much.
func warnOfNames(cfg Config, log *slog.Logger) {
	for _, f := range tellingNames(cfg) {
		log.Warn(f.Message, "key", f.Rule)
	}
}
