package flow

// journalTexts are what stands in the journal beside the person's own words.
func journalTexts() []Sentence {
	text := func(key, about, example string) Sentence {
		return Sentence{Key: "journal_" + key, About: about, Example: example}
	}
	return []Sentence{
		text("title", "the title of the file with the journal; it says nothing to others", "Notes"),
		text("made", "in that file, before the time when it was made", "Made"),
		text("written", "in the journal, before the time when an entry was written down", "Written down"),
		text("when", "in the journal, before the time when it happened", "When it happened"),
		text("happened", "in the journal, before what happened", "What happened"),
		text("told", "in the journal, before what the person was told about it", "What I was told"),
		text("noticed", "in the journal, before what the person noticed themselves", "What I noticed"),
		text("left", "in the journal, before what it left the person with", "What it left me with"),
		text("people", "in the journal, before who was there", "People"),
		text("tags", "in the journal, before words to find it by", "Tags"),
		text("changes", "in the journal, before the number of the entry that this one corrects", "Corrects"),
		text("changed", "in the journal, before the number of the entry that corrects this one", "Corrected by"),
		text("head", "in the file, before the hash of the newest entry", "Head of the chain"),
		text("proves", "in the file: what the hashes prove", "Each entry holds the hash of the entry before it. An entry that is changed, taken out or put in later breaks the chain."),
		text("proves_not", "in the file: what the hashes do not prove", "It does not prove that the words are true, or who wrote them. The times are those of the machine that kept them."),
		text("proves_head", "in the file: what the head is for", "Who was given the head earlier can check all that stands before it. Without that, the chain could have been made anew."),
		text("missing", "in the file, when a sign has no picture in its font", "A sign that this page cannot draw stands as a small box. The other file has it."),
	}
}

// lockTexts are what is said about words of the person's own.
func lockTexts() []Sentence {
	text := func(key, about, example string) Sentence {
		return Sentence{Key: "lock_" + key, About: about, Example: example}
	}
	return []Sentence{
		text("ask", "the person's own word is needed first; others may read this", "Your word first, please."),
		text("again", "that was not the word", "Not that one. Once more?"),
		text("open", "that was the word, and nothing else was asked for", "Thank you. It is open for now."),
		text("back", "that was the word, after the decoy", "I am here again. Write menu to see what there is."),
		text("kept", "a word of their own is taken", "That word is set. Capitals do not matter. You could delete the message that has it."),
		text("unfit", "a word that cannot be taken", "That word has another use here, or is too short. It is not set. Another one will do."),
		text("decoy", "what the decoy says when it did not understand", "I know water, word and remind me."),
		{Key: "line_water", About: "a harmless first line that the person may choose; it comes by itself", Example: "Time for a glass of water?"},
		{Key: "line_book", About: "another one", Example: "Your book is due this week."},
		{Key: "line_parcel", About: "another one", Example: "Your parcel is on its way."},
		{Key: "safe_never", About: "something that comes by itself was set outside of the times that the person called safe", Example: "That is outside the times that you told me. So it will not come, until you change one of them."},
		{Key: "safe_unread", About: "some of the times or days that the person called safe cannot be read by this version, and was taken out", Example: "Some of the safe times or days you named cannot be read any more. It is left out. Write safe times to set it again."},
		text("none", "words of their own are gone", "Your own words are taken away. Nothing asks for them now."),
	}
}
