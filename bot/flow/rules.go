package flow

import "fmt"

// Rule tells about one rule that findings name.
type Rule struct {
	Name string
	What string // what it refuses
	Why  string
	Mend string // what to do about a finding
	// Waivable: a comment with a reason may excuse a line.
	Waivable bool
}

// Rules lists the rules of Load, those of structure first.
func Rules() []Rule {
	list := []Rule{
		{Name: ruleSyntax, What: "a file that is no YAML, is empty, or holds two documents", Why: "nothing in it can be read for certain", Mend: "look at the line and the one before it: mostly a colon, a quote or the indentation is missing"},
		{Name: ruleSize, What: fmt.Sprintf("a file of more than %d kB, more than %d scripts or more than %d phrases of one kind", MaxFileBytes>>10, MaxFlows, MaxPhrases), Why: "no script is that long; a file that is may be made to block the program", Mend: "split the flow and call its parts"},
		{Name: ruleDepth, What: fmt.Sprintf("lists and mappings nested more than %d deep", MaxNesting), Why: "nobody can read that, and it may be made to block the program", Mend: "move a branch into a flow of its own and call it"},
		{Name: ruleAlias, What: "anchors (&) and aliases (*) of YAML", Why: "they make a text mean something that is not written where it stands", Mend: "write it out, or put the text in quotes if it only begins with & or *"},
		{Name: ruleType, What: "a value of the wrong kind, like a list where a text belongs", Why: "it would do something else than what is seen", Mend: "write the kind that the message names; put quotes around a text that looks like a number or yes and no"},
		{Name: ruleUnknownKey, What: "a key that does not exist there", Why: "a misspelt key would silently do nothing", Mend: "use the key that the message offers, or take it out"},
		{Name: ruleDuplicateKey, What: "a key that stands twice", Why: "only one of the two would count", Mend: "keep one"},
		{Name: ruleMissing, What: "something that has to be there and is not", Why: "the step or the file could not work", Mend: "add what the message names"},
		{Name: ruleVerb, What: "a step with no verb or with two, a question with two kinds", Why: "a step does one thing", Mend: "write two steps, or check the spelling of the verb"},
		{Name: ruleValue, What: "a value outside of what is possible", Why: "it could not be carried out", Mend: "take a value that the message allows"},
		{Name: ruleName, What: "two steps of the same name", Why: "a goto would not know which", Mend: "rename one"},
		{Name: ruleUnknownStep, What: "a goto or safe that names no step of the flow", Why: "the talk would end there", Mend: "give the step that name, or correct it"},
		{Name: ruleUnknownFlow, What: "a call, run or every that names no flow", Why: "the talk would end there", Mend: "correct the name, see handrail flows list"},
		{Name: ruleUnknownVar, What: "a name in a text or a condition that no step sets", Why: "it would always be empty", Mend: "set it or keep it somewhere, or correct the name"},
		{Name: ruleUnknownList, What: "a list that nothing is ever kept on", Why: "it would always be empty", Mend: "keep something on it, or correct the name"},
		{Name: ruleUnknownText, What: "a text in texts.yaml that nothing uses", Why: "its key is misspelt, or it is left over", Mend: "correct the key or take it out"},
		{Name: ruleVarType, What: "a name that is a number in one place and a text in another", Why: "a condition about it would be wrong half of the time", Mend: "use two names"},
		{Name: ruleTemplate, What: "a placeholder in {{ }} that cannot be filled", Why: "people would read the braces, or nothing", Mend: "write {{name}} or {{name | or \"word\"}} with a name that exists there"},
		{Name: ruleCondition, What: "a condition that makes no sense or is not allowed", Why: "it could not be decided", Mend: "compare with ==, !=, <, >=; join with and, or, not"},
		{Name: ruleLoop, What: "a way that comes back to itself without a question or a wait", Why: "it would send messages without end", Mend: "put an ask or a wait on the way"},
		{Name: ruleUnreachable, What: "a step that no way leads to", Why: "nobody will ever see it; mostly a goto before it is wrong", Mend: "lead there, or take it out"},
		{Name: ruleCall, What: fmt.Sprintf("calls that come back to where they began, or nest more than %d deep", MaxCalls), Why: "the person could not find the way back", Mend: "use run for one of them"},
		{Name: rulePhrase, What: "a phrase that two flows claim, or that the program needs itself", Why: "only one of them would ever hear it", Mend: "take it out in one place, or make it longer"},
		{Name: ruleOption, What: "a choice that cannot be chosen: a number, a word twice, too few or too many", Why: "people would get another answer than they gave", Mend: "give each choice words of its own"},
		{Name: ruleHiddenOption, What: "a choice whose word opens another flow", Why: "words of anywhere and first are heard before the question", Mend: "use another word, or let the choice call that flow", Waivable: true},
		{Name: ruleSafety, What: "a question about safety whose choices do not fit together", Why: "an answer that is not understood has to have a way, and never that of a calm one", Mend: "name choices of the question under safety; take out not_understood, which is never said there"},
		{Name: ruleReader, What: "a kind of question that this program cannot read", Why: "no answer would ever be understood", Mend: "ask for text"},
		{Name: ruleMenu, What: "two flows at one place of the menu", Why: "their order would be left to chance", Mend: "take another number"},
		{Name: ruleFile, What: "a flow in a file of another name", Why: "nobody would find it", Mend: "rename the file or the flow"},
		{Name: ruleSchedule, What: "a schedule that cannot be: a wrong cron line, a cancel of nothing", Why: "nothing would come, or something would come for ever", Mend: "correct the name or the times"},
		{Name: ruleForget, What: "a step behind forget: all that asks, waits, keeps something or goes to another flow", Why: "the person is forgotten there: no answer could be tied to them, and nothing may be kept", Mend: "only say something behind it, and end"},
		{Name: ruleWaiver, What: "a waiver that is not needed, gives no reason, or excuses what cannot be excused", Why: "left over waivers hide the next fault", Mend: "write # lint: allow RULE because REASON on the line or the one before, or take it out"},
		{Name: ruleTranslation, What: "a flow that is translated in part, or whose translation is fuzzy or out of date", Why: "nobody is spoken to in two languages at once: until it is mended, the whole flow is said in the language of the scripts", Mend: "run handrail flows extract LANG, fill in what is empty in the PO file, read over what is fuzzy and take the mark away"},
		{Name: ruleLongText, What: fmt.Sprintf("a message of more than %d characters", MaxText), Why: "under stress nobody reads a long message on a small screen", Mend: "split it or say less", Waivable: true},
		{Name: ruleSentence, What: fmt.Sprintf("a sentence of more than %d words", longestSentence), Why: "the texts are for a reading age of nine to eleven, since stress takes years off it", Mend: "make two sentences", Waivable: true},
		{Name: ruleMessages, What: fmt.Sprintf("more than %d messages in a row", mostMessages), Why: "a wall of messages pushes the first one off the screen", Mend: "say less, or ask in between", Waivable: true},
		{Name: ruleChoices, What: fmt.Sprintf("more than %d choices", mostChoices), Why: "choosing from many is hard in a hard moment", Mend: "ask two questions, or leave the rare ones to \"something else\"", Waivable: true},
		{Name: ruleExclamation, What: "an exclamation mark", Why: "it sounds cheerful or shouted", Mend: "use a full stop", Waivable: true},
		{Name: ruleEmoji, What: "an emoji", Why: "it looks different on each phone, and a picture of a mood is seldom the reader's", Mend: "use words", Waivable: true},
		{Name: ruleNever, What: "a comparison that no answer can ever meet, or that all do", Why: "a branch that is never taken looks like care and is none; mostly a word is misspelt", Mend: "compare with one of the choices, letter by letter; after yes_no with true or false"},
		{Name: ruleUnseen, What: "a sign that nobody can see: a control, a mark that turns the direction of writing, a blank of no width", Why: "the text would say something else than what is read, and a phrase with it is never heard", Mend: "write the line anew, without copying it"},
		{Name: ruleHelp, What: "a flow help that is not opened by the word help at any moment, or that asks before it shows numbers", Why: "help is one message away, in every state", Mend: "put help under anywhere, and lines before any question"},
		{Name: ruleQuestions, What: "two questions in one message", Why: "the answer fits only one of them, and nobody knows which", Mend: "ask one, or make one of them a sentence", Waivable: true},
		{Name: ruleContact, What: "a phone number, a web or a mail address in a text", Why: "numbers grow old and differ by country; in the directory each has a source, a date and hours", Mend: "use lines, and put the number into the folder lines", Waivable: true},
		{Name: ruleLongWord, What: fmt.Sprintf("a word of more than %d letters", longestWord), Why: "long words are the first that stress makes unreadable", Mend: "take a shorter one, or two", Waivable: true},
		{Name: ruleAbbreviation, What: "a shortened form, like etc. or DV", Why: "who does not know it feels shut out, and who knows it may know it otherwise", Mend: "write it out", Waivable: true},
		{Name: ruleTitle, What: fmt.Sprintf("a title of more than %d characters", longestTitle), Why: "it is one line of a menu on a small screen", Mend: "say it shorter; about has room for the rest", Waivable: true},
		{Name: ruleNoReply, What: "a first question without no_reply in a flow that comes by itself", Why: "silence is no signal: who does not answer must find a calm end, and not a question that waits for days", Mend: "add no_reply with after and end", Waivable: true},
		{Name: ruleCadence, What: "an every that asks something more often than once a week, without step_down", Why: "who does not answer for days must get less, and at last be asked once whether to go on: never the same question for ever", Mend: "add step_down with a flow that asks: more, fewer or none; or let it come once a week", Waivable: true},
		{Name: ruleUnprompted, What: "something of the person's own, a number or a telling word in a message that comes by itself", Why: "somebody else may hold the phone when it comes", Mend: "begin with a harmless line and a question, and go on after the answer", Waivable: true},
		{Name: ruleGreeting, What: "a flow that comes by itself and does not begin with a greeting", Why: "what is seen on a locked phone is the first line: it must be harmless alone, or the person's own, and nothing may follow it before an answer", Mend: "begin with a question that tells nothing, like \"Hi. Is now all right?\", with greeting: true", Waivable: true},
		{Name: ruleSource, What: "a fact without a source", Why: "nobody can check it, or notice when it is no longer so", Mend: "add source beside say, or leave the fact out", Waivable: true},
		{Name: ruleNoSkip, What: "a question that cannot be skipped", Why: "nobody owes an answer", Mend: "take skip: false out; when the talk cannot go on without an answer, end it kindly", Waivable: true},
		{Name: ruleWayOut, What: "choices none of which says no, not now or something else", Why: "who finds no choice that fits picks a wrong one or leaves", Mend: "add a choice like \"something else\" or \"not now\"", Waivable: true},
	}
	list = append(list, Rule{Name: ruleWordingList, What: "a word of the list words_avoid in texts.yaml or in a translation", Why: "who owns the scripts has found that it hurts or is misread", Mend: "say it in other words, or take the word off the list", Waivable: true})
	for _, w := range wordings() {
		list = append(list, Rule{Name: w.name, What: w.what + ", as in \"" + w.phrases[0] + "\"", Why: w.why, Mend: w.mend, Waivable: true})
	}
	return list
}
