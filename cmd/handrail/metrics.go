package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// exposition writes metrics in the text format of Prometheus. Labels have fixed
// values of the program: there is no way to put an id or a word of a person into
// one.
type exposition struct{ w *bufio.Writer }

func newExposition(w io.Writer) exposition { return exposition{bufio.NewWriter(w)} }

// head begins a metric.
func (e exposition) head(name, kind, help string) {
	fmt.Fprintf(e.w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func (e exposition) one(name, kind, help string, v float64) {
	e.head(name, kind, help)
	fmt.Fprintf(e.w, "%s %s\n", name, number(v))
}

func (e exposition) gauge(name, help string, v float64) { e.one(name, "gauge", help, v) }

func (e exposition) counter(name, help string, v int64) { e.one(name, "counter", help, float64(v)) }

// labelled writes a metric with one label; values that are no plain words are
// left out.
func (e exposition) labelled(name, kind, help, label string, values map[string]int64) {
	e.head(name, kind, help)
	for _, value := range slices.Sorted(maps.Keys(values)) {
		if plainWord(value) {
			fmt.Fprintf(e.w, "%s{%s=%q} %d\n", name, label, value, values[value])
		}
	}
}

// plainWord tells whether a text is a word of the program, as in "skipped_late".
func plainWord(s string) bool {
	const longest = 40
	return s != "" && len(s) <= longest && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_-.") == ""
}

func (e exposition) histogram(name, help string, s *spread) {
	e.head(name, "histogram", help)
	total := int64(0)
	for i, bound := range bounds {
		total += s.class[i].Load()
		fmt.Fprintf(e.w, "%s_bucket{le=%q} %d\n", name, number(bound), total)
	}
	total += s.class[len(bounds)].Load()
	fmt.Fprintf(e.w, "%s_bucket{le=\"+Inf\"} %d\n%s_sum %s\n%s_count %d\n", name, total, name,
		number(time.Duration(s.sum.Load()).Seconds()), name, total)
}

// age writes how many seconds ago something was; nothing if it never was.
func (e exposition) age(name, help string, at, now time.Time) {
	if !at.IsZero() {
		e.gauge(name, help, now.Sub(at).Seconds())
	}
}

// write writes every metric.
func (l live) write(w io.Writer, now time.Time) error {
	e := newExposition(w)
	e.head("handrail_build_info", "gauge", "The version of the program.")
	fmt.Fprintf(e.w, "handrail_build_info{version=%q} 1\n", l.Version)
	e.gauge("handrail_start_time_seconds", "When the program began, in unix time.", float64(l.Began.Unix()))
	up := 0.0
	if l.Fault == "" {
		up = 1
		l.store(e)
	}
	e.gauge("handrail_store_up", "Whether the store could be read just now.", up)
	m := l.meter
	e.counter("handrail_received_total", "Messages and other things from people that were handled.", m.received.Load())
	e.counter("handrail_unhandled_total", "Tries to handle one that kept nothing; it comes again.", m.unhandled.Load())
	e.histogram("handrail_handle_seconds", "How long it took to handle one.", &m.handling)
	e.counter("handrail_sent_total", "Messages that the network took.", m.sent.Load())
	e.labelled("handrail_send_failures_total", "counter", "Tries to send that failed: refused for good, told to wait, or anything else.", "reason",
		map[string]int64{"refused": m.refused.Load(), "wait": m.paused.Load(), "other": m.unsent.Load()})
	e.histogram("handrail_send_seconds", "How long it took the network to take one.", &m.sending)
	e.age("handrail_sync_age_seconds", "How long ago the network was last heard of.", m.lastSync(), now)
	e.gauge("handrail_lines_stale", "Help lines that should be confirmed again.", float64(l.Lines.Stale))
	e.gauge("handrail_lines_age_days", "How long ago the help line was checked that waits longest for it.", float64(l.Lines.OldestDays))
	e.age("handrail_backup_age_seconds", "How long ago the last backup was taken on this machine.", l.Backup, now)
	e.labelled("handrail_log_records_total", "counter", "Lines of the log that ask for attention.", "level",
		map[string]int64{"warn": l.dial.warnings.Load(), "error": l.dial.errors.Load()})
	l.Canary.write(e, now)
	process(e)
	return e.w.Flush()
}

// store writes what is in the store.
func (l live) store(e exposition) {
	h := l.Health
	for _, g := range []struct {
		name, help string
		value      float64
	}{
		{"people", "People who are enrolled.", float64(h.People)},
		{"talks", "People who are in the middle of a script.", float64(h.Talks)},
		{"timers", "Steps that wait for a time.", float64(h.Timers)},
		{"timers_due", "Those whose time has come.", float64(h.TimersDue)},
		{"schedules", "What comes by itself, some day.", float64(h.Schedules)},
		{"schedules_due", "That whose time has come.", float64(h.SchedulesDue)},
		{"late_seconds", "How long the timer or schedule that waits longest is overdue.", h.Late.Seconds()},
		{"outbox_messages", "Messages to send.", float64(h.Waiting)},
		{"outbox_conversations", "Conversations with something to send.", float64(h.Lanes)},
		{"outbox_due", "Those whose next try is due.", float64(h.Due)},
		{"outbox_lag_seconds", "How long the conversation that waits longest has been due.", h.Lag.Seconds()},
		{"outbox_tries", "How often the most stubborn message was tried in vain.", float64(h.Tries)},
		{"dead_messages", "Messages that were given up.", float64(h.Dead)},
		{"copies", "Copies of the program that share the store and are alive.", float64(l.Copies)},
	} {
		e.gauge("handrail_"+g.name, g.help, g.value)
	}
	e.labelled("handrail_noted_today", "gauge", "How often each kind of thing happened since midnight UTC.", "kind", l.Notes)
}

// process writes what Prometheus knows of most programs.
func process(e exposition) {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	e.gauge("go_goroutines", "Goroutines.", float64(runtime.NumGoroutine()))
	e.gauge("go_memstats_heap_alloc_bytes", "Bytes of the heap in use.", float64(mem.HeapAlloc))
	if resident := residentBytes(); resident > 0 {
		e.gauge("process_resident_memory_bytes", "Memory of the process.", resident)
	}
}

// residentBytes is the memory of this process, 0 where it cannot be told.
func residentBytes() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseFloat(fields[1], 64)
	if err != nil {
		return 0
	}
	return pages * float64(os.Getpagesize())
}

// version is what this program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := strings.Trim(info.Main.Version, "()")
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "devel") {
			v = "devel " + s.Value[:min(len(s.Value), 12)]
		}
	}
	if v == "" {
		return "devel"
	}
	return v
}
