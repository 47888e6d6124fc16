package bot_test

import (
	"testing"
)

// TestStaffAreToldOnce: a notice stands in the room of staff once for each id,
// and nowhere without staff.
func TestStaffAreToldOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "")
	for _, tt := range []struct {
		text, id string
		want     []string
	}{
		{"staff_canary_broken", "1", []string{"staff> text staff_canary_broken"}},
		{"staff_canary_broken", "1", nil},
		{"staff_canary_well", "1", []string{"staff> text staff_canary_well"}},
		{"staff_canary_broken", "2", []string{"staff> text staff_canary_broken"}},
	} {
		if err := h.bot.TellStaff(t.Context(), tt.text, tt.id); err != nil {
			t.Fatal(err)
		}
		h.pass()
		wantNews(t, h.news(), tt.want...)
	}
	w := newWorld(t)
	if err := w.bot.TellStaff(t.Context(), "staff_canary_broken", "1"); err != nil {
		t.Fatal(err)
	}
	w.pass()
	if got := w.heard(); len(got) != 0 {
		t.Errorf("without staff: %q", got)
	}
}
