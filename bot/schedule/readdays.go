package schedule

import "fmt"

// readDayPhrase reads one phrase about days and adds it to the set.
func (r *reader) readDayPhrase() bool {
	if r.take("except") || r.take("but", "not") || r.take("not") || r.take("apart", "from") || r.take("all", "but") ||
		r.take("never") || r.take("no", "more", "on") || r.take("no") || r.take("minus") {
		return r.readExcept()
	}
	if n := r.stepDays(); n > 0 {
		r.step = n
		return r.days == 0
	}
	if r.step > 0 {
		return false // every other day and Monday are two things
	}
	_ = r.take("on") || r.take("from") || r.take("of")
	r.take("the")
	found := false
	switch {
	case r.take("daily"), r.take("once", "daily"), r.take("once", "a", "day"), r.take("everyday"), r.take("all", "days"), r.take("all", "week"),
		r.take("seven", "days", "a", "week"), r.take("7", "days", "a", "week"):
		r.days, found = everyDay, true
	case r.peek(0) == "every" || r.peek(0) == "each" || r.peek(0) == "all":
		r.at++
		// "every morning at 8": the days are all of them, the part comes next.
		switch next := r.peek(0); {
		case next == "day":
			r.at++
			r.days, found = everyDay, true
		case isPart(next):
			r.days = everyDay
			return true
		}
	}
	if found {
		return true
	}
	set, ok := r.dayList()
	if !ok {
		return false
	}
	if r.days == 0 && r.peek(1) == "" && r.take("not") { // "on sundays not"
		r.days = everyDay &^ set
		return r.days != 0
	}
	r.days |= set
	return true
}

// readExcept takes days out: "every day except sundays".
func (r *reader) readExcept() bool {
	r.take("on")
	r.take("the")
	set, ok := r.dayList()
	if !ok {
		return false
	}
	if r.days == 0 {
		r.days = everyDay
	}
	r.days &^= set
	return r.days != 0
}

// dayList reads "mon, wed and fri", "mon-fri", "weekdays and sunday".
func (r *reader) dayList() (daySet, bool) {
	set, ok := r.dayItem()
	if !ok {
		return 0, false
	}
	for {
		start := r.at
		for r.take(",") || r.take("and") || r.take("andplus") || r.take("the") || r.take("&") || r.take("on") || r.take("/") || r.take("+") || r.take("every") {
		}
		next, ok := r.dayItem()
		if !ok {
			r.at = start
			return set, true
		}
		set |= next
	}
}

// dayItem reads one day, one range or one name for several days.
func (r *reader) dayItem() (daySet, bool) {
	start := r.at
	switch {
	case r.take("weekdays"), r.take("weekday"), r.take("week", "days"), r.take("week", "day"),
		r.take("workdays"), r.take("working", "days"), r.take("work", "days"):
		return weekdays, true
	case r.take("weekends"), r.take("weekend"), r.take("the", "weekend"), r.take("the", "weekends"),
		r.take("at", "the", "weekend"), r.take("at", "weekends"), r.take("at", "the", "weekends"):
		return weekends, true
	}
	first, ok := weekday(r.peek(0))
	if !ok {
		return 0, false
	}
	r.at++
	r.take(".")
	mid := r.at
	if r.take("-") || r.take("to") || r.take("till") || r.take("until") || r.take("through") || r.take("thru") {
		last, ok := weekday(r.peek(0))
		if !ok || last == first {
			// "monday to" what? Not understood: leave no half of it behind.
			r.at = start
			return 0, false
		}
		r.at++
		set := daySet(0)
		for d := first; ; d = (d + 1) % 7 {
			set |= 1 << d
			if d == last {
				return set, true
			}
		}
	}
	r.at = mid
	return 1 << first, true
}

// stepDays reads "every other day", "every third day", "every 3 days", and "3d",
// which is how they are stored and stands in front; 0: it is none of these.
func (r *reader) stepDays() int {
	start := r.at
	if n, ok := r.number(); ok && start == 0 && n >= 2 && n <= LongestStep && r.take("d") {
		return n
	}
	r.at = start
	if !r.take("every") && !r.take("each") {
		return 0
	}
	for word, n := range map[string]int{"other": 2, "second": 2, "third": 3, "fourth": 4, "fifth": 5} {
		if r.take(word, "day") {
			return n
		}
	}
	if n, ok := r.number(); ok && n >= 2 && n <= LongestStep && r.take("days") {
		return n
	}
	r.at = start
	return 0
}

// chosen are the days that were named, as stored and in words; "" for every day.
func (r *reader) chosen() (value, echo string) {
	switch {
	case r.step == 2:
		return "2d", "every other day"
	case r.step > 0:
		return fmt.Sprint(r.step) + "d", fmt.Sprint("every ", r.step, " days")
	case r.days == 0 || r.days == everyDay:
		return "", ""
	}
	return r.days.value(), r.days.echo()
}
