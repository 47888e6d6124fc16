// Package e2e has no code of its own, only tests: the real binary
// (`handrail run`) against a real homeserver (Dendrite), with a real client
// (matrix-js-sdk) as the person. What counts is what the person's client shows
// and what the homeserver stored; no test looks into the bot.
//
// The tests need Go, gcc, Node 20 and npm and fail with advice where one is
// missing. Everything they start ends with them.
package e2e
