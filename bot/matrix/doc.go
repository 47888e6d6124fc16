// Package matrix connects one account on a Matrix homeserver: it is the
// chat.Transport for encrypted direct messages, on mautrix.
//
// What it keeps true, and where:
//   - The sync token is written only after every event of that response was
//     committed by the handler (sync.go). A crash therefore repeats events and
//     never loses one; the handler knows the repeated ones by their ids.
//   - An event whose key is missing is on disk before the token moves past it
//     (pending.go), and is handled when the key comes, however late.
//   - A message goes out once: before the request its key is on disk, after it
//     the event id (send.go, ledger.go). After an outcome that nobody knows, the
//     room is searched for the key before anything is sent again (doubt.go).
//   - Nothing goes out unencrypted except into a room that is known to have no
//     encryption, with the caller's leave (send.go).
//   - No user id, room id, token or word of a person gets into a log or an
//     error (fault.go, logbridge.go).
//
// The package never decides what to answer, never reads the bot's own store,
// and keeps its Olm state in a database of its own that must not be restored
// from a backup: old ratchets would make messages that nobody can read. That
// database is a file, or tables on a server (Config.DB), with which another
// process goes on as the same device; that one process has it at a time is its
// caller's part.
package matrix
