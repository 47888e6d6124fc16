package flow

// hovers says in one line what each key of a script is for. An editor shows it
// beside the key; flows/README.md has the whole of it. A key that means
// something else in a verb or a kind of question stands as "verb.key".
func hovers() map[string]string {
	return map[string]string{
		"flow": "The id of this flow. The file has the same name.", "title": "What a person reads in the menu, or when asked whether to go back.",
		"about": "One line for staff.", "start": "Phrases that open the flow when no question takes them.",
		"anywhere": "Phrases heard at any moment, before the question that waits. The whole message.",
		"first":    "Phrases heard before everything else, even before the crisis words. Only for stop and exit.",
		"idle":     "Phrases heard only when nothing is open.", "menu": "Its place in the menu.",
		"hears": "Kinds of answers that open the flow when nothing waits and the whole message is one.",
		"modes": "The situations in whose menu it stands. Left out: all.", "safe": "The step where a talk goes on when this file was changed under it.",
		"resume": "false: when something else interrupts it, it is let go.", "private": "true: only for who gave their own word, where they have set one.", "review": "Who of the clinical staff read it, and when.",
		"steps": "What happens, in order.",

		"say": "Sends a message.", "ask": "Asks, and waits for the answer.", "pace": "Paced breathing, in seconds.",
		"wait": "Waits: 30s, 15m, 2h, 1d. The person goes on sooner with done.", "if": "One way or the other.",
		"set": "Remembers something about the person.", "show": "Shows one of the person's own lists.", "drop": "Takes a line off a list.",
		"call": "Does another flow and comes back.", "goto": "Goes on at another step of this flow.", "run": "Leaves for another flow, for good.",
		"menu.menu": "Shows the menu.", "every": "Starts a flow again and again. The value is the name of the schedule.",
		"cancel": "Ends a schedule, those of a kind, or all of them.", "snooze": "What came by itself last comes again after this time.",
		"opening": "The message that opened the flow is tried as the answer first.",
		"kind":    "What it is: how late it may come, and what happens after an outage, go by it.",
		"plus":    "So many days after the date, or before it with a minus.", "step_down": "The flow that asks once whether to go on, when many went unanswered. Before that they come less often.",
		"organization": "true: what the organization set up for this kind in its configuration.", "quiet": "Nothing unprompted for a time, until the person asks (stop), or not any more (off).",
		"lines": "Shows help lines for what is needed.", "hide": "Takes back what the bot said in that time, or all.",
		"export": "Sends the person's own data as a file.", "forget": "Erases: all, a list, or names.",
		"hand_over": "Asks for a human advocate.", "chart": "A picture of the person's own marks on a list.", "consent": "What came by itself last goes on from today (again), or ends with all of its kind (end).", "secret": "Hands the last answer over as a word of the person's own: word, duress, exit; or none.", "link": "About another app of the person's: a code to connect it, and what becomes of the two.", "record": "Writes an entry of a journal, which is never changed afterwards.", "end": "Ends this flow.",
		"keep": "Adds the last answer to one of the person's own lists.", "at": "Starts a flow once, at a date.",

		"name": "Needed only where a goto or safe points at this step.", "any": "Other wordings. The same one never comes twice in a row.",
		"source": "Where the fact in this text comes from.", "ask.keep": "Remembers the answer under a name, or on a list.",
		"no_reply": "What happens when no answer comes.", "not_understood": "What happens instead of the usual sentence.",
		"skip": "false: the question cannot be left out.", "safety": "A question about safety: which way danger, doubt and a false alarm go.",
		"witness":  "The answer tells what happened: it is kept also where words of danger are in it, and safety is asked about once.",
		"greeting": "The harmless line with which a flow begins that comes by itself. The person's own line comes in its place, if they have one.",
		"senses":   "The answer names things in the room: a knife block is no alarm.",
		"pick":     "Choices, in the order in which they are shown.", "yes_no": "Yes or no.", "scale": "A number between two ends.",
		"number": "A number.", "text": "Free words.", "time": "A time of day.", "zone": "Where the person's clock is, by a large city.",
		"country": "The country, for help lines.", "days": "Days of the week.", "date": "A date.", "span": "A length of time, like 3 days.", "hours": "A part of the day, like 10pm to 8am.", "language": "One of the languages that are there.",
		"words": "Other names for in, hold, out, rest.", "do": "When it is so.", "else": "When it is not.",
		"keep.text": "What to write on the list; left out: the last answer.", "up_to": "How many lines at most.",
		"numbered": "With numbers before the lines.", "newest": "The newest first.", "show.pick": "Which lines when there are more.",
		"short": "Only the beginning of each line.", "show.number": "This line alone.",
		"record.date": "A name that holds the date when it happened.", "record.time": "A name that holds the time of day.",
		"happened": "A name that holds what happened.", "told": "A name that holds what the person was told.", "noticed": "A name that holds what they noticed.",
		"left": "A name that holds what it left them with.", "people": "A name that holds who was there, with commas between.",
		"tags": "A name that holds words to find it by.", "changes": "A name that holds the number of the entry that this one corrects.",
		"none": "What to say when the list is empty.", "chart.title": "What stands above the picture.", "alt": "The same in words, for who cannot see it.",
		"chart.days": "How many days back.", "from": "The lowest mark there is.", "to": "The highest mark there is.",
		"drop.number": "Which line, counted from the oldest.", "every.flow": "The flow that is started.", "at.flow": "The flow that is started.",
		"every.at": "The person's own clock: \"21:00\", a window \"18:00-20:00\", or a name that holds one.", "every.days": "Only on these days, or 2d for every other day.",
		"cron": "Five fields, instead of at.", "fresh_for": "Later than this, it is left out.", "at.date": "A name that holds a date, or +7d.",
		"at.time": "The person's own clock.", "past": "What happens when the date is over already.",
	}
}

// hover is the description of a key: in a verb, or in the head for "".
func hover(verb, key string) string {
	h := hovers()
	if s := h[verb+"."+key]; s != "" {
		return s
	}
	return h[key]
}

// described adds what an editor shows when one points at the key.
func described(verb, key string, o object) object {
	if s := hover(verb, key); s != "" {
		o["description"] = s
	}
	return o
}
