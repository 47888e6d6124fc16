// Package bot is the conversation host: it connects the networks, the scripts,
// the crisis words, the help lines, the clock and the store. It decides nothing
// that a script can decide, and it is the only place where all of them meet.
//
// # How one message travels
//
//  1. A transport hands a chat.Message to Handle. It hands the same message up
//     again until Handle has returned nil.
//  2. Handle takes the person's lock, reads the clock once and opens one
//     transaction. A message id seen before commits nothing.
//  3. The safety order is always the same: stop and exit words, then the crisis
//     scan (in every state, of every text), then words heard anywhere, then the
//     step that waits, then start phrases, then the catch-all. The first two are
//     decided here, the rest inside flow.Library.Step. There is always a reply.
//  4. Step takes the session and the input and returns the next session and a
//     list of effects. It does no I/O.
//  5. apply turns every effect into rows: a Say into an outbox row, a Wait into a
//     timer row that names the session's sequence number, an Every into a
//     schedule with its next due time, an At into a schedule that comes once. Session and rows commit together, or not
//     at all.
//  6. Deliver takes the oldest row of every conversation that is due, sends it
//     under a key that never changes, and deletes it. Order is kept within a
//     conversation; one conversation that is stuck holds up no other.
//
// A scheduled message takes the same road from step 4 on: Fire claims what is
// due, writes the next occurrence in the same transaction, and steps.
//
// # When the scripts change
//
// Swap puts other scripts, crisis words and help lines in the place of those in
// use. A turn takes them once, when it has the person's lock. A frame of a
// session names the revision of its script; the library that turns run on finds
// older revisions too, because the store keeps every set of scripts that
// somebody is in the middle of, also over a restart. Each person's row says in
// clear which sets those are.
//
// # What a person takes back
//
// Hide turns into removals in the person's own lane, which wait until nothing
// else does. Forgetting destroys the key and all rows in the transaction of the
// wish; the last line goes out to a person without a past, who goes when it was
// sent. Before, the bot goes out of their room, by a row of the outbox like any
// message, unless they have written again by then. Who invites it anew, or writes
// to it on a network that knows no leaving, is a stranger.
//
// # When something breaks
//
// A store error is returned to the transport, which delivers again; if it goes
// on, the person gets a fixed reply past the store. An error or a panic of the
// engine would come again, so the transaction is rolled back and a second one
// keeps the message id, a fixed reply with help lines and a count for the
// operator, and puts the session back to its beginning. A send that fails is
// tried again with growing pauses; one that can never succeed becomes a dead row
// without content.
//
// # Several copies
//
// Copies of the program can share a database on a server (store.Options.Shared).
// A copy fires its share of what is due, each row in a transaction that first
// locks the person. For an Account one of them speaks at a time: it holds a lease,
// renews it while it lives (keeper), and sends and receives until the lease may be
// over by its own clock (shared). What it settles is bound to the lease's epoch, so
// that a copy that was stopped and goes on can neither settle nor keep anything. A
// copy fires for an account of another only while that one lives and has read what
// came in.
//
// # What is never done here
//
// No words of a person are logged or put into an error. No goroutine belongs to
// a conversation: a session is a row. There is no SQL in this package.
package bot
