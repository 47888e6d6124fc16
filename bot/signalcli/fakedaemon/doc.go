// Package fakedaemon stands in for a signal-cli daemon in tests, only because
// nothing real can run there: a real one needs an account on Signal's servers.
//
// It is not Signal. It has no encryption, no servers, no limits of its own; it
// speaks the daemon's JSON-RPC as transcripts of real daemons show it, and its
// tests hold it to them line by line, so that it cannot drift into what the bot
// would like a daemon to be. Around that it has people with phones, who write and
// read, and faults that a test asks for.
//
// Nothing of the bot imports it but tests.
package fakedaemon
