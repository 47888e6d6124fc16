package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"handrail/bot"
	"handrail/bot/desk"
	"handrail/bot/matrix"
)

// Staff is the people of the organization who can take over a talk. Without
// members there are none, and the bot says so.
type Staff struct {
	// Who they are, a list. Each has id (their Matrix user id), name (how
	// colleagues call them, and the person where show_names is true), langs
	// (languages they write, as in [en, es]) and skills (words of your own).
	Members []StaffMember `yaml:"members"`

	// When they are on call, a list. Each has who (names, in the order in which
	// they are asked), days (as in [mon, tue], or empty for every day), from and
	// to (as in "18:00" and "02:00"; it may span midnight), zone (as in
	// Europe/Berlin; empty: the zone above) and holidays (true: on holidays, too).
	Shifts []StaffShift `yaml:"shifts"`

	// Dates on which nobody is on call, as in ["2026-12-25"].
	Holidays []string `yaml:"holidays"`

	// The name of who is asked directly when nobody else comes. Empty: nobody.
	Fallback string `yaml:"fallback"`

	// How long each step waits.
	Waits StaffWaits `yaml:"waits"`

	// The id of their room on Matrix, as in "!id:example.org"; it must be
	// encrypted, and the bot and staff alone must be in it. Empty: the bot makes
	// one and invites them.
	Room string `yaml:"room"`

	// The name of the room that the bot makes. It stands on the phones of staff, so
	// keep it plain.
	RoomName string `yaml:"room_name"`

	// Whether each case is talked about in a thread of that room, so that all who
	// are in it can read every case. With false a case has an encrypted room of its
	// own: who has the case is invited and sees nothing from before, and whoever
	// no longer has it is taken out; the room of staff shows only that a case is
	// there, why, in which language, and who has it.
	Threads bool `yaml:"threads"`

	// Whether people learn the names of staff.
	ShowNames bool `yaml:"show_names"`

	// Whether only devices can act and read that their owner has confirmed, and
	// none after the owner's keys have changed, until a colleague confirms the new
	// ones. Reactions do nothing then: claim by a word.
	VerifiedDevices bool `yaml:"verified_devices"`

	// Who answers, in a sentence that a person reads before they are handed over.
	Who string `yaml:"who"`

	// At what hours, in such a sentence.
	Hours string `yaml:"hours"`

	// What the organization must report to others by law, in plain words. It is
	// told before a hand-over. Empty: nothing is said.
	DutyToReport string `yaml:"duty_to_report"`

	// The three above in other languages, a list. Each has lang (as in es), who,
	// hours and duty_to_report. Who writes a language that is not there reads the
	// ones above.
	Translations []StaffWords `yaml:"translations"`

	// The words with which a case can be closed. They are counted.
	Reasons []string `yaml:"reasons"`

	// A folder with prepared texts, a file NAME.txt each. Empty: none.
	Texts string `yaml:"texts"`

	// Whether a person is asked one question when a talk is over.
	Survey bool `yaml:"survey"`
}

// StaffWords are the organization's own words in another language.
type StaffWords struct {
	Lang         string `yaml:"lang"`
	Who          string `yaml:"who"`
	Hours        string `yaml:"hours"`
	DutyToReport string `yaml:"duty_to_report"`
}

// StaffMember is one of staff.
type StaffMember struct {
	ID     string   `yaml:"id"`
	Name   string   `yaml:"name"`
	Langs  []string `yaml:"langs"`
	Skills []string `yaml:"skills"`
}

// StaffShift is a span of the week.
type StaffShift struct {
	Who      []string `yaml:"who"`
	Days     []string `yaml:"days"`
	From     string   `yaml:"from"`
	To       string   `yaml:"to"`
	Zone     string   `yaml:"zone"`
	Holidays bool     `yaml:"holidays"`
}

// StaffWaits is how long each step waits.
type StaffWaits struct {
	// For one of those on call to claim a case.
	Claim time.Duration `yaml:"claim"`

	// For anybody of staff to claim it.
	Everyone time.Duration `yaml:"everyone"`

	// For the one who is asked directly.
	Fallback time.Duration `yaml:"fallback"`

	// For whoever has the case to answer, once for a reminder and once more.
	Silent time.Duration `yaml:"silent"`

	// For the person to answer, once for a question and once more.
	Idle time.Duration `yaml:"idle"`
}

func staffDefaults() Staff {
	w := desk.Waits{}.Default()
	return Staff{
		Members: []StaffMember{}, Shifts: []StaffShift{}, Holidays: []string{}, Translations: []StaffWords{}, Reasons: []string{"done", "referred", "emergency"},
		RoomName: "Staff", Waits: StaffWaits{Claim: w.Claim, Everyone: w.Everyone, Fallback: w.Fallback, Silent: w.Silent, Idle: w.Idle},
	}
}

// weekdays are the days as they are written in a shift.
func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// check finds what is wrong with values of the right type.
func (s Staff) check(at positions) (faults []finding) {
	bad := func(key, format string, args ...any) { faults = append(faults, at.fault(key, format, args...)) }
	if len(s.Members) == 0 {
		if len(s.Shifts) > 0 || s.Fallback != "" {
			bad("staff.members", "staff.members is missing: name who they are")
		}
		return faults
	}
	seen := map[string]bool{}
	for i, m := range s.Members {
		key := fmt.Sprintf("staff.members.%d", i)
		switch {
		case !strings.HasPrefix(m.ID, "@") || !strings.Contains(m.ID, ":"):
			bad(key, "%q is no user: write id as in @ana:example.org", m.ID)
		case m.Name == "" || strings.ContainsAny(m.Name, " \t"):
			bad(key, "%q is no name: give one word, by which colleagues call them", m.Name)
		case seen[m.ID] || seen[strings.ToLower(m.Name)]:
			bad(key, "%s stands there twice: keep one, and give each a name of their own", m.Name)
		}
		seen[m.ID], seen[strings.ToLower(m.Name)] = true, true
	}
	for i, shift := range s.Shifts {
		key := fmt.Sprintf("staff.shifts.%d", i)
		if len(shift.Who) == 0 {
			bad(key, "this shift has nobody: name who is on call")
		}
		for _, name := range shift.Who {
			if s.id(name) == "" {
				bad(key+".who", "%q is not among the members of staff: add them there, or mend the name", name)
			}
		}
		for _, day := range shift.Days {
			if !slices.Contains(weekdays(), day) {
				bad(key+".days", "%q is no day: write %s", day, strings.Join(weekdays(), ", "))
			}
		}
		for field, value := range map[string]string{"from": shift.From, "to": shift.To} {
			if _, err := minuteOf(value); err != nil {
				bad(key+"."+field, "%q is no time of the day: write %s as in \"18:00\"", value, field)
			}
		}
		if _, err := time.LoadLocation(shift.Zone); err != nil || shift.Zone == "Local" {
			bad(key+".zone", "unknown time zone %q: name it as in Europe/Berlin", shift.Zone)
		}
	}
	for _, day := range s.Holidays {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			bad("staff.holidays", "%q is no date: write it as in \"2026-12-25\"", day)
		}
	}
	if s.Fallback != "" && s.id(s.Fallback) == "" {
		bad("staff.fallback", "%q is not among the members of staff: add them there, or mend the name", s.Fallback)
	}
	for key, wait := range map[string]time.Duration{
		"claim": s.Waits.Claim, "everyone": s.Waits.Everyone, "fallback": s.Waits.Fallback, "silent": s.Waits.Silent, "idle": s.Waits.Idle,
	} {
		if wait < 10*time.Second {
			bad("staff.waits."+key, "staff.waits.%s is too short: nobody can answer in less than 10s", key)
		}
	}
	if s.Room != "" && (!strings.HasPrefix(s.Room, "!")) {
		bad("staff.room", "%q is no room id: write it as in \"!id:example.org\"", s.Room)
	}
	if s.Who == "" {
		bad("staff.who", "staff.who is missing: tell people in a sentence who answers")
	}
	for i, w := range s.Translations {
		key := fmt.Sprintf("staff.translations.%d", i)
		if w.Lang == "" || w.Who == "" {
			bad(key, "a translation needs lang and who, as in {lang: es, who: Responden personas de la casa.}")
		}
		if (w.Hours == "") != (s.Hours == "") || (w.DutyToReport == "") != (s.DutyToReport == "") {
			bad(key, "this translation says less or more than staff itself: give hours and duty_to_report here where they stand there, and only there")
		}
	}
	for _, r := range s.Reasons {
		if r == "" || r != strings.ToLower(r) || strings.Trim(r, "abcdefghijklmnopqrstuvwxyz_") != "" {
			bad("staff.reasons", "%q is no reason: write one word in small letters", r)
		}
	}
	if _, err := s.texts(); err != nil {
		bad("staff.texts", "%v", err)
	}
	return faults
}

// id finds a member by name; "" if there is none.
func (s Staff) id(name string) desk.StaffID {
	for _, m := range s.Members {
		if strings.EqualFold(m.Name, name) {
			return desk.StaffID(m.ID)
		}
	}
	return ""
}

// minuteOf reads a time of the day; 24:00 is its end.
func minuteOf(text string) (int, error) {
	if text == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err
}

// texts reads the prepared texts.
func (s Staff) texts() (map[string]string, error) {
	if s.Texts == "" {
		return map[string]string{}, nil
	}
	return preparedTexts(os.DirFS(filepath.Dir(s.Texts)), filepath.Base(s.Texts))
}

// preparedTexts reads the texts of a folder, by the names of their files.
func preparedTexts(fsys fs.FS, folder string) (map[string]string, error) {
	texts := map[string]string{}
	files, err := fs.Glob(fsys, folder+"/*.txt")
	if err == nil && len(files) == 0 {
		err = errors.New("there is no file NAME.txt in it")
	}
	if err != nil {
		return nil, fmt.Errorf("the folder of prepared texts: %w", err)
	}
	for _, name := range files {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("a prepared text: %w", err)
		}
		texts[strings.ToLower(strings.TrimSuffix(path.Base(name), ".txt"))] = strings.TrimSpace(string(data))
	}
	return texts, nil
}

// desk makes the desk of the configuration; nil without staff.
func (s Staff) desk(zone, language string) (*bot.Staff, error) {
	if len(s.Members) == 0 {
		return nil, nil
	}
	texts, err := s.texts()
	if err != nil {
		return nil, err
	}
	local, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("zone: %w", err)
	}
	d := desk.Desk{
		Fallback: s.id(s.Fallback), Rota: desk.Rota{Holidays: s.Holidays},
		Waits: desk.Waits{Claim: s.Waits.Claim, Everyone: s.Waits.Everyone, Fallback: s.Waits.Fallback, Silent: s.Waits.Silent, Idle: s.Waits.Idle},
	}
	for _, m := range s.Members {
		d.Rota.Members = append(d.Rota.Members, desk.Member{ID: desk.StaffID(m.ID), Name: m.Name, Langs: m.Langs, Skills: m.Skills})
	}
	for _, c := range s.Shifts {
		shift := desk.Shift{Zone: local, Holidays: c.Holidays}
		if c.Zone != "" {
			if shift.Zone, err = time.LoadLocation(c.Zone); err != nil {
				return nil, fmt.Errorf("zone of a shift: %w", err)
			}
		}
		for _, name := range c.Who {
			shift.Who = append(shift.Who, s.id(name))
		}
		for i, day := range weekdays() {
			shift.Days[i] = len(c.Days) == 0 || slices.Contains(c.Days, day)
		}
		var errFrom, errTo error
		shift.From, errFrom = minuteOf(c.From)
		shift.To, errTo = minuteOf(c.To)
		if err := errors.Join(errFrom, errTo); err != nil {
			return nil, fmt.Errorf("hours of a shift: %w", err)
		}
		d.Rota.Shifts = append(d.Rota.Shifts, shift)
	}
	words := map[string]bot.StaffWords{}
	for _, w := range s.Translations {
		words[w.Lang] = bot.StaffWords{Who: w.Who, Hours: w.Hours, Duty: w.DutyToReport}
	}
	return &bot.Staff{
		Words: words,
		Desk:  d, Network: matrix.NetworkName, Threads: s.Threads, Names: s.ShowNames, Language: language, Who: s.Who, Hours: s.Hours, Duty: s.DutyToReport,
		Reasons: s.Reasons, Texts: texts, Survey: s.Survey, Zone: local,
	}, nil
}

// account is what the account on Matrix must know of staff; nil without staff.
func (s Staff) account() *matrix.Staff {
	if len(s.Members) == 0 {
		return nil
	}
	a := &matrix.Staff{Room: s.Room, RoomName: s.RoomName, Verified: s.VerifiedDevices}
	for _, m := range s.Members {
		a.Members = append(a.Members, m.ID)
	}
	return a
}
