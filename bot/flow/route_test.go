package flow

import "testing"

// world is a small library in which flows can get in each other's way.
func world() map[string]string {
	return map[string]string{
		"welcome": "steps: [{say: Welcome.}, {set: {welcomed: true}}]",
		"menu":    "anywhere: [menu]\nresume: false\nsteps: [{menu: Menu.}]",
		"thanks":  "idle: [ok, thank you]\nsteps: [{say: All right.}]",
		"stop":    "first: [stop, stop it]\nsteps: [{say: Stopped.}, {cancel: all}, {quiet: stop}]",
		"help":    "anywhere: [help]\nsteps: [{ask: 'Help how?', pick: {lines: {say: Lines.}, words: {}}}]",
		"info":    "start: [info, tell me more]\nsteps: [{say: Info.}]",
		"hush":    "start: [hush]\nsteps: [{say: Hushed.}, {cancel: all}]",
		"urge": `title: The urge
menu: 1
start: [urge, i want to text them]
steps:
  - ask: How strong?
    scale: {from: 0, to: 10}
    keep: pull
    no_reply: {after: 20m, say: Still here.}
  - say: "{{pull}}."
  - wait: 15m
  - say: Over.`,
		"journal": "start: [journal]\nsteps: [{ask: Write., text: {}}, {say: Kept.}]",
		"breathe": "start: [breathe]\nsteps: [{pace: {in: 4, out: 6, rounds: 2}}, {say: Done.}]",
		"checkin": "steps: [{ask: 'How is it?', pick: {light: {}, heavy: {}}, no_reply: {after: 2h, end: }}, {say: Noted.}]",
		"hello":   "steps: [{say: Hello.}]",
		"chooser": "start: [choose]\nresume: false\nsteps: [{ask: 'Which?', pick: {left: {}, right: {}}}, {say: Chosen.}]",
	}
}

func TestRouting(t *testing.T) {
	t.Parallel()
	lib := library(t, world())
	for _, tc := range []struct{ name, cmds, want string }{
		{
			"the first word of a new person gets the welcome, whatever it is",
			"ok\nok\nxyz",
			`< ok
> Welcome.
! set welcomed true
! end
< ok
> All right.
! end
< xyz
> [ask] Menu. / 1 The urge`,
		},
		{
			"start phrases: whole, inside, misspelt",
			"INFO.\nplease tell me more about it\ninfoo",
			`< INFO.
> Info.
! end
< please tell me more about it
> Info.
! end
< infoo
> Info.
! end`,
		},
		{
			"a question waits: the answer first, then start phrases, then the question again",
			"urge\n7\ninfo\nyes\nok",
			`< urge
> [ask] How strong?
! wait 20m0s
< 7
! set pull 7
> 7.
! wait 15m0s
< info
> Info.
> [ask] Shall we go back to The urge? / 1 yes / 2 no
< yes
> I will be back at 20:15. Say done to go on now.
! wait 15m0s
< ok
> I will be back at 20:15. Say done to go on now.
! wait 15m0s`,
		},
		{
			"anywhere beats an open question, and a free answer is not taken for a misspelt one",
			"journal\nhelpp\njournal\nhelp\nlines\n1\nback to it",
			`< journal
> [ask] Write.
< helpp
> Kept.
! end
< journal
> [ask] Write.
< help
> [ask] Help how? / 1 lines / 2 words
< lines
> Lines.
> [ask] Shall we go back to The journal flow? / 1 yes / 2 no
< 1
> [ask] Write.
< back to it
> Kept.
! end`,
		},
		{
			"resume: no, and something else",
			"journal\ninfo\nno\njournal\ninfo\ninfo\njournal\nhelp\n2\n/react 👍",
			`< journal
> [ask] Write.
< info
> Kept.
! end
< no
> Welcome.
! set welcomed true
! end
< journal
> [ask] Write.
< info
> Kept.
! end
< info
> Info.
! end
< journal
> [ask] Write.
< help
> [ask] Help how? / 1 lines / 2 words
< 2
> [ask] Shall we go back to The journal flow? / 1 yes / 2 no
< /react 👍
> [ask] Write.`,
		},
		{
			"the resume question answered with no, and dropped by another text",
			"urge\nhelp\n2\nnah\nurge\nhelp\n2\nurge\nhelp\n2\nxyz",
			`< urge
> [ask] How strong?
! wait 20m0s
< help
> [ask] Help how? / 1 lines / 2 words
< 2
> [ask] Shall we go back to The urge? / 1 yes / 2 no
< nah
> All right. We leave it there.
! end
< urge
> [ask] How strong?
! wait 20m0s
< help
> [ask] Help how? / 1 lines / 2 words
< 2
> [ask] Shall we go back to The urge? / 1 yes / 2 no
< urge
> [ask] How strong?
! wait 20m0s
< help
> [ask] Help how? / 1 lines / 2 words
< 2
> [ask] Shall we go back to The urge? / 1 yes / 2 no
< xyz
> Welcome.
! set welcomed true
! end`,
		},
		{
			"one deep: the older talk is dropped",
			"urge\nhelp\ntell me more\n2\nyes\n1",
			`< urge
> [ask] How strong?
! wait 20m0s
< help
> [ask] Help how? / 1 lines / 2 words
< tell me more
> Info.
> [ask] Shall we go back to The help flow? / 1 yes / 2 no
< 2
> All right. We leave it there.
! end
< yes
> Welcome.
! set welcomed true
! end
< 1
> [ask] Menu. / 1 The urge`,
		},
		{
			"asked for again: it begins anew, nothing is parked",
			"help\nhelp\n1\nurge\nhelp\nurge\n5\ndone",
			`< help
> [ask] Help how? / 1 lines / 2 words
< help
> [ask] Help how? / 1 lines / 2 words
< 1
> Lines.
! end
< urge
> [ask] How strong?
! wait 20m0s
< help
> [ask] Help how? / 1 lines / 2 words
< urge
> [ask] How strong?
! wait 20m0s
< 5
! set pull 5
> 5.
! wait 15m0s
< done
> Over.
> [ask] Shall we go back to The help flow? / 1 yes / 2 no`,
		},
		{
			"the menu and flows with resume: false are not come back to",
			"menu\ninfo\nchoose\ninfo",
			`< menu
> [ask] Menu. / 1 The urge
< info
> Info.
! end
< choose
> [ask] Which? / 1 left / 2 right
< info
> Info.
! end`,
		},
		{
			"first words are heard in every state and leave nothing behind",
			"journal\nhelp\nStop!\nyes",
			`< journal
> [ask] Write.
< help
> [ask] Help how? / 1 lines / 2 words
< Stop!
> Stopped.
! cancel all
! quiet 0s true false
! end
< yes
> Welcome.
! set welcomed true
! end`,
		},
		{
			"a flow that ends all schedules ends the parked talk too",
			"urge\nhush",
			`< urge
> [ask] How strong?
! wait 20m0s
< hush
> Hushed.
! cancel all
! end`,
		},
		{
			"a scheduled flow parks; when it ends at once the question waits on unasked",
			"urge\n/start hello\n/timer\n6\n/start checkin\nlight\nyes",
			`< urge
> [ask] How strong?
! wait 20m0s
< /start hello
> Hello.
! wait 20m0s
< /timer
> Still here.
< 6
! set pull 6
> 6.
! wait 15m0s
< /start checkin
> [ask] How is it? / 1 light / 2 heavy
! wait 2h0m0s
< light
> Noted.
> [ask] Shall we go back to The urge? / 1 yes / 2 no
< yes
> I will be back at 20:35. Say done to go on now.
! wait 15m0s`,
		},
		{
			"a scheduled flow that nobody answers asks nothing either",
			"urge\n/start checkin\n/timer\n5",
			`< urge
> [ask] How strong?
! wait 20m0s
< /start checkin
> [ask] How is it? / 1 light / 2 heavy
! wait 2h0m0s
< /timer
! end
< 5
> Welcome.
! set welcomed true
! end`,
		},
		{
			"the same schedule again begins anew",
			"/start checkin\n/start checkin\nheavy",
			`< /start checkin
> [ask] How is it? / 1 light / 2 heavy
! wait 2h0m0s
< /start checkin
> [ask] How is it? / 1 light / 2 heavy
! wait 2h0m0s
< heavy
> Noted.
! end`,
		},
		{
			"an interrupt parks and asks afterwards",
			"journal\n/interrupt hello\nyes",
			`< journal
> [ask] Write.
< /interrupt hello
> Hello.
> [ask] Shall we go back to The journal flow? / 1 yes / 2 no
< yes
> [ask] Write.`,
		},
		{
			"a pace is taken up from its beginning",
			"breathe\n/timer\ninfo\nyes\n/timer",
			`< breathe
> [anchor] In, 4 / Round 1 of 2
! wait 4s
< /timer
> [edit] Out, 6 / Round 1 of 2
! wait 6s
< info
> Info.
> [ask] Shall we go back to The breathe flow? / 1 yes / 2 no
< yes
> [anchor] In, 4 / Round 1 of 2
! wait 4s
< /timer
> [edit] Out, 6 / Round 1 of 2
! wait 6s`,
		},
		{
			"a pause that is over by the time one comes back",
			"urge\n3\nhelp\n/later 1h\n2\nyes",
			`< urge
> [ask] How strong?
! wait 20m0s
< 3
! set pull 3
> 3.
! wait 15m0s
< help
> [ask] Help how? / 1 lines / 2 words
< /later 1h
< 2
> [ask] Shall we go back to The urge? / 1 yes / 2 no
< yes
> Over.
! end`,
		},
		{
			"reactions that say nothing are acknowledged",
			"journal\n/react ❤️\nhelp\n/react 🎉\n/react 👍\n/react 9️⃣",
			`< journal
> [ask] Write.
< /react ❤️
> Noted.
< help
> [ask] Help how? / 1 lines / 2 words
< /react 🎉
> Noted.
< /react 👍
> [ask] I did not catch that. / 1 lines / 2 words
< /react 9️⃣
> [ask] I did not catch that. You can say skip to leave this one out, or menu for everything else.`,
		},
		{
			"a timer when nothing of the kind waits",
			"/timer\njournal\n/timer\ninfo",
			`< /timer
< journal
> [ask] Write.
< /timer
< info
> Kept.
! end`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			play(t, lib, tc.cmds, tc.want)
		})
	}
}
