// Package flows holds what the bot says as data: the scripts (*.yaml), its own
// sentences (texts.yaml), their translations (locale), the crisis words
// (crisis), the help lines (lines) and the transcripts that test them
// (testdata). It has one embedded file system and no logic; it never reads,
// checks or runs what it holds.
package flows

import "embed"

// FS is the folder as it was at build time. bot/flow loads the scripts from its
// root and locale, bot/crisis and bot/lines load from the folders of their name.
//
//go:embed *.yaml crisis lines locale testdata
var FS embed.FS
