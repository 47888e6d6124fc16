// Command bench reads what `go test -bench` prints, passes it on, and ends with a
// table of the figures that an operator goes by: what was measured, in relation
// to what, and what it should be.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// every is how often it says that it is still at work.
const every = 30 * time.Second

func main() {
	began := time.Now()
	go func() {
		for range time.Tick(every) {
			fmt.Fprintf(os.Stderr, "[%s]\n", time.Since(began).Round(time.Second))
		}
	}()
	all, err := read(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	fmt.Printf("\n%s\nmeasured in %s\n", table(all), time.Since(began).Round(time.Second))
}

// results are the figures of each benchmark, by its name and their unit.
type results map[string]map[string]float64

// read collects the figures and writes what it reads to w, at once: the name of a
// benchmark comes long before its figures.
func read(r io.Reader, w io.Writer) (results, error) {
	all := results{}
	lines := bufio.NewScanner(io.TeeReader(r, w))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		if _, err := strconv.Atoi(f[1]); err != nil {
			continue
		}
		figures := map[string]float64{}
		for i := 2; i+1 < len(f); i += 2 {
			v, err := strconv.ParseFloat(f[i], 64)
			if err != nil {
				break
			}
			figures[f[i+1]] = v
		}
		all[plain(f[0])] = figures
	}
	return all, lines.Err()
}

// plain takes the number of processors from the end of a name.
func plain(name string) string {
	i := strings.LastIndexByte(name, '-')
	if i < 0 {
		return name
	}
	if _, err := strconv.Atoi(name[i+1:]); err != nil {
		return name
	}
	return name[:i]
}

// row is one figure. Beside is what it is compared with, and then the ratio is
// what counts; Most and Least bound the figure or the ratio, 0: they do not.
type row struct {
	what, of, unit string
	beside, in     string
	most, least    float64
}

// rows are the lines of the table for one database.
func rows(db string) []row {
	own, burst, talk, crowd := "BenchmarkOwn/"+db, "BenchmarkBurst/"+db, "BenchmarkOvertake/"+db, "BenchmarkCrowd/"+db
	update, raw := "BenchmarkUpdate/"+db, "BenchmarkRawCommit/"+db
	list := []row{
		{what: "enrolled people", of: burst, unit: "people"},
		{what: "of them due in one minute", of: burst, unit: "due"},
		{what: "until all is in the outbox, s", of: burst, unit: "s/burst", most: 10},
		{what: "put into the outbox, a second", of: burst, unit: "due/s", least: 10_000},
		{what: "memory at that time, MB", of: burst, unit: "peakMB", most: 300},
		{what: "until nobody is waited for, s", of: burst, unit: "s/timers", most: 10},
		{what: "size of the database, MB", of: burst, unit: "databaseMB"},
		{what: "wait for a reply, quiet, p99 ms", of: talk, unit: "ms/quiet-p99"},
		{what: "the same while the outbox fills", of: talk, unit: "ms/filling-p99", beside: talk, in: "ms/quiet-p99", most: 1.2},
		{what: "the same while the burst goes out", of: talk, unit: "ms/burst-p99", beside: talk, in: "ms/quiet-p99", most: 1.2},
		{what: "messages a second then, of its pace", of: talk, unit: "msg/s", beside: talk, in: "pace-msg/s", least: 0.8},
		{what: "conversations at once", of: crowd, unit: "conversations"},
		{what: "answers a second", of: crowd, unit: "answers/s"},
		{what: "wait for an answer then, p99 ms", of: crowd, unit: "ms/wait-p99"},
		{what: "memory at that time, MB", of: crowd, unit: "peakMB"},
		{what: "entries in one journal", of: own, unit: "entries"},
		{what: "until all of it is written out, s", of: own, unit: "s/export", most: 5},
		{what: "until the sealed files are made, s", of: own, unit: "s/sealed", most: 5},
		{what: "until all of it is erased, s", of: own, unit: "s/delete", most: 5},
		{what: "the same by handrail forget, s", of: own, unit: "s/forget", most: 5},
		{what: "longest wait of others, export, ms", of: own, unit: "ms/export-wait", most: 1000},
		{what: "the same, sealed files", of: own, unit: "ms/sealed-wait", most: 1000},
		{what: "the same, erased", of: own, unit: "ms/delete-wait", most: 1000},
		{what: "inputs a second, 1 at a time", of: update + "/callers=1", unit: "commits/s", beside: raw + "/lone/callers=1", in: "commits/s", least: 0.7},
		{what: "inputs a second, 16 at a time", of: update + "/callers=16", unit: "commits/s", beside: raw + "/group/callers=16", in: "commits/s", least: 0.7},
		{what: "inputs a second, 64 at a time", of: update + "/callers=64", unit: "commits/s", beside: raw + "/group/callers=64", in: "commits/s", least: 0.7},
	}
	if db != "sqlite" { // what follows is measured over the network, with a store in a file
		return list
	}
	const exit = "BenchmarkExit"
	return append(list,
		row{what: "to leave fast: the plain line, ms", of: exit, unit: "ms/line", most: 2000},
		row{what: "the same, in answers", of: exit, unit: "ms/line", beside: exit, in: "ms/answer"},
		row{what: "until 50 messages are gone, ms", of: exit, unit: "ms/all", most: 2000},
		row{what: "the same, in answers", of: exit, unit: "ms/all", beside: exit, in: "ms/answer"},
		row{what: "until the person's own are, ms", of: exit, unit: "ms/sweep"},
	)
}

// table is for people. A figure that was not measured is left out.
func table(all results) string {
	var b strings.Builder
	const format = "%-9s %-35s %12s %14s %7s %10s %s\n"
	fmt.Fprintf(&b, format, "database", "figure", "measured", "beside", "ratio", "aim", "")
	for _, db := range []string{"sqlite", "postgres"} {
		for _, r := range rows(db) {
			v, ok := all[r.of][r.unit]
			if !ok {
				continue
			}
			beside, ratio, judged := "", "", v
			if r.beside != "" {
				other, ok := all[r.beside][r.in]
				if !ok || other == 0 {
					continue
				}
				judged = v / other
				beside, ratio = number(other), fmt.Sprintf("%.2f", judged)
			}
			fmt.Fprintf(&b, format, db, r.what, number(v), beside, ratio, r.aim(), r.verdict(judged))
		}
	}
	b.WriteString("\nbeside: the same wait on a quiet bot, the most that the network takes, or the same rows written by hand in the same run\n")
	return strings.Join(slices.Collect(trimmed(b.String())), "\n")
}

// trimmed is a text by lines, without spaces at their ends.
func trimmed(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, line := range strings.Split(text, "\n") {
			if !yield(strings.TrimRight(line, " ")) {
				return
			}
		}
	}
}

func (r row) aim() string {
	switch {
	case r.most > 0:
		return "<= " + number(r.most)
	case r.least > 0:
		return ">= " + number(r.least)
	}
	return ""
}

func (r row) verdict(v float64) string {
	switch {
	case r.most == 0 && r.least == 0:
		return ""
	case r.most > 0 && v > r.most, r.least > 0 && v < r.least:
		return "missed"
	}
	return "met"
}

// number has as many digits as say something.
func number(v float64) string {
	if v >= 100 || v == float64(int64(v)) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
