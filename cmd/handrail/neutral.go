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
		{"matrix.user", localpart(cfg.Matrix.User)},
		{"matrix.device_name", cfg.Matrix.DeviceName},
		{"matrix.display_name", cfg.Matrix.DisplayName},
		{"staff.room_name", cfg.Staff.RoomName},
		{"signal.found", cfg.Signal.Found},
	} {
		if w := tellingName(n.name, cfg); w != "" {
			found = append(found, finding{Rule: n.key, Message: "the word \"" + w + "\" in this name can be read on a phone by anybody: take a plain one"})
		}
	}
	return found
}

// tellingName finds a word in a name that tells what this is about; "" where there
// is none.
func tellingName(name string, cfg Config) string {
	return flow.Telling(name, append(tellingAbroad(), cfg.OrganizationNames...)...)
}

// tellingAbroad are words of other languages than English that tell in a name what
// this is about, and the name of the program.
func tellingAbroad() []string {
	return []string{
		"handrail", "harm", "shelters", "refuges",
		"ayuda", "apoyo", "violencia", "maltrato", "abuso", "mujer", "mujeres", "víctima", "víctimas", "refugio", "crisis", "sobreviviente", "sobrevivientes", "denuncia",
		"hilfe", "hilfetelefon", "gewalt", "missbrauch", "frauen", "frauenhaus", "frauenberatung", "beratung", "opfer", "opferhilfe", "notruf", "krise", "krisendienst", "schutz", "zuflucht",
		"aide", "soutien", "violence", "violences", "abus", "femme", "femmes", "victime", "victimes", "refuge", "crise", "survivante", "survivantes", "écoute", "secours",
		"ajuda", "apoio", "violência", "maus tratos", "mulher", "mulheres", "vítima", "vítimas", "abrigo", "crise", "socorro",
	}
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
