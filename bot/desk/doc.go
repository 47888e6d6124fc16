// Package desk holds the hand-over of a person to a human advocate: the case
// with its deadlines, the rota that says who is on call, the ladder that is
// climbed when nobody comes, the words with which staff work, and the record of
// what they did.
//
// It is pure: a case and an event go in, the changed case and a list of effects
// come out, and the clock is an argument. It never does I/O, it never sees what
// a person writes, and it knows staff by their id only.
//
// # The life of a case
//
//	requested -> offered -> claimed -> closed
//	                 |          |
//	                 +----------+--> returned (the bot has the talk again)
//
// The case belongs to nobody until one advocate claims it. While it is claimed
// and not paused the bot is silent, but for its answers to danger. Every case
// that is open has a deadline or waits for a shift to begin, so that no request
// is forgotten: whatever happens, the person is told in plain words.
package desk
