package flow

// nameDeskAbout is what the host tells of the desk before a hand-over.
const nameDeskAbout = "desk_about"

// nameDeskAsked tells in a condition whether somebody was asked for already.
const nameDeskAsked = "desk_asked"

// deskTexts are what a person reads of the desk.
func deskTexts() []Sentence {
	return []Sentence{
		{Key: "desk_wait", Names: []string{"minutes"}, Must: []string{"minutes"}, About: "before a hand-over, when somebody is on call", Example: "Somebody is on call now. It can take up to {{minutes}} minutes until they write."},
		{Key: "desk_closed_until", Names: []string{"from"}, Must: []string{"from"}, About: "before a hand-over, when nobody is on call", Example: "Nobody is on call at this moment. The next time is {{from}}."},
		{Key: "desk_closed_now", About: "before a hand-over, when nobody is on call and no time is known", Example: "Nobody is on call at this moment."},
		{Key: "desk_someone", About: "stands for the name of an advocate where names are not shown", Example: "An advocate"},
		{Key: "desk_asked", About: "an advocate was asked for", Example: "I asked. When somebody is here, I say so. Until then you can go on writing to me."},
		{Key: "desk_waiting", About: "the person asks again while nobody has come yet", Example: "I asked already, and nobody has come yet. I keep asking."},
		{Key: "desk_with", Names: []string{"who"}, Must: []string{"who"}, About: "the person asks again while an advocate has the talk", Example: "{{who}} has this talk and can read what you write here."},
		{Key: "desk_claimed", Names: []string{"who"}, Must: []string{"who"}, About: "an advocate took the case", Example: "{{who}} is here now. What you write goes to them, and I keep quiet. Stop ends it at any time."},
		{Key: "desk_opened", Names: []string{"who"}, Must: []string{"who"}, About: "an advocate began a talk with the person", Example: "{{who}} would like to write to you. What you write goes to them. Stop ends it at any time."},
		{Key: "desk_again", About: "the advocate cannot go on, and another one is asked", Example: "The person you wrote with cannot go on. I am asking somebody else. I am here meanwhile."},
		{Key: "desk_passed", Names: []string{"who"}, Must: []string{"who"}, About: "the case is passed to a named colleague", Example: "{{who}} was asked to go on with this talk. I am here meanwhile."},
		{Key: "desk_joined", Names: []string{"who"}, Must: []string{"who"}, About: "a colleague was invited into the talk", Example: "{{who}} was asked in, and can read and write here from now on."},
		{Key: "desk_paused", About: "the advocate lets the bot speak meanwhile", Example: "The advocate takes a break. You can write to me meanwhile, as before."},
		{Key: "desk_resumed", Names: []string{"who"}, Must: []string{"who"}, About: "the break of the advocate is over", Example: "{{who}} is back. What you write goes to them again."},
		{Key: "desk_closed", About: "the advocate ended the talk", Example: "The talk with the advocate is over. I am here again. You can ask for a person whenever you want to."},
		{Key: "desk_withdrawn", About: "the person no longer wants an advocate", Example: "OK. The talk with the advocate is over. I am here."},
		{Key: "desk_still_asking", About: "nobody on call came, everybody is asked now", Example: "Nobody has come yet. I am asking more people now."},
		{Key: "desk_nobody", About: "no advocate can come; help lines follow", Example: "No advocate can come now. I am sorry about the wait. These people answer."},
		{Key: "desk_nobody_until", Names: []string{"from"}, Must: []string{"from"}, About: "no advocate can come until the next shift; help lines follow", Example: "No advocate can come now. The next time is {{from}}, and your request stays on the list. Until then, these people answer."},
		{Key: "desk_still_there", About: "the person has not answered the advocate for a while", Example: "Are you still there? There is no hurry."},
		{Key: "desk_quiet", About: "the person has not answered, and the talk ends", Example: "The talk with the advocate ends here for now, because it was quiet. You can ask for a person again at any time. I am here."},
		{Key: "desk_today", Names: []string{"time"}, Must: []string{"time"}, About: "at what time of today something is; fits into a sentence", Example: "today at {{time}}"},
		{Key: "desk_tomorrow", Names: []string{"time"}, Must: []string{"time"}, About: "at what time of tomorrow something is; fits into a sentence", Example: "tomorrow at {{time}}"},
		{Key: "desk_day", Names: []string{"date", "time"}, Must: []string{"date", "time"}, About: "when something is; fits into a sentence", Example: "on {{date}} at {{time}}"},
		{Key: "desk_offer", About: "below help lines, where people of the organization can take over; the word in it begins the flow human", Example: "Or write human, and I ask somebody of the team here."},
		{Key: "desk_asking_one", About: "the one who is asked directly is asked now", Example: "Still nobody. I am asking one more person now."},
		{Key: "desk_asked_anew", About: "a shift begins, and the request is offered again", Example: "Somebody is on call again, and I asked for you. When somebody is here, I say so."},
		{Key: "desk_left", Names: []string{"who"}, Must: []string{"who"}, About: "a colleague who was asked in is away", Example: "{{who}} is no longer in this talk. It goes on."},
		{Key: "desk_unasked", About: "the person no longer wants the advocate who has not come yet", Example: "OK. I ask for nobody any more. You can ask again whenever you want to."},
		{Key: "desk_request_over", About: "staff closed a request that nobody took; help lines follow", Example: "No advocate takes your request this time, and it is off the list. I am sorry. You can ask again whenever you want to. These people answer."},
		{Key: "desk_survey", About: "one question after a talk with an advocate", Example: "One question, if you like: how was it to write with the advocate, from 1 (not good) to 5 (good)? You can leave it out."},
		{Key: "desk_survey_thanks", About: "the answer to that question came", Example: "Noted, without your name."},
	}
}

// staffTexts are what staff read.
func staffTexts() []Sentence {
	return []Sentence{
		{Key: "staff_new", Names: []string{"case", "word", "lang"}, Must: []string{"case"}, About: "begins the thread of a case", Example: "{{case}} asks for a person. Reason: {{word}}. Language: {{lang}}."},
		{Key: "staff_opened", Names: []string{"case", "who"}, Must: []string{"case", "who"}, About: "begins the thread of a case that staff opened", Example: "{{case}}: {{who}} opened a talk."},
		{Key: "staff_offer", Names: []string{"to"}, Must: []string{"to"}, About: "a case is offered to one on call", Example: "{{to}}, can you take this? React with a thumb up, or write claim."},
		{Key: "staff_everyone", Names: []string{"to"}, About: "a case is offered to everybody", Example: "Nobody on call has come. Whoever can: react with a thumb up, or write claim."},
		{Key: "staff_fallback", Names: []string{"case"}, Must: []string{"case"}, About: "to the fallback person alone", Example: "{{case}} waits, and nobody has come. Please look at it in the room of staff, or write claim {{case}} here."},
		{Key: "staff_nobody", Names: []string{"case"}, About: "nobody came, and the person was told", Example: "Nobody came. The person was told, and has help lines. It can still be claimed."},
		{Key: "staff_asks_again", Names: []string{"case"}, About: "the person asks once more", Example: "The person asks again."},
		{Key: "staff_claimed", Names: []string{"who"}, Must: []string{"who"}, About: "a case was claimed", Example: "{{who}} has it. What you write here goes to the person; begin with note for what does not. help tells the words."},
		{Key: "staff_released", Names: []string{"who"}, Must: []string{"who"}, About: "a case was given back", Example: "{{who}} gave it back."},
		{Key: "staff_passed", Names: []string{"who", "to"}, Must: []string{"who", "to"}, About: "a case was passed to a colleague", Example: "{{who}} asks {{to}} to take it. React with a thumb up, or write claim."},
		{Key: "staff_passed_on", Names: []string{"who", "word"}, Must: []string{"who", "word"}, About: "a case was passed to whoever writes a language", Example: "{{who}} passes it on, to somebody who writes {{word}}."},
		{Key: "staff_invited", Names: []string{"who", "to"}, Must: []string{"who", "to"}, About: "a colleague was invited", Example: "{{who}} asked {{to}} in. {{to}}, what you write here goes to the person."},
		{Key: "staff_paused", Names: []string{"who"}, Must: []string{"who"}, About: "a case was paused", Example: "{{who}} pauses. The bot answers meanwhile. resume ends it."},
		{Key: "staff_resumed", Names: []string{"who"}, Must: []string{"who"}, About: "a pause is over", Example: "{{who}} is back. The bot is quiet."},
		{Key: "staff_closed", Names: []string{"who", "word"}, Must: []string{"who"}, About: "a case was closed", Example: "{{who}} closed it. {{word}}"},
		{Key: "staff_reminder", Names: []string{"to"}, Must: []string{"to"}, About: "the holder has not answered for a while", Example: "{{to}}, the person waits for an answer. Soon it is offered to others."},
		{Key: "staff_taken_back", Names: []string{"to"}, Must: []string{"to"}, About: "the holder did not answer", Example: "{{to}} did not answer, so it is offered again."},
		{Key: "staff_still_paused", Names: []string{"to"}, Must: []string{"to"}, About: "a case is paused for long", Example: "{{to}}, this is still paused. resume ends the pause, pause makes it longer. Soon it is offered to others."},
		{Key: "staff_asked_still_there", About: "the bot asked whether the person is there", Example: "The person has not written for a while. I asked whether they are there."},
		{Key: "staff_quiet", About: "the person did not answer, and the case ended", Example: "The person did not answer. The talk ended gently."},
		{Key: "staff_withdrawn", About: "the person ended it", Example: "The person ended it. Nothing that is written here reaches them."},
		{Key: "staff_alarm", Names: []string{"word"}, Must: []string{"word"}, About: "danger was heard in what the person wrote", Example: "Danger was heard in the last message: {{word}}. The bot has answered with its own words for it, too."},
		{Key: "staff_left", Names: []string{"case"}, About: "the person left the chat in a hurry", Example: "The person used the word for leaving quickly. Somebody may be looking. Please write nothing until they write again."},
		{Key: "staff_knocked", About: "staff wrote to somebody who has been away: a plain line goes first", Example: "The person has not written for a while. I wrote a plain line first. What you write follows when they answer."},
		{Key: "staff_unsafe", About: "the same, at a time that the person does not call safe", Example: "This is no time at which the person wants to hear from us. What you write follows when they write again."},
		{Key: "staff_read", About: "the person is back, and has what staff wrote meanwhile", Example: "The person is here again, and has what you wrote."},
		{Key: "staff_keys", Names: []string{"case"}, About: "the keys of a person's Signal account changed", Example: "The keys of this person's Signal have changed: a new phone, or somebody else. Nothing is sent to them until whoever runs this has compared the safety number. What you write here waits, too."},
		{Key: "staff_keys_nobody", About: "the same, of somebody without a case", Example: "The keys of somebody on Signal have changed: a new phone, or somebody else. Nothing is sent to them until whoever runs this has compared the safety number."},
		{Key: "staff_in_doubt", Names: []string{"case"}, About: "a message to the person that may not have been sent", Example: "Nobody can tell whether the last message reached the person. It is not sent again."},
		{Key: "staff_in_doubt_nobody", About: "the same, of somebody without a case", Example: "Nobody can tell whether a message reached somebody on Signal. It is not sent again."},
		{Key: "staff_erased", Names: []string{"case"}, Must: []string{"case"}, About: "the person erased everything", Example: "{{case}}: the person erased everything. What crossed is being removed."},
		{Key: "staff_shared", Names: []string{"what"}, Must: []string{"what"}, About: "what the person agreed to share", Example: "Shared by the person:\n{{what}}"},
		{Key: "staff_shared_nothing", About: "the person shares nothing of before", Example: "Nothing of what was said before is shared."},
		{Key: "staff_media", About: "staff sent what is no text", Example: "I can carry words only. That did not reach the person."},
		{Key: "staff_unreadable", About: "a message of staff that could not be decrypted", Example: "I could not read that message, so it reached nobody. Please send it again."},
		{Key: "staff_place_left", About: "staff reacted to what the person wrote in an app that they have left since", Example: "The person does not use the app any more in which they wrote that. That did not reach them. Words do."},
		{Key: "staff_over", About: "a case is over", Example: "This case is over. Nothing that is written here reaches the person. open begins a new one."},
		{Key: "staff_free", About: "nobody has the case", Example: "Nobody has this case. Claim it first. That did not reach the person."},
		{Key: "staff_held", Names: []string{"who"}, Must: []string{"who"}, About: "somebody else has the case", Example: "{{who}} has this case. That had no effect."},
		{Key: "staff_yours", About: "the case is theirs already", Example: "It is yours already."},
		{Key: "staff_unknown", About: "a colleague that is not in the list", Example: "I know no colleague and no language of that name. That had no effect."},
		{Key: "staff_invited_already", About: "a colleague who was invited already", Example: "They are in it already."},
		{Key: "staff_paused_already", About: "a case that is paused", Example: "It stays paused. resume ends the pause."},
		{Key: "staff_not_paused", About: "a case that is not paused", Example: "It is not paused."},
		{Key: "staff_unclear", About: "an order that is none", Example: "I do not know that order, and nothing was sent. help tells the words. say, and then words, sends words that look like an order."},
		{Key: "staff_no_text", Names: []string{"names"}, Must: []string{"names"}, About: "a prepared text that is not there", Example: "There is no text of that name. There are: {{names}}"},
		{Key: "staff_stranger", About: "somebody writes who is not staff", Example: "Only those whom the configuration names as staff can do anything here."},
		{Key: "staff_doubted", Names: []string{"who"}, Must: []string{"who"}, About: "a device that is not confirmed", Example: "{{who}}, this device is not confirmed. Nothing was done. Confirm it with your other device."},
		{Key: "staff_has", Names: []string{"who", "case"}, Must: []string{"who", "case"}, About: "who has a case, for those who do not read it", Example: "{{who}} has it. The talk is in the room {{case}}."},
		{Key: "staff_elsewhere", Names: []string{"case"}, Must: []string{"case"}, About: "words for the person outside of the room of a case", Example: "Write that in the room {{case}}. It did not reach the person."},
		{Key: "staff_not_yours", About: "somebody changes what a colleague wrote", Example: "Only whoever wrote a message can change it. Nothing changed for the person."},
		{Key: "staff_new_keys", Names: []string{"who", "code"}, Must: []string{"who", "code"}, About: "the keys of one of staff have changed", Example: "{{who}}, your keys have changed. Nothing was done. A colleague who has asked you yourself can write: confirm {{who}} {{code}}"},
		{Key: "staff_confirmed", Names: []string{"who"}, Must: []string{"who"}, About: "changed keys were confirmed", Example: "{{who}} is confirmed."},
		{Key: "staff_not_confirmed", About: "an order to confirm keys that does not fit", Example: "There is nothing to confirm by that name and number. Another person of staff writes: confirm, the name, and the number that stood there."},
		{Key: "staff_stopped", Names: []string{"case"}, Must: []string{"case"}, About: "staff opens a case of somebody who wants no messages", Example: "{{case}} asked for no messages. I do not write to them first."},
		{Key: "staff_which", About: "an order outside of a thread", Example: "Write that in the thread of a case, or name the case: claim K7."},
		{Key: "staff_no_case", About: "a case that is not known", Example: "I know no such case."},
		{Key: "staff_help", Names: []string{"reasons", "names"}, Must: []string{"reasons"}, About: "the words of staff", Example: "In the thread of a case:\nclaim, or a thumb up.\nrelease, pause, resume.\npass (or invite), and a name or language.\nclose, or with: {{reasons}}.\nnote, and words for colleagues.\nsay, and words that look like an order.\ntext, with: {{names}}.\nopen, after one is over.\nAnywhere: on call, cases, away, here."},
		{Key: "staff_on_call", Names: []string{"who", "until"}, Must: []string{"who", "until"}, About: "who is on call", Example: "On call until {{until}}: {{who}}"},
		{Key: "staff_on_call_none", Names: []string{"from"}, Must: []string{"from"}, About: "nobody is on call", Example: "Nobody is on call. Next: {{from}}"},
		{Key: "staff_never", About: "no shift is to come", Example: "no shift is planned"},
		{Key: "staff_absent", Names: []string{"who"}, Must: []string{"who"}, About: "a colleague who is away was named", Example: "{{who}} is away. That had no effect."},
		{Key: "staff_case_waits", Names: []string{"case", "since"}, Must: []string{"case", "since"}, About: "a line of the open cases: nobody has it yet", Example: "{{case}} waits. It was asked for {{since}}."},
		{Key: "staff_case_held", Names: []string{"case", "who", "since"}, Must: []string{"case", "who", "since"}, About: "a line of the open cases: somebody has it", Example: "{{case}}: {{who}} has it. It was asked for {{since}}."},
		{Key: "staff_case_paused", Names: []string{"case", "who", "since"}, Must: []string{"case", "who", "since"}, About: "a line of the open cases: whoever has it pauses", Example: "{{case}}: {{who}} has it, and pauses. It was asked for {{since}}."},
		{Key: "staff_case_bot", Names: []string{"case", "since"}, Must: []string{"case", "since"}, About: "a line of the open cases: nobody came", Example: "{{case}}: nobody came, and the bot has the talk. It was asked for {{since}}, and can be claimed."},
		{Key: "staff_cases_none", About: "there are no open cases", Example: "No case is open."},
		{Key: "staff_shift", Names: []string{"what"}, Must: []string{"what"}, About: "a shift begins or ends", Example: "The shift changes. {{what}}"},
		{Key: "staff_away", Names: []string{"who"}, Must: []string{"who"}, About: "somebody goes away", Example: "{{who}} is away. here ends it."},
		{Key: "staff_here", Names: []string{"who"}, Must: []string{"who"}, About: "somebody comes back", Example: "{{who}} is here."},
		{Key: "staff_failed", Names: []string{"case"}, Must: []string{"case"}, About: "a deadline of a case could not be met, whatever was tried", Example: "{{case}}: my clock for this case stopped. The person was told that something went wrong, and has help lines. It can still be claimed."},
		{Key: "staff_canary_broken", About: "the made-up person who tests the whole way was not answered, once until it is again", Example: "My own test got no answer, so people may get none either. Please tell whoever runs me."},
		{Key: "staff_canary_well", About: "the test is answered again", Example: "My own test is answered again."},
		{Key: "staff_lost", About: "something went wrong with a message of staff", Example: "Something went wrong with that message, and it reached nobody. Please send it again."},
	}
}

// StaffWord is the key of the text that says a reason or a kind of danger to
// staff, as in "self_harm"; there may be none.
func StaffWord(word string) string { return "staff_word_" + word }

// staffWords are reasons and kinds of danger as staff read them.
func staffWords() []Sentence {
	var list []Sentence
	for _, w := range [][2]string{
		{"asked", "asked for it"},
		{"danger", "danger"},
		{"worried", "worry"},
		{"other", "another one"},
		{"missed", "the bot does not understand them"},
		{"duress", "somebody may make them write"},
		{"crisis", "danger"},
		{"check", "perhaps danger"},
		{"unsure", "perhaps danger"},
		{"witness", "danger to somebody else"},
		{"child", "a child"},
		{"hopeless", "no hope"},
		{"locked_in", "locked in"},
		{"medical", "a medical emergency"},
		{"other_person", "harm to somebody else"},
		{"own_behaviour", "harm by their own hand"},
		{"partner_suicide", "a partner who speaks of suicide"},
		{"self_harm", "self-harm"},
		{"sexual", "sexual violence"},
		{"stalking", "stalking"},
		{"strangulation", "strangulation"},
		{"suicide", "suicide"},
		{"violence", "violence"},
		{"watched", "somebody watches"},
		{"weapon", "a weapon"},
	} {
		list = append(list, Sentence{Key: StaffWord(w[0]), About: "a reason or a kind of danger, as staff read it", Example: w[1]})
	}
	return list
}
