package main

import (
	"strings"
	"testing"

	"handrail/bot/desk"
)

// house is a part of a configuration without a fault.
const house = `
staff:
  who: Advocates of the house answer.
  members:
    - {id: "@ana:example.org", name: Ana, langs: [en, es]}
    - {id: "@ben:example.org", name: Ben}
  shifts:
    - {who: [ana, Ben], days: [mon, sat], from: "22:00", to: "02:00", zone: Europe/Berlin}
  fallback: ben
`

func TestStaffOfTheConfiguration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, want string }{
		"sound":                {"", "", ""},
		"a wrong id":           {`"@ana:example.org"`, `"ana"`, `"ana" is no user: write id as in @ana:example.org`},
		"a name twice":         {"name: Ben", "name: ana", "ana stands there twice: keep one, and give each a name of their own"},
		"no name":              {"name: Ben", `name: ""`, `"" is no name: give one word, by which colleagues call them`},
		"a stranger":           {"[ana, Ben]", "[ana, eve]", `"eve" is not among the members of staff: add them there, or mend the name`},
		"nobody":               {"[ana, Ben]", "[]", "this shift has nobody: name who is on call"},
		"a wrong day":          {"[mon, sat]", "[monday]", `"monday" is no day: write sun, mon, tue, wed, thu, fri, sat`},
		"a wrong hour":         {`"22:00"`, `"25:00"`, `"25:00" is no time of the day: write from as in "18:00"`},
		"a wrong zone":         {"Europe/Berlin", "Europe/Nowhere", `unknown time zone "Europe/Nowhere": name it as in Europe/Berlin`},
		"a lost fallback":      {"fallback: ben", "fallback: dora", `"dora" is not among the members of staff: add them there, or mend the name`},
		"a short wait":         {"fallback: ben", "waits: {claim: 1s}", "staff.waits.claim is too short: nobody can answer in less than 10s"},
		"a wrong holiday":      {"fallback: ben", "holidays: [xmas]", `"xmas" is no date: write it as in "2026-12-25"`},
		"a wrong room":         {"fallback: ben", "room: staff", `"staff" is no room id: write it as in "!id:example.org"`},
		"a language too short": {"fallback: ben", "hours: Always.\n  translations: [{lang: es, who: Responden personas.}]", "this translation says less or more than staff itself: give hours and duty_to_report here where they stand there, and only there"},
		"a language of nobody": {"fallback: ben", "translations: [{lang: es}]", "a translation needs lang and who, as in {lang: es, who: Responden personas de la casa.}"},
		"a wrong reason":       {"fallback: ben", `reasons: ["All good"]`, `"All good" is no reason: write one word in small letters`},
		"nothing said":         {"who: Advocates of the house answer.", `who: ""`, "staff.who is missing: tell people in a sentence who answers"},
		"no list":              {"    - {id: \"@ana:example.org\", name: Ana, langs: [en, es]}\n    - {id: \"@ben:example.org\", name: Ben}\n", "    id: x\n", "staff.members must be a list, as in config.example.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := defaults()
			at, faults := decodeStrict("config.yaml", []byte(strings.Replace(house, c.from, c.to, 1)), &cfg)
			faults = append(faults, cfg.Staff.check(at)...)
			if c.want == "" {
				if len(faults) > 0 {
					t.Fatalf("faults: %v", faults)
				}
				s, err := cfg.Staff.desk("UTC", "en")
				if err != nil || s.Desk.Fallback != "@ben:example.org" || s.Desk.Rota.Shifts[0].From != 22*60 || !s.Desk.Rota.Shifts[0].Days[6] ||
					s.Desk.Rota.Shifts[0].Days[0] || len(s.Desk.Rota.Check()) > 0 || s.Desk.Rota.Name(desk.StaffID("@ana:example.org")) != "Ana" {
					t.Errorf("%+v, %v", s, err)
				}
				return
			}
			for _, f := range faults {
				if f.Message == c.want {
					if f.Line < 2 {
						t.Errorf("it stands at line %d", f.Line)
					}
					return
				}
			}
			t.Errorf("faults: %v\nwant %q", faults, c.want)
		})
	}
	cfg := defaults()
	if s, err := cfg.Staff.desk("UTC", "en"); s != nil || err != nil || cfg.Staff.account() != nil {
		t.Errorf("without staff there is a desk: %+v, %v", s, err)
	}
}
