package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"handrail/bot/console"
	"handrail/flows"
)

// planted is a talk of words that occur nowhere else, said in as many states as
// a short talk reaches: to a question, to a list, as nonsense, in an alarm.
const planted = `< hello zephyrcanary
< zephyrcanary two
< add a reason
< zephyrcanary is why I left
< my reasons
< urge
< yes
< zephyrcanary three
< /start checkin
< zephyrcanary four
< he has a knife and zephyrcanary is crying
< zephyrcanary five
< [edited] zephyrcanary six
< delete zephyrcanary
@ +1d
< zephyrcanary seven
`

// TestCanary plays every transcript at debug level over a store on disk and
// looks for what was said, by both sides, and for the person's address, in the
// log and in every file of the store, while it is open and after.
func TestCanary(t *testing.T) {
	t.Parallel()
	src, err := openSource("")
	if err != nil {
		t.Fatal(err)
	}
	c, faults, err := src.load()
	if err != nil || len(faults) > 0 {
		t.Fatal(err, faults)
	}
	talks := map[string]string{"planted": planted}
	files, err := transcripts(flows.FS)
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, name := range files {
		data, err := fs.ReadFile(flows.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		talks[name] = string(data)
	}
	for name, talk := range talks {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			canary(t, c, name, talk)
		})
	}
}

func canary(t *testing.T, c content, name, talk string) {
	tr, err := console.ParseTranscript(name, []byte(talk))
	if err != nil {
		t.Fatal(err)
	}
	begin, zone, err := tr.Start(console.DefaultBegin(time.UTC), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	var log bytes.Buffer
	dir := filepath.Join(t.TempDir(), "kept")
	folder, err := fs.Sub(flows.FS, "testdata/desk")
	if err != nil {
		t.Fatal(err)
	}
	staff, err := playedDesk(folder, tr.Desk)
	if err != nil {
		t.Fatal(err)
	}
	sim, done, err := c.simulator(context.Background(), simOptions{
		dir: dir, desk: staff, begin: begin, zone: zone, lang: tr.Lang(),
		sink: func(e console.Entry) { said = append(said, strings.Split(e.Text, "\n")...) },
		log:  slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	began := false // the first @ sets the start
	for i, line := range strings.Split(talk, "\n") {
		words, isTalk := strings.CutPrefix(line, "< ")
		isClock := strings.HasPrefix(line, "@ ")
		switch {
		case isTalk:
			err = sim.Input(context.Background(), words)
		case isClock && began || strings.HasPrefix(line, "staff("):
			err = sim.Input(context.Background(), line)
		}
		if err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		began = began || isTalk || isClock
	}
	// What an upgrade of the store is called is fixed, whoever writes the same words.
	upgrades := regexp.MustCompile(`(?m)^.*msg="store upgrade" .*\n`)
	look := func(when string) {
		for _, where := range append(storeFiles(t, dir), hay{"log", upgrades.ReplaceAll(log.Bytes(), nil)}) {
			for _, s := range append(said, console.Person().User, console.Person().Room) {
				if len(s) >= 10 && where.holds(s) {
					t.Errorf("%s: %q stands in the %s", when, s, where.name)
				}
			}
			if where.holds("zephyrcanary") {
				t.Errorf("%s: the planted word stands in the %s", when, where.name)
			}
		}
	}
	look("open")
	if err := done(); err != nil {
		t.Fatal(err)
	}
	look("closed")
	if len(said) < 2 {
		t.Error("nobody said anything: the test looked for nothing")
	}
}

// hay is a place where words must not be.
type hay struct {
	name string
	data []byte
}

// holds looks for a text as UTF-8 and as UTF-16.
func (h hay) holds(s string) bool {
	if bytes.Contains(h.data, []byte(s)) {
		return true
	}
	var wide []byte
	for _, u := range utf16.Encode([]rune(s)) {
		wide = binary.LittleEndian.AppendUint16(wide, u)
	}
	return bytes.Contains(h.data, wide)
}

// storeFiles reads every file below dir.
func storeFiles(t *testing.T, dir string) (all []hay) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		all = append(all, hay{filepath.Base(path), data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 3 {
		t.Fatalf("only %d files below the kept folder", len(all))
	}
	return all
}
