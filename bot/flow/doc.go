// Package flow is the script language and its engine. Load reads scripts in
// YAML, reports every fault with file, line and column, and compiles them;
// Library.Step takes a session and one input and answers with the new session
// and the effects that the host has to carry out.
//
// The package is pure: beyond reading the files that Load is given it does no
// I/O, reads no clock, starts no goroutine, writes no log and keeps no state
// between calls. The same session, input and seed give the same effects.
//
// A script is a list of steps, each with one verb. The compiler turns it into a
// graph in which each step knows the step after it, so that a session needs to
// remember no more than the path of the step that waits.
package flow
