package schedule

import (
	"archive/zip"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// zoneNames are the names of all zones that there are on this machine: those of
// the Go tree, else those of the system.
func zoneNames(t *testing.T) []string {
	t.Helper()
	var names []string
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Logf("no Go tree: %v", err)
	}
	if z, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip")); err == nil {
		defer z.Close()
		for _, f := range z.File {
			if !strings.HasSuffix(f.Name, "/") {
				names = append(names, f.Name)
			}
		}
		return names
	}
	const system = "/usr/share/zoneinfo"
	err = fs.WalkDir(os.DirFS(system), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path, "right/") || strings.HasPrefix(path, "posix/") {
			return err
		}
		if b, err := os.ReadFile(filepath.Join(system, path)); err == nil && strings.HasPrefix(string(b), "TZif") {
			names = append(names, path)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("no list of zones: %v", err)
	}
	return names
}

// TestEveryDateOfEveryZone walks daily plans through every day from 2024 to 2032
// in every zone of the tz database: they come exactly once on each local date
// that there is, in order.
func TestEveryDateOfEveryZone(t *testing.T) {
	t.Parallel()
	names := zoneNames(t)
	slices.Sort(names)
	var plans []Plan
	for _, when := range []string{"00:00", "02:30", "18:00", "18:00-20:00"} {
		p, err := Daily(when, nil)
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, p)
	}
	var mu sync.Mutex
	zones, days, changes := 0, 0, 0
	var work sync.WaitGroup
	todo := make(chan string)
	for range runtime.GOMAXPROCS(0) {
		work.Go(func() {
			for name := range todo {
				loc, err := time.LoadLocation(name)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				dates := localDates(loc)
				for i, p := range plans {
					walkDates(t, p, loc, dates, uint64(i))
				}
				mu.Lock()
				zones, days, changes = zones+1, days+len(dates), changes+changesOf(loc)
				mu.Unlock()
			}
		})
	}
	for _, name := range names {
		todo <- name
	}
	close(todo)
	work.Wait()
	t.Logf("%d zones, %d local dates, %d changes of the clock, %d plans each", zones, days, changes, len(plans))
	if zones < 590 || days < zones*3286 || changes < 2000 {
		t.Errorf("only %d zones, %d dates and %d changes seen", zones, days, changes)
	}
}

var firstDay, lastDay = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2033, 1, 1, 0, 0, 0, 0, time.UTC)

// localDates lists the dates that the wall of loc shows, by looking at it every
// quarter of an hour around a change and every six hours else.
func localDates(loc *time.Location) []string {
	var dates []string
	for at := firstDay.Add(-24 * time.Hour); at.Before(lastDay.Add(24 * time.Hour)); {
		date := at.In(loc).Format(time.DateOnly)
		if date >= "2024-01-01" && date <= "2032-12-31" && (len(dates) == 0 || dates[len(dates)-1] < date) {
			dates = append(dates, date)
		}
		_, next := at.In(loc).ZoneBounds()
		if !next.IsZero() && next.Sub(at) < 30*time.Hour {
			at = at.Add(15 * time.Minute)
		} else {
			at = at.Add(6 * time.Hour)
		}
	}
	return dates
}

func changesOf(loc *time.Location) (n int) {
	for at := firstDay.In(loc); ; n++ {
		if _, at = at.ZoneBounds(); at.IsZero() || !at.Before(lastDay) {
			return n
		}
	}
}

// walkDates fires a plan as the bot does: each occurrence is looked for after
// the one before, with its key as the last one.
func walkDates(t *testing.T, p Plan, loc *time.Location, dates []string, seed uint64) {
	t.Helper()
	w := Want{After: firstDay.Add(-48 * time.Hour), Loc: loc, Seed: seed, Last: "2023-12-31"}
	for _, date := range dates {
		o, ok := p.Find(w)
		if !ok || o.Key != date || Today(o.At, loc) != date || !o.At.After(w.After) {
			t.Errorf("%s in %s: after %s came %v, want the date %s", p, loc, w.After, o, date)
			return
		}
		w.After, w.Last = o.At, o.Key
	}
}
