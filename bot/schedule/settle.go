package schedule

// settle turns the clock as written, am or pm and the part of the day into
// minutes since midnight. False where they contradict each other.
func (r *reader) settle() (int, bool) {
	hour, minute := r.clock/60, r.clock%60
	if r.half != "" {
		h, ok := halfDay(hour, minute, r.half)
		if !ok || (r.part != "" && !fits(h, r.part)) {
			return 0, false
		}
		return h*60 + minute, true
	}
	if r.part == "" {
		return r.clock, true
	}
	if r.bare && hour <= 12 {
		h, ok := partHour(hour, r.part)
		return h*60 + minute, ok
	}
	return r.clock, fits(hour, r.part)
}

// halfDay applies am and pm. "21:30 pm" says the same thing twice and is taken;
// "21:30 am" and "0 pm" are not.
func halfDay(hour, minute int, half string) (int, bool) {
	switch {
	case half == "am" && hour == 12:
		return 0, true
	case half == "am" && hour == 0 && minute > 0:
		return 0, true
	case half == "am":
		return hour, hour >= 1 && hour < 12
	case hour == 12:
		return 12, true
	case hour > 12:
		return hour, true
	}
	return hour + 12, hour >= 1
}

// partOf is a part of the day: the hours of the 24 h clock that one of 1 to 12
// beside it may mean, less than twelve of them, and all the hours that lie in it.
type partOf struct {
	from, to           int // of a bare hour; over midnight where from is more than to
	wholeFrom, wholeTo int
}

// part finds a part of the day by its name: those of English, and four that
// other languages cut out of the day in another way.
func part(name string) (partOf, bool) {
	switch name {
	case "morning":
		return partOf{1, 11, 0, 11}, true
	case "forenoon": // to which noon belongs
		return partOf{1, 12, 0, 12}, true
	case "noontime":
		return partOf{12, 15, 12, 15}, true
	case "afternoon":
		return partOf{12, 18, 12, 18}, true
	case "tarde": // from noon to the night, as in Spanish
		return partOf{12, 21, 12, 21}, true
	case "evening":
		return partOf{16, 23, 16, 23}, true
	case "tonight":
		return partOf{17, 0, 17, 4}, true
	case "night":
		return partOf{18, 4, 17, 4}, true
	case "smallhours":
		return partOf{0, 6, 0, 6}, true
	}
	return partOf{}, false
}

func isPart(name string) bool {
	_, ok := part(name)
	return ok && name != "tonight"
}

// partHour moves an hour of 1 to 12 (or 0) into the part of the day.
func partHour(hour int, name string) (int, bool) {
	p, _ := part(name)
	late := hour%12 + 12
	switch {
	case lies(hour%12, p.from, p.to):
		return hour % 12, hour > 0
	case lies(late, p.from, p.to):
		return late, hour > 0
	}
	return late % 24, false
}

// fits tells whether an hour of the 24 h clock lies in the part of the day.
func fits(hour int, name string) bool {
	p, _ := part(name)
	return lies(hour, p.wholeFrom, p.wholeTo)
}

// lies tells whether an hour is in a range, which may go over midnight.
func lies(hour, from, to int) bool {
	if from > to {
		return hour >= from || hour <= to
	}
	return hour >= from && hour <= to
}
