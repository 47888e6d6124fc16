package schedule

import (
	"testing"
	"time"
)

func TestReadPastDate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 28, 21, 0, 0, 0, time.UTC) // a Saturday
	tests := []struct{ text, want string }{
		{"today", "2026-03-28"},
		{"this morning", "2026-03-28"},
		{"yesterday", "2026-03-27"},
		{"Last night.", "2026-03-27"},
		{"the day before yesterday", "2026-03-26"},
		{"friday", "2026-03-27"},
		{"last friday", "2026-03-27"},
		{"saturday", "2026-03-28"},
		{"last saturday", "2026-03-21"},
		{"sunday", "2026-03-22"},
		{"3 days ago", "2026-03-25"},
		{"two weeks ago", "2026-03-14"},
		{"a week ago", "2026-03-21"},
		{"3 May", "2025-05-03"},
		{"3 March", "2026-03-03"},
		{"2024-12-24", "2024-12-24"},
		{"28 March", "2026-03-28"},
		{"tomorrow", ""},
		{"in 10 days", ""},
		{"2027-01-01", ""},
		{"soon", ""},
		{"", ""},
		{" ago", ""},
	}
	for _, tt := range tests {
		got, echo, ok := ReadPastDate(tt.text, now)
		if got != tt.want || ok != (tt.want != "") || ok && echo == "" {
			t.Errorf("%q is %q (%q, %v), want %q", tt.text, got, echo, ok, tt.want)
		}
	}
}
