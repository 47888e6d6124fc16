package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"handrail/bot/chat"
	"handrail/bot/desk"
	"handrail/bot/store"
)

// TestStatusOfTheDesk: who is on call, who said that they are away, and what is
// open; without the master key the rota alone.
func TestStatusOfTheDesk(t *testing.T) {
	t.Parallel()
	dir, config := runFolder(t, "http://127.0.0.1:1", "handrail", "not so secret")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	always := strings.Replace(strings.Replace(house, "days: [mon, sat], ", "", 1), `from: "22:00", to: "02:00"`, `from: "00:00", to: "24:00"`, 1)
	if err := os.WriteFile(config, append(text, always...), 0o600); err != nil {
		t.Fatal(err)
	}
	st := storeToKeep(t, dir)
	now := time.Now()
	err = st.Update(context.Background(), func(tx *store.Tx) error {
		p, err := tx.CreatePerson(chat.Address{Network: "matrix", User: "@carla:example.org"}, now)
		if err != nil {
			return err
		}
		c, err := tx.NewCase(p.ID, "matrix", now)
		if err != nil {
			return err
		}
		c.Case = desk.Case{ID: c.ID, State: desk.Offered, Since: now}
		if err := tx.PutCase(c); err != nil {
			return err
		}
		return tx.SetAway("@ana:example.org", store.AwaySaid)
	})
	if err != nil {
		t.Fatal(err)
	}
	r := does(t, "for people", 0, "running", "status", "-c", config)
	for _, want := range []string{"on call     Ben, until ", "away        Ana\n", "cases       1 offered\n"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("%q is not in\n%s", want, r.out)
		}
	}
	var got status
	r = does(t, "for programs", 0, "", "status", "-c", config, "--format", "json")
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || got.Desk == nil || !slices.Equal(got.Desk.OnCall, []string{"Ben"}) || got.Desk.Cases["offered"] != 1 {
		t.Errorf("%v: %s", err, r.out)
	}
	broken := filepath.Join(dir, "broken.yaml")
	if err := os.WriteFile(broken, append(text, strings.Replace(always, "staff:\n", "staff:\n  texts: nowhere\n", 1)...), 0o600); err != nil {
		t.Fatal(err)
	}
	r = does(t, "with a fault in staff", 0, "1 fault in", "status", "-c", broken)
	for _, want := range []string{"on call     not known: the folder of prepared texts", "outbox ", "given up "} {
		if !strings.Contains(r.out, want) {
			t.Errorf("%q is not in\n%s", want, r.out)
		}
	}
	cfg, _, err := loadConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	cfg.MasterKeyFile = filepath.Join(dir, "nowhere")
	blind, err := deskOf(context.Background(), cfg, now)
	if err != nil || !blind.Partly || !slices.Equal(blind.OnCall, []string{"Ana", "Ben"}) {
		t.Errorf("without the key: %+v, %v", blind, err)
	}
}
