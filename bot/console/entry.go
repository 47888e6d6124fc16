package console

import (
	"fmt"
	"strconv"
	"strings"

	"handrail/bot/chat"
)

// Act tells what an Entry does.
type Act int

// The acts of a talk.
const (
	Wrote   Act = iota // a new text
	Edited             // an earlier text now reads so
	Removed            // an earlier text was taken back
	Reacted            // Text is the emoji
	Image              // Text is the alternative text
	File               // Text is the name
	Replied            // a new text, in reply to an earlier message of the other side
	AtOnce             // a new text; the next one comes before the bot can answer
)

// Entry is one thing that somebody did in the talk.
type Entry struct {
	Bot   bool // else the person, or a member of staff
	There bool // in the person's other app
	Staff bool // said among staff
	// Who is the member of staff who did it, or to whom alone the bot says it.
	Who string
	// Place is where a member of staff wrote it, if not in the thread of the
	// newest case: "room", "alone" with the bot, or the name of a case.
	Place string
	Act   Act
	Text  string
	// Back counts which message is meant, from the newest, which is 1: of the
	// person's own for Edited and Removed, of the bot's for Reacted and Replied.
	// 0 is the newest where nobody counted.
	Back int
}

// Marks before the lines of a talk.
const (
	markPerson = "< "
	markBot    = "> "
	markMore   = "  "
	markStaff  = "staff"
)

// markThere begins what is said in the person's other app.
const markThere = "[there] "

// Body is the entry without its mark: the text, or the act in brackets.
func (e Entry) Body() string {
	if e.There {
		e.There = false
		return markThere + e.Body()
	}
	if e.Back > 0 {
		switch e.Act {
		case Edited:
			return fmt.Sprintf("[edit %d] %s", e.Back, e.Text)
		case Removed:
			return fmt.Sprintf("[remove %d]", e.Back)
		case Reacted:
			return fmt.Sprintf("[reaction %s %d]", e.Text, e.Back)
		case Replied:
			return fmt.Sprintf("[reply %d] %s", e.Back, e.Text)
		}
	}
	switch e.Act {
	case Edited:
		return "[edited] " + e.Text
	case Removed:
		return "[removed]"
	case Reacted:
		return "[reaction " + e.Text + "]"
	case AtOnce:
		return "[at once] " + e.Text
	case Image:
		return "[image: " + e.Text + "]"
	case File:
		return "[file: " + e.Text + "]"
	default:
		return e.Text
	}
}

// String is the entry as a transcript shows it, without a final line break:
// "< " before what the person did, "> " before what the bot did, two spaces
// before each further line.
func (e Entry) String() string {
	return e.mark() + strings.Join(SplitLines(e.Body()), "\n"+markMore)
}

// mark is what stands before the words.
func (e Entry) mark() string {
	mark := markPerson
	if e.Bot {
		mark = markBot
	}
	switch {
	case !e.Staff:
		return mark
	case e.Who == "":
		return markStaff + mark
	}
	return markStaff + "(" + strings.TrimSpace(e.Who+" "+e.Place) + ")" + mark
}

// ReadBody is the reverse of Body for what a person does: plain words, or one
// of "[edited] text", "[removed]", "[reaction x]", "[image: alt]", "[file: name]",
// "[reply N] text", "[edit N] text", "[remove N]", "[reaction x N]", where N
// counts messages back, and "[at once] text". "[there] " before any of them says
// that it comes from the person's other app.
func ReadBody(body string) Entry {
	if rest, ok := strings.CutPrefix(body, markThere); ok {
		e := ReadBody(rest)
		e.There = true
		return e
	}
	if e, ok := readCounted(body); ok {
		return e
	}
	if text, ok := strings.CutPrefix(body, "[at once] "); ok {
		return Entry{Act: AtOnce, Text: text}
	}
	if text, ok := strings.CutPrefix(body, "[edited] "); ok {
		return Entry{Act: Edited, Text: text}
	}
	inner, ok := strings.CutPrefix(body, "[")
	if !ok || !strings.HasSuffix(inner, "]") {
		return Entry{Text: body}
	}
	inner = strings.TrimSuffix(inner, "]")
	if inner == "removed" {
		return Entry{Act: Removed}
	}
	if text, ok := strings.CutPrefix(inner, "reaction "); ok {
		return Entry{Act: Reacted, Text: text}
	}
	if text, ok := strings.CutPrefix(inner, "image: "); ok {
		return Entry{Act: Image, Text: text}
	}
	if text, ok := strings.CutPrefix(inner, "file: "); ok {
		return Entry{Act: File, Text: text}
	}
	return Entry{Text: body}
}

// readCounted reads what names a message by its number.
func readCounted(body string) (e Entry, ok bool) {
	inner, text, ok := strings.Cut(strings.TrimPrefix(body, "["), "]")
	words := strings.Fields(inner)
	if !ok || !strings.HasPrefix(body, "[") || len(words) < 2 {
		return e, false
	}
	e.Back, _ = strconv.Atoi(words[len(words)-1])
	text, spaced := strings.CutPrefix(text, " ")
	switch {
	case e.Back < 1:
		return e, false
	case words[0] == "reply" && len(words) == 2 && spaced:
		e.Act, e.Text = Replied, text
	case words[0] == "edit" && len(words) == 2 && spaced:
		e.Act, e.Text = Edited, text
	case words[0] == "remove" && len(words) == 2 && text == "":
		e.Act = Removed
	case words[0] == "reaction" && len(words) == 3 && text == "":
		e.Act, e.Text = Reacted, words[1]
	default:
		return e, false
	}
	return e, true
}

// SplitLines cuts a text into lines, whatever ends them.
func SplitLines(text string) []string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	return strings.Split(text, "\n")
}

// kind maps what a person does to what a network would hand to the bot.
func (e Entry) kind() chat.Kind {
	switch e.Act {
	case Edited:
		return chat.KindEdit
	case Removed:
		return chat.KindRemoval
	case Reacted:
		return chat.KindReaction
	case Image, File:
		return chat.KindMedia
	default:
		return chat.KindText
	}
}
