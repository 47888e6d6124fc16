package bot

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"handrail/bot/desk"
	"handrail/bot/flow"
	"handrail/bot/store"
)

// Staff is the desk of the organization: people who can take over a talk.
type Staff struct {
	Desk desk.Desk
	// Network is where staff are reached. Its transport knows the room.
	Network string
	// Threads makes a case a thread of the room of staff, which all who are there
	// can read. Without it a case has a room of its own, in which only those are
	// who have it, and the thread says no more than where it is.
	Threads bool
	// Names shows the names of staff to people. Without it they are "an
	// advocate".
	Names bool
	// Language is that of what staff read; empty: that of the scripts.
	Language string
	// Who answers, Hours and Duty are told before somebody is handed over, in
	// the organization's own words. Duty is what it must report to others.
	Who, Hours, Duty string
	// Words are the three above in other languages, by BCP 47 tag.
	Words map[string]StaffWords
	// Reasons are the words with which a case may be closed.
	Reasons []string
	// Texts are prepared texts by name.
	Texts map[string]string
	// Survey asks one question when a talk is over.
	Survey bool
	// Zone is the clock that staff read; nil: UTC.
	Zone *time.Location
}

// StaffWords are what an organization says of itself before a hand-over.
type StaffWords struct{ Who, Hours, Duty string }

// wordsIn are those words in a language, or else as they are.
func (s *Staff) wordsIn(lang string) StaffWords {
	base, _, _ := strings.Cut(lang, "-")
	for _, tag := range []string{lang, base} {
		if w, ok := s.Words[tag]; ok {
			return w
		}
	}
	return StaffWords{s.Who, s.Hours, s.Duty}
}

// staffText is a text for staff.
func (t *turn) staffText(key string, values map[string]string) string {
	return strings.TrimSpace(t.Library.In(t.bot.Staff.Language).Text(key, values)) // what it names last may be empty
}

// names writes who is meant, for staff.
func (s *Staff) names(who ...desk.StaffID) string {
	names := make([]string, len(who))
	for i, w := range who {
		names[i] = s.Desk.Rota.Name(w)
	}
	return strings.Join(names, ", ")
}

// zone is the clock of staff.
func (s *Staff) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// staffWord is a reason or a kind of danger as staff read it.
func (t *turn) staffWord(word string) string {
	key := flow.StaffWord(word)
	if text := t.staffText(key, nil); text != key {
		return text
	}
	return strings.ReplaceAll(word, "_", " ")
}

// clockOf writes a moment in words that fit a sentence: today, tomorrow, or by
// its date.
func clockOf(voice flow.Voice, at, now time.Time, loc *time.Location) string {
	at, now = at.In(loc), now.In(loc)
	values := map[string]string{"time": at.Format("15:04"), "date": at.Format(time.DateOnly)}
	switch values["date"] {
	case now.Format(time.DateOnly):
		return voice.Text("desk_today", values)
	case now.AddDate(0, 0, 1).Format(time.DateOnly):
		return voice.Text("desk_tomorrow", values)
	}
	return voice.Text("desk_day", values)
}

// staffClock is clockOf for staff.
func (t *turn) staffClock(at time.Time) string {
	s := t.bot.Staff
	return clockOf(t.Library.In(s.Language), at, t.now, s.zone())
}

// away are those who are not there, whatever the rota says.
func (s *Staff) away(tx *store.Tx) (away []desk.StaffID, err error) {
	for _, m := range s.Desk.Rota.Members {
		why, err := tx.Away(m.ID)
		if err != nil {
			return nil, err
		}
		if why != "" {
			away = append(away, m.ID)
		}
	}
	return away, nil
}

// deskAbout is what a person is told before they are handed over: who answers,
// when, how long it may take, and what must be reported. "" without a desk.
func (t *turn) deskAbout() (string, error) {
	s := t.bot.Staff
	if s == nil {
		return "", nil
	}
	away, err := s.away(t.tx)
	if err != nil {
		return "", err
	}
	voice := t.voice()
	own := s.wordsIn(voice.Tag())
	parts := []string{strings.TrimSpace(own.Who), strings.TrimSpace(own.Hours)}
	if on := s.Desk.Rota.On(t.now, away); len(on) > 0 {
		wait := s.Desk.Longest(len(on)).Round(time.Minute)
		parts = append(parts, voice.Text("desk_wait", map[string]string{"minutes": minutes(wait)}))
	} else if from, ok := s.Desk.Rota.Next(t.now); ok {
		parts = append(parts, voice.Text("desk_closed_until", map[string]string{"from": clockOf(voice, from, t.now, t.bot.location(t.p))}))
	} else {
		parts = append(parts, voice.Text("desk_closed_now", nil))
	}
	parts = append(parts, strings.TrimSpace(own.Duty))
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, "\n"), nil
}

func minutes(d time.Duration) string { return strconv.Itoa(max(1, int(d/time.Minute))) }

// recentKept is how many of a person's last texts are kept in memory, so that
// they can be shown to an advocate if the person agrees; recentFor is for how
// long. They are never written down before.
const (
	recentKept  = 6
	recentFor   = 2 * time.Hour
	recentMost  = 10_000 // people
	recentBytes = 1000   // of one text
)

// recent are the last texts of people, in memory alone.
type recent struct {
	mu    sync.Mutex
	texts map[store.PersonID][]recentText
}

type recentText struct {
	id   string // of the message
	at   time.Time
	text string
}

// add remembers the text of a message, once.
func (r *recent) add(id store.PersonID, event, text string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.texts == nil || len(r.texts) >= recentMost {
		r.texts = map[store.PersonID][]recentText{}
	}
	if len(text) > recentBytes {
		text = strings.ToValidUTF8(text[:recentBytes], "") + "…"
	}
	if slices.ContainsFunc(r.texts[id], func(t recentText) bool { return t.id == event }) {
		return // the turn is tried again
	}
	list := append(r.texts[id], recentText{event, now, text})
	r.texts[id] = list[max(0, len(list)-recentKept):]
}

// forget forgets the text of one message.
func (r *recent) forget(id store.PersonID, event string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, there := r.texts[id]; there {
		r.texts[id] = slices.DeleteFunc(r.texts[id], func(t recentText) bool { return t.id == event })
	}
}

// drop forgets what a person said.
func (r *recent) drop(id store.PersonID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.texts, id)
}

// last are the texts that are not too old.
func (r *recent) last(id store.PersonID, now time.Time) (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.texts[id] {
		if now.Sub(t.at) < recentFor {
			list = append(list, t.text)
		}
	}
	return list
}
