package bot

import (
	"strings"

	"handrail/bot/schedule"
)

// varQuietHours holds the person's own quiet hours, "22:00-08:00", or "none".
const varQuietHours = "quiet_hours"

// quietHours are the person's own, where they chose some, else those of the
// organization.
func (t *turn) quietHours() schedule.QuietHours {
	own, _ := t.p.Vars[varQuietHours].(string)
	if own == "none" {
		return schedule.QuietHours{}
	}
	from, to, _ := strings.Cut(own, "-")
	if q := (schedule.QuietHours{From: from, To: to}); own != "" && q.Check() == nil {
		return q
	}
	return t.bot.Quiet
}
