package desk_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"handrail/bot/desk"
)

func at(t *testing.T, zone *time.Location, text string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Berlin's clocks go forward on 2026-03-29 at 02:00 and back on 2026-10-25 at
// 03:00. 2026-03-28 is a Saturday.
func TestOnCall(t *testing.T) {
	t.Parallel()
	zone := berlin(t)
	night := desk.Shift{Who: []desk.StaffID{ana}, Days: [7]bool{time.Saturday: true}, From: 22 * 60, To: 6 * 60, Zone: zone}
	day := desk.Shift{Who: []desk.StaffID{ben, ana}, Days: [7]bool{time.Monday: true}, From: 8 * 60, To: 16 * 60, Zone: zone}
	holiday := desk.Shift{Who: []desk.StaffID{cleo}, Days: week, From: 0, To: 24 * 60, Zone: zone, Holidays: true}
	for _, row := range []struct {
		name   string
		shifts []desk.Shift
		now    string
		away   []desk.StaffID
		want   []desk.StaffID
	}{
		{"before midnight", []desk.Shift{night}, "2026-03-28 23:59", nil, []desk.StaffID{ana}},
		{"after midnight, over the hour that is missing", []desk.Shift{night}, "2026-03-29 05:59", nil, []desk.StaffID{ana}},
		{"the end", []desk.Shift{night}, "2026-03-29 06:00", nil, nil},
		{"after midnight, over the hour that comes twice", []desk.Shift{night}, "2026-10-25 05:59", nil, []desk.StaffID{ana}},
		{"the night before is another day", []desk.Shift{night}, "2026-03-28 05:00", nil, nil},
		{"by day, in the order of the shift", []desk.Shift{day}, "2026-03-30 08:00", nil, []desk.StaffID{ben, ana}},
		{"one is away", []desk.Shift{day}, "2026-03-30 15:59", []desk.StaffID{ben}, []desk.StaffID{ana}},
		{"a holiday", []desk.Shift{day, holiday}, "2026-05-25 09:00", nil, []desk.StaffID{cleo}},
		{"a whole day ends at midnight", []desk.Shift{holiday}, "2026-05-25 23:59", nil, []desk.StaffID{cleo}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := desk.Rota{Shifts: row.shifts, Holidays: []string{"2026-05-25"}}
			if got := r.On(at(t, zone, row.now), row.away); !slices.Equal(got, row.want) {
				t.Errorf("on call are %q, want %q", got, row.want)
			}
		})
	}
}

func TestNextShift(t *testing.T) {
	t.Parallel()
	zone := berlin(t)
	r := desk.Rota{
		Holidays: []string{"2026-05-25"},
		Shifts:   []desk.Shift{{Who: []desk.StaffID{ana}, Days: [7]bool{time.Monday: true}, From: 2*60 + 30, To: 5 * 60, Zone: zone}},
	}
	for _, row := range []struct{ name, now, want string }{
		{"today", "2026-03-30 02:29", "2026-03-30 02:30"},
		{"it has begun: next week", "2026-03-30 02:30", "2026-04-06 02:30"},
		{"not on a holiday", "2026-05-24 12:00", "2026-06-01 02:30"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, ok := r.Next(at(t, zone, row.now))
			if !ok || !got.Equal(at(t, zone, row.want)) {
				t.Errorf("next shift at %s, want %s", got, row.want)
			}
		})
	}
	if _, ok := (desk.Rota{}).Next(at(t, zone, "2026-03-30 02:29")); ok {
		t.Error("a rota without shifts has a next one")
	}
	night := desk.Rota{Shifts: []desk.Shift{{Who: []desk.StaffID{ana}, Days: week, From: 22 * 60, To: 6 * 60, Zone: zone}}}
	if got, _ := night.Change(at(t, zone, "2026-03-28 23:00")); !got.Equal(at(t, zone, "2026-03-29 06:00")) {
		t.Errorf("the night ends at %s", got)
	}
}

// TestRotaFits: who writes the language and has the skill is asked first; the language
// weighs more, and nobody is left out.
func TestRotaFits(t *testing.T) {
	t.Parallel()
	r := desk.Rota{Members: []desk.Member{
		{ID: ana, Name: "Ana", Langs: []string{"en"}},
		{ID: ben, Name: "Ben", Langs: []string{"en", "es-MX"}, Skills: []string{"housing"}},
		{ID: cleo, Name: "Cleo", Langs: []string{"es"}},
		{ID: dana, Name: "Dana", Skills: []string{"housing"}},
	}}
	r.Shifts = []desk.Shift{{Who: []desk.StaffID{ana, ben, cleo, dana}, Days: week, To: 24 * 60, Zone: berlin(t)}}
	now := at(t, berlin(t), "2026-03-02 12:00")
	for _, row := range []struct {
		name, lang, skill string
		away              []desk.StaffID
		want              []desk.StaffID
	}{
		{"in their order", "", "", nil, []desk.StaffID{ana, ben, cleo, dana}},
		{"by skill", "", "housing", nil, []desk.StaffID{ben, dana, ana, cleo}},
		{"by language", "es", "", nil, []desk.StaffID{ben, cleo, dana, ana}},
		{"by both", "es-AR", "housing", nil, []desk.StaffID{ben, dana, cleo, ana}},
		{"who is away", "es", "housing", []desk.StaffID{ben}, []desk.StaffID{dana, cleo, ana}},
		{"nobody has it", "fr", "law", nil, []desk.StaffID{dana, ana, ben, cleo}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := r.For(now, row.lang, row.skill, row.away); !slices.Equal(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestRotaFaults(t *testing.T) {
	t.Parallel()
	if bad := house(t).Rota.Check(); len(bad) != 0 {
		t.Errorf("a sound rota: %q", bad)
	}
	broken := desk.Rota{
		Members:  []desk.Member{{ID: ana, Name: "Ana"}, {ID: ana, Name: "Ana"}, {}},
		Shifts:   []desk.Shift{{}, {Who: []desk.StaffID{stranger}, Days: week, From: -1, Zone: berlin(t)}},
		Holidays: []string{"25 December"},
	}
	if bad := broken.Check(); len(bad) != 8 {
		t.Errorf("%d faults, want 8: %q", len(bad), bad)
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	var entries []desk.Entry
	var last desk.Entry
	for i, e := range []desk.Record{{By: ana, Action: "claim"}, {By: ana, Action: "pass", On: ben}, {By: ben, Action: "claim"}} {
		last = last.Next(now.Add(time.Duration(i)*time.Second), 7, e)
		entries = append(entries, last)
	}
	if err := desk.Verify(desk.Entry{}, entries); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		mend func([]desk.Entry) []desk.Entry
	}{
		{"another did it", func(e []desk.Entry) []desk.Entry { e[1].By = cleo; return e }},
		{"another time", func(e []desk.Entry) []desk.Entry { e[1].At = e[1].At.Add(time.Millisecond); return e }},
		{"one is missing", func(e []desk.Entry) []desk.Entry { return slices.Delete(e, 1, 2) }},
		{"the first is missing", func(e []desk.Entry) []desk.Entry { return e[1:] }},
		{"another order", func(e []desk.Entry) []desk.Entry { e[0], e[1] = e[1], e[0]; return e }},
	} {
		t.Run(row.name, func(t *testing.T) {
			if err := desk.Verify(desk.Entry{}, row.mend(slices.Clone(entries))); !errors.Is(err, desk.ErrChain) {
				t.Errorf("error %v, want %v", err, desk.ErrChain)
			}
		})
	}
}

func TestOrders(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		line string
		want desk.Order
	}{
		{"claim", desk.Order{Verb: desk.DoClaim}},
		{"Claim!", desk.Order{Verb: desk.DoClaim}},
		{"close", desk.Order{Verb: desk.DoClose}},
		{"close referred", desk.Order{Verb: desk.DoClose, Arg: "referred"}},
		{"Close the door quietly. I am here.", desk.Order{Verb: desk.Say, Arg: "Close the door quietly. I am here."}},
		{"Pause when you like.", desk.Order{Verb: desk.Say, Arg: "Pause when you like."}},
		{"note she seems afraid", desk.Order{Verb: desk.Note, Arg: "she seems afraid"}},
		{"Note: she seems afraid", desk.Order{Verb: desk.Note, Arg: "she seems afraid"}},
		{"note", desk.Order{Verb: desk.Note}},
		{"pass to Ben", desk.Order{Verb: desk.DoPass, Arg: "Ben"}},
		{"pass es", desk.Order{Verb: desk.DoPass, Arg: "es"}},
		{"pass", desk.Order{Verb: desk.Unclear}},
		{"Pass on what feels too much.", desk.Order{Verb: desk.Say, Arg: "Pass on what feels too much."}},
		{"invite @ben:x", desk.Order{Verb: desk.DoInvite, Arg: "@ben:x"}},
		{"text hours", desk.Order{Verb: desk.Canned, Arg: "hours"}},
		{"who is on call?", desk.Order{Verb: desk.OnCall}},
		{"say close", desk.Order{Verb: desk.Say, Arg: "close"}},
		{"!clsoe", desk.Order{Verb: desk.Unclear}},
		{"Hello, I am here.", desk.Order{Verb: desk.Say, Arg: "Hello, I am here."}},
	} {
		t.Run(row.line, func(t *testing.T) {
			if got := desk.ReadOrder(row.line, []string{"referred", "helped"}, "en"); got != row.want {
				t.Errorf("read as %+v, want %+v", got, row.want)
			}
		})
	}
}

// TestOrdersInSpanish: who reads Spanish can write it, and English still; to
// others its words are words for the person.
func TestOrdersInSpanish(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		line, lang string
		want       desk.Order
	}{
		{"Lo tomo.", "es", desk.Order{Verb: desk.DoClaim}},
		{"claim", "es", desk.Order{Verb: desk.DoClaim}},
		{"nota: suena con miedo", "es-MX", desk.Order{Verb: desk.Note, Arg: "suena con miedo"}},
		{"note she sounds afraid", "es", desk.Order{Verb: desk.Note, Arg: "she sounds afraid"}},
		{"pasar a Ben", "es", desk.Order{Verb: desk.DoPass, Arg: "Ben"}},
		{"pasar en", "es", desk.Order{Verb: desk.DoPass, Arg: "en"}},
		{"cerrar referred", "es", desk.Order{Verb: desk.DoClose, Arg: "referred"}},
		{"¿Quién está de guardia?", "es", desk.Order{Verb: desk.OnCall}},
		{"decir cerrar", "es", desk.Order{Verb: desk.Say, Arg: "cerrar"}},
		{"Pausa cuando quieras.", "es", desk.Order{Verb: desk.Say, Arg: "Pausa cuando quieras."}},
		{"texto horario", "es", desk.Order{Verb: desk.Canned, Arg: "horario"}},
		{"nota suena con miedo", "en", desk.Order{Verb: desk.Say, Arg: "nota suena con miedo"}},
	} {
		t.Run(row.lang+" "+row.line, func(t *testing.T) {
			if got := desk.ReadOrder(row.line, []string{"referred"}, row.lang); got != row.want {
				t.Errorf("read as %+v, want %+v", got, row.want)
			}
		})
	}
}

// TestShiftsAcrossChangesOfTheClock: where two shifts meet there is always
// somebody on call, whatever the clocks do at that moment, and the next change is
// always ahead.
func TestShiftsAcrossChangesOfTheClock(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, meet := range []int{0, 90, 120, 150, 180} {
			r := desk.Rota{Shifts: []desk.Shift{
				{Who: []desk.StaffID{ana}, Days: week, From: 18 * 60, To: meet, Zone: loc},
				{Who: []desk.StaffID{ben}, Days: week, From: meet, To: 18 * 60, Zone: loc},
			}}
			for at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC); at.Year() == 2026; {
				next, ok := r.Change(at)
				if !ok || !next.After(at) || next.Sub(at) > 24*time.Hour {
					t.Fatalf("%s, %d: after %s comes %s", zone, meet, at, next)
				}
				for _, look := range []time.Time{next.Add(-time.Second), next, next.Add(time.Minute)} {
					if on := r.On(look, nil); len(on) == 0 {
						t.Fatalf("%s, %d: nobody at %s", zone, meet, look)
					}
				}
				at = next
			}
		}
	}
}
