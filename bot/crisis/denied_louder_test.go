package crisis

import "testing"

// TestDeniedBesideALouderWord: what a person says of themselves stays a question
// where the same words are said once more, louder and as a joke, before or after.
func TestDeniedBesideALouderWord(t *testing.T) {
	t.Parallel()
	x := shipped(t)
	for _, denial := range []string{"i dont want to die", "i do not want to end it all", "im not going to kill myself"} {
		for _, joke := range []string{
			"haha i want to die lol", "haha i want to die with all this laundry", "haha i want to end it all haha this test",
			"haha i will kill myself when the level is too hard", "haha i want to kill myself with all this laundry",
		} {
			if level(x.Scan(denial, "en")) < Ask {
				t.Errorf("%q alone is passed over", denial)
			}
			for _, text := range []string{denial + ". " + joke, joke + ". " + denial} {
				if got := level(x.Scan(text, "en")); got < Ask {
					t.Errorf("%q says %s; overruled %v", text, got, x.Overruled(text, "en"))
				}
			}
		}
	}
}
