package flow

import "slices"

// Link concerns the places from which a person writes: the host makes a code to
// connect another one, puts two together, parts them, or sends what comes by
// itself to one of them.
type Link struct {
	Do string // one of linkActs
}

func (Link) effect() {}

// What Link.Do can be.
const (
	LinkCode       = "code"        // say a code with which another place is connected
	LinkTogether   = "together"    // both have something of the person's: put it together
	LinkNot        = "not"         // leave both as they are
	LinkLeaveHere  = "leave here"  // the place of this talk is connected no more
	LinkLeaveThere = "leave there" // the other one
	LinkTimesHere  = "times here"  // what comes by itself comes here
	LinkTimesThere = "times there"
)

func linkActs() []string {
	return []string{LinkCode, LinkTogether, LinkNot, LinkLeaveHere, LinkLeaveThere, LinkTimesHere, LinkTimesThere}
}

// linkOp hands one of them to the host.
type linkOp struct{ do string }

func (*linkOp) isOp() {}

func (p *parser) link(v pair) op {
	o := &linkOp{}
	s, ok := p.str(v.v, "link")
	if ok && !slices.Contains(linkActs(), s) {
		p.c.add(at(p.file, v.v), ruleValue, "link is code, together, not, leave here, leave there, times here or times there")
	}
	o.do = s
	return o
}

// link leaves the effect. With a code and with two places put together the host
// has the word.
func (r *run) link(o *linkOp) {
	r.out = append(r.out, Link{o.do})
	r.spoke = r.spoke || o.do == LinkCode || o.do == LinkTogether
}

// Links tells whether a word stands before a code that connects another app, in
// any language.
func (v Voice) Links(word string) bool { return v.own.means(hear(word)) == "words_link" }

// linkTexts are what is said about a second place.
func linkTexts() []Sentence {
	text := func(key, about, example string, must ...string) Sentence {
		return Sentence{Key: "link_" + key, Names: must, Must: must, About: about, Example: example}
	}
	return []Sentence{
		{Key: "words_link", Words: true, About: "before a code that connects another app; link_code says the first one", Example: "link"},
		text("code", "a code to connect another app", "Write to me in your other app, and send this there: link {{code}}. It holds for {{minutes}} minutes, once. Give it to nobody: whoever sends it can read what you keep here.", "code", "minutes"),
		text("where", "behind the code: how to find the bot there", "There I am {{where}}.", "where"),
		text("done", "another app is connected; said in that one", "Done. Both apps are connected. I answer where you write. What comes by itself comes where it came before. Write link to change that."),
		text("told", "the same, said in the app that gave the code", "Your other app is connected now. If that was not you, write disconnect."),
		text("wrong", "a code that fits nothing, is over, or came too often", "That code does not work. It may be over, or used. You can write link in the other app for a new one."),
		text("same", "a code came to the app that gave it", "That code is for your other app. Send it to me there."),
		text("full", "one of the two has another app already", "Two apps are connected already. Write disconnect to part them."),
		text("busy", "not while an advocate has a talk of the person", "That waits until the talk with the advocate is over. Nothing has changed."),
		text("late", "what was to be put together cannot be any more", "The time for that is over, and nothing has changed. You can write link for a new code."),
	}
}
