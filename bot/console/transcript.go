package console

import (
	"fmt"
	"strings"
	"time"
)

// Transcript is a talk in a file: a test that a counsellor can read and write.
//
//	# a comment
//	@ 2026-03-28T20:59 Europe/Berlin
//	< /start checkin
//	@ +1d
//	> How was today? ...
//	< 3
//	! timer checkin 2026-03-30T21:00+02:00
//
// "<" is the person, ">" the bot, two spaces continue the message above, "@"
// moves the clock, "!" asserts something about what the bot remembers. An
// expected message that ends in "..." is compared up to there.
//
// With a line "[desk]" or "[desk FILE]" before anything happens there is staff:
// "staff(mara)<" is written by Mara in the thread of the newest case, "staff>" is
// what the bot says there, "staff(mara)>" what it says to her alone. "[restart]"
// and "[restart +20m]" stop the bot and start it again. "[second person joins]",
// "[second person leaves]" and "[person leaves]" are about who is in the room.
type Transcript struct {
	File  string
	Desk  string // the file that describes the desk; empty: there is none
	Turns []Turn
	Lines []string // the file itself
}

// TurnKind tells what a Turn does.
type TurnKind int

// The kinds of turns.
const (
	TurnSay     TurnKind = iota // "<"
	TurnMove                    // "@"
	TurnAssert                  // "!"
	TurnRestart                 // "[restart]"; Text is how long it is off
	TurnRoom                    // "[second person joins]" and the like; Text is which
)

// deskFile describes the desk where a transcript names no file.
const deskFile = "desk.yaml"

// Turn is one thing to do and what the bot is expected to say after it.
type Turn struct {
	Kind   TurnKind
	Text   string // what stands behind the mark
	Line   int    // of the mark, from 1
	Last   int    // last line of Text
	Who    string // the member of staff who says it; empty: the person
	Place  string // where they do
	Expect []Expected
}

// Expected is one message of the bot as the file has it.
type Expected struct {
	Body  string
	Line  int    // first line, from 1
	Last  int    // last line
	Staff bool   // it is said among staff
	Who   string // to this one alone
}

// mark is what stands before the words.
func (e Expected) mark() string { return Entry{Bot: true, Staff: e.Staff, Who: e.Who}.mark() }

// Fault is a mistake in a transcript or a difference from what the bot does.
type Fault struct {
	File    string
	Line    int
	Message string
}

func (f Fault) Error() string { return f.String() }

// String is "file:line:1: message (transcript)".
func (f Fault) String() string {
	return fmt.Sprintf("%s:%d:1: %s (transcript)", f.File, f.Line, f.Message)
}

// ParseTranscript reads a transcript. The error is a Fault.
func ParseTranscript(file string, data []byte) (*Transcript, error) {
	t := &Transcript{File: file, Lines: strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n"), "\n")}
	p := transcriptParser{t: t}
	for i, line := range t.Lines {
		if err := p.line(i+1, line); err != "" {
			return nil, Fault{File: file, Line: i + 1, Message: err}
		}
	}
	if len(t.Turns) == 0 {
		return nil, Fault{File: file, Line: 1, Message: `nothing happens here: begin with a line "< hi"`}
	}
	return t, nil
}

type transcriptParser struct {
	t     *Transcript
	more  *string // the message that a continuation line belongs to
	last  *int
	blank int // blank lines since, which belong to it when it goes on
}

func (p *transcriptParser) line(n int, line string) (fault string) {
	if strings.TrimSpace(line) == "" {
		p.blank++
		return ""
	}
	if rest, ok := strings.CutPrefix(line, markMore); ok {
		if p.more == nil {
			return "this line continues nothing: begin it with <, >, @, ! or #"
		}
		*p.more += strings.Repeat("\n", p.blank+1) + rest
		*p.last = n
		p.blank = 0
		return ""
	}
	p.more, p.last, p.blank = nil, nil, 0
	if e, rest, ok := readStaff(line); ok {
		return p.mark(n, line, e, rest)
	}
	mark, rest := line[:1], strings.TrimPrefix(line[1:], " ")
	if mark == "#" {
		return ""
	}
	if mark == "[" {
		return p.bracket(n, line)
	}
	if len(line) > 1 && line[1] != ' ' {
		return fmt.Sprintf("put a space behind the first sign, or begin the line with <, >, @, ! or #: %q", firstRunes(line, 20))
	}
	switch mark {
	case "@", "!":
		kind := map[string]TurnKind{"@": TurnMove, "!": TurnAssert}[mark]
		p.t.Turns = append(p.t.Turns, Turn{Kind: kind, Text: rest, Line: n, Last: n})
		return ""
	case "<", ">":
		return p.mark(n, line, Entry{Bot: mark == ">"}, rest)
	}
	return fmt.Sprintf("begin the line with <, >, @, ! or #: %q", firstRunes(line, 20))
}

// mark takes a line that somebody says.
func (p *transcriptParser) mark(n int, line string, e Entry, rest string) (fault string) {
	if e.Staff && p.t.Desk == "" {
		return "there is no desk here: begin the transcript with the line [desk]"
	}
	if !e.Bot {
		p.t.Turns = append(p.t.Turns, Turn{Kind: TurnSay, Text: rest, Line: n, Last: n, Who: e.Who, Place: e.Place})
		turn := &p.t.Turns[len(p.t.Turns)-1]
		p.more, p.last = &turn.Text, &turn.Last
		return ""
	}
	turn := p.replyTo()
	if turn == nil {
		return "the bot says nothing before the person does or the clock moves"
	}
	turn.Expect = append(turn.Expect, Expected{Body: rest, Line: n, Last: n, Staff: e.Staff, Who: e.Who})
	x := &turn.Expect[len(turn.Expect)-1]
	p.more, p.last = &x.Body, &x.Last
	return ""
}

// bracket takes a line that is about the bot itself.
func (p *transcriptParser) bracket(n int, line string) (fault string) {
	words := strings.Fields(strings.TrimSuffix(strings.TrimPrefix(line, "["), "]"))
	closed := strings.HasSuffix(line, "]")
	switch {
	case closed && len(words) > 0 && len(words) < 3 && words[0] == "desk" && len(p.t.Turns) == 0:
		p.t.Desk = deskFile
		if len(words) == 2 {
			p.t.Desk = words[1]
		}
	case closed && len(words) > 0 && len(words) < 3 && words[0] == "restart" && len(p.t.Turns) > 0:
		p.t.Turns = append(p.t.Turns, Turn{Kind: TurnRestart, Text: strings.Join(words[1:], ""), Line: n, Last: n})
	case closed && isRoomAct(strings.Join(words, " ")) && len(p.t.Turns) > 0:
		p.t.Turns = append(p.t.Turns, Turn{Kind: TurnRoom, Text: strings.Join(words, " "), Line: n, Last: n})
	default:
		return fmt.Sprintf("write [desk] or [desk FILE] before anything else, or [restart], [restart +20m], [%s], [%s] or [%s] later: %q",
			secondJoins, secondLeaves, personLeaves, firstRunes(line, 20))
	}
	return ""
}

// replyTo is the turn that a message of the bot answers.
func (p *transcriptParser) replyTo() *Turn {
	if len(p.t.Turns) == 0 {
		return nil
	}
	turn := &p.t.Turns[len(p.t.Turns)-1]
	if turn.Kind == TurnAssert {
		return nil
	}
	return turn
}

// Start is the moment and zone at which the talk begins: those of an "@" line
// with a full date before anything else, or the given ones.
func (t *Transcript) Start(at time.Time, zone *time.Location) (time.Time, *time.Location, error) {
	first := t.Turns[0]
	if first.Kind != TurnMove || strings.HasPrefix(first.Text, "+") {
		return at, zone, nil
	}
	text, _ := cutLang(first.Text)
	start, err := ParseMove(text, at.In(zone))
	if err != nil {
		return at, zone, Fault{File: t.File, Line: first.Line, Message: err.Error()}
	}
	if strings.Contains(text, " ") {
		zone = start.Location()
	}
	return start, zone, nil
}

// Lang is the person's language: the third word of an "@" line with a full date
// and a zone before anything else. "": not said.
func (t *Transcript) Lang() string {
	if first := t.Turns[0]; first.Kind == TurnMove {
		_, lang := cutLang(first.Text)
		return lang
	}
	return ""
}

// cutLang takes the language off a moment like "2026-03-02T21:30 Europe/Madrid es".
func cutLang(moment string) (rest, lang string) {
	words := strings.Fields(moment)
	if len(words) != 3 {
		return moment, ""
	}
	return words[0] + " " + words[1], words[2]
}

// matches tells whether the expected body fits what the bot did.
func (e Expected) matches(got Entry) bool {
	body := strings.Join(SplitLines(got.Body()), "\n")
	if trimLines(e.Body) == trimLines(body) {
		return true
	}
	prefix, ok := strings.CutSuffix(strings.TrimRight(e.Body, " \n"), "...")
	return ok && strings.HasPrefix(trimLines(body), strings.TrimRight(trimLines(prefix), " \n"))
}

// trimLines drops blanks at the ends of lines, which editors eat.
func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func firstRunes(text string, n int) string {
	r := []rune(text)
	if len(r) <= n {
		return text
	}
	return string(r[:n]) + "..."
}
