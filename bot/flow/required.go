package flow

// Sentence describes one text that flows/texts.yaml must have.
type Sentence struct {
	Key string
	// Names are the placeholders that the text may use; those in Must, it has
	// to use.
	Names []string
	Must  []string
	// Words marks a comma list of words that the engine listens for, which is
	// never shown.
	Words   bool
	About   string // what it is for
	Example string // English wording, complete and usable
}

// RequiredTexts lists every text that the engine and the bot say by
// themselves. It is the one place that knows them; Load refuses a library that
// lacks one of them or has one more.
func RequiredTexts() []Sentence {
	var all []Sentence
	for _, part := range [][]Sentence{wordTexts(), engineTexts(), botTexts(), lineTexts(), journalTexts(), lockTexts(), consentTexts(), linkTexts(), deskTexts(), staffTexts(), staffWords()} {
		all = append(all, part...)
	}
	return all
}

func wordTexts() []Sentence {
	return []Sentence{
		{Key: "words_skip", Words: true, About: "go on without answering", Example: "skip, pass, rather not, rather not say, next, not this"},
		{Key: "words_done", Words: true, About: "end a pause or a paced exercise", Example: "done, finished, ready, enough, i am done, im done"},
		{Key: "words_repeat", Words: true, About: "say the question again", Example: "repeat, again, what was the question"},
		{Key: "words_back", Words: true, About: "take the last answer back and ask that question again", Example: "back, go back, one step back, undo"},
		{Key: "words_thanks", Words: true, About: "a thank-you in the middle of something; what waits waits on", Example: "thanks, thank you, ty, ok thanks"},
		{Key: "words_meant", Words: true, About: "begins a correction of the last answer; these words mean nothing else", Example: "i meant, no i meant, sorry i meant, correction"},
		{Key: "words_sorry", Words: true, About: "may begin a correction of the last answer", Example: "i mean, sorry, no wait, actually"},
		{Key: "words_yes", Words: true, About: "yes; the first word is the one that is shown", Example: "yes, y, yeah, yep, yup, ok, okay, sure, please, yes please"},
		{Key: "words_no", Words: true, About: "no; the first word is the one that is shown", Example: "no, n, nope, nah, no thanks, not now"},
		{Key: "words_unsure", Words: true, About: "half a yes or half a no: to a question about safety it is neither", Example: "not really, kind of, sort of, maybe, i guess, i think so, not sure, i dont know"},
		{Key: "words_misread", Words: true, About: "words by which a person says that danger was only misread; also inside an answer", Example: "not that, false alarm, i was joking, just a joke, i meant"},
		{Key: "words_seen", Words: true, About: "how people begin when they name what they see or hear around them", Example: "i see, i can see, i hear, there is, a, an, the, my, some"},
		{Key: "words_same", Words: true, About: "what people write and how a phrase says it, as in: wanna = want to", Example: "spiraling = spiralling, im = i am, dont = do not, him = them, her = them, my ex = them, wanna = want to, texting = text"},
		{Key: "words_small", Words: true, About: "words of little meaning that may stand around and inside a phrase", Example: "i, am, a, the, to, my, me, it, this, just, please, really, so, very, with, hi, hello"},
		{Key: "words_light", Words: true, About: "words that a phrase needs but that add nothing beside one", Example: "want, need, show, give, think"},
		{Key: "words_against", Words: true, About: "words that turn a phrase around when they stand before it or in it", Example: "not, never, almost"},
		{Key: "words_numbers", Words: true, About: "the numbers from 0 on, in order; forms of the same one with / between", Example: "zero, one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve"},
		{Key: "words_places", Words: true, About: "the first choice, the second and so on, in order; forms of the same one with / between", Example: "first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth"},
		{Key: "words_choice", Words: true, About: "words that may stand beside the number of a choice, as in: the second one", Example: "number, option, choice, answer, the, one"},
		{Key: "words_polite", Words: true, About: "courtesy on either side of an answer that changes nothing, as in: the second please", Example: "please, thanks, thank you"},
		{Key: "words_opening", Words: true, About: "words before an answer that change nothing, as in: ok yes; never one that weakens it, such as well", Example: "ok, okay"},
		{Key: "words_article", Words: true, About: "small words that may stand before a choice, as in: a walk", Example: "a, an, the"},
		{Key: "words_avoid", Words: true, About: "words that no text in this language may hold, beside the rules of wording", Example: "drama queen, hysterical"},
		{Key: tellingList, Words: true, About: "words that tell whoever holds the phone what this is about; no message that comes by itself may hold one", Example: "abuse, violence, shelter, helpline"},
		{Key: "words_kept", Words: true, About: "how what is kept is called in the copy that a person gets: name = words; names that are not here are shown as they are", Example: "reasons = My reasons, zone = Time zone"},
		{Key: "words_language", Words: true, About: "how people ask for this language", Example: "english, in english"},
		{Key: "words_of", Words: true, About: "words before the top of a scale, as in: 7 of 10", Example: "of"},
		{Key: "words_strong", Words: true, About: "words that name a thing by themselves, also beside another word", Example: "panic, helpline"},
		{Key: "words_other", Words: true, About: "words for somebody else: what stands behind one is said about them", Example: "mum, friend, sister"},
		{Key: "words_self", Words: true, About: "words for who writes: what stands behind one is said about this person again", Example: "i, we, me"},
		{Key: "words_break", Words: true, About: "words that begin a new thought; no phrase reaches across them", Example: "but, and, because, then"},
	}
}

func engineTexts() []Sentence {
	fromTo := []string{"from", "to"}
	return []Sentence{
		{Key: "language_name", About: "what this language calls itself", Example: "English"},
		{Key: "noted", About: "the answer when a step has nothing else to say", Example: "Noted."},
		{Key: "not_understood", About: "the text was no answer to the question that waits; the choices follow by themselves", Example: "I did not catch that."},
		{Key: "not_understood_help", About: "added from the second miss in a row on", Example: "You can say skip to leave this one out, or menu for everything else."},
		{Key: "not_understood_again", About: "one more text in quick succession that was not understood", Example: "I read that, and could not place it. Help and menu work at any time."},
		{Key: "not_understood_scale", Names: fromTo, Must: fromTo, About: "hint for a scale", Example: "A number from {{from}} to {{to}} is enough."},
		{Key: "not_understood_number", Names: fromTo, Must: fromTo, About: "hint for a number with limits", Example: "A number from {{from}} to {{to}} is enough."},
		{Key: "not_understood_any_number", About: "hint for a number without limits", Example: "A number is enough, like 3."},
		{Key: "not_understood_time", About: "hint for a time", Example: "A time like 9pm or 21:30 works."},
		{Key: "not_understood_days", About: "hint for days", Example: "Days like Monday and Friday work, or every day."},
		{Key: "not_understood_date", About: "hint for a date", Example: "A date like 3 May, 2026-05-03 or next Friday works."},
		{Key: "not_understood_window", About: "hint for a time or a part of the day", Example: "A time like 9pm works, or a part of the day like 6 to 8pm."},
		{Key: "not_understood_span", About: "hint for a length of time", Example: "A length like 3 days or one hour works."},
		{Key: "not_understood_hours", About: "hint for hours of quiet", Example: "Two times like 10pm to 8am work."},
		{Key: "not_understood_zone", About: "hint for a time zone", Example: "The name of a large city near you works, like London or Chicago."},
		{Key: "not_understood_country", About: "hint for a country", Example: "The name of the country works, like Ireland."},
		{Key: "step_back", About: "stands before a question that is asked again because the person went back to it", Example: "One step back."},
		{Key: "no_back", About: "the person wants to go back and there is nothing to go back to; the question that waits follows", Example: "There is nothing before this to go back to."},
		{Key: "changed", About: "stands before what follows when the last answer was changed", Example: "I changed that."},
		{Key: "changed_older", About: "the same for an older answer; the talk goes on from there", Example: "I changed that. We go on from there."},
		{Key: "edit_same", About: "a message was changed and means the same", Example: "That is how I have it."},
		{Key: "withdrawn", About: "stands before the question that is asked again when its answer was taken back", Example: "That answer is gone."},
		{Key: "older_over", Names: []string{"title"}, Must: []string{"title"}, About: "an answer to a question of a talk that is over; a yes/no question, the choices follow by themselves", Example: "That one is over: {{title}}. Shall we begin it again?"},
		{Key: "older_closed", About: "the same while another question waits, which follows", Example: "That question is over. This one is open:"},
		{Key: "joined", About: "a message that goes on with the last text; it was kept with it", Example: "I kept that with it."},
		{Key: "joined_read", About: "a message that goes on with the last text, which is not kept", Example: "I read that too."},
		{Key: "still_open", About: "stands behind joined and same_again when a question waits", Example: "The question above is still open."},
		{Key: "same_again", About: "the same answer came twice at once", Example: "I have that already."},
		{Key: "source_noted", Names: []string{nameSource}, Must: []string{nameSource}, About: "where the last fact is from, in the middle of something; what waits waits on", Example: "From: {{source}}."},
		{Key: "thanks_noted", About: "a thank-you in the middle of something", Example: "All right."},
		{Key: "no_skip", About: "a question that cannot be skipped", Example: "This one I need before we can go on. You can also say menu."},
		{Key: "too_long", About: "an answer that is too long; the question waits on", Example: "That is a lot of text, more than I can keep in one go. Could you send it in smaller parts?"},
		{Key: "moved", About: "a script changed or went away under a running talk", Example: "Something changed here while we were talking. I will start from a good place."},
		{Key: "resume", Names: []string{"title"}, Must: []string{"title"}, About: "a yes/no question when the talk that interrupted is over; the choices follow by themselves", Example: "Shall we go back to {{title}}?"},
		{Key: "resume_no", About: "the person does not want to go back", Example: "All right. We leave it there."},
		{Key: "which", About: "a message may mean two flows; their titles follow as choices", Example: "Which of these fits better?"},
		{Key: "which_other", About: "the last choice under which", Example: "something else"},
		{Key: "pace_cue", Names: []string{"phase", "seconds", "round", "rounds"}, Must: []string{"phase", "seconds"}, About: "one cue of a paced exercise", Example: "{{phase}}, {{seconds}}"},
		{Key: "pace_round", Names: []string{"round", "rounds"}, Must: []string{"round", "rounds"}, About: "a line of its own under each cue", Example: "Round {{round}} of {{rounds}}"},
		{Key: "phase_in", About: "name of the phase: breathing in", Example: "In"},
		{Key: "phase_hold", About: "name of the phase: holding", Example: "Hold"},
		{Key: "phase_out", About: "name of the phase: breathing out", Example: "Out"},
		{Key: "phase_rest", About: "name of the phase: resting after the breath out", Example: "Rest"},
		{Key: "pace_waiting", About: "a text during a paced exercise that nothing else takes", Example: "We are in the middle of this. Say done to end it at any time."},
		{Key: "pause_waiting", Names: []string{"until"}, Must: []string{"until"}, About: "a text during a pause that nothing else takes", Example: "I will be back at {{until}}. Say done to go on now."},
		{Key: "list_empty", About: "an empty list is shown", Example: "There is nothing on this list yet."},
		{Key: "date_past", About: "a start at a date that is over", Example: "That time is over already, so I set nothing."},
		{Key: "snooze_none", About: "something is to come again later, and nothing came by itself lately", Example: "Nothing came by itself today, so there is nothing to bring back."},
		{Key: "chart_words", Names: []string{"what", "marks"}, Must: []string{"what", "marks"}, About: "what a picture shows, for who cannot see it", Example: "{{what}}. {{marks}}"},
		{Key: "chart_none", Names: []string{"days"}, Must: []string{"days"}, About: "instead of a picture, when there is nothing to show", Example: "There are no marks from the last {{days}} days."},
		{Key: "chart_one", Names: []string{"days", "value", "date"}, Must: []string{"value"}, About: "instead of a picture, when there is one mark only", Example: "There is one mark from the last {{days}} days: {{value}}, on {{date}}."},
		{Key: "drop_missing", About: "a line is removed that the list does not have", Example: "I found no line with that number."},
	}
}

func botTexts() []Sentence {
	return []Sentence{
		{Key: "safe_reply", About: "something went wrong on our side; help lines follow", Example: "Something went wrong on my side, not yours. Your message reached me. Here are people you can talk to."},
		{Key: "unreadable", About: "a message that could not be decrypted", Example: "I could not read your last message, it was locked for me. Could you send it once more?"},
		{Key: "media", About: "a picture, a voice note, a file", Example: "I can only read words. Could you write it?"},
		{Key: "empty", About: "a message without words", Example: "That message came without words. You can write help or menu."},
		{Key: "edited", About: "the person changed an old message", Example: "I saw that you changed a message. If it matters now, please send it as a new one."},
		{Key: "call", About: "the person tried to ring", Example: "I am a program and cannot take calls. You can write to me here."},
		{Key: "plaintext", About: "a message without encryption in a room that has it", Example: "Your message came without encryption, so others could read it. I did not use it. Please send it again."},
		{Key: "unencrypted", About: "a room without encryption; sent in clear, so it names nothing", Example: "I only talk in rooms that are encrypted. Please open a new chat with encryption on."},
		{Key: "crowd", About: "more people in the room than one", Example: "I only talk one to one. There are more people in this room. Please open a new chat with me alone."},
		{Key: "flood", About: "too many messages in a short time", Example: "Many messages came at once. I read them in order, please give me a moment."},
		{Key: "opened", About: "a conversation opens", Example: "Hello. You can write hi when you are ready."},
		{Key: "desk_none", About: "a person was asked for, and none can be reached here; help lines follow", Example: "I am a program. No advocate is connected here, and nobody reads this live. These numbers reach people."},
		{Key: "export_title", Names: []string{"date"}, Must: []string{"date"}, About: "first line of the file with what is kept", Example: "What is kept, on {{date}}"},
		{Key: "export_settings", About: "in that file, before the person's answers", Example: "Your answers"},
		{Key: "export_places", About: "in that file, before the apps from which the person writes, where there are two", Example: "Where you write to me"},
		{Key: "export_times", About: "in that file, before what comes by itself", Example: "What comes by itself"},
		{Key: "export_next", Names: []string{"title", "date"}, Must: []string{"title", "date"}, About: "in that file, one thing that comes by itself", Example: "{{title}}, next on {{date}}"},
		{Key: "export_nothing", About: "in that file, when nothing is kept", Example: "Nothing is kept."},
		{Key: "export_refused", About: "when a file cannot be sent, most often because it is too large", Example: "A file did not go through. It may be too large for here."},
		{Key: "late", About: "before a scheduled message that comes late", Example: "This comes later than you asked for."},
	}
}

func lineTexts() []Sentence {
	one := func(key, name, about, example string) Sentence {
		return Sentence{Key: key, Names: []string{name}, Must: []string{name}, About: about, Example: example}
	}
	return []Sentence{
		one("lines_for", "who", "whom a line is for", "For {{who}}."),
		one("lines_call", "phone", "a number to call", "Call {{phone}}."),
		one("lines_text", "number", "a number to text", "Text {{number}}."),
		{Key: "lines_text_word", Names: []string{"number", "word"}, Must: []string{"number", "word"}, About: "a number to text a word to", Example: "Text {{word}} to {{number}}."},
		one("lines_chat", "url", "a chat on the web", "Chat: {{url}}"),
		one("lines_silent", "how", "how to use a line without speaking", "If you cannot speak: {{how}}"),
		{Key: "lines_open", About: "open at this moment", Example: "Open now."},
		{Key: "lines_open_always", About: "open at any time", Example: "Open day and night."},
		{Key: "lines_closed", About: "closed at this moment", Example: "Closed at this moment."},
		{Key: "lines_hours", Names: []string{"hours", "zone"}, Must: []string{"hours"}, About: "opening hours", Example: "Hours: {{hours}}."},
		one("lines_hours_unknown", "url", "opening hours are not known", "I do not know the hours, see {{url}}"),
		{Key: "lines_hours_none", About: "opening hours are not known, and there is no page to look at", Example: "I do not know the hours."},
		{Key: "lines_free", About: "costs nothing", Example: "The call is free."},
		{Key: "lines_not_free", About: "may cost money", Example: "The call may cost money."},
		{Key: "lines_bill", About: "shows on the phone bill", Example: "It can show on the phone bill."},
		{Key: "lines_no_bill", About: "does not show on the phone bill", Example: "It does not show on the phone bill."},
		{Key: "lines_log", About: "stays in the list of calls", Example: "The number stays in your call list until you delete it."},
		one("lines_region", "region", "serves a part of the country only", "Only for {{region}}."),
		one("lines_languages", "languages", "languages spoken", "Languages: {{languages}}."),
		one("lines_checked", "date", "when the numbers were last read in a copy of their source; nobody called them", "These numbers were read in a copy of a public page on {{date}}. They may have changed."),
		one("lines_confirmed", "date", "when the organization that runs the bot made sure of the numbers", "The people who run this bot confirmed these numbers on {{date}}."),
		{Key: "lines_directory", About: "comes after lines that are not for exactly what was asked; a page that lists more follows", Example: "None of these is for exactly this. More lines:"},
		{Key: "lines_none", About: "no line for this need in the country", Example: "I have no line for this that I could check. In danger, the local emergency number is the way."},
		{Key: "lines_danger", About: "goes with lines_country_unknown", Example: "In danger, the local emergency number is the way, if calling is safe."},
		{Key: "lines_country_unknown", About: "the person's country is not known", Example: "I do not know your country yet, so I cannot pick a line. You can tell me with: country"},
	}
}
