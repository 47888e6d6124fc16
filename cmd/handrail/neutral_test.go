package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestTellingNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, user, device string
		want               int
	}{
		{"plain", "@robin:example.org", "bot", 0},
		{"local part alone", "robin", "phone", 0},
		{"the server does not count", "@robin:survivors.example.org", "bot", 0},
		{"the user", "@women.support:example.org", "bot", 1},
		{"with a hyphen", "@crisis-line:example.org", "bot", 1},
		{"the device", "@robin:example.org", "Violence helpline", 1},
		{"both", "@shelter:example.org", "support", 2},
		{"Spanish", "@apoyo.mujeres:example.org", "bot", 1},
		{"German", "@robin:example.org", "Frauenhaus", 1},
		{"French", "@aide-femmes:example.org", "bot", 1},
		{"Portuguese, with its accents", "@robin:example.org", "Violência", 1},
		{"the program", "@handrail:example.org", "bot", 1},
		{"the organization", "@harbour-house:example.org", "bot", 1},
	}
	if got := tellingNames(Config{Staff: Staff{RoomName: "Frauenhaus"}}); len(got) != 1 || got[0].Rule != "staff.room_name" {
		t.Errorf("the room of staff: %v", got)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := defaults()
			cfg.Matrix.User, cfg.Matrix.DeviceName = tt.user, tt.device
			cfg.OrganizationNames = []string{"Harbour House"}
			if got := tellingNames(cfg); len(got) != tt.want {
				t.Errorf("%v", got)
			}
			var out bytes.Buffer
			warnOfNames(cfg, slog.New(slog.NewTextHandler(&out, nil)))
			if got := strings.Count(out.String(), "level=WARN"); got != tt.want {
				t.Errorf("%d warnings", got)
			}
		})
	}
}
