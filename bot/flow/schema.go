package flow

// object is a part of a JSON Schema.
type object = map[string]any

// Schema describes a script as a JSON Schema (draft 2020-12), for editors that
// complete and check while one writes. It is made from the same tables of keys
// that the parser reads by. What depends on other files, as whether a flow of a
// name exists, only Load can tell; flows are ids that the editor offers.
func Schema(flows ...string) map[string]any {
	header := object{}
	for _, key := range headerKeys() {
		header[key] = described("", key, headerSchema(key))
	}
	return object{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "A Handrail script",
		"type":                 "object",
		"properties":           header,
		"required":             []string{"flow", "title", "steps"},
		"additionalProperties": false,
		"$defs": object{
			"text":    object{"type": "string", "minLength": 1},
			"worded":  object{"anyOf": []any{defined("text"), closed(object{"count": object{"type": "string", "pattern": "^[a-z][a-z0-9_]{0,45}$"}, "one": defined("text"), "other": defined("text")}, "count", "one", "other")}},
			"length":  object{"type": "string", "pattern": "^[0-9]{1,6}[smhd]$", "description": "30s, 15m, 2h or 1d"},
			"name":    object{"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"},
			"flow":    flowSchema(flows),
			"steps":   object{"type": "array", "items": defined("step")},
			"step":    object{"oneOf": append(stepSchemas(""), object{"const": "end"})},
			"branch":  object{"anyOf": []any{nothing(), defined("step"), defined("steps")}},
			"choice":  object{"anyOf": append([]any{defined("branch")}, beside("also")...)},
			"silence": object{"anyOf": beside("after")},
		},
	}
}

// flowSchema is a flow id: one of those that are there, or a new one.
func flowSchema(flows []string) object {
	id := object{"type": "string", "pattern": "^[a-z0-9_-]+(\\.[a-z0-9_-]+)*$"}
	if len(flows) == 0 {
		return id
	}
	return object{"anyOf": []any{object{"enum": flows}, id}}
}

func defined(name string) object { return object{"$ref": "#/$defs/" + name} }

func nothing() object { return object{"type": []string{"object", "null"}, "maxProperties": 0} }

func oneOf(words ...string) object { return object{"enum": words} }

func whole(low, high int) object { return object{"type": "integer", "minimum": low, "maximum": high} }

func listOf(item object) object { return object{"type": "array", "items": item} }

// closed is a mapping with no other keys.
func closed(keys object, required ...string) object {
	o := object{"type": "object", "properties": keys, "additionalProperties": false}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

// stepSchemas lists a step of each verb; beside is a key that may stand beside
// the verb, or "".
func stepSchemas(beside string) (list []any) {
	for _, verb := range append(verbs(), loneVerbs()...) {
		keys := object{
			"name": described(verb, "name", object{"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,39}$"}),
			verb:   described(verb, verb, verbSchema(verb)),
		}
		for _, key := range verbKeys(verb) {
			keys[key] = described(verb, key, keySchema(verb, key))
		}
		if beside != "" {
			keys[beside] = besideSchema(beside)
		}
		o := closed(keys, verb)
		if verb == "ask" {
			var kinds []any
			for _, kind := range askKinds() {
				kinds = append(kinds, object{"required": []string{kind}})
			}
			o["oneOf"] = kinds
		}
		list = append(list, o)
	}
	return list
}

// beside is a branch with one more key: the words of a choice, the time of a
// silence.
func beside(key string) []any {
	return append(stepSchemas(key),
		closed(object{key: besideSchema(key), "do": defined("steps")}, key, "do"),
		closed(object{key: besideSchema(key)}, key))
}

func besideSchema(key string) object {
	if key == "after" {
		return defined("length")
	}
	return listOf(defined("text"))
}

func headerSchema(key string) object {
	switch key {
	case "flow":
		return defined("flow")
	case "start", "anywhere", "first", "idle":
		return listOf(defined("text"))
	case "hears":
		return object{"type": "array", "items": oneOf(hearable()...), "uniqueItems": true}
	case "menu":
		return whole(1, 99)
	case "modes":
		return object{"type": "array", "items": oneOf(modes()...), "uniqueItems": true}
	case "private":
		return object{"type": "boolean"}
	case "resume":
		return object{"enum": []any{true, false, "after alarm"}}
	case "review":
		return closed(object{"by": object{"type": "string"}, "on": object{"type": "string", "pattern": `^(\d{4}-\d{2}-\d{2})?$`}})
	case "steps":
		return object{"type": "array", "items": defined("step"), "minItems": 1}
	}
	return defined("text") // title, about, safe
}

func verbSchema(verb string) object {
	list := closed(object{"list": defined("name"), "text": defined("text")}, "list")
	switch verb {
	case "pace":
		keys := object{"rounds": whole(1, 100)}
		for _, phase := range phases() {
			keys[phase] = whole(0, 60)
		}
		return closed(keys, "rounds")
	case "wait":
		return defined("length")
	case "set":
		return object{
			"type": "object", "minProperties": 1, "propertyNames": defined("name"),
			"additionalProperties": object{"type": []string{"string", "number", "boolean", "null"}},
		}
	case "keep":
		return list
	case "show", "drop", "every", "at", "chart", "record":
		return defined("name")
	case "call", "run":
		return defined("flow")
	case "cancel":
		return object{"anyOf": []any{defined("name"), closed(object{"kind": oneOf(Kinds()...)}, "kind")}}
	case "snooze":
		return object{"anyOf": []any{defined("length"), defined("name")}}
	case "quiet":
		return object{"anyOf": []any{oneOf("stop", "off", "undo"), closed(object{"for": object{"anyOf": []any{defined("length"), defined("name")}}, "undo": object{"type": "boolean"}}, "for")}}
	case "lines":
		need := object{"enum": append([]any{"", nil}, anys(needs())...)}
		return object{"anyOf": []any{need, closed(object{"need": need, "up_to": whole(1, 10)})}}
	case "export":
		sealed := closed(object{"list": defined("name"), "seal": object{"const": "answer"}}, "list", "seal")
		return object{"anyOf": []any{object{"type": "null"}, sealed, object{"type": "array", "items": defined("name"), "minItems": 1}}}
	case "forget":
		return object{"anyOf": []any{defined("name"), listOf(defined("name")), closed(object{"list": defined("name")}, "list")}}
	case "hand_over":
		o := closed(object{"reason": oneOf(handOverReasons()...), "urgent": object{"type": "boolean"}, "skill": defined("text")})
		return object{"anyOf": []any{object{"type": "null"}, object{"const": "cancel"}, o}}
	case "secret":
		return oneOf(secretKinds()...)
	case "consent":
		return oneOf(consentActs()...)
	case "link":
		return oneOf(linkActs()...)
	case "hide":
		return object{"anyOf": []any{object{"const": "all"}, defined("length")}}
	case "end":
		return object{"type": "null"}
	case "if":
		return object{"type": []string{"string", "boolean"}}
	}
	switch verb {
	case "say", "ask", "menu":
		return defined("worded")
	}
	return defined("text") // goto
}

func keySchema(verb, key string) object {
	switch {
	case verb == "ask" && key == "keep":
		return object{"anyOf": []any{defined("name"), closed(object{"list": defined("name")}, "list")}}
	case verb == "ask" && kindSchema(key) != nil:
		return kindSchema(key)
	case verb == "chart" && key == "days":
		return whole(2, mostMarks)
	case verb == "chart" && (key == "from" || key == "to"):
		return object{"type": "number"}
	case verb == "record":
		return defined("name")
	case verb == "show" && key == "pick":
		return oneOf("random", "first")
	}
	switch key {
	case "any":
		return listOf(defined("worded"))
	case "no_reply":
		return defined("silence")
	case "not_understood":
		return defined("branch")
	case "safety":
		return closed(object{"danger": defined("text"), "unsure": defined("text"), "misread": defined("text")}, "danger")
	case "skip", "numbered", "newest", "senses", "witness", "greeting", "short", "opening":
		return object{"type": "boolean"}
	case "words":
		keys := object{}
		for _, phase := range phases() {
			keys[phase] = defined("text")
		}
		return closed(keys)
	case "do", "else":
		return defined("steps")
	case "up_to":
		return whole(1, 100)
	case "past":
		return defined("branch")
	case "date":
		return object{"type": "string", "pattern": `^(\+[0-9]{1,3}d|[a-z][a-z0-9_]{0,39})$`}
	case "none":
		return object{"anyOf": []any{defined("text"), defined("branch")}}
	case "number":
		return object{"type": []string{"string", "integer"}}
	case "flow":
		return defined("flow")
	case "days":
		return object{"anyOf": []any{defined("name"), object{"type": "string", "pattern": `^([2-9]|[12][0-9]|3[01])d$`}, listOf(oneOf(weekdays()...))}}
	case "kind":
		return oneOf(Kinds()...)
	case "plus":
		return object{"type": "string", "pattern": `^-?[0-9]{1,3}d$`}
	case "step_down":
		return defined("flow")
	case "organization":
		return object{"const": true}
	case "fresh_for":
		return defined("length")
	}
	return defined("text") // source, text, at, cron
}

// kindSchema is the value of a kind of question; nil when there is no such kind.
func kindSchema(kind string) object {
	switch kind {
	case "pick":
		return object{"type": "object", "minProperties": 2, "maxProperties": 12, "additionalProperties": defined("choice")}
	case "yes_no":
		return closed(object{"yes": defined("branch"), "no": defined("branch")})
	case "scale":
		return closed(object{"from": object{"type": "number"}, "to": object{"type": "number"}}, "from", "to")
	case "number":
		o := closed(object{"from": object{"type": "number"}, "to": object{"type": "number"}})
		o["type"] = []string{"object", "null"}
		o["dependentRequired"] = object{"from": []string{"to"}, "to": []string{"from"}}
		return o
	case "text":
		o := closed(object{"min": whole(1, 100), "max": whole(1, MaxAnswer), "forget": object{"type": "boolean"}, "plain": object{"type": "boolean"}, "own": object{"type": "boolean"}})
		o["type"] = []string{"object", "null"}
		return o
	case "date":
		o := closed(object{"past": object{"type": "boolean"}})
		o["type"] = []string{"object", "null"}
		return o
	case "time":
		o := closed(object{"window": object{"type": "boolean"}})
		o["type"] = []string{"object", "null"}
		return o
	case "days":
		o := closed(object{"week": object{"type": "boolean"}})
		o["type"] = []string{"object", "null"}
		return o
	case "zone", "country", "span", "hours", "language":
		return nothing()
	}
	return nil
}

func anys(words []string) (out []any) {
	for _, w := range words {
		out = append(out, w)
	}
	return out
}
