package watch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf16"
)

// pause lies between two looks. A file that is there for a shorter time is missed
// by them, but not by the list of what was created.
const pause = 10 * time.Millisecond

// Watch is one look over a shoulder. It begins with New.
type Watch struct {
	temp    string
	marks   [][]byte
	notify  int
	stop    chan struct{}
	done    chan struct{}
	seen    map[string]fs.FileInfo
	created map[string]bool
	found   map[string]bool
	looks   int
	err     error
}

// New begins to note what is created in the folder temp, which the program is to
// be given as TMPDIR.
func New(temp string, marks ...string) (*Watch, error) {
	notify, err := syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("watch a folder: %w", err)
	}
	if _, err := syscall.InotifyAddWatch(notify, temp, syscall.IN_CREATE|syscall.IN_MOVED_TO); err != nil {
		return nil, errors.Join(fmt.Errorf("watch a folder: %w", err), syscall.Close(notify))
	}
	w := &Watch{
		temp: temp, notify: notify, stop: make(chan struct{}), done: make(chan struct{}),
		seen: map[string]fs.FileInfo{}, created: map[string]bool{}, found: map[string]bool{},
	}
	for _, m := range marks {
		w.marks = append(w.marks, Spellings(m)...)
	}
	return w, nil
}

// Spellings are the bytes as which a text in small letters could lie in a file:
// UTF-8, and UTF-16 of both orders.
func Spellings(s string) [][]byte {
	var le, be []byte
	for _, u := range utf16.Encode([]rune(s)) {
		le, be = binary.LittleEndian.AppendUint16(le, u), binary.BigEndian.AppendUint16(be, u)
	}
	return [][]byte{[]byte(s), le, be}
}

// Follow looks into the open files of a process, and of the folder, until End.
func (w *Watch) Follow(pid int) {
	go func() {
		defer close(w.done)
		for {
			w.look(pid)
			select {
			case <-w.stop:
				return
			case <-time.After(pause):
			}
		}
	}()
}

// End stops. It returns the names that were created in the folder, where a mark
// was found, and how often it was looked.
func (w *Watch) End() (created, found []string, looks int, err error) {
	close(w.stop)
	<-w.done
	w.names()
	for name := range w.created {
		created = append(created, name)
	}
	for name := range w.found {
		found = append(found, name)
	}
	slices.Sort(created)
	slices.Sort(found)
	return created, found, w.looks, errors.Join(w.err, syscall.Close(w.notify))
}

func (w *Watch) look(pid int) {
	w.names()
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	open, err := os.ReadDir(dir)
	if err != nil {
		return // it has ended
	}
	w.looks++
	for _, fd := range open {
		path := filepath.Join(dir, fd.Name())
		name, err := os.Readlink(path)
		if err == nil && strings.HasPrefix(name, "/") && !strings.HasPrefix(name, "/dev/null") {
			w.read(name, path)
		}
	}
	err = filepath.WalkDir(w.temp, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			w.read(path, path)
		}
		return nil // it may be gone again
	})
	w.err = errors.Join(w.err, err)
}

// read searches one file, unless it is as it was.
func (w *Watch) read(name, path string) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	if old := w.seen[name]; old != nil && old.Size() == info.Size() && old.ModTime().Equal(info.ModTime()) {
		return
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return
	}
	w.seen[name] = info
	data = bytes.ToLower(data)
	for _, m := range w.marks {
		if bytes.Contains(data, m) {
			w.found[name] = true
		}
	}
}

// names reads what was created since the last time.
func (w *Watch) names() {
	buf := make([]byte, 1<<16)
	for {
		n, err := syscall.Read(w.notify, buf)
		if n <= 0 || err != nil {
			return
		}
		for rest := buf[:n]; len(rest) >= syscall.SizeofInotifyEvent; {
			size := int(binary.NativeEndian.Uint32(rest[12:16]))
			name := rest[syscall.SizeofInotifyEvent : syscall.SizeofInotifyEvent+size]
			w.created[string(bytes.TrimRight(name, "\x00"))] = true
			rest = rest[syscall.SizeofInotifyEvent+size:]
		}
	}
}
