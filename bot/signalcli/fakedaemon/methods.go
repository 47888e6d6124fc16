package fakedaemon

import (
	"fmt"
	"strings"
)

// The outcomes of a send to one recipient.
const (
	Success      = "SUCCESS"
	Network      = "NETWORK_FAILURE"
	Unregistered = "UNREGISTERED_FAILURE"
	Untrusted    = "IDENTITY_FAILURE"
	RateLimit    = "RATE_LIMIT_FAILURE"
	PreKey       = "INVALID_PRE_KEY_FAILURE"
)

type recipientAddress struct {
	UUID     *string `json:"uuid"`
	Number   *string `json:"number"`
	Username *string `json:"username"`
}

type entry struct {
	Address recipientAddress `json:"recipientAddress"`
	Group   string           `json:"groupId,omitempty"`
	Type    string           `json:"type"`
	Token   string           `json:"token,omitempty"`
	Retry   int              `json:"retryAfterSeconds,omitempty"`
}

type sendResult struct {
	Timestamp int64   `json:"timestamp"`
	Results   []entry `json:"results"`
}

type sendFailure struct {
	Response sendResult `json:"response"`
}

// old tells whether the daemon is one of the 0.13 series.
func (d *Daemon) old() bool { return strings.HasPrefix(d.o.Version, "0.13.") }

// ofAccount tells which methods need an account.
func ofAccount(method string) bool {
	switch method {
	case "send", "sendReaction", "remoteDelete", "sendTyping", "sendReceipt", "updateContact", "removeContact", "listIdentities", "trust",
		"getUserStatus", "submitRateLimitChallenge", "receive", "sendPollCreate":
		return true
	}
	return false
}

// call does one call.
func (d *Daemon) call(c *conn, method string, params map[string]any) (result any, bad *fail, fault Fault) {
	d.mu.Lock()
	call := Call{Method: method, Params: params, Content: text(params, "message")}
	ask := d.o.Fault
	d.mu.Unlock()
	if ask != nil {
		fault = ask(call)
	}
	if fault.Before != nil {
		fault.Before()
	}
	d.mu.Lock()
	d.calls = append(d.calls, call)
	switch {
	case fault.Ignore:
		result = struct{}{}
	case fault.Code != 0:
		bad = &fail{fault.Code, refusal(fault.Code), nil}
	default:
		result, bad = d.method(c, method, params, fault)
	}
	d.mu.Unlock()
	if fault.After != nil {
		fault.After()
	}
	return result, bad, fault
}

func refusal(code int) string {
	if code == -5 {
		return "Rate limit reached\nNext attempt may be tried at 60000 (1970-01-01T00:01:00.000Z)"
	}
	return "refused, because a test wants it so"
}

// method runs under the lock.
func (d *Daemon) method(c *conn, method string, params map[string]any, fault Fault) (any, *fail) {
	switch {
	case !ofAccount(method):
	case method == "sendPollCreate" && d.old():
		return nil, &fail{-32601, "Method not implemented", nil}
	case d.o.Multi && params["account"] == nil:
		return nil, &fail{-32602, "Method requires valid account parameter", nil}
	case d.o.Multi:
		return nil, &fail{-32602, "Specified account does not exist", nil}
	}
	switch method {
	case "version":
		return map[string]string{"version": d.o.Version}, nil
	case "listAccounts":
		if d.o.Multi {
			return []string{}, nil
		}
	case "subscribeReceive":
		n := d.sub
		d.sub++
		c.sub, c.on = n, true
		d.cond.Broadcast()
		return n, nil
	case "unsubscribeReceive":
		return d.unsubscribe(c, params)
	case "send":
		return d.send(params, fault)
	case "sendReaction", "remoteDelete", "sendTyping", "sendReceipt":
		return d.gesture(method, params, fault)
	case "updateContact":
		return d.updateContact(params)
	case "removeContact":
		return d.removeContact(params)
	case "listIdentities":
		return d.identities(params), nil
	case "trust":
		return d.trust(params)
	case "getUserStatus":
		return []any{}, nil
	case "submitRateLimitChallenge":
		return d.captcha(params)
	case "sendPollCreate":
		if len(list(params, "option", "options")) < 2 {
			return nil, &fail{-1, "Poll needs at least two options", nil}
		}
		return d.deliver(params, fault, nil)
	}
	return nil, &fail{-32601, "Method not implemented", nil}
}

func (d *Daemon) unsubscribe(c *conn, params map[string]any) (any, *fail) {
	if params["subscription"] == nil {
		return nil, &fail{-32603, "Cannot invoke (NullPointerException)", nil}
	}
	if fmt.Sprint(params["subscription"]) != fmt.Sprint(c.sub) || !c.on {
		return nil, &fail{-1, "Unknown subscription id", nil}
	}
	c.on = false
	return struct{}{}, nil
}

// send checks what the daemon checks, and shows the message on the phone.
func (d *Daemon) send(params map[string]any, fault Fault) (any, *fail) {
	edit, edits, bad := long(params, "editTimestamp")
	if bad != nil {
		return nil, bad
	}
	quote, quotes, bad := long(params, "quoteTimestamp")
	if bad != nil {
		return nil, bad
	}
	if quotes && text(params, "quoteAuthor") == "" {
		return nil, &fail{-1, "Quote author parameter is missing", nil}
	}
	var styles []string
	for _, s := range list(params, "textStyle", "textStyles") {
		style := fmt.Sprint(s)
		kind := style[strings.LastIndexByte(style, ':')+1:]
		switch kind {
		case "BOLD", "ITALIC", "SPOILER", "STRIKETHROUGH", "MONOSPACE":
		default:
			return nil, &fail{-1, "Invalid style: " + kind, nil}
		}
		styles = append(styles, style)
	}
	files := list(params, "attachment", "attachments")
	body := text(params, "message")
	if len(list(params, "recipient", "recipients"))+len(list(params, "groupId")) > 0 && body == "" && len(files) == 0 {
		return nil, &fail{-1, "Sending empty message is not allowed, either a message, attachment or sticker must be given.", nil}
	}
	return d.deliver(params, fault, func(p *Person, stamp int64) {
		if edits {
			p.revise(edit, body, stamp)
			return
		}
		s := Shown{Stamp: stamp, Text: body, Styles: styles, Quotes: quote, Expires: p.contactTimer}
		for _, f := range files {
			s.Files = append(s.Files, fmt.Sprint(f))
		}
		p.phone = append(p.phone, s)
		p.timer = p.contactTimer
	})
}

// gesture is a call that sends something which is no message.
func (d *Daemon) gesture(method string, params map[string]any, fault Fault) (any, *fail) {
	var target int64
	if method == "remoteDelete" || method == "sendReaction" {
		var bad *fail
		if target, _, bad = long(params, "targetTimestamp"); bad != nil {
			return nil, bad
		}
	}
	return d.deliver(params, fault, func(p *Person, stamp int64) {
		switch method {
		case "remoteDelete":
			p.remove(target)
			d.receipt(p, stamp)
		case "sendReaction":
			p.reactions = append(p.reactions, text(params, "emoji"))
			d.receipt(p, stamp)
		case "sendTyping":
			p.typing++
		case "sendReceipt":
			for _, s := range list(params, "targetTimestamp", "targetTimestamps") {
				p.readByBot[fmt.Sprint(s)] = true
			}
		}
	})
}

// deliver sends to every recipient. show puts it on the phone of one whom it
// reaches; nil: there is nothing to see.
func (d *Daemon) deliver(params map[string]any, fault Fault, show func(*Person, int64)) (any, *fail) {
	names := list(params, "recipient", "recipients")
	groups := list(params, "groupId", "groupIds")
	if len(names)+len(groups) == 0 {
		return nil, &fail{-1, "No recipients given", nil}
	}
	for _, name := range names {
		if strings.HasPrefix(fmt.Sprint(name), "u:") {
			return nil, &fail{-32603, "java.lang.reflect.InvocationTargetException (RuntimeException)", nil}
		}
	}
	r := sendResult{Timestamp: d.stamp(), Results: []entry{}}
	for _, name := range names {
		p := d.find(fmt.Sprint(name))
		r.Results = append(r.Results, d.deliverOne(p, r.Timestamp, fault, show))
	}
	for _, g := range groups {
		group := fmt.Sprint(g)
		d.groupSaid(group, text(params, "message"))
		r.Results = append(r.Results, entry{Group: group, Type: Success})
	}
	return r.outcome()
}

func (d *Daemon) deliverOne(p *Person, stamp int64, fault Fault, show func(*Person, int64)) entry {
	e := entry{Type: p.Outcome, Token: p.Token, Retry: p.Retry, Address: recipientAddress{UUID: &p.ACI}}
	if p.Number != "" {
		e.Address.Number = &p.Number
	}
	if fault.Outcome != "" {
		e.Type, e.Token, e.Retry = fault.Outcome, fault.Token, fault.Retry
	}
	if p.untrusted {
		e.Type = Untrusted
	}
	switch {
	case e.Type == "":
		e.Type = Success
	case e.Type == RateLimit && e.Token == "" && d.old():
		e.Retry = 0
	}
	if e.Type != RateLimit {
		e.Token, e.Retry = "", 0
	}
	if e.Type == Success && show != nil {
		before := len(p.phone) + p.revised
		show(p, stamp)
		if len(p.phone)+p.revised > before {
			d.receipt(p, stamp)
		}
	}
	return e
}

// outcome is a result, or a refusal when nobody was reached.
func (r sendResult) outcome() (any, *fail) {
	count := map[string]int{}
	for _, e := range r.Results {
		count[e.Type]++
	}
	switch len(r.Results) {
	case count[Untrusted]:
		return nil, &fail{-4, "Failed to send message due to untrusted identities", sendFailure{r}}
	case count[RateLimit]:
		return nil, &fail{-5, "Failed to send message due to rate limiting", sendFailure{r}}
	}
	if count[Success] == 0 {
		return nil, &fail{-1, "Failed to send message", sendFailure{r}}
	}
	return r, nil
}

func (d *Daemon) updateContact(params map[string]any) (any, *fail) {
	for _, name := range list(params, "recipient") {
		p := d.find(fmt.Sprint(name))
		if params["expiration"] == nil || p.untrusted {
			continue
		}
		var seconds int64
		_, _ = fmt.Sscan(fmt.Sprint(params["expiration"]), &seconds)
		p.contactTimer, p.timer = seconds, seconds
		p.timersSet = append(p.timersSet, seconds)
		d.last = max(d.stampNow(), d.last+1) // it is a message too, of which the caller is not told the time
		d.receipt(p, d.last)
	}
	return struct{}{}, nil
}

// removeContact drops a contact, with forget its keys, too.
func (d *Daemon) removeContact(params map[string]any) (any, *fail) {
	p := d.find(text(params, "recipient"))
	if p.contactTimer = 0; params["forget"] == true {
		p.hasKeys, p.added, p.untrusted, p.verified = false, 0, false, false
	}
	return struct{}{}, nil
}

type identity struct {
	Number       *string `json:"number"`
	UUID         string  `json:"uuid"`
	Fingerprint  string  `json:"fingerprint"`
	SafetyNumber string  `json:"safetyNumber"`
	Scannable    string  `json:"scannableSafetyNumber"`
	TrustLevel   string  `json:"trustLevel"`
	Added        int64   `json:"addedTimestamp"`
}

func (d *Daemon) identities(params map[string]any) []identity {
	rows := []identity{}
	want := text(params, "number")
	for _, name := range d.order {
		p := d.people[name]
		if !p.hasKeys || want != "" && want != p.ACI && want != p.Number {
			continue
		}
		level := "TRUSTED_UNVERIFIED"
		switch {
		case p.untrusted:
			level = "UNTRUSTED"
		case p.verified:
			level = "TRUSTED_VERIFIED"
		}
		row := identity{UUID: p.ACI, SafetyNumber: p.safetyNumber(), TrustLevel: level, Added: p.added}
		if p.Number != "" {
			row.Number = &p.Number
		}
		rows = append(rows, row)
	}
	return rows
}

func (d *Daemon) trust(params map[string]any) (any, *fail) {
	for _, name := range list(params, "recipient") {
		p := d.find(fmt.Sprint(name))
		if text(params, "verifiedSafetyNumber") != p.safetyNumber() {
			return nil, &fail{-1, "Failed to set the trust for this number, make sure the number and the fingerprint/safety number are correct.", nil}
		}
		p.untrusted, p.verified = false, true
		d.queue = append(d.queue, p.cached...) // what could not be opened comes again, with content
		p.cached = nil
		d.cond.Broadcast()
	}
	return struct{}{}, nil
}

func (d *Daemon) captcha(params map[string]any) (any, *fail) {
	token, answer := text(params, "challenge"), text(params, "captcha")
	for _, name := range sortedNames(d.people) {
		p := d.people[name]
		if p.Token != "" && p.Token == token && strings.HasPrefix(answer, "signalcaptcha://") {
			for _, q := range d.people { // the limit is the account's
				if q.Token == token {
					q.Outcome, q.Token, q.Retry = "", "", 0
				}
			}
			d.captchas = append(d.captchas, answer)
			return struct{}{}, nil
		}
	}
	code := -6
	if d.old() {
		code = -1
	}
	return nil, &fail{code, "Captcha rejected, it may be outdated, already used or solved from a different IP address.", nil}
}
