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

// partHour moves an hour of 1 to 12 (or 0) into the part of the day.
func partHour(hour int, part string) (int, bool) {
	switch part {
	case "morning":
		return hour, hour >= 1 && hour <= 11
	case "afternoon":
		if hour == 12 {
			return 12, true
		}
		return hour + 12, hour >= 1 && hour <= 6
	case "evening":
		return hour + 12, hour >= 4 && hour <= 11
	case "tonight":
		if hour == 12 {
			return 0, true
		}
		return hour + 12, hour >= 5 && hour <= 11
	default: // night
		switch {
		case hour == 12:
			return 0, true
		case hour >= 6:
			return hour + 12, true
		}
		return hour, hour <= 4
	}
}

// fits tells whether an hour of the 24 h clock lies in the part of the day.
func fits(hour int, part string) bool {
	switch part {
	case "morning":
		return hour < 12
	case "afternoon":
		return hour >= 12 && hour < 19
	case "evening":
		return hour >= 16
	default:
		return hour >= 17 || hour <= 4
	}
}
