package fakedaemon

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
)

// fail is a refusal.
type fail struct {
	code    int
	message string
	data    any
}

// words of Java's JSON parser; they are not pinned, their codes are.
const (
	notJSON  = "Unexpected character"
	notThere = "Cannot deserialize value"
)

// request answers one line.
func (d *Daemon) request(c *conn, l []byte) {
	switch trimmed := bytes.TrimSpace(l); {
	case len(trimmed) == 0:
		_ = c.line(answer("null", nil, &fail{-32700, "Empty input line", nil}))
	case !json.Valid(trimmed):
		_ = c.line(answer("null", nil, &fail{-32700, notJSON, nil}))
	case trimmed[0] == '[':
		d.batch(c, trimmed)
	case trimmed[0] != '{':
		_ = c.line(answer("null", nil, &fail{-32600, "unexpected type: STRING", nil}))
	default:
		d.single(c, trimmed)
	}
}

// batch answers several requests in one line.
func (d *Daemon) batch(c *conn, l []byte) {
	var all []json.RawMessage
	if json.Unmarshal(l, &all) != nil || len(all) == 0 {
		_ = c.line(answer("null", nil, &fail{-32600, "invalid request", nil}))
		return
	}
	var answers [][]byte
	for i := range all { // in any order: here the last one first
		if a, _ := d.do(c, all[len(all)-1-i]); a != nil {
			answers = append(answers, a)
		}
	}
	_ = c.line(append(append([]byte("["), bytes.Join(answers, []byte(","))...), ']'))
}

func (d *Daemon) single(c *conn, l []byte) {
	a, f := d.do(c, l)
	if f.Junk != "" {
		_ = c.line([]byte(f.Junk))
	}
	switch {
	case a == nil || f.Silent:
	case f.Half:
		c.write.Lock()
		_, _ = c.Write(a[:len(a)/2])
		c.write.Unlock()
	default:
		_ = c.line(a)
		if f.Twice {
			_ = c.line(a)
		}
	}
	if f.Hangup || f.Half {
		_ = c.Close()
	}
}

// do does one request and makes its answer; nil: there is none.
func (d *Daemon) do(c *conn, l []byte) ([]byte, Fault) {
	fields := map[string]json.RawMessage{}
	if json.Unmarshal(l, &fields) != nil {
		return answer("null", nil, &fail{-32600, notThere, nil}), Fault{}
	}
	id, hasID := fields["id"]
	if !hasID {
		if _, isAnswer := fields["result"]; isAnswer {
			return nil, Fault{}
		}
	}
	refuse := func(message string) ([]byte, Fault) {
		if !hasID || id[0] == '{' || id[0] == '[' {
			id = json.RawMessage("null")
		}
		return answer(string(id), nil, &fail{-32600, message, nil}), Fault{}
	}
	if _, isAnswer := fields["result"]; isAnswer {
		return nil, Fault{}
	}
	for name := range fields {
		switch name {
		case "jsonrpc", "method", "id", "params":
		default:
			return refuse("Unrecognized field")
		}
	}
	if hasID && (id[0] == '{' || id[0] == '[') {
		return refuse(notThere)
	}
	var method string
	if json.Unmarshal(fields["method"], &method) != nil || method == "" {
		return refuse("method field must be set")
	}
	if string(fields["jsonrpc"]) != `"2.0"` {
		return refuse("only jsonrpc version 2.0 is supported")
	}
	params := map[string]any{}
	if raw := fields["params"]; len(raw) > 0 {
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		if dec.Decode(&params) != nil {
			return refuse(notThere)
		}
	}
	result, bad, fault := d.call(c, method, params)
	if !hasID {
		return nil, fault
	}
	return answer(string(id), result, bad), fault
}

// answer writes an answer as the daemon does.
func answer(id string, result any, bad *fail) []byte {
	if bad != nil {
		return fmt.Appendf(nil, `{"jsonrpc":"2.0","error":{"code":%d,"message":%s,"data":%s},"id":%s}`, bad.code, encode(bad.message), encode(bad.data), id)
	}
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","result":%s,"id":%s}`, encode(result), id)
}

// encode writes JSON without the escapes that Go adds for browsers.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return []byte("null")
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// list reads a parameter that may be one or several, under either name.
func list(params map[string]any, names ...string) (values []any) {
	for _, name := range names {
		switch v := params[name].(type) {
		case nil:
		case []any:
			values = append(values, v...)
		default:
			values = append(values, v)
		}
	}
	return values
}

// long reads a number that Java wants to be a Long: one that fits in 32 bits is an
// Integer to it, and a string is a String.
func long(params map[string]any, name string) (n int64, set bool, bad *fail) {
	cast := func(from string) *fail {
		return &fail{-32603, "class java.lang." + from + " cannot be cast to class java.lang.Long (java.lang." + from +
			" and java.lang.Long are in module java.base of loader 'bootstrap') (ClassCastException)", nil}
	}
	switch v := params[name].(type) {
	case nil:
		return 0, false, nil
	case json.Number:
		n, err := v.Int64()
		if err != nil || n == int64(int32(n)) {
			return 0, true, cast("Integer")
		}
		return n, true, nil
	default:
		return 0, true, cast("String")
	}
}

func text(params map[string]any, name string) string {
	s, _ := params[name].(string)
	return s
}

func sortedNames[V any](m map[string]V) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
