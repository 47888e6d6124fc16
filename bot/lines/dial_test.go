package lines

import (
	"strings"
	"testing"
)

// TestUndialableSays: who wrote a number learns what is wrong with it.
func TestUndialableSays(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, country, number, says string }{
		{"too short", "US", "555-0100", "it has 7 digits, a number of this country that is no short code has 10 to 11"},
		{"one length alone", "FR", "0 800 05 95 950", "it has 11 digits, a number of this country that is no short code has 10"},
		{"a wrong beginning", "ES", "116 016 016", "begins with one of: 6 7 8 9"},
		{"the country's code", "GB", "+44 808 2000 247", "without the country's code"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := undialable(row.country, row.number); !strings.Contains(got, row.says) {
				t.Errorf("got %q, want %q", got, row.says)
			}
		})
	}
}
