//go:build chaos

package main

import (
	"os"
	"strings"
	"time"
)

// wallClock is a clock that the chaos test sets: the time of the machine and what
// stands in a file, as in -2h, on top of it. Only a program that was built for
// that test has it.
func wallClock() func() time.Time {
	path := os.Getenv("HANDRAIL_CHAOS_CLOCK")
	return func() time.Time {
		text, err := os.ReadFile(path)
		if err != nil {
			return time.Now()
		}
		off, err := time.ParseDuration(strings.TrimSpace(string(text)))
		if err != nil { // half written
			panic("the clock of the test is not a span of time")
		}
		return time.Now().Round(0).Add(off)
	}
}
