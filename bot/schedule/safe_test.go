package schedule

import (
	"testing"
	"time"
)

func TestSafe(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, windows, quiet string
		at                   string // in Berlin
		want                 bool
	}{
		{"nothing said", "", "", "2026-03-02T03:00", true},
		{"inside", "mon,tue 09:00-12:00", "", "2026-03-02T09:00", true},
		{"at its end", "mon,tue 09:00-12:00", "", "2026-03-02T12:00", false},
		{"another day", "mon,tue 09:00-12:00", "", "2026-03-04T10:00", false},
		{"one of two", "mon 09:00-12:00;wed 18:00-20:00", "", "2026-03-04T19:59", true},
		{"without days", "18:00-20:00", "", "2026-03-07T18:30", true},
		{"past midnight, before it", "fri 22:00-02:00", "", "2026-03-06T23:00", true},
		{"past midnight, after it", "fri 22:00-02:00", "", "2026-03-07T01:59", true},
		{"past midnight, the day before", "fri 22:00-02:00", "", "2026-03-06T01:00", false},
		{"the hour that is left out", "sun 02:00-04:00", "", "2026-03-29T03:30", true},
		{"a quiet date", "", "2026-12-24", "2026-12-24T12:00", false},
		{"the day after it", "", "2026-12-24", "2026-12-25T00:00", true},
		{"some days, the last", "", "2026-12-24..2026-12-27", "2026-12-27T23:59", false},
		{"each friday", "", "fri", "2026-03-06T12:00", false},
		{"every other friday", "", "2026-11-27+14", "2026-12-11T12:00", false},
		{"the friday between", "", "2026-11-27+14", "2026-12-04T12:00", true},
		{"before the first", "", "2026-11-27+14", "2026-11-13T12:00", true},
		{"a quiet day wins over a window", "fri 09:00-12:00", "fri", "2026-03-06T10:00", false},
		{"a window that cannot be read", "someday 9-12", "", "2026-03-06T10:00", false},
		{"every third day, inside", "3d 09:00-12:00", "", "2026-03-06T10:00", true},
		{"every third day, another hour", "3d 09:00-12:00", "", "2026-03-06T13:00", false},
		{"a day that cannot be read", "", "someday", "2026-03-06T10:00", false},
	} {
		at, err := time.ParseInLocation("2006-01-02T15:04", tt.at, berlin)
		if err != nil {
			t.Fatal(err)
		}
		s := ReadSafe(tt.windows, tt.quiet)
		if got := s.On(at); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
		if end := s.Until(at); end.Before(at) || tt.want != end.After(at) || end.Sub(at) > safeLook+time.Minute {
			t.Errorf("%s: until %v", tt.name, end)
		}
	}
	s := ReadSafe("mon 09:00-12:00", "")
	at := time.Date(2026, 3, 2, 9, 15, 30, 0, berlin)
	if got, want := s.Until(at), time.Date(2026, 3, 2, 12, 0, 0, 0, berlin); !got.Equal(want) {
		t.Errorf("the window ends %v, want %v", got, want)
	}
}

// TestMendSafe: what an older program kept, and what nobody can read, is taken out,
// and the rest stays as it was.
func TestMendSafe(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, windows, quiet   string
		wantWindows, wantQuiet string
		changed                bool
	}{
		{"nothing", "", "", "", "", false},
		{"all can be read", "mon,tue 09:00-12:00;18:00-20:00", "fri 2026-11-27+14", "mon,tue 09:00-12:00;18:00-20:00", "fri 2026-11-27+14", false},
		{"every third day", "3d 09:00-12:00;mon 18:00-20:00", "fri", "09:00-12:00;mon 18:00-20:00", "fri", true},
		{"every other day", "2d 09:00-12:00", "", "09:00-12:00", "", true},
		{"hours that nobody can read", "mon whenever", "", "", "", true},
		{"a day that nobody can read", "mon 09:00-12:00", "someday 2026-12-24", "mon 09:00-12:00", "2026-12-24", true},
	} {
		windows, quiet, changed := MendSafe(tt.windows, tt.quiet)
		if windows != tt.wantWindows || quiet != tt.wantQuiet || changed != tt.changed {
			t.Errorf("%s: %q, %q, %t", tt.name, windows, quiet, changed)
		}
		if _, _, again := MendSafe(windows, quiet); again {
			t.Errorf("%s: what was mended is mended again", tt.name)
		}
	}
}

func FuzzSafe(f *testing.F) {
	f.Add("mon 09:00-12:00", "fri 2026-11-27+14", int64(1_700_000_000))
	f.Fuzz(func(t *testing.T, windows, quiet string, at int64) {
		s := ReadSafe(windows, quiet)
		when := time.Unix(at%4_000_000_000, 0).UTC()
		if end := s.Until(when); end.Before(when) || s.On(when) == end.Equal(when) {
			t.Errorf("%q, %q: on %t, until %v after %v", windows, quiet, s.On(when), end, when)
		}
	})
}
