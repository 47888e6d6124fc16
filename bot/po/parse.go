package po

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// mostForms is how many plural forms a language may have; six is the most that
// any has.
const mostForms = 8

// Parse reads a PO file in UTF-8. The error is a *SyntaxError.
func Parse(data []byte) (*File, error) {
	p := parser{file: &File{}, seen: map[Key]int{}, head: true}
	text := strings.TrimPrefix(string(data), "\ufeff")
	if !utf8.ValidString(text) {
		return nil, &SyntaxError{1, "the file is not in UTF-8"}
	}
	for raw := range strings.Lines(text) {
		p.line++
		if err := p.take(strings.TrimSpace(raw)); err != nil {
			return nil, &SyntaxError{p.line, err.Error()}
		}
	}
	if err := p.end(); err != nil {
		return nil, &SyntaxError{p.line, err.Error()}
	}
	return p.file, nil
}

// parser reads line by line. An entry ends where the next one begins.
type parser struct {
	file *File
	seen map[Key]int
	line int
	head bool // the header may still come

	e      Entry
	any    bool    // e has something
	id     bool    // e has its msgid
	target *string // what a line of quotes goes on
}

func (p *parser) take(line string) error {
	switch {
	case line == "":
		p.target = nil
		return nil
	case strings.HasPrefix(line, "#~|"):
		return p.previous(strings.TrimSpace(line[3:]), true)
	case strings.HasPrefix(line, "#~"):
		return p.word(strings.TrimSpace(line[2:]), true)
	case strings.HasPrefix(line, "#|"):
		return p.previous(strings.TrimSpace(line[2:]), false)
	case line[0] == '#':
		return p.comment(line)
	}
	return p.word(line, false)
}

// comment reads a line that begins with #, which begins a new entry when the one
// before it is complete.
func (p *parser) comment(line string) error {
	if err := p.fresh(); err != nil {
		return err
	}
	p.target = nil
	rest := ""
	if len(line) > 1 {
		rest = strings.TrimPrefix(line[2:], " ")
	}
	switch {
	case len(line) == 1 || line[1] == ' ' || line[1] == '\t':
		if len(line) > 1 {
			rest = line[2:]
		}
		p.e.Comments = append(p.e.Comments, rest)
	case line[1] == '.':
		p.e.Extracted = append(p.e.Extracted, rest)
	case line[1] == ':':
		p.e.References = append(p.e.References, strings.Fields(rest)...)
	case line[1] == ',':
		for f := range strings.SplitSeq(rest, ",") {
			if f = strings.TrimSpace(f); f != "" {
				p.e.Flags = append(p.e.Flags, f)
			}
		}
	default:
		p.e.Comments = append(p.e.Comments, line[1:])
	}
	return nil
}

// fresh ends the entry before this line, if that one has its translation.
func (p *parser) fresh() error {
	if len(p.e.Str) > 0 {
		if err := p.end(); err != nil {
			return err
		}
	}
	p.begin()
	return nil
}

func (p *parser) begin() {
	if !p.any {
		p.any = true
		p.e.Line = p.line
	}
}

func (p *parser) previous(line string, obsolete bool) error {
	if strings.HasPrefix(line, "\"") {
		return p.quoted(line)
	}
	if err := p.fresh(); err != nil {
		return err
	}
	p.e.Obsolete = p.e.Obsolete || obsolete
	if p.e.Before == nil {
		p.e.Before = &Before{}
	}
	key, rest := cutWord(line)
	switch key {
	case "msgctxt":
		p.target = &p.e.Before.Context
	case "msgid":
		p.target = &p.e.Before.ID
	case "msgid_plural":
		p.target = &p.e.Before.Plural
	default:
		return fmt.Errorf("unknown word %q", key)
	}
	return p.quoted(rest)
}

// word reads a keyword with its text, or a line of quotes that goes on.
func (p *parser) word(line string, obsolete bool) error {
	if strings.HasPrefix(line, "\"") {
		return p.quoted(line)
	}
	key, rest := cutWord(line)
	if key == "msgctxt" || key == "msgid" {
		if err := p.fresh(); err != nil {
			return err
		}
	}
	p.begin()
	p.e.Obsolete = p.e.Obsolete || obsolete
	switch {
	case key == "msgctxt":
		p.target = &p.e.Context
	case key == "msgid":
		if p.id {
			return errors.New("two msgid and no msgstr between them")
		}
		p.id = true
		p.target = &p.e.ID
	case key == "msgid_plural":
		p.target = &p.e.Plural
	case key == "msgstr" || strings.HasPrefix(key, "msgstr["):
		if !p.id {
			return errors.New("msgstr without msgid")
		}
		if key != "msgstr" {
			n, err := strconv.Atoi(strings.TrimSuffix(key[len("msgstr["):], "]"))
			if err != nil || n != len(p.e.Str) || n >= mostForms {
				return fmt.Errorf("%s is out of order", key)
			}
		} else if len(p.e.Str) > 0 {
			return errors.New("two msgstr in one entry")
		}
		p.e.Str = append(p.e.Str, "")
		p.e.StrLines = append(p.e.StrLines, p.line)
		p.target = &p.e.Str[len(p.e.Str)-1]
	default:
		return fmt.Errorf("unknown word %q", key)
	}
	return p.quoted(rest)
}

func cutWord(line string) (key, rest string) {
	if i := strings.IndexAny(line, " \t\""); i >= 0 {
		return line[:i], strings.TrimSpace(line[i:])
	}
	return line, ""
}

// quoted adds a text in quotes to what it belongs to.
func (p *parser) quoted(s string) error {
	if p.target == nil {
		return errors.New("a text in quotes that belongs to nothing")
	}
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return errors.New("a text must stand in quotes")
	}
	text, err := unquote(s[1 : len(s)-1])
	if err != nil {
		return err
	}
	*p.target += text
	return nil
}

func (p *parser) end() error {
	e := p.e
	any, id := p.any, p.id
	p.e, p.any, p.id, p.target = Entry{}, false, false, nil
	if !any {
		return nil
	}
	if !id {
		if e.Context != "" || e.Before != nil {
			return errors.New("the entry has no msgid")
		}
		return nil // comments at the end of the file
	}
	if len(e.Str) == 0 {
		return errors.New("the entry has no msgstr")
	}
	if p.head && e.ID == "" && e.Context == "" && !e.Obsolete {
		p.head = false
		p.file.Header = e
		return nil
	}
	p.head = false
	if !e.Obsolete {
		if line, twice := p.seen[e.Key()]; twice {
			return fmt.Errorf("this text stands in line %d already", line)
		}
		p.seen[e.Key()] = e.Line
	}
	p.file.Entries = append(p.file.Entries, e)
	return nil
}

// unquote reads the escapes of C.
func unquote(s string) (string, error) {
	if !strings.ContainsAny(s, "\\\"") {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '"' {
			return "", errors.New("a quote inside a text is written \\\"")
		}
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		if i == len(s) {
			return "", errors.New("a backslash at the end of a text")
		}
		at := strings.IndexByte(`ntrabfv"\`, s[i])
		if at < 0 {
			return "", fmt.Errorf("unknown escape \\%c", s[i])
		}
		b.WriteByte("\n\t\r\a\b\f\v\"\\"[at])
	}
	return b.String(), nil
}
