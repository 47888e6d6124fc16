package main

import (
	"time"

	"handrail/bot/lines"
)

// renderAll words help lines as the bot does.
func renderAll(c content, found []lines.Line, now time.Time) string {
	return lines.Render(found, now, c.library.Text)
}

// wrongExamples are the examples beside the crisis words that do not do what
// they are examples of.
func (c content) wrongExamples(folder string) (faults []finding) {
	return nil
}
