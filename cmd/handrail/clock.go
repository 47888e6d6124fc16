//go:build !chaos

package main

import "time"

// wallClock is what the bot calls now.
func wallClock() func() time.Time { return time.Now }
