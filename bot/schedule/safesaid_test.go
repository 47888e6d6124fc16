package schedule

import (
	"testing"
	"time"
)

// TestSafeTimesAreSaid: what is kept of safe times is said as people say it.
func TestSafeTimesAreSaid(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, lang, value, want string }{
		{"safe_times", "en", "mon,wed 20:00-22:00", "Monday and Wednesday, from 20:00 to 22:00"},
		{"safe_times", "en", "mon,tue,wed,thu,fri 14:00-16:00;sun 09:00-10:00", "Monday to Friday, from 14:00 to 16:00; Sunday, from 09:00 to 10:00"},
		{"safe_times", "en", "18:00-20:00", "from 18:00 to 20:00"},
		{"safe_times", "en", "mon 06:00-23:00", "Monday, from 06:00 to 23:00"},
		{"safe_times", "en", "3d 09:00-12:00 x", ""},
		{"safe_times", "en", "3d 09:00-12:00", ""},
		{"safe_times", "es", "mon,wed 20:00-22:00", "lunes y miércoles, de 20:00 a 22:00"},
		{"quiet_days", "en", "2026-12-24", "Thursday, 24 December 2026"},
		{"quiet_days", "en", "2026-12-24..2026-12-27 fri ", "Thursday, 24 December 2026 to Sunday, 27 December 2026; Friday"},
		{"quiet_days", "en", "2026-03-06+14 2026-03-05+7", "every other week from Friday, 6 March 2026; every week from Thursday, 5 March 2026"},
		{"quiet_days", "en", "2026-03-06+3", ""},
		{"quiet_days", "en", "whenever", ""},
		{"quiet_days", "es", "2026-03-06+14", "cada dos semanas desde el viernes, 6 de marzo de 2026"},
		{"quiet_days", "es", "2026-12-24..2026-12-27", "del jueves, 24 de diciembre de 2026 al domingo, 27 de diciembre de 2026"},
	} {
		_, got, ok := Readers()[tt.name](tt.value, tt.lang, time.Time{})
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s in %s: %q, %t, want %q", tt.value, tt.lang, got, ok, tt.want)
		}
	}
}
