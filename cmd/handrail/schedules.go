package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"handrail/bot"
	"handrail/bot/flow"
	"handrail/bot/schedule"
)

// Schedule is one thing that the organization sends to everybody who opted in to
// its kind, each by their own clock.
type Schedule struct {
	// What the operator calls it.
	Name string `yaml:"name"`

	// checkin, reasons, week, date or note.
	Kind string `yaml:"kind"`

	// The conversation that begins then.
	Flow string `yaml:"flow"`

	// When: "18:00", or "18:00-20:00" for another minute each time.
	At string `yaml:"at"`

	// On which days, as in [sun]. Empty: on all.
	Days []string `yaml:"days"`

	// How late it may still come. Empty: as its kind has it.
	FreshFor time.Duration `yaml:"fresh_for"`
}

// plan is when it comes.
func (s Schedule) plan() (schedule.Plan, error) { return schedule.Daily(s.At, s.Days) }

// checkSchedules finds what is wrong with the schedules, as far as the
// configuration alone tells.
func (c Config) checkSchedules(at positions) (faults []finding) {
	names := map[string]bool{}
	for i, s := range c.Schedules {
		key := func(k string) string { return fmt.Sprintf("schedules.%d.%s", i, k) }
		bad := func(k, format string, args ...any) { faults = append(faults, at.fault(key(k), format, args...)) }
		for _, need := range []struct{ key, value, as string }{
			{"name", s.Name, "weekly-note"}, {"kind", s.Kind, "note"}, {"flow", s.Flow, "note.week"}, {"at", s.At, `"18:00"`},
		} {
			if need.value == "" {
				bad(need.key, "schedules: %s is missing: write it as in %s: %s", need.key, need.key, need.as)
			}
		}
		if s.Name != "" && names[s.Name] {
			bad("name", "two schedules are named %q: rename one", s.Name)
		}
		names[s.Name] = true
		if s.Kind != "" && !slices.Contains(flow.Kinds(), s.Kind) {
			bad("kind", "unknown kind %q: take one of %s", s.Kind, strings.Join(flow.Kinds(), ", "))
		}
		if _, err := (Schedule{At: s.At}).plan(); err != nil && s.At != "" {
			bad("at", "%q is no time of the day: write it as in \"18:00\", or \"18:00-20:00\" for another minute each time, at most twelve hours", s.At)
		} else if _, err := s.plan(); err != nil && s.At != "" {
			bad("days", "unknown day: write days as in [mon, thu], of mon, tue, wed, thu, fri, sat, sun, or [2d] for every other day")
		}
		if s.FreshFor < 0 || s.FreshFor > 7*24*time.Hour {
			bad("fresh_for", "fresh_for is from 1m to 7d, or left out")
		}
	}
	return faults
}

// checkBroadcasts finds what the scripts lack for the schedules. It is asked
// when the rest of both is sound.
func (c Config) checkBroadcasts(at positions, lib *flow.Library) (faults []finding) {
	for i, s := range c.Schedules {
		key := fmt.Sprintf("schedules.%d.", i)
		if s.Flow != "" && !lib.Has(s.Flow) {
			faults = append(faults, at.fault(key+"flow", "there is no flow %q: name one that handrail flows list shows", s.Flow))
		}
		if slices.Contains(flow.Kinds(), s.Kind) && !lib.Offers(s.Kind) {
			faults = append(faults, at.fault(key+"kind",
				"nobody can opt in to the kind %q: add a step to a flow, every: news, with kind: %s and organization: true, or take another kind", s.Kind, s.Kind))
		}
	}
	return faults
}

// broadcastFaults is checkBroadcasts for the configuration in a file; "" has
// none.
func broadcastFaults(path string, lib *flow.Library) ([]finding, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fail("read the configuration: %v", err)
	}
	var c Config
	where, _ := decodeStrict(path, data, &c)
	return c.checkBroadcasts(where, lib), nil
}

// broadcasts are the schedules as the bot takes them.
func (c Config) broadcasts() (all []bot.Broadcast, err error) {
	for _, s := range c.Schedules {
		plan, err := s.plan()
		if err != nil {
			return nil, fail("schedules in the configuration: %v", err)
		}
		all = append(all, bot.Broadcast{Name: s.Name, Kind: s.Kind, Flow: s.Flow, Plan: plan, FreshFor: s.FreshFor})
	}
	return all, nil
}

// alone names the flows that the schedules begin.
func (c Config) alone() (ids []string) {
	for _, s := range c.Schedules {
		ids = append(ids, s.Flow)
	}
	return ids
}
