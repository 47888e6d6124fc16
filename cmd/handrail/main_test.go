package main

import (
	"os"
	"testing"
)

// asProgram makes the program of the tests be handrail, for tests that need it as
// a process of its own.
const asProgram = "HANDRAIL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}
