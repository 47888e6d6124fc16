package po

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// pageWidth is how many columns a line has, as in GNU gettext.
const pageWidth = 79

// Bytes gives the file as GNU gettext would write it: the same file gives the
// same bytes. Entries out of use come last.
func (f *File) Bytes() []byte {
	var b bytes.Buffer
	f.Header.write(&b)
	for _, obsolete := range []bool{false, true} {
		for i := range f.Entries {
			if f.Entries[i].Obsolete == obsolete {
				b.WriteByte('\n')
				f.Entries[i].write(&b)
			}
		}
	}
	return b.Bytes()
}

func (e *Entry) write(b *bytes.Buffer) {
	for _, c := range e.Comments {
		if c == "" || c[0] == ',' || c[0] == '.' || c[0] == ':' || c[0] == '~' || c[0] == '|' {
			b.WriteString(strings.TrimRight("# "+c, " ") + "\n")
			continue
		}
		b.WriteString("# " + c + "\n")
	}
	for _, c := range e.Extracted {
		b.WriteString(strings.TrimRight("#. "+c, " ") + "\n")
	}
	e.writeReferences(b)
	if len(e.Flags) > 0 {
		b.WriteString("#, " + strings.Join(e.Flags, ", ") + "\n")
	}
	mark := ""
	if e.Obsolete {
		mark = "#~ "
	}
	if old := e.Before; old != nil {
		before := "#| "
		if e.Obsolete {
			before = "#~| "
		}
		if old.Context != "" {
			writeText(b, before, "msgctxt", old.Context)
		}
		writeText(b, before, "msgid", old.ID)
		if old.Plural != "" {
			writeText(b, before, "msgid_plural", old.Plural)
		}
	}
	if e.Context != "" {
		writeText(b, mark, "msgctxt", e.Context)
	}
	writeText(b, mark, "msgid", e.ID)
	if e.Plural == "" {
		s := ""
		if len(e.Str) > 0 {
			s = e.Str[0]
		}
		writeText(b, mark, "msgstr", s)
		return
	}
	writeText(b, mark, "msgid_plural", e.Plural)
	for i, s := range e.Str {
		writeText(b, mark, fmt.Sprintf("msgstr[%d]", i), s)
	}
}

func (e *Entry) writeReferences(b *bytes.Buffer) {
	line := "#:"
	for _, r := range e.References {
		if line != "#:" && len(line)+1+len(r) > pageWidth {
			b.WriteString(line + "\n")
			line = "#:"
		}
		line += " " + r
	}
	if line != "#:" {
		b.WriteString(line + "\n")
	}
}

// writeText writes a keyword and its text: on one line if that is short enough,
// else over several, broken behind line ends and blanks.
func writeText(b *bytes.Buffer, mark, key, text string) {
	lines := strings.SplitAfter(text, "\n")
	if n := len(lines); n > 1 && lines[n-1] == "" {
		lines = lines[:n-1]
	}
	quoted := quote(text)
	if len(lines) == 1 && columns(mark)+len(key)+3+columns(quoted) <= pageWidth {
		b.WriteString(mark + key + " \"" + quoted + "\"\n")
		return
	}
	b.WriteString(mark + key + " \"\"\n")
	width := pageWidth - columns(mark) - 2
	for _, line := range lines {
		for _, part := range wrap(quote(line), width) {
			b.WriteString(mark + "\"" + part + "\"\n")
		}
	}
}

// wrap breaks an escaped line where GNU gettext does, behind blanks and behind a
// stroke or a hyphen before a letter, into parts of at most width columns.
func wrap(s string, width int) (parts []string) {
	part, used := "", 0
	for _, word := range words(s) {
		n := columns(word)
		if used > 0 && used+n > width {
			parts = append(parts, part)
			part, used = "", 0
		}
		part += word
		used += n
	}
	if part != "" {
		parts = append(parts, part)
	}
	return parts
}

// words splits a text where a line may end.
func words(s string) (out []string) {
	start := 0
	for i, r := range s {
		if i == 0 || i == start {
			continue
		}
		before := s[i-1]
		if before == ' ' && r != ' ' || (before == '/' || before == '-') && unicode.IsLetter(r) {
			out = append(out, s[start:i])
			start = i
		}
	}
	return append(out, s[start:])
}

func columns(s string) int { return utf8.RuneCountInString(s) }

func quote(s string) string {
	return strings.NewReplacer("\\", `\\`, "\"", `\"`, "\n", `\n`, "\t", `\t`, "\r", `\r`, "\a", `\a`, "\b", `\b`, "\f", `\f`, "\v", `\v`).Replace(s)
}
