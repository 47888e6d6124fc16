package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ReadTime reads a time of day that a person typed, with or without days, and
// says back what it understood. value is "21:00", or "mon,wed 08:00" when days
// were named ("every day" is the same as none), "2d 21:00" for every other day; echo is "21:00" or "Monday and
// Wednesday at 08:00". now is not used yet.
//
// Hours are read as written on the 24 h clock: "8" and "half past eight" are in
// the morning unless pm, afternoon, evening, night or tonight stands beside
// them; 12 is noon. Whatever is not understood to the last word, contradicts
// itself ("9am in the evening"), means one day only ("tomorrow at 9") or names
// two times is not ok.
func ReadTime(text string, _ time.Time) (value, echo string, ok bool) {
	r := reader{toks: tokens(text)}
	if len(r.toks) == 0 || !r.read() || r.clock < 0 {
		return "", "", false
	}
	minutes, ok := r.settle()
	if !ok {
		return "", "", false
	}
	value = fmt.Sprintf("%02d:%02d", minutes/60, minutes%60)
	echo = value
	if days, said := r.chosen(); days != "" {
		value, echo = days+" "+value, said+" at "+value
	}
	return value, echo, true
}

// ReadDays reads days that a person typed: "mon, wed and fri", "weekdays",
// "every day except sunday", "not on sundays". value is "mon,wed,fri" in the
// order of the week, or "2d" for every other day; echo says them in full. now is not used yet.
func ReadDays(text string, _ time.Time) (value, echo string, ok bool) {
	r := reader{toks: tokens(text)}
	if len(r.toks) == 0 || !r.read() || r.clock >= 0 || r.part != "" || r.days == 0 && r.step == 0 {
		return "", "", false
	}
	if r.step > 0 {
		value, echo = r.chosen()
		return value, echo, true
	}
	return r.days.value(), r.days.echo(), true
}

// reader walks the tokens of a typed time. Every token must be used.
type reader struct {
	toks  []string
	at    int
	days  daySet
	step  int    // every so many days; 0: not said
	clock int    // minutes since midnight as written; -1: none yet
	bare  bool   // the hour may still be moved by a part of the day
	vague bool   // means nothing without half or part
	half  string // "am" or "pm"
	part  string // one of partNames
}

// read takes the tokens one phrase at a time and tells whether all fitted.
func (r *reader) read() bool {
	r.clock = -1
	for r.skipPolite(); r.at < len(r.toks); r.skipPolite() {
		if !r.first(r.readDayPhrase, r.readPart, r.readClock, r.skipJoin) {
			return false
		}
	}
	return !r.vague || r.half != "" || r.part != ""
}

// first tries the readers in order, each from the same token on.
func (r *reader) first(try ...func() bool) bool {
	start := r.at
	for _, fn := range try {
		if r.at = start; fn() {
			return true
		}
	}
	return false
}

func (r *reader) peek(n int) string {
	if r.at+n < len(r.toks) {
		return r.toks[r.at+n]
	}
	return ""
}

// take moves past the words if they come next.
func (r *reader) take(words ...string) bool {
	for i, w := range words {
		if r.peek(i) != w {
			return false
		}
	}
	r.at += len(words)
	return true
}

// skipPolite passes words that say nothing about the time.
func (r *reader) skipPolite() {
	for r.take("please") || r.take("thanks") || r.take("thank", "you") || r.take("around") || r.take("about") ||
		r.take("ok") || r.take("lets", "say") || r.take("how", "about") || r.take("is", "fine") ||
		r.take("is", "good") || r.take("works") || r.take("would", "be", "good") || r.take("i", "think") {
	}
}

// skipJoin passes the small words between days and time.
func (r *reader) skipJoin() bool {
	return r.take("at") || r.take("on") || r.take(",") || r.take("andplus", "at") || r.take("from", "now", "on")
}

// readPart reads a part of the day.
func (r *reader) readPart() bool {
	switch {
	case r.take("in", "the"), r.take("at"), r.take("every"), r.take("each"), r.take("this"):
	}
	if r.take("tonight") {
		return r.setPart("tonight")
	}
	p := r.peek(0)
	if !isPart(p) {
		p = strings.TrimSuffix(p, "s")
	}
	if !isPart(p) {
		return false
	}
	r.at++
	return r.setPart(p)
}

func (r *reader) setPart(p string) bool {
	if r.part != "" && r.part != p {
		return false
	}
	r.part = p
	return true
}

// readClock reads one time of day; a second one is refused.
func (r *reader) readClock() bool {
	if r.clock >= 0 {
		return false
	}
	switch {
	case r.take("noon"), r.take("midday"), r.take("12", "noon"), r.take("12", "midday"), r.take("twelve", "noon"):
		return r.setClock(12*60, false)
	case r.take("midnight"), r.take("12", "midnight"), r.take("twelve", "midnight"):
		return r.setClock(0, false)
	}
	return r.first(r.readPast, r.readDigits, r.readHourWords) && r.readMinutes(true)
}

// readMinutes reads the minutes that some languages say behind the hour: "eight
// plus 30", "eight minus 15", and "eight andplus ten" where that cannot be the
// beginning of another time.
func (r *reader) readMinutes(more bool) bool {
	sign, start := 1, r.at
	switch {
	case r.take("plus"), more && r.take("andplus"):
	case r.take("minus"):
		sign = -1
	default:
		return true
	}
	n, ok := r.number()
	if !ok || n < 1 || r.clock%60 != 0 {
		r.at = start
		return true // an exception comes, or another day
	}
	hour := r.clock / 60
	if sign < 0 && hour == 1 {
		r.vague, hour = true, 13 // a quarter to one: at noon or at night?
	}
	return r.setClock((hour*60+sign*n+24*60)%(24*60), r.bare)
}

func (r *reader) setClock(minutes int, bare bool) bool {
	if minutes == 24*60 {
		minutes, bare = 0, false
	}
	if minutes < 0 || minutes > 24*60 {
		return false
	}
	r.clock, r.bare = minutes, bare
	return true
}

// readPast reads "half past eight", "half eight", "quarter to ten", "ten past
// 9", "20 minutes to 7".
func (r *reader) readPast() bool {
	minutes, exact := 0, true
	r.take("a")
	switch {
	case r.take("half"):
		minutes = 30
	case r.take("quarter"):
		minutes = 15
	default:
		n, ok := r.number()
		if !ok || n < 1 || n > 59 {
			return false
		}
		minutes = n
		exact = r.take("minutes") || r.take("mins") || r.take("min")
	}
	sign := 1
	switch {
	case r.take("past"), r.take("after"):
	case minutes == 30 && exact: // "half eight" is British for half past eight
	case r.take("to"), r.take("before"), r.take("til"), r.take("till"):
		sign = -1
	default:
		return false
	}
	if r.take("midnight") {
		return r.setClock((24*60+sign*minutes)%(24*60), false)
	}
	if r.take("noon") || r.take("midday") {
		return r.setClock(12*60+sign*minutes, false)
	}
	hour, ok := r.number()
	if !ok || hour > 23 {
		return false
	}
	if sign < 0 && !exact && minutes < hour {
		return false // "5 to 9" may be a span
	}
	_ = r.take("o", "clock") || r.take("oclock")
	r.readHalf()
	switch {
	case sign < 0 && hour == 12 && r.half != "":
		// "ten to twelve pm": before noon by the clock, after it by the word.
		return false
	case sign < 0 && hour == 1:
		r.vague = true // a quarter to one: at noon or at night?
		hour = 13
	}
	return r.setClock((hour*60+sign*minutes+24*60)%(24*60), hour >= 1 && hour <= 13)
}

// readDigits reads 9, 9pm, 21:30, 21.30, 21h30, 21h, 2130, 0800.
func (r *reader) readDigits() bool {
	first := r.peek(0)
	h, err := strconv.Atoi(first)
	if err != nil || len(first) > 4 || len(first) == 3 || first[0] == '+' {
		return false
	}
	minutes := func(n int) (int, bool) {
		t := r.peek(n)
		m, err := strconv.Atoi(t)
		return m, err == nil && len(t) == 2 && m < 60
	}
	if len(first) == 4 {
		r.at++
		if h/100 > 24 || h%100 > 59 || h > 2400 {
			return false
		}
		_ = r.take("hrs") || r.take("hours") || r.take("h") || r.take("hr")
		r.readHalf()
		return r.setClock(h/100*60+h%100, false)
	}
	if h > 24 {
		return false
	}
	r.at++
	m, bare := 0, len(first) == 1 || h >= 10
	switch sep := r.peek(0); sep {
	case ":", ".":
		n, ok := minutes(1)
		if !ok {
			return false
		}
		m, r.at = n, r.at+2
		_ = r.take("hrs") || r.take("h") || r.take("hours") || r.take("uhr")
	case "h", "hrs", "hr", "hours":
		r.at++
		bare = false
		if n, ok := minutes(0); ok && sep == "h" {
			m, r.at = n, r.at+1
		}
	case "o", "oclock":
		if !r.take("oclock") && !r.take("o", "clock") {
			return false
		}
	default:
		if n, ok := minutes(0); ok && n%5 == 0 { // "9 30", not "10 11"
			m, r.at = n, r.at+1
		}
	}
	r.readHalf()
	return r.setClock(h*60+m, bare || r.half != "")
}

// readHourWords reads "nine", "nine thirty", "nine oh five", "twenty one
// thirty", "eight oclock".
func (r *reader) readHourWords() bool {
	start := r.at
	hour, ok := r.number()
	if !ok || hour > 24 || r.toks[start][0] <= '9' {
		return false
	}
	m := 0
	switch {
	case r.take("oclock"), r.take("o", "clock"), r.take("hundred"):
		_ = r.take("hours")
	case r.take("oh"), r.take("o"):
		n, ok := r.number()
		if !ok || n < 1 || n > 9 {
			return false
		}
		m = n
	default:
		if n, ok := r.number(); ok {
			if n < 10 || n > 59 {
				return false
			}
			m = n
		}
	}
	r.readHalf()
	return r.setClock(hour*60+m, hour >= 1 && hour <= 12)
}

// readHalf reads am or pm.
func (r *reader) readHalf() {
	switch {
	case r.takeLast("a"), r.take("am"), r.take("a", ".", "m", "."), r.take("a", ".", "m"), r.take("a", "m"):
		r.half = "am"
	case r.takeLast("p"), r.take("pm"), r.take("p", ".", "m", "."), r.take("p", ".", "m"), r.take("p", "m"):
		r.half = "pm"
	}
}

// number reads a number from 0 to 59 in digits or English words.
func (r *reader) number() (int, bool) {
	t := r.peek(0)
	if t == "" {
		return 0, false
	}
	if n, err := strconv.Atoi(t); err == nil && len(t) <= 2 && n >= 0 && t[0] != '+' && t[0] != '-' {
		r.at++
		return n, n < 60
	}
	n := smallNumber(t)
	if n < 0 {
		return 0, false
	}
	r.at++
	if n >= 20 && n%10 == 0 {
		skip := 0
		if r.peek(0) == "-" {
			skip = 1
		}
		if unit := smallNumber(r.peek(skip)); unit >= 1 && unit <= 9 {
			r.at += skip + 1
			n += unit
		}
	}
	return n, true
}

func smallNumber(word string) int {
	words := [...]string{
		"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
		"eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
	}
	for n, w := range words {
		if w == word {
			return n
		}
	}
	switch word {
	case "thirty":
		return 30
	case "forty", "fourty":
		return 40
	case "fifty":
		return 50
	}
	return -1
}

// takeLast moves past word if it is the last token: "9p", but not "9 a day".
func (r *reader) takeLast(word string) bool {
	return r.peek(1) == "" && r.take(word)
}
