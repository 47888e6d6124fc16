package flow

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// talked is a library with word lists and flows that share words.
func talked(t testing.TB) *Library {
	return library(t, map[string]string{
		"welcome": "start: [hi]\nsteps: [{say: Welcome.}, {set: {welcomed: true}}]",
		"menu":    "anywhere: [menu, show me the menu]\nresume: false\nsteps: [{menu: Menu.}]",
		"urge":    "title: The pull\nmenu: 1\nstart: [urge, want to text him, i miss her]\nsteps: [{ask: 'How strong?', scale: {from: 0, to: 10}}, {say: Noted.}]",
		"heavy":   "title: A hard moment\nstart: [lonely, im lonely, sad, rough night]\nsteps: [{say: That sounds like a lot.}]",
		"slip":    "start: [i called]\nsteps: [{say: Called.}]",
		"thanks":  "idle: [thank you, good]\nsteps: [{say: All right.}]",
		"panic":   "start: [panic, spiraling]\nsteps: [{say: Look around.}]",
		"left":    "start: [i left him.]\nsteps: [{say: Noted.}]",
		"heard":   "start: [him called me]\nsteps: [{say: Noted.}]",
		"quiet":   "start: [do not write to me]\nsteps: [{say: Noted.}]",
		"journal": "start: [journal]\nsteps: [{ask: Write., text: {}}, {say: Kept.}]",
		"mood":    "start: [mood]\nsteps: [{ask: 'How is it?', pick: {light: {}, heavy: {}}}, {say: Noted.}]",
	})
}

func TestFreeMatch(t *testing.T) {
	t.Parallel()
	lib := talked(t)
	for _, tc := range []struct{ name, text, want string }{
		{"other pronoun, other verb form", "wanna text my ex", "urge"},
		{"words in between", "i want so much to text her", "urge"},
		{"one word with a meaning in between", "i want badly to text her", "urge"},
		{"two in between are too many", "want the car to maybe text him", ""},
		{"turned around", "i dont want to text him", ""},
		{"turned around from a distance", "i never ever want to text him", ""},
		{"the thought before was turned around", "i will not sleep because i want to text him", "urge"},
		{"not across thoughts", "i want it but text him", ""},
		{"a misspelling inside", "so i want to txet him", "urge"},
		{"another word is no misspelling", "i want to test him", ""},
		{"a single word among small ones", "im so very lonely", "heavy"},
		{"a single word among others", "the lonely bird sings", ""},
		{"one more word, whole phrase", "im lonely here", "heavy"},
		{"the first small word may be missing", "called", "slip"},
		{"but not another", "has he called", ""},
		{"a long message with a common word", "yesterday was fine, then my sister came and brought a sad film and we ate and went home late by bus", ""},
		{"a long message with a plain phrase", "yesterday my sister came and brought a film and we ate, and now all that is left is that i want to text him", "urge"},
		{"heard anywhere, not inside something else", "they brought the menu late", ""},
		{"heard anywhere, with small words", "please menu", "menu"},
		{"idle words stay short", "good grief this is good", ""},
		{"somebody else", "my sister had a rough night", ""},
		{"somebody else, then oneself", "my sister i am lonely", "heavy"},
		{"somebody else in another thought", "my sister left and i am lonely", "heavy"},
		{"a strong word beside another", "panic station", "panic"},
		{"a word that is not strong", "sad station", ""},
		{"a full stop: nothing else", "so i left him", "left"},
		{"a full stop: with something else", "i left him there outside", ""},
		{"the last small word is needed", "him called the school", ""},
		{"the last small word is there", "so her called me", "heard"},
		{"one misspelt word", "so very loenly", "heavy"},
		{"what another word leads to is no misspelling", "a spiralling", "panic"},
		{"a phrase that turns, turned another way", "i do not write", ""},
		{"a phrase that turns", "please do not write to me", "quiet"},
		{"nothing", "", ""},
		{"signs", "?!", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, _, _ := lib.Match(tc.text)
			if got != tc.want {
				t.Errorf("Match(%q) = %q, want %q: %+v", tc.text, got, tc.want, lib.Explain(tc.text))
			}
			best := ""
			if v := lib.Explain(tc.text); len(v.Best) > 0 {
				best = v.Best[0].Flow
				if len(v.Best[0].Why) == 0 {
					t.Error("no reason")
				}
			}
			if best != got {
				t.Errorf("Explain says %q, Match %q", best, got)
			}
		})
	}
}

func TestFreeTalk(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, cmds, want string }{
		{
			"two flows are close: which one, and each way on",
			"im lonely and i miss him\n2\nim lonely and i miss her\nsomething else\n9\nim lonely and i miss her\nno\nim lonely and i miss her\nThe pull\n3\nim lonely and i miss her\nrepeat\njournal\nx",
			`< im lonely and i miss him
> [ask] Which of these fits better? / 1 The pull / 2 A hard moment / 3 something else
< 2
> That sounds like a lot.
! end
< im lonely and i miss her
> [ask] Which of these fits better? / 1 The pull / 2 A hard moment / 3 something else
< something else
> Welcome.
! set welcomed true
! end
< 9
> [ask] Menu. / 1 The pull
< im lonely and i miss her
> [ask] Which of these fits better? / 1 The pull / 2 A hard moment / 3 something else
< no
> All right. We leave it there.
! end
< im lonely and i miss her
> [ask] Which of these fits better? / 1 The pull / 2 A hard moment / 3 something else
< The pull
> [ask] How strong?
< 3
> Noted.
! end
< im lonely and i miss her
> [ask] Which of these fits better? / 1 The pull / 2 A hard moment / 3 something else
< repeat
> [ask] Which of these fits better? / 1 The pull / 2 A hard moment / 3 something else
< journal
> [ask] Write.
< x
> Kept.
! end`,
		},
		{
			"an open question is stronger, and asks nothing else",
			"mood\nit was a bit sad\nim lonely and i miss him\nwanna text him\n0\nno",
			`< mood
> [ask] How is it? / 1 light / 2 heavy
< it was a bit sad
> [ask] I did not catch that. / 1 light / 2 heavy
< im lonely and i miss him
> [ask] I did not catch that. You can say skip to leave this one out, or menu for everything else.
< wanna text him
> [ask] How strong?
< 0
> Noted.
> [ask] Shall we go back to The mood flow? / 1 yes / 2 no
< no
> All right. We leave it there.
! end`,
		},
		{
			"what is heard anywhere is heard with a please",
			"mood\nmenu please",
			"< mood\n> [ask] How is it? / 1 light / 2 heavy\n< menu please\n> [ask] Menu. / 1 The pull",
		},
		{
			"words that a free question takes start nothing",
			"journal\nim lonely and i want to text him",
			"< journal\n> [ask] Write.\n< im lonely and i want to text him\n> Kept.\n! end",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			k := newTalk(t, talked(t))
			for c := range strings.SplitSeq(tc.cmds, "\n") {
				k.do(c)
			}
			compare(t, k.out.String(), tc.want)
		})
	}
}

// TestWhichReaction: a keycap answers the question which flow is meant.
func TestWhichReaction(t *testing.T) {
	t.Parallel()
	lib := talked(t)
	s, _, err := lib.Step(Session{}, Input{Text: "im lonely and i miss her"})
	if err != nil || s.Idle() {
		t.Fatal(s, err)
	}
	after, effects, err := lib.Step(s, Input{Kind: InReaction, Text: "2️⃣"})
	if err != nil || len(effects) == 0 || effects[0].(Say).Text != "That sounds like a lot." {
		t.Errorf("keycap: %v %v", effects, err)
	}
	if !after.Idle() {
		t.Errorf("session %+v", after)
	}
	if _, effects, err = lib.Step(s, Input{Kind: InTimer}); err != nil || len(effects) != 0 {
		t.Errorf("a timer: %v %v", effects, err)
	}
}

// TestWordLists: entries that could mean nothing are findings.
func TestWordLists(t *testing.T) {
	t.Parallel()
	good := string(texts(t))
	for _, tc := range []struct{ name, old, now, want string }{
		{"no rule", "wanna = want to", "wanna", "words_same holds entries like: wanna = want to; not \"wanna\""},
		{"twice", "him = them", "him = them, HIM = him", "\"him\" stands twice in words_same"},
		{"two words", "never, almost", "never, at last", "words_against holds single words: \"at last\""},
		{"in two lists", "never, almost", "never, just", "\"just\" stands in words_small and in words_against"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			fsys := files(t, map[string]string{"a": "steps: [{say: x}]"})
			src := strings.Replace(good, tc.old, tc.now, 1)
			if src == good {
				t.Fatal("nothing replaced")
			}
			fsys[textsFile] = &fstest.MapFile{Data: []byte(src)}
			for _, f := range load(t, fsys) {
				if f.Message == tc.want {
					return
				}
			}
			t.Errorf("no finding %q", tc.want)
		})
	}
}

// BenchmarkMatch looks for 2,000 phrases, many of which share their words, in
// messages of all kinds. The aim is 50 microseconds a message.
func BenchmarkMatch(b *testing.B) {
	scripts := map[string]string{}
	verbs := strings.Fields("text call write see meet visit answer phone ask trust leave hear help move send drop read lose keep miss")
	things := strings.Fields("them lawyer garden court house money school sister office letter doctor kitchen bridge window ticket river paper candle engine market")
	for i, v := range verbs {
		var phrases []string
		for j, th := range things {
			for k, form := range []string{"want to %s %s", "should i %s the %s", "i could %s a %s", "about to %s %s", "%s my %s"} {
				phrases = append(phrases, fmt.Sprintf("%q", fmt.Sprintf(form, v, fmt.Sprintf("%s%d%d", th, j, k))))
			}
		}
		scripts[fmt.Sprintf("f%d", i)] = "start: [" + strings.Join(phrases, ", ") + "]\nsteps: [{say: x}]"
	}
	lib := library(b, scripts)
	for _, m := range []struct{ name, text string }{
		{"hit", "i really want to text that them00 right now"},
		{"misspelt", "i wnat to anwser my lawyer14 todya plaese"},
		{"nothing", "we went to the beach with the dog and it rained"},
		{"exact", "want to text them00"},
		{"long", strings.Repeat("yesterday we want to call and write and see about the house then went home ", 20)},
	} {
		b.Run(m.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				lib.Match(m.text)
			}
		})
	}
}

// TestPhrasesAlike: phrases of two flows that the word lists make the same are
// refused.
func TestPhrasesAlike(t *testing.T) {
	t.Parallel()
	list := load(t, files(t, map[string]string{
		"a": "start: [want to text him]\nsteps: [{say: A.}]",
		"b": "start: [wanna text my ex]\nsteps: [{say: B.}]",
	}))
	if len(list) != 1 || list[0].Rule != rulePhrase || list[0].File != "b.yaml" || list[0].Message != `"wanna text my ex" is heard like "want to text him" in a.yaml line 3` {
		t.Errorf("findings %v", list)
	}
}
