package flow

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Hash names what the library was compiled from: the same files give the same
// hash, in every version of the program.
func (l *Library) Hash() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(l.files)) {
		fmt.Fprintf(h, "%d %s %d\n", len(name), name, len(l.files[name]))
		h.Write(l.files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Pack returns the files that the library was compiled from, for Unpack, now or
// in a later version of the program. Nothing in them is about a person. The
// result must not be changed.
func (l *Library) Pack() ([]byte, error) { return l.pack() }

func pack(files map[string][]byte) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(files[name])
		}
		if err != nil {
			return nil, fmt.Errorf("pack scripts: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack scripts: %w", err)
	}
	return out.Bytes(), nil
}

// Unpack compiles what Pack returned, with the readers of l, for the talks that
// are in the middle of it. Rules of wording, phrases and the menu are not looked
// at again. Scripts of which this version of the program understands a part no
// more are an error.
func (l *Library) Unpack(data []byte) (*Library, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("unpack scripts: %w", err)
	}
	opt := l.opt
	opt.older = true
	old, list, err := Load(z, opt)
	if err != nil {
		return nil, fmt.Errorf("unpack scripts: %w", err)
	}
	if len(list) > 0 {
		return nil, fmt.Errorf("unpack scripts: %w: %s", errOutgrown, list[0])
	}
	return old, nil
}

var errOutgrown = errors.New("they are no scripts any more")

// stillCounts tells whether a finding in an older set, which had none when it
// was new, keeps talks from going on in it. What is heard, said by the program
// itself, translated or merely written badly does not.
func (f Finding) stillCounts() bool {
	switch f.Rule {
	case rulePhrase, ruleMenu, ruleUnknownText, ruleWaiver, ruleUnreachable, ruleSchedule, ruleFile, ruleNever, ruleHelp, ruleUnseen:
		return false
	}
	return !waivable(f.Rule) && f.File != textsFile && !strings.Contains(f.File, "/")
}

// recorder keeps what is read through it.
type recorder struct {
	fs.FS
	files map[string][]byte
}

// Open opens a file or a folder.
func (r *recorder) Open(name string) (fs.File, error) {
	f, err := r.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if _, folder := f.(fs.ReadDirFile); folder {
		if info, err := f.Stat(); err != nil || info.IsDir() {
			return f, err
		}
	}
	return &recorded{File: f, to: r.files, name: name}, nil
}

// recorded is one file that is kept once it was read to its end.
type recorded struct {
	fs.File
	to   map[string][]byte
	name string
	text []byte
}

// Read reads and remembers.
func (r *recorded) Read(p []byte) (int, error) {
	n, err := r.File.Read(p)
	r.text = append(r.text, p[:n]...)
	if errors.Is(err, io.EOF) {
		r.to[r.name] = r.text
	}
	return n, err
}
