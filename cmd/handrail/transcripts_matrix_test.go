package main

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"handrail/bot/console"
)

// matrixSample is played in every run of the end-to-end tests: the first talk, the
// daily hello, danger, leaving in a hurry, erasing, what people do beside writing,
// and a hand-over.
var matrixSample = []string{ //nolint:gochecknoglobals // a constant list
	"welcome-all", "checkin-set", "checkin.ask-light-write", "crisis-in-the-middle", "exit-x", "delete-copy-first",
	"reasons.add-edited", "reasons.add-withdrawn", "breathing.box-holds", "link-exit", "desk/talk",
}

// TestOverMatrix plays transcripts that come with the scripts, the same files as on
// the console and over Signal, over a homeserver, with a client of the guest that
// reads what the bot said. HANDRAIL_TRANSCRIPTS=all plays the whole set.
func TestOverMatrix(t *testing.T) {
	src, err := openSource("")
	if err != nil {
		t.Fatal(err)
	}
	all, err := src.sound()
	if err != nil {
		t.Fatal(err)
	}
	files, err := transcripts(src.fsys)
	if err != nil {
		t.Fatal(err)
	}
	whole := os.Getenv("HANDRAIL_TRANSCRIPTS") == "all"
	w := newMatrixWorld(t)
	var played, wanted atomic.Int64
	play := func(t *testing.T, file string, how matrixHow) {
		t.Helper()
		data, err := fs.ReadFile(src.fsys, file)
		if err != nil {
			t.Fatal(err)
		}
		folder, err := fs.Sub(src.fsys, path.Dir(file))
		if err != nil {
			t.Fatal(err)
		}
		tr, err := console.ParseTranscript("flows/"+file, data)
		if err != nil {
			t.Fatal(err)
		}
		if how.apps = 1; strings.Contains(string(data), "[there] ") {
			how.apps = 2
		}
		got, err := console.Play(context.Background(), tr, w.over(all, folder, how))
		if err != nil {
			t.Fatal(err)
		}
		if got.Fault != nil {
			t.Fatal(got.Fault)
		}
		played.Add(1)
		if whole {
			t.Log("played")
		}
	}
	var alone, staff []string
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(file, "testdata/"), filepath.Ext(file))
		if !whole && !slices.Contains(matrixSample, name) {
			continue
		}
		if strings.HasPrefix(name, "room-") { // who is in the room is played on the console alone
			continue
		}
		wanted.Add(1)
		if strings.HasPrefix(name, "desk/") {
			staff = append(staff, file)
		} else {
			alone = append(alone, file)
		}
	}
	if n := len(alone) + len(staff); !whole && n != len(matrixSample) {
		t.Errorf("%d of the %d transcripts of the sample are there", n, len(matrixSample))
	}
	t.Run("all", func(t *testing.T) {
		t.Run("a difference is seen", func(t *testing.T) {
			t.Parallel()
			differs(t, w.over(all, src.fsys, matrixHow{apps: 1}))
		})
		t.Run("begun by opening the room", func(t *testing.T) {
			t.Parallel()
			wanted.Add(1)
			play(t, "testdata/welcome-all.txt", matrixHow{opening: true})
		})
		t.Run("desk", func(t *testing.T) { // there is one room of staff
			t.Parallel()
			for _, file := range staff {
				t.Run(filepath.Base(file), func(t *testing.T) { play(t, file, matrixHow{}) })
			}
		})
		for _, file := range alone {
			t.Run(filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				play(t, file, matrixHow{})
			})
		}
	})
	t.Logf("over Matrix: %d of %d transcripts, of %d in all", played.Load(), wanted.Load(), len(files))
}

// differs plays talks in which the bot does something else than is written.
func differs(t *testing.T, build console.Build) {
	t.Helper()
	for text, want := range map[string]string{
		"< stop\n> Certainly not.\n":              `the bot said "`,
		"< stop\n> ...\n> And more.\n":            "the bot said nothing more",
		"< hi\n> ...\n< x\n> ...\n":               "expected nothing more but the bot said",
		"< hi\n> ...\n< x\n> ...\n> [edited] x\n": `but the bot said "[removed]"`,
	} {
		tr, err := console.ParseTranscript("differs.txt", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := console.Play(context.Background(), tr, build)
		if err != nil {
			t.Fatal(err)
		}
		if got.Fault == nil || !strings.Contains(got.Fault.Message, want) {
			t.Errorf("%q is played with %v, want %q", text, got.Fault, want)
		}
	}
}
