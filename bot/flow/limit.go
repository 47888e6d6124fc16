package flow

import "time"

// Limits. Those of a script are findings of Load; those of a session are kept
// by Step.
const (
	// MaxFileBytes is the size from which a script is refused unread.
	MaxFileBytes = 256 << 10
	// MaxNesting is how deep the mappings and lists of a script may nest.
	MaxNesting = 40
	// MaxFlows is how many scripts a folder may hold.
	MaxFlows = 2000
	// MaxPhrases is how many phrases a flow may have of one kind.
	MaxPhrases = 1000
	// MaxCalls is how many calls may be open at once in one conversation.
	MaxCalls = 3
	// MaxSteps is how many steps one input may run through.
	MaxSteps = 200
	// MaxSay is the longest message in runes; a longer one is cut on a
	// character and ends in an ellipsis.
	MaxSay = 4000
	// MaxAnswer is the longest answer to a question in runes.
	MaxAnswer = 8000
	// MaxPast is how many answers of a talk can be taken back or changed.
	MaxPast = 8
	// MaxPastBytes bounds what they may hold of older values.
	MaxPastBytes = 16 << 10
	// BackAfterEnd is how long the last answer of a talk that is over can still
	// be taken back.
	BackAfterEnd = 10 * time.Minute
	// JoinWithin is how soon after a text another one goes on with it.
	JoinWithin = 2 * time.Minute
	// TapWithin is for how long the same answer, written before the next question
	// could be seen, is a second sending of it.
	TapWithin = time.Hour
	// TapIdleWithin is the same after the end, where nothing more is known.
	TapIdleWithin = 20 * time.Second
	// TapTold is how long it takes to read that an answer came twice and to give
	// it once more.
	TapTold = 3 * time.Second
	// MissAgainWithin is how soon after a text that was not understood another
	// one is answered in short.
	MissAgainWithin = 20 * time.Second
	// MaxText is the longest text in runes that a script may write for one
	// message.
	MaxText = 300

	maxExpression = 500 // bytes of a condition
	maxNodes      = 100 // nodes of a condition
	maxMemory     = 10_000
	longestWait   = 31 * 24 * time.Hour
	maxCorrection = 40   // bytes of the words that begin a correction
	maxHeard      = 2048 // bytes of a message that are compared with phrases
)
