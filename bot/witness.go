package bot

import (
	"slices"
	"strings"

	"handrail/bot/crisis"
	"handrail/bot/flow"
)

// flowWitness is the one question about safety where somebody tells what
// happened.
const flowWitness = "crisis.witness"

// witness keeps words of danger as the answer to a question that asks what
// happened, and asks about safety once. done is false where no such question
// waits, the words are no danger, or the danger is there without a doubt: then
// it has its answer first, and the words are kept all the same.
func (t *turn) witness(words string) (done bool, err error) {
	takes, asked := t.voice().Witness(t.p.Session, words)
	if !takes || t.watched() || !t.Library.Has(flowWitness) {
		return false, nil
	}
	found := t.Lexicon.Scan(flow.Unmask(words), t.bot.Lang)
	if len(found) == 0 || found[0].Level == crisis.None || slices.ContainsFunc(found, crisis.Finding.Present) ||
		calledMisread(t.p, words, t.now) {
		return false, nil
	}
	if asked {
		return true, t.step(flow.Input{Kind: flow.InText, Text: words})
	}
	f := found[0]
	f.Level = crisis.Crisis // asked about and answered with yes, it is clear
	t.answerIn(words)
	return true, t.step(flow.Input{Kind: flow.InWitness, Text: words, Flow: flowWitness, About: t.crisisFlow(f)})
}

// interrupts is how an alarm comes between: words that tell what happened are
// kept first.
func (t *turn) interrupts(words string) flow.InputKind {
	if takes, _ := t.voice().Witness(t.p.Session, words); takes && !t.watched() {
		return flow.InWitness
	}
	return flow.InInterrupt
}

// heard takes a text to the scripts. A yes to the question whether it is
// happening now is an alarm as any other.
func (t *turn) heard(in flow.Input) error {
	asked := top(t.p.Session) == flowWitness
	if err := t.step(in); err != nil || !asked {
		return err
	}
	id := top(t.p.Session)
	if id == flowWitness || id != flowCrisis && !strings.HasPrefix(id, flowCrisis+".") {
		return nil
	}
	noteAlarm(t.p, lastAlarm(t.p), alarmed{id, t.now, hashWords(in.Text)})
	if err := t.alarmTold(id); err != nil {
		return err
	}
	return t.save()
}
