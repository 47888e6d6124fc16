package flow

import "time"

// hideOp takes back what the bot said.
type hideOp struct{ effect Hide }

func (*hideOp) isOp() {}

// longestHide is as long as a host is bound to know what it sent.
const longestHide = 7 * 24 * time.Hour

func (p *parser) hide(v pair) op {
	o := &hideOp{}
	if v.v.Value != "all" {
		o.effect.For = p.length(v.v, "hide", longestHide)
	}
	return o
}
