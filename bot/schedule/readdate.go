package schedule

import (
	"strings"
	"time"
)

// dateValue is the form of a stored date.
const dateValue = time.DateOnly

// dateEcho is how a date is said back: with the day of the week, so that a
// wrong guess is seen.
const dateEcho = "Monday, 2 January 2006"

// The years that a person may mean; others are slips of the finger.
const (
	firstYear = 1900
	lastYear  = 2199
)

// ReadDate reads a date that a person typed and says back what it understood.
// value is "2026-05-03", echo "Sunday, 3 May 2026". now is the moment of typing
// in the person's own zone: "tomorrow", "in 10 days" and "3 May" are counted
// from it.
//
// A date without a year is the next one that is not over. A day of the week is
// the next one after today; "next friday" is the one of the week after this,
// with Monday as the first day of a week. Day and month in digits are read in
// either order, unless both orders make sense ("03/05"): then it is not ok. With
// points the day comes first ("3.5."), with the year in front the month.
func ReadDate(text string, now time.Time) (value, echo string, ok bool) {
	r := reader{toks: tokens(text)}
	d := dateReader{reader: &r, today: dateOf(now.Year(), now.Month(), now.Day())}
	if len(r.toks) == 0 || !d.read() {
		return "", "", false
	}
	if y := d.date.Year(); y < firstYear || y > lastYear {
		return "", "", false
	}
	return d.date.Format(dateValue), d.date.Format(dateEcho), true
}

// dateOf is a day as midnight UTC, which arithmetic cannot move to another day.
func dateOf(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// dateReader walks the tokens of a typed date. Every token must be used.
type dateReader struct {
	*reader
	today time.Time
	date  time.Time
	the   bool // "the 15"
}

// read takes a day of the week in front, if there is one beside a date, and
// then one date to the end.
func (d *dateReader) read() bool {
	d.skipPolite()
	for d.take("on") || d.take("at") || d.take("of") || d.take("for") {
	}
	for d.take("the") {
		d.the = true
	}
	start := d.at
	if day, ok := weekday(d.peek(0)); ok {
		d.at++
		d.take(".")
		for d.take(",") || d.take("the") || d.take("on") {
		}
		if d.at < len(d.toks) && d.whole(d.readNumbers, d.readNamed, d.readDayOfMonth) {
			return d.date.Weekday() == day
		}
	}
	d.at = start
	return d.whole(d.readWords, d.readNumbers, d.readNamed, d.readWeekday, d.readDayOfMonth)
}

// whole tries the readers in order; one counts when nothing is left behind it.
func (d *dateReader) whole(try ...func() bool) bool {
	start := d.at
	for _, fn := range try {
		if d.at = start; fn() {
			d.skipPolite()
			if d.at == len(d.toks) {
				return true
			}
		}
	}
	d.at = start
	return false
}

// readWords reads what counts from today.
func (d *dateReader) readWords() bool {
	switch {
	case d.take("today"), d.take("tonight"):
		d.date = d.today
		return true
	case d.take("tomorrow"), d.take("tomorow"), d.take("tmrw"):
		d.date = d.today.AddDate(0, 0, 1)
		return true
	case d.take("day", "after", "tomorrow"):
		d.date = d.today.AddDate(0, 0, 2)
		return true
	case d.take("yesterday"):
		d.date = d.today.AddDate(0, 0, -1)
		return true
	}
	in, ago := d.take("in") || d.take("within"), d.take("ago")
	n, ok := d.count()
	if !ok {
		return false
	}
	days, months, ok := d.span(n)
	if !ok {
		return false
	}
	switch {
	case ago:
		days, months = -days, -months
	case in:
		d.take("time") // in a week's time: the apostrophe is gone
	case d.take("from", "now"), d.take("from", "today"):
	case d.take("ago"):
		days, months = -days, -months
	default:
		return false
	}
	d.date = d.today.AddDate(0, 0, days)
	if months != 0 {
		d.date = addMonths(d.today, months)
	}
	return true
}

// count reads how many: digits, a small number word, or "a".
func (d *dateReader) count() (int, bool) {
	switch {
	case d.take("a", "couple", "of"):
		return 2, true
	case d.take("a"), d.take("an"):
		return 1, true
	}
	if n, ok := wholeNumber(d.peek(0), 3); ok {
		d.at++
		return n, true
	}
	return d.number()
}

// span reads the unit: n of them are so many days, or so many months.
func (d *dateReader) span(n int) (days, months int, ok bool) {
	unit := d.peek(0)
	d.at++
	switch unit {
	case "day", "days":
		return n, 0, true
	case "week", "weeks", "wk", "wks":
		return 7 * n, 0, true
	case "fortnight", "fortnights":
		return 14 * n, 0, true
	case "month", "months":
		return 0, n, true
	case "year", "years":
		return 0, 12 * n, true
	}
	return 0, 0, false
}

// addMonths goes to the same day of another month, or to that month's last day.
func addMonths(t time.Time, months int) time.Time {
	first := dateOf(t.Year(), t.Month()+time.Month(months), 1)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// readWeekday reads "friday", "this friday", "next friday", "friday next week".
func (d *dateReader) readWeekday() bool {
	next := d.take("next")
	if !next {
		d.take("this")
		d.take("coming")
	}
	day, ok := weekday(d.peek(0))
	if !ok {
		return false
	}
	d.at++
	d.take(".")
	switch {
	case d.take("next", "week"), d.take("of", "next", "week"):
		next = true
	case d.take("in", "a", "week"), d.take("week"): // "friday week" is a week after friday
		d.date = d.after(day).AddDate(0, 0, 7)
		return true
	}
	if next {
		monday := d.today.AddDate(0, 0, 7-(int(d.today.Weekday())+6)%7)
		d.date = monday.AddDate(0, 0, (int(day)+6)%7)
		return true
	}
	d.date = d.after(day)
	return true
}

// after is the next such day of the week, never today.
func (d *dateReader) after(day time.Weekday) time.Time {
	ahead := (int(day)-int(d.today.Weekday())+6)%7 + 1
	return d.today.AddDate(0, 0, ahead)
}

// readNumbers reads day and month in digits, with or without the year.
func (d *dateReader) readNumbers() bool {
	first, ok := d.digits(4)
	if !ok {
		return false
	}
	mark := d.peek(0)
	if mark != "." && mark != "/" && mark != "-" {
		return false
	}
	d.at++
	second, ok := d.digits(2)
	if !ok {
		return false
	}
	if first >= 1000 { // 2026-05-03
		if !d.take(mark) {
			return false
		}
		day, ok := d.digits(2)
		return ok && d.set(first, second, day)
	}
	year := 0
	if d.take(mark) && d.at < len(d.toks) {
		if year, ok = d.year(); !ok {
			return false
		}
	}
	switch {
	case mark == ".", second == first, first > 12:
		return d.set(year, second, first)
	case second > 12:
		return d.set(year, first, second)
	}
	return false // one could be the month as well as the other
}

// readNamed reads "3 May", "3rd of May 2026", "May 3rd, 2026".
func (d *dateReader) readNamed() bool {
	month, monthFirst := monthOf(d.peek(0))
	if monthFirst {
		d.at++
		d.take(".")
		d.take("the")
	}
	day, ok := d.digits(2)
	if !ok {
		return false
	}
	d.ordinal()
	if !monthFirst {
		d.take(".")
		d.take("of")
		d.take("-")
		if month, ok = monthOf(d.peek(0)); !ok {
			return false
		}
		d.at++
		d.take(".")
	}
	for d.take(",") || d.take("-") || d.take("of") {
	}
	year := 0
	if d.at < len(d.toks) {
		start := d.at
		if year, ok = d.year(); !ok {
			d.at, year = start, 0
		}
	}
	return d.set(year, month, day)
}

// readDayOfMonth reads "the 15th": this month's, or the next month's that has one.
func (d *dateReader) readDayOfMonth() bool {
	day, ok := d.digits(2)
	if !ok || !d.ordinal() && !d.the || day < 1 || day > 31 {
		return false
	}
	for m := time.Month(0); m < 3; m++ {
		t := dateOf(d.today.Year(), d.today.Month()+m, day)
		if t.Day() == day && !t.Before(d.today) {
			d.date = t
			return true
		}
	}
	return false
}

// ordinal passes the letters behind a day: 1st, 2nd, 3rd, 4th.
func (d *dateReader) ordinal() bool {
	return d.take("st") || d.take("nd") || d.take("rd") || d.take("th")
}

// digits reads a whole number of up to so many digits.
func (d *dateReader) digits(most int) (int, bool) {
	n, ok := wholeNumber(d.peek(0), most)
	if ok {
		d.at++
	}
	return n, ok
}

// year reads a year of four digits, or of two in this century.
func (d *dateReader) year() (int, bool) {
	length := len(d.peek(0))
	n, ok := d.digits(4)
	if ok && length == 2 {
		return 2000 + n, true
	}
	return n, ok && length == 4
}

// set takes a date if there is such a one. Year 0: the next that is not over.
func (d *dateReader) set(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	years := []int{year}
	if year == 0 { // a leap day may be eight years away
		years = nil
		for y := range 9 {
			years = append(years, d.today.Year()+y)
		}
	}
	for _, y := range years {
		t := dateOf(y, time.Month(month), day)
		if t.Day() == day && (year != 0 || !t.Before(d.today)) {
			d.date = t
			return true
		}
	}
	return false
}

// wholeNumber reads digits alone.
func wholeNumber(word string, most int) (int, bool) {
	if word == "" || len(word) > most {
		return 0, false
	}
	n := 0
	for _, c := range word {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// monthOf reads the English name of a month, also cut to three letters or so.
func monthOf(word string) (int, bool) {
	if word == "sept" {
		return 9, true
	}
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		if word == name || word == name[:3] {
			return int(m), true
		}
	}
	return 0, false
}
