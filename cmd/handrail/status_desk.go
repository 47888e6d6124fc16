package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"handrail/bot/desk"
	"handrail/bot/seal"
	"handrail/bot/store"
)

// deskStatus is who is on call now, and how many cases are open.
type deskStatus struct {
	OnCall []string       `json:"on_call"`
	Away   []string       `json:"away"`
	Change *time.Time     `json:"next_change,omitempty"` // when somebody next comes on call or goes
	Cases  map[string]int `json:"cases"`                 // that are open, by state
	// Fault is why nothing of it is known; empty: it is.
	Fault string `json:"fault,omitempty"`
	// Partly: the master key cannot be read here, so that only the rota is known.
	Partly bool `json:"partly,omitempty"`

	zone *time.Location
}

// deskOf reads the rota, and with the master key who is away and what is open; nil
// without staff.
func deskOf(ctx context.Context, cfg Config, now time.Time) (*deskStatus, error) {
	staff, err := cfg.Staff.desk(cfg.Zone, cfg.Language)
	if err != nil || staff == nil {
		return nil, err
	}
	st := &deskStatus{OnCall: []string{}, Away: []string{}, Cases: map[string]int{}, zone: staff.Zone}
	var away []desk.StaffID
	if master, err := seal.LoadMaster(cfg.MasterKeyFile); err != nil {
		st.Partly = true
	} else if away, err = st.read(ctx, cfg, master, staff.Desk.Rota); err != nil {
		return nil, err
	}
	for _, who := range staff.Desk.Rota.On(now, away) {
		st.OnCall = append(st.OnCall, staff.Desk.Rota.Name(who))
	}
	if at, ok := staff.Desk.Rota.Change(now); ok {
		st.Change = &at
	}
	return st, nil
}

// read looks into the store for who is away and which cases are open.
func (st *deskStatus) read(ctx context.Context, cfg Config, master *seal.Master, rota desk.Rota) (away []desk.StaffID, err error) {
	o, err := cfg.storeOptions(master, nil)
	if err != nil {
		return nil, err
	}
	r, err := store.OpenReader(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // only read
	err = r.View(ctx, func(tx *store.Tx) error {
		for _, m := range rota.Members {
			why, err := tx.Away(m.ID)
			if err != nil {
				return err
			}
			if why != "" {
				away = append(away, m.ID)
				st.Away = append(st.Away, m.Name)
			}
		}
		cases, err := tx.OpenCases()
		for _, c := range cases {
			st.Cases[string(c.State)]++
		}
		return err
	})
	return away, err
}

// print writes the rows about the desk.
func (st *deskStatus) print(row func(name, format string, args ...any)) {
	if st.Fault != "" {
		row("on call", "not known: %s", st.Fault)
		return
	}
	until := ""
	if st.Change != nil {
		until = ", until " + st.Change.In(st.zone).Format("Mon 2006-01-02 15:04 MST")
	}
	row("on call", "%s%s", cmp.Or(strings.Join(st.OnCall, ", "), "nobody"), until)
	if st.Partly {
		row("away", "not known here: the master key cannot be read")
		return
	}
	if len(st.Away) > 0 {
		row("away", "%s", strings.Join(st.Away, ", "))
	}
	var cases []string
	for _, s := range []desk.State{desk.Requested, desk.Offered, desk.Claimed, desk.Returned} {
		if n := st.Cases[string(s)]; n > 0 {
			cases = append(cases, fmt.Sprintf("%d %s", n, s))
		}
	}
	row("cases", "%s", cmp.Or(strings.Join(cases, ", "), "none open"))
}
