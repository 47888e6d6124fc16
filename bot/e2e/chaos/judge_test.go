package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// row is what one fault did to the people.
type row struct {
	database, fault        string
	times                  int
	inputs, answers        int
	due                    int
	lost, doubled, endings int
	twins                  int // shown by the homeserver after they were sent again, and taken back
	took                   time.Duration
}

// table collects the rows of both databases.
type table struct {
	mu   sync.Mutex
	rows []row
	not  []string // what was not played, and why
}

// without notes that a fault was not played on a database.
func (t *table) without(database, fault, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.not = append(t.not, fmt.Sprintf("%-9s %-44s not played: %s", database, fault, why))
}

func (t *table) add(r row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.rows {
		if t.rows[i].database == r.database && t.rows[i].fault == r.fault {
			t.rows[i].join(r)
			return
		}
	}
	t.rows = append(t.rows, r)
}

// join adds what another row counted.
func (r *row) join(o row) {
	r.times += o.times
	r.inputs += o.inputs
	r.answers += o.answers
	r.due += o.due
	r.lost += o.lost
	r.doubled += o.doubled
	r.endings += o.endings
	r.twins += o.twins
	r.took += o.took
}

// String is the table for people, with a sum for each database.
func (t *table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	const format = "%-9s %-44s %6v %7v %8v %6v %5v %8v %6v %6v %6v\n"
	var b strings.Builder
	fmt.Fprintf(&b, format, "database", "fault", "times", "inputs", "answers", "due", "lost", "doubled", "ended", "twins", "took")
	for _, name := range []string{"sqlite", "postgres"} {
		var sum row
		for _, r := range t.rows {
			if r.database != name {
				continue
			}
			fmt.Fprintf(&b, format, r.database, r.fault, r.times, r.inputs, r.answers, r.due, r.lost, r.doubled, r.endings, r.twins, r.took.Round(time.Second))
			sum.join(r)
		}
		fmt.Fprintf(&b, format, name, "all", sum.times, sum.inputs, sum.answers, sum.due, sum.lost, sum.doubled, sum.endings, sum.twins, sum.took.Round(time.Second))
		for _, line := range t.not {
			if strings.HasPrefix(line, name) {
				b.WriteString(line + "\n")
			}
		}
	}
	return b.String()
}

// judge looks at every room as the client shows it and counts what was written,
// answered and due since the last time.
func (w *world) judge(fault string, times int, began time.Time) {
	w.Helper()
	r := row{database: w.name, fault: fault, times: times}
	ctx, cancel := context.WithTimeout(w.ctx, 2*time.Minute)
	defer cancel()
	for _, b := range w.bots {
		r.endings += int(b.ends.Swap(0))
	}
	for _, g := range w.talk {
		mine, theirs := w.settled(ctx, g)
		var lost []int
		for n := g.from + 1; n <= g.said; n++ {
			asked, answered := mine[numbered(n)], theirs[heard(n)]
			r.inputs += asked
			r.answers += answered
			switch {
			case asked == 0:
				w.Errorf("%s: message %d of %s is not in the room", fault, n, g.name)
			case answered == 0:
				lost = append(lost, n)
			case answered > asked: // a homeserver that was killed may take one message twice
				r.doubled += answered - asked
				w.Errorf("%s: message %d of %s was answered %d times: %s", fault, n, g.name, answered, w.when(ctx, g, heard(n)))
			}
		}
		if r.lost += len(lost); len(lost) > 0 {
			w.Errorf("%s: of %s, these messages were not answered: %v", fault, g.name, lost)
		}
		g.from = g.said
	}
	for _, g := range w.tick {
		_, theirs := w.settled(ctx, g)
		w.judgeDue(&r, g, theirs, tickText, highest(theirs, tickText))
	}
	for _, g := range w.due {
		_, theirs := w.settled(ctx, g)
		w.judgeDue(&r, g, theirs, dueText, w.days)
		if n := theirs[fmt.Sprintf(dueText, w.days+1)]; n > 0 {
			r.doubled += n
			w.Errorf("%s: a daily message came %d times before its day", fault, n)
		}
	}
	r.twins, w.twins = w.twins, 0
	r.took = time.Since(began)
	w.table.add(r)
	if r.endings > 0 {
		w.progress("it ended by itself with: %s", w.lastWords())
	}
	w.progress("%-44s times %d, inputs %d, answers %d, due %d, lost %d, doubled %d, ended by itself %d, taken back %d, %s",
		fault, r.times, r.inputs, r.answers, r.due, r.lost, r.doubled, r.endings, r.twins, r.took.Round(time.Second))
}

// judgeDue wants every number since the last time once.
func (w *world) judgeDue(r *row, g *guest, theirs map[string]int, format string, upTo int) {
	w.Helper()
	for n := g.due + 1; n <= upTo; n++ {
		r.due++
		text := fmt.Sprintf(format, n)
		switch came := theirs[text]; {
		case came == 0:
			r.lost++
			w.Errorf("%s: %q for %s never came", r.fault, text, g.name)
		case came > 1:
			r.doubled += came - 1
			w.Errorf("%s: %q for %s came %d times: %s", r.fault, text, g.name, came, w.when(w.ctx, g, text))
		}
	}
	g.due = upTo
}

// when tells which events of the bot have a text, and when the homeserver took
// them: for whoever looks for the cause in the bot's log.
func (w *world) when(ctx context.Context, g *guest, body string) string {
	w.Helper()
	lines, err := g.timeline(ctx)
	if err != nil {
		return err.Error()
	}
	slices.SortFunc(lines, func(a, b line) int { return a.at.Compare(b.at) })
	var found []string
	for _, l := range lines {
		if !l.mine && l.body == body {
			found = append(found, l.id.String()+" at "+l.at.Format("15:04:05.000"))
		}
	}
	return strings.Join(found, ", ")
}

func (w *world) read(ctx context.Context, g *guest) (mine, theirs map[string]int) {
	w.Helper()
	lines, err := g.timeline(ctx)
	if err != nil {
		w.Errorf("the room of %s: %v", g.name, err)
	}
	mine, theirs = map[string]int{}, map[string]int{}
	gone := 0
	for _, l := range lines {
		switch {
		case l.mine:
			mine[l.body]++
		case l.gone:
			gone++
		default:
			theirs[l.body]++
		}
	}
	w.twins += gone - g.gone
	g.gone = gone
	return mine, theirs
}

// twinPatience is how long the bot has to take back what the homeserver showed
// late and the bot had sent again.
const twinPatience = 60 * time.Second

// settled is read, once no numbered message of the bot stands twice, or when the
// patience with that is at its end.
func (w *world) settled(ctx context.Context, g *guest) (mine, theirs map[string]int) {
	w.Helper()
	for end := time.Now().Add(twinPatience); ; {
		mine, theirs = w.read(ctx, g)
		twice := false
		for body, n := range theirs {
			asked, answers := strings.CutPrefix(strings.TrimSuffix(body, "."), "Heard ")
			counted := answers || strings.HasPrefix(body, "Tick ") || strings.HasPrefix(body, "Due ")
			twice = twice || counted && n > max(mine[asked], 1)
		}
		if !twice || ctx.Err() != nil || time.Now().After(end) {
			return mine, theirs
		}
		time.Sleep(500 * time.Millisecond)
	}
}

// lastWords are the last errors with which the bot ended by itself.
func (w *world) lastWords() string {
	var words []string
	for _, b := range w.bots {
		last := ""
		for line := range strings.Lines(b.logEnd()) {
			if strings.HasPrefix(line, "handrail: ") {
				last = strings.TrimSpace(line)
			}
		}
		if last != "" {
			words = append(words, last)
		}
	}
	return strings.Join(words, "; ")
}
