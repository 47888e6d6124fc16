package bot

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"handrail/bot/store"
)

// What must not be lost when the row that holds a person's state is damaged: it
// keeps others out, or keeps the bot quiet. A copy lies beside it, sealed like a
// line of a list, and is written when it changes.
const (
	listGuarded = "_guarded"
	varGuarded  = "_guarded" // the copy as it was written last, to see a change
)

// guarded are the names of what is copied.
func guarded() []string {
	return []string{
		varWord, varDuress, varExit, setWord, setDuress, setExit, setTell, varDecoy, setHidden,
		setLine, setLineWord, setSafe, setQuietDay,
	}
}

// isGuarded tells whether a name is copied: consents are, too, so that what the
// person asked for goes on, and what they did not ask for does not.
func isGuarded(name string) bool {
	return slices.Contains(guarded(), name) || strings.HasPrefix(name, prefixConsent)
}

// guardCopy writes the copy if something in it changed.
func (t *turn) guardCopy() error {
	p := t.p
	held := map[string]any{}
	for name, v := range p.Vars {
		if isGuarded(name) {
			held[name] = v
		}
	}
	before, _ := p.Vars[varGuarded].(string)
	if len(held) == 0 && before == "" {
		return nil
	}
	data, err := json.Marshal(held)
	if err != nil {
		return errors.New("copy what is guarded") // the cause could quote it
	}
	if string(data) == before {
		return nil
	}
	if err := t.tx.DropList(p.ID, listGuarded); err != nil {
		return err
	}
	if len(held) == 0 {
		delete(p.Vars, varGuarded)
		return nil
	}
	p.Vars[varGuarded] = string(data)
	return t.tx.AddItem(p.ID, listGuarded, string(data), "", t.now)
}

// mended goes on with a person whose rows are damaged: the store has given an
// empty session and no variables in their place, and the next save makes that
// the truth. Somebody whose past cannot be read is still answered. What is
// guarded comes from its copy.
func (b *Bot) mended(tx *store.Tx, p *store.Person, err error) error {
	if p == nil || !errors.Is(err, store.ErrBroken) {
		return err
	}
	b.log.Error("a person's rows are damaged, going on with empty ones", "err", err)
	if len(p.Vars) > 0 { // the address alone
		return nil
	}
	items, err := tx.Items(p.ID, listGuarded, 1)
	if err != nil {
		return err
	}
	for _, it := range items {
		held := map[string]any{}
		if json.Unmarshal([]byte(it.Text), &held) != nil {
			continue
		}
		maps.DeleteFunc(held, func(name string, _ any) bool { return !isGuarded(name) })
		maps.Copy(p.Vars, held)
		p.Vars[varGuarded] = it.Text
	}
	return nil
}
