// Package signalcli connects one account on Signal: it is the chat.Transport
// over the JSON-RPC of a signal-cli daemon, which runs as a process of its own
// and is neither started nor configured here.
//
// What it keeps true, and where:
//   - What the daemon hands over is gone on its side. So everything that was read
//     from the socket is on disk, sealed, before more is read (receive.go), and
//     it leaves the disk after the handler has committed it (dispatch.go). What
//     is repeated is known by its sender, device, time and kind.
//   - The daemon has no key that makes a send safe to repeat. So there is one send
//     at a time, its row is on disk before the call and its time stamp after it
//     (send.go, ledger.go), and one whose outcome nobody knows is settled by the
//     receipts of the person's own device, or else by the policy of the message
//     (doubt.go).
//   - Nothing is sent to who did not write first, to who has another safety number
//     since, or into a group but the one line that refuses it (contact.go).
//   - No number, identifier, word or error text of the daemon gets into a log or
//     an error (fault.go).
//
// Texts go out plain: what the bot says has no styles, so none are counted here in
// UTF-16 units, and what a person's styles said is in their words. A choice is the
// numbered list in the text: there are no polls.
//
// The package never decides what to answer and never reads the bot's own store.
// Its ledger must not be restored from a backup: it says what was sent.
package signalcli
