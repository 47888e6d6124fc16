// Package homeserver builds and runs a Matrix homeserver (Dendrite) on
// loopback, for the end-to-end tests and for `handrail demo`.
//
// Dendrite is compiled from its published module, in a module of its own, into
// the user's cache directory, and runs as a process of its own. This package
// never links it, never listens on anything but loopback, and is no way to run
// a homeserver for people: its password hashing is weak on purpose and its
// federation is off.
package homeserver
