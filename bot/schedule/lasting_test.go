package schedule

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestManySafeTimes: nobody is held in silence because they said a lot.
func TestManySafeTimes(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	if !ReadSafe(strings.Repeat("mon 09:00-12:00;", 3*mostSafe), "").On(monday) {
		t.Error("many windows, and none of them is safe")
	}
	var past strings.Builder
	for i := range 3 * mostSafe {
		fmt.Fprint(&past, monday.AddDate(0, 0, -1-i).Format(time.DateOnly), " ")
	}
	for range mostSafe {
		past.WriteString("2026-12-24 ")
	}
	if !ReadSafe("", LastingDays(past.String(), monday)).On(monday) {
		t.Error("many quiet days that are over, and none after them is safe")
	}
	if !ReadSafe("", strings.Repeat("2026-12-24 ", 60)).On(monday) {
		t.Error("sixty quiet days hold all others back")
	}
}

func TestLastingDays(t *testing.T) {
	t.Parallel()
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 3, 1, 0, 0, 0, auckland) // still the second in UTC
	for _, tt := range []struct{ name, quiet, want string }{
		{"none", "", ""},
		{"over", "2026-03-02 ", ""},
		{"today", "2026-03-03 ", "2026-03-03"},
		{"days that are over", "2026-02-27..2026-03-02 2026-03-04", "2026-03-04"},
		{"days that end today", "2026-02-27..2026-03-03", "2026-02-27..2026-03-03"},
		{"each week, begun long ago", "2025-03-02+7 fri", "2025-03-02+7 fri"},
		{"twice", "fri 2026-03-04 fri 2026-03-04 ", "fri 2026-03-04"},
		{"what cannot be read stays", "someday 2026-03-01", "someday"},
	} {
		if got := LastingDays(tt.quiet, now); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
