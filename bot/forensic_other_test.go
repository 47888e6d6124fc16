//go:build !linux

package bot_test

import "testing"

// watched is true where a test was run under watch, which needs Linux.
func watched(*testing.T) bool { return false }
