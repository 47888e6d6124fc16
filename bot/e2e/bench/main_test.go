package main

import (
	"io"
	"strings"
	"testing"
)

const printed = `goos: linux
BenchmarkBurst/sqlite-2    1    8.05 s/burst   12422 due/s   210.4 peakMB   100000 due   1000000 people
BenchmarkOvertake/sqlite-2 1   40.0 ms/quiet-p99  52.0 ms/filling-p99  44.0 ms/burst-p99
BenchmarkUpdate/sqlite/callers=64-2   5000  88000 ns/op  9000 commits/s  12 B/op
BenchmarkRawCommit/sqlite/group/callers=64-2   5000  70000 ns/op  10000 commits/s
BenchmarkUpdate/postgres/callers=64-2   5000  88000 ns/op  9000 commits/s
--- BENCH: BenchmarkBurst/sqlite-2
PASS
`

func TestTable(t *testing.T) {
	var passed strings.Builder
	all, err := read(strings.NewReader(printed), &passed)
	if err != nil || passed.String() != printed {
		t.Fatalf("%v, passed on:\n%s", err, passed.String())
	}
	got := table(all)
	for _, want := range []string{
		"until all is in the outbox, s               8.05                             <= 10 met",
		"memory at that time, MB                      210                            <= 300 met",
		"the same while the outbox fills               52             40    1.30    <= 1.20 missed",
		"inputs a second, 64 at a time               9000          10000    0.90    >= 0.70 met",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "postgres") {
		t.Errorf("a figure without what it is compared with:\n%s", got)
	}
}

func TestNothingMeasured(t *testing.T) {
	all, err := read(strings.NewReader("BenchmarkX\nBenchmarkY-2 many 3 ns/op\n"), io.Discard)
	if err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}
