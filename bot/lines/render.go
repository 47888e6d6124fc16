package lines

import (
	"strings"
	"time"
)

// Render says the lines in plain text, a few short lines each, and once at the
// end what holds for all of them: that a call stays in the phone's list, and
// when the numbers were last read or confirmed, by the oldest of them. text
// gives the sentence of a key with its values filled in; a key that gives
// nothing is left out. A directory is said as such: there is no line for this,
// or none for exactly this.
func Render(ls []Line, now time.Time, text func(key string, values map[string]string) string) string {
	r := renderer{text: text, now: now}
	if len(ls) == 0 {
		return text("lines_none", nil)
	}
	call, dates := false, map[string]string{}
	for i, l := range ls {
		if l.Kind == KindDirectory {
			r.directory(l, i > 0)
			continue
		}
		r.entry(l)
		call = call || (l.Phone != "" && l.CallLog != "no")
		key := "lines_checked"
		if l.ConfirmedOn != "" {
			key = "lines_confirmed"
		}
		if dates[key] == "" || l.CheckedOn < dates[key] {
			dates[key] = l.CheckedOn
		}
	}
	r.blank()
	if call {
		r.say("lines_log")
	}
	switch {
	case dates["lines_checked"] != "": // the weaker word, if it holds for any
		r.say("lines_checked", "date", dates["lines_checked"])
	case dates["lines_confirmed"] != "":
		r.say("lines_confirmed", "date", dates["lines_confirmed"])
	}
	r.flush()
	return strings.TrimRight(strings.Join(r.out, "\n"), "\n")
}

type renderer struct {
	text func(string, map[string]string) string
	now  time.Time
	out  []string
	line []string // sentences of the line being made
}

// say adds a sentence to the current line.
func (r *renderer) say(key string, pairs ...string) {
	values := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	if s := r.text(key, values); s != "" {
		r.line = append(r.line, s)
	}
}

// flush ends the current line.
func (r *renderer) flush() {
	if len(r.line) > 0 {
		r.out = append(r.out, strings.Join(r.line, " "))
		r.line = nil
	}
}

// blank parts entries.
func (r *renderer) blank() {
	r.flush()
	if len(r.out) > 0 && r.out[len(r.out)-1] != "" {
		r.out = append(r.out, "")
	}
}

// directory says that there is no line to show, or none but those before, and
// where lines can be found.
func (r *renderer) directory(l Line, after bool) {
	r.blank()
	switch {
	case l.Country == "":
		r.say("lines_country_unknown")
		r.flush()
		r.say("lines_danger")
	case after:
		r.say("lines_directory")
	default:
		r.say("lines_none")
	}
	r.flush()
	r.out = append(r.out, l.Name+": "+l.URL)
}

func (r *renderer) entry(l Line) {
	r.blank()
	name := l.Name
	if l.RunBy != "" && !strings.Contains(name, l.RunBy) {
		name += " (" + l.RunBy + ")"
	}
	r.out = append(r.out, name)
	if l.Phone != "" {
		r.say("lines_call", "phone", l.Phone)
	}
	switch {
	case l.SMS != "" && l.SMSText != "":
		r.say("lines_text_word", "number", l.SMS, "word", l.SMSText)
	case l.SMS != "":
		r.say("lines_text", "number", l.SMS)
	}
	r.flush()
	if l.Chat != "" {
		r.say("lines_chat", "url", l.Chat)
		r.flush()
	}
	if l.Silent != "" {
		r.say("lines_silent", "how", l.Silent)
		r.flush()
	}
	r.hours(l)
	if l.Free != nil && l.Phone != "" {
		if *l.Free {
			r.say("lines_free")
		} else {
			r.say("lines_not_free")
		}
	}
	switch l.OnBill {
	case "yes":
		r.say("lines_bill")
	case "no":
		r.say("lines_no_bill")
	}
	r.flush()
	if l.For != "" {
		r.say("lines_for", "who", l.For)
	}
	if l.Region != "" {
		r.say("lines_region", "region", l.Region)
	}
	if len(l.Languages) > 1 {
		r.say("lines_languages", "languages", strings.Join(l.Languages, ", "))
	}
	r.flush()
}

// hours says whether the line is open now and, unless it always is, when.
func (r *renderer) hours(l Line) {
	if l.hours.always {
		r.say("lines_open_always")
		return
	}
	switch s := l.at(r.now); {
	case s == unknown && l.URL == "":
		r.say("lines_hours_none")
		return
	case s == unknown:
		r.say("lines_hours_unknown", "url", l.URL)
		return
	case s == closed:
		r.say("lines_closed")
	case !l.hours.workdays: // it may be a holiday
		r.say("lines_open")
	}
	r.say("lines_hours", "hours", strings.Replace(l.Hours, "; not holidays", ", not on holidays", 1), "zone", l.Zone)
}
