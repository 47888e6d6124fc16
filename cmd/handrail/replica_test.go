package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestProcessDead: a process of this machine that has ended is told from one
// that lives and from one of elsewhere.
func TestProcessDead(t *testing.T) {
	t.Parallel()
	self := thisProcess()
	parts := strings.Fields(self)
	if len(parts) != 4 {
		t.Fatalf("this process is %q", self)
	}
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	with := func(i int, value string) string {
		other := append([]string(nil), parts...)
		other[i] = value
		return strings.Join(other, " ")
	}
	for _, tt := range []struct {
		name, process string
		dead          bool
	}{
		{"itself", self, false},
		{"unknown", "", false},
		{"another program's words", "something else", false},
		{"before the system was started", with(0, "11111111-2222-3333-4444-555555555555"), false},
		{"in another container", with(1, "pid:[1]"), false},
		{"the same number, begun earlier", with(3, "1"), true},
		{"ended", with(2, "4194303"), true},
		{"not a number", with(2, "x"), false},
	} {
		if got := processDead(tt.process); got != tt.dead {
			t.Errorf("%s: dead %v", tt.name, got)
		}
	}
}
