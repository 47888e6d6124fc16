package schedule

// rung is one step of the ladder on which what goes unanswered comes less often.
type rung struct{ days, allowed int }

// StepDown tells how often something still comes after so many in a row went
// unanswered: no sooner than days after the one before; and whether it comes
// only once more, to ask whether to go on, and then rests. gap is Plan.Gap.
//
// The ladder: three daily ones, three on every other day, two weekly ones, then
// the question. A plan that comes less often anyway begins further down, at its
// own pace. Any answer leads back to the top.
func StepDown(gap, unanswered int) (days int, ask bool) {
	ladder := [...]rung{{1, 3}, {2, 3}, {7, 2}}
	days = max(gap, 1)
	for i, r := range ladder {
		below := i+1 < len(ladder) && ladder[i+1].days <= gap
		if below {
			continue
		}
		days = max(r.days, gap, 1)
		if unanswered < r.allowed {
			return days, false
		}
		unanswered -= r.allowed
	}
	return days, true
}
