package bot_test

import (
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"handrail/bot/crisis"
	"handrail/bot/flow"
	"handrail/bot/schedule"
	"handrail/flows"
)

// handed are the scripts that come with the program, and one that hands over.
var handed = sync.OnceValues(func() (*flow.Library, error) {
	all := fstest.MapFS{"rope.yaml": {Data: []byte(handing["rope"])}}
	err := fs.WalkDir(flows.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(flows.FS, name)
		all[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		return nil, err
	}
	lib, _, err := flow.Load(all, flow.Options{Readers: schedule.Readers()})
	return lib, err
})

// TestDeskHearsEveryDanger: while an advocate has the talk, every kind of danger
// reaches the advocate with the person's own words and is answered by the bot at
// once, as at any other time; who is read along with sees one plain line and
// nothing that tells of a talk.
func TestDeskHearsEveryDanger(t *testing.T) {
	t.Parallel()
	lib, err := handed()
	if err != nil || lib == nil {
		t.Fatal(err)
	}
	said := map[string]string{
		"watched": "he is reading my messages", "weapon": "he has a knife", "strangulation": "he choked me last night",
		"violence": "he is hitting me right now", "medical": "i took an overdose", "child": "he hit my daughter",
		"suicide": "i want to kill myself", "sexual": "he raped me", "locked_in": "he locked me in and took my phone",
		"self_harm": "i cut myself on purpose", "partner_suicide": "he says he will kill himself if i leave",
		"stalking": "he is following me everywhere", "other_person": "my sister is being beaten by her husband",
		"own_behaviour": "i hit her", "hopeless": "i have no hope left",
	}
	for _, category := range crisis.Categories() {
		t.Run(category, func(t *testing.T) {
			t.Parallel()
			words := said[category]
			h := newHouse(t, "")
			h.lib = lib
			h.open()
			h.ada("rope")
			h.writes(ana, "claim")
			if got := h.ada("thank you for coming"); !slices.Contains(got, "staff> K1: thank you for coming") {
				t.Fatalf("the advocate does not have the talk: %q", got)
			}
			got := h.ada(words)
			if !slices.Contains(got, "staff> K1: "+words) {
				t.Errorf("the advocate does not read it: %q", got)
			}
			told := func(s string) bool { return strings.HasPrefix(s, "staff> Danger was heard in the last message: ") }
			if !slices.ContainsFunc(got, told) {
				t.Errorf("the advocate is not told of danger: %q", got)
			}
			seen := forAda(got)
			if category == "watched" {
				if len(seen) != 1 || strings.ContainsAny(seen[0], "0123456789?") || strings.Contains(seen[0], "dvocate") {
					t.Errorf("who is read along with sees %q", seen)
				}
				if got := forAda(h.writes(ana, "Are you safe?")); len(got) > 0 {
					t.Errorf("whoever reads along sees %q of the advocate", got)
				}
				return
			}
			if len(seen) == 0 || !strings.Contains(seen[0], "https://findahelpline.com") || strings.Contains(strings.Join(seen, " "), "obody reads") {
				t.Errorf("the person sees %q, want numbers, and no word that nobody reads this", seen)
			}
			wantNews(t, h.ada("I am in the kitchen"), "staff> K1: I am in the kitchen")
			wantNews(t, h.writes(ana, "I am here."), "> I am here.")
		})
	}
}
