package console

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// IsTerminal tells whether a reader or writer is a terminal.
func IsTerminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// Terminal is a screen on which a person writes while replies come in. The
// screen reads like a transcript. Close gives the terminal back as it was.
type Terminal struct {
	lines   chan string
	restore func()

	mu   sync.Mutex
	file *os.File       // the screen, for its size; nil without line editing
	edit *term.Terminal // nil without line editing
	out  io.Writer
	last *Entry // the newest thing on the screen, if the bot did it
}

// OpenTerminal starts reading lines. With a terminal on both sides the line can
// be edited and replies do not tear it apart; else lines are read as they come.
func OpenTerminal(in io.Reader, out io.Writer) (*Terminal, error) {
	t := &Terminal{lines: make(chan string), restore: func() {}, out: out}
	inFile, inOK := in.(*os.File)
	outFile, outOK := out.(*os.File)
	read := readPlain(bufio.NewReader(in))
	if inOK && outOK && IsTerminal(in) && IsTerminal(out) {
		old, err := term.MakeRaw(int(inFile.Fd()))
		if err != nil {
			return nil, fmt.Errorf("prepare the terminal: %w", err)
		}
		t.restore = func() { _ = term.Restore(int(inFile.Fd()), old) }
		t.edit = term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{in, out}, markPerson)
		t.out, t.file = t.edit, outFile
		t.resize()
		read = t.edit.ReadLine
	}
	go t.read(read)
	return t, nil
}

func readPlain(r *bufio.Reader) func() (string, error) {
	return func() (string, error) {
		line, more, err := ReadLine(r)
		if err == nil && !more {
			err = io.EOF
		}
		return line, err
	}
}

// read hands lines over until the end of input. It may outlive Close, blocked
// in a read that nothing can interrupt.
func (t *Terminal) read(next func() (string, error)) {
	defer close(t.lines)
	for {
		line, err := next()
		if err != nil && !errors.Is(err, term.ErrPasteIndicator) {
			return
		}
		t.mu.Lock()
		t.last = nil // the person's line now stands below
		t.mu.Unlock()
		t.lines <- line
	}
}

// Lines are what the person writes; it is closed at the end of input.
func (t *Terminal) Lines() <-chan string { return t.lines }

// Show puts an entry of the bot on the screen. A text that replaces the one
// just above it is changed in place, as a chat client does.
func (t *Terminal) Show(e Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.resize()
	over := ""
	if t.edit != nil && e.Act == Edited && t.last != nil && t.last.Act == Wrote {
		if rows, ok := t.rows(*t.last); ok {
			over = fmt.Sprintf("\x1b[%dA\r\x1b[J", rows) // up, and clear what is below
			e.Act = Wrote
		}
	}
	t.print(over + e.String() + "\n")
	t.last = &e
}

// Note writes a line that is no part of the talk.
func (t *Terminal) Note(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = nil
	t.resize()
	if t.edit != nil {
		text = "\x1b[2m" + text + "\x1b[0m"
	}
	t.print(text + "\n")
}

// print writes for a screen in raw mode, where a line break does not return.
func (t *Terminal) print(text string) {
	if t.edit != nil {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	_, _ = io.WriteString(t.out, text)
}

// rows is how many rows of the screen an entry took; not ok if a line may have
// been wrapped. It goes by bytes, which are never fewer than columns.
func (t *Terminal) rows(e Entry) (rows int, ok bool) {
	width, height, err := term.GetSize(int(t.file.Fd()))
	lines := strings.Split(e.String(), "\n")
	for _, line := range lines {
		if len(line) >= width {
			return 0, false
		}
	}
	return len(lines), err == nil && len(lines) < height
}

func (t *Terminal) resize() {
	if t.edit == nil {
		return
	}
	if width, height, err := term.GetSize(int(t.file.Fd())); err == nil && width > 0 {
		_ = t.edit.SetSize(width, height)
	}
}

// Close gives the terminal back.
func (t *Terminal) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.edit != nil {
		_, _ = io.WriteString(t.file, "\r\n")
	}
	t.restore()
}
