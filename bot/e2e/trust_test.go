package e2e

import (
	"regexp"
	"strings"
	"testing"

	"handrail/bot/e2e/client"
)

// number is by which a colleague confirms somebody's new keys.
var number = regexp.MustCompile(`confirm Ana ([0-9]{4})`)

// TestConfirmNewKeys: where devices must be confirmed, an advocate whose keys have
// changed loses what she has at once, can do nothing, and reads nothing more, until
// a colleague writes the number that stands in the room of staff.
func TestConfirmNewKeys(t *testing.T) {
	t.Parallel()
	o := newOffice(newWorld(t, worldOptions{}), "  verified_devices: true\n")
	ana, ben := o.ana, o.ben
	c := o.enter("guest")
	c.welcome()
	c.ask("human", "Advocates of the house answer.")
	c.hear("what may they see")
	c.ask("nothing", "I asked.")
	root := o.hears(ben, o.room, "K1 asks for a person").ID
	o.hears(ana, o.room, "K1 asks for a person")
	o.thread(ana, root, "claim")
	c.hear("An advocate is here now")
	first := o.accepts(ana, "K1")
	o.hears(ana, first, "Ana has it. What you write here goes to the person")
	o.says(ana, first, "I am here with you")
	c.hear("I am here with you")

	must(t, ana.ResetIdentity(t.Context()))
	waitLeft(t, ana, first)
	c.hear("cannot go on")
	told := o.hears(ben, o.room, "Ana, your keys have changed.")
	code := number.FindStringSubmatch(told.Body)
	if code == nil {
		t.Fatalf("there is no number in %q", told.Body)
	}
	for _, try := range []struct {
		who           *client.Person
		words, answer string
	}{
		{ana, "on call", "Ana, your keys have changed."},
		{ana, "confirm Ana " + code[1], "Ana, your keys have changed."},
		{ben, "confirm Ana " + otherThan(code[1]), "There is nothing to confirm"},
		{ben, "confirm Ben " + code[1], "There is nothing to confirm"},
	} {
		o.says(try.who, o.room, try.words)
		o.hears(ben, o.room, try.answer)
	}
	o.thread(ana, root, "claim")
	o.hears(ben, o.room, "Ana, your keys have changed.")
	c.say("these words are not for the new keys")

	o.says(ben, o.room, "confirm ana "+code[1])
	o.hears(ben, o.room, "Ana is confirmed.")
	o.hears(ana, o.room, "Ana is confirmed.")
	o.says(ana, o.room, "on call")
	o.hears(ana, o.room, "On call")
	o.thread(ana, root, "claim")
	c.hear("An advocate is here now")
	again := o.accepts(ana, "K1")
	o.hears(ana, again, "Ana has it. What you write here goes to the person")
	o.says(ana, again, "I am back")
	c.hear("I am back")
	c.say("good that it is you")
	o.hears(ana, again, "K1: good that it is you")
	// Ana was given no key meanwhile, and is given none for it now.
	for _, room := range []string{o.room, again} {
		events, err := ana.Timeline(t.Context(), room)
		o.dump(err)
		for _, e := range events {
			for _, secret := range []string{"confirm Ana", "There is nothing to confirm", "not for the new keys"} {
				if e.Sender == botID && strings.Contains(e.Body, secret) {
					t.Errorf("somebody with unconfirmed keys reads %q", e.Body)
				}
			}
		}
	}
}

// otherThan is another number of four digits.
func otherThan(code string) string {
	return strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
}
