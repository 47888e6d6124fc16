package flow

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// handOverOp asks the host for a person of the organization.
type handOverOp struct{ effect HandOver }

func (*handOverOp) isOp() {}

// handOverReasons say why somebody is to talk to a person: what staff see of it
// before they open the talk.
func handOverReasons() []string { return []string{"asked", "danger", "worried", "missed", "other"} }

func (p *parser) handOver(v pair) op {
	o := &handOverOp{effect: HandOver{Reason: "asked"}}
	if isNull(v.v) {
		return o
	}
	if v.v.Kind == yaml.ScalarNode {
		if o.effect = (HandOver{Cancel: true}); v.v.Value != "cancel" {
			p.c.add(at(p.file, v.v), ruleValue, "hand_over is empty, cancel or {reason: asked}")
		}
		return o
	}
	keys, _ := p.mapping(v.v, "hand_over")
	p.known(keys, "hand_over", "reason", "urgent", "skill")
	for _, kv := range keys {
		switch kv.key {
		case "reason":
			if s, ok := p.str(kv.v, "reason"); ok {
				o.effect.Reason = s
				if !slices.Contains(handOverReasons(), s) {
					p.c.add(at(p.file, kv.v), ruleValue, "unknown reason %q; there are %s", s, strings.Join(handOverReasons(), ", "))
				}
			}
		case "urgent":
			o.effect.Urgent = p.boolean(kv.v, "urgent")
		case "skill":
			o.effect.Skill, _ = p.str(kv.v, "skill")
		}
	}
	return o
}
