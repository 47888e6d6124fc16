package lines

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	// The zones must be there on a machine without any of its own.
	_ "time/tzdata"

	"gopkg.in/yaml.v3"
)

// noSource stands as the source of a record that nobody read anywhere.
const noSource = "general knowledge"

// parser gathers lines and findings over all files. It walks the YAML nodes
// themselves: a number must stay the text that it is, and a fault needs its
// place.
type parser struct {
	folder   string // before the name of the file in findings
	file     string
	lines    []placed
	confirms []confirmation
	findings []Finding
	said     map[string]map[string]string // by language
}

// placed is a line and where it stands.
type placed struct {
	Line
	node  *yaml.Node
	file  string
	layer int
}

// confirmation is what an organization says about a record of any layer.
type confirmation struct {
	id, country, on string
	node            *yaml.Node
	file            string
	layer           int
}

func (p *parser) fault(n *yaml.Node, rule, format string, args ...any) {
	p.findings = append(p.findings, Finding{
		File: path.Join(p.folder, p.file), Line: max(n.Line, 1), Col: max(n.Column, 1), Rule: rule, Message: fmt.Sprintf(format, args...),
	})
}

// read takes one file of a layer.
func (p *parser) read(data []byte, layer int) {
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			p.fault(&doc, "empty", "the file has no content")
			return
		}
		p.fault(&yaml.Node{Line: yamlLine(err)}, "yaml", "%s", strings.TrimPrefix(err.Error(), "yaml: "))
		return
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		p.fault(&more, "yaml", "one document a file")
	}
	root := doc.Content[0]
	fields := p.fields(root, "country", "zone", "lines", "confirmed", "confirmed_on")
	if fields == nil {
		return
	}
	country, zone := p.text(fields["country"]), p.text(fields["zone"])
	if len(country) != 2 || country != strings.ToUpper(country) {
		p.fault(root, "country", "country must be a two-letter code in capitals, or %s", Anywhere)
	}
	if want := strings.ToLower(country) + ".yaml"; p.file != want {
		p.fault(root, "file-name", "the file of %s must be named %s", country, want)
	}
	if zone != "" {
		if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
			p.fault(fields["zone"], "zone", "unknown time zone %q", zone)
		}
	}
	p.confirm(root, fields, country, layer)
	list := fields["lines"]
	if list == nil && fields["confirmed"] != nil {
		return
	}
	if list == nil || list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		p.fault(root, "no-lines", "lines must be a list with at least one entry")
		return
	}
	for _, n := range list.Content {
		p.line(n, country, zone, layer)
	}
}

// confirm takes the ids that the organization made sure of, and the day.
func (p *parser) confirm(root *yaml.Node, f map[string]*yaml.Node, country string, layer int) {
	list, on := f["confirmed"], p.text(f["confirmed_on"])
	switch {
	case list == nil && f["confirmed_on"] == nil:
		return
	case list == nil:
		p.fault(root, "missing", "confirmed is missing: a list of ids")
		return
	case list.Kind != yaml.SequenceNode:
		p.fault(list, "type", "confirmed must be a list of ids")
		return
	case f["confirmed_on"] == nil:
		p.fault(list, "missing", "confirmed_on is missing: the day on which you called the lines or read their own pages")
	default:
		p.day(f["confirmed_on"], "confirmed_on", on)
	}
	for _, n := range list.Content {
		if id := p.text(n); id != "" {
			p.confirms = append(p.confirms, confirmation{id, country, on, n, p.file, layer})
		}
	}
}

// day checks a date.
func (p *parser) day(n *yaml.Node, key, value string) {
	if _, err := time.Parse(time.DateOnly, value); err != nil {
		p.fault(n, "date", "%s must be a date like 2026-01-31", key)
	}
}

// line takes one record.
func (p *parser) line(n *yaml.Node, country, zone string, layer int) {
	f := p.fields(n, "id", "name", "run_by", "kind", "phone", "alt", "abroad", "sms", "sms_text", "chat", "url", "silent",
		"for", "region", "hours", "zone", "languages", "free", "on_bill", "call_log", "source", "checked_on", "confidence", "notes")
	if f == nil {
		return
	}
	l := Line{
		ID: p.text(f["id"]), Country: country, Name: p.text(f["name"]), RunBy: p.text(f["run_by"]), Kind: p.text(f["kind"]),
		Phone: p.text(f["phone"]), Alt: p.text(f["alt"]), Abroad: p.text(f["abroad"]), SMS: p.text(f["sms"]),
		SMSText: p.text(f["sms_text"]), Chat: p.text(f["chat"]), URL: p.text(f["url"]), Silent: p.text(f["silent"]),
		For: p.text(f["for"]), Region: p.text(f["region"]), Hours: p.text(f["hours"]), Zone: p.text(f["zone"]),
		OnBill: p.choice(f["on_bill"], "yes", "no"), CallLog: p.choice(f["call_log"], "yes", "no"),
		Source: p.text(f["source"]), CheckedOn: p.text(f["checked_on"]), Notes: p.text(f["notes"]),
		Confidence: p.choice(f["confidence"], "operator", "government", "quoted", "dataset", "listed", "unverified"),
		file:       path.Join(p.folder, p.file), row: n.Line,
	}
	if l.Zone == "" {
		l.Zone = zone
	}
	if free := p.choice(f["free"], "yes", "no"); free != "" {
		yes := free == "yes"
		l.Free = &yes
	}
	if langs := f["languages"]; langs != nil {
		if langs.Kind != yaml.SequenceNode {
			p.fault(langs, "type", "languages must be a list")
		} else {
			for _, c := range langs.Content {
				l.Languages = append(l.Languages, p.text(c))
			}
		}
	}
	p.checkShape(n, f, &l)
	p.checkReach(n, f, &l)
	p.lines = append(p.lines, placed{l, n, p.file, layer})
}

// checkShape checks what every record must have.
func (p *parser) checkShape(n *yaml.Node, f map[string]*yaml.Node, l *Line) {
	for _, key := range []string{"id", "name", "kind", "source", "checked_on", "confidence"} {
		if f[key] == nil {
			p.fault(n, "missing", "%s is missing", key)
		}
	}
	kinds := []string{KindDV, KindCrisis, KindEmergency, KindSexual, KindChild, KindOwnBehaviour, KindDirectory}
	if f["kind"] != nil && !slices.Contains(kinds, l.Kind) {
		p.fault(f["kind"], "kind", "kind must be one of %s", strings.Join(kinds, ", "))
	}
	if f["checked_on"] != nil {
		p.day(f["checked_on"], "checked_on", l.CheckedOn)
	}
	if l.Source == noSource && l.Confirmed() {
		p.fault(f["source"], "contradiction", "%s is no source for a record of confidence %s", noSource, l.Confidence)
	}
	h, err := parseHours(l.Hours)
	if err != nil {
		p.fault(f["hours"], "hours", "%v", err)
	}
	l.hours = h
	if h.known && !h.always && l.Zone == "" {
		p.fault(f["hours"], "zone", "hours need a zone, of the line or of the file")
	}
	l.place, err = time.LoadLocation(l.Zone)
	if f["zone"] != nil && (err != nil || l.Zone == "Local") {
		p.fault(f["zone"], "zone", "unknown time zone %q", l.Zone)
	}
}

// checkReach checks the ways to reach the line.
func (p *parser) checkReach(n *yaml.Node, f map[string]*yaml.Node, l *Line) {
	if l.Phone == "" && l.SMS == "" && l.Chat == "" && l.URL == "" {
		p.fault(n, "unreachable", "a line needs a phone, an sms, a chat or a url")
	}
	if l.Kind == KindEmergency && l.Phone == "" {
		p.fault(n, "unreachable", "an emergency line needs a phone")
	}
	if l.SMSText != "" && l.SMS == "" {
		p.fault(f["sms_text"], "contradiction", "sms_text without sms")
	}
	for key, number := range map[string]string{"phone": l.Phone, "alt": l.Alt, "sms": l.SMS} {
		if number == "" {
			continue
		}
		if why := undialable(l.Country, number); why != "" {
			p.fault(f[key], "undialable", "%s: %s", key, why)
		}
	}
	if l.Abroad != "" && (!strings.HasPrefix(l.Abroad, "+") || undialable("", l.Abroad[1:]) != "") {
		p.fault(f["abroad"], "undialable", "abroad: must begin with + and the country's code")
	}
	for key, page := range map[string]string{"chat": l.Chat, "url": l.URL} {
		if page == "" {
			continue
		}
		if u, err := url.Parse(page); err != nil || u.Scheme != "https" || u.Host == "" {
			p.fault(f[key], "url", "%s must be an https address", key)
		}
	}
}

// fields returns the values of a mapping by key; nil when n is none.
func (p *parser) fields(n *yaml.Node, known ...string) map[string]*yaml.Node {
	if n.Kind != yaml.MappingNode {
		p.fault(n, "type", "expected keys and values")
		return nil
	}
	out := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case !slices.Contains(known, k.Value):
			p.fault(k, "unknown-key", "unknown key %q", k.Value)
		case out[k.Value] != nil:
			p.fault(k, "twice", "%s is given twice", k.Value)
		default:
			out[k.Value] = v
		}
	}
	return out
}

// text returns a scalar as it was written.
func (p *parser) text(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || strings.TrimSpace(n.Value) == "" {
		p.fault(n, "type", "expected a text; leave the key out if it is not known")
		return ""
	}
	return strings.TrimSpace(n.Value)
}

// choice returns a scalar that must be one of a few words.
func (p *parser) choice(n *yaml.Node, words ...string) string {
	v := p.text(n)
	if v != "" && !slices.Contains(words, v) {
		p.fault(n, "choice", "expected one of: %s", strings.Join(words, ", "))
		return ""
	}
	return v
}

// yamlLine finds the line number in an error of the YAML reader.
func yamlLine(err error) int {
	n := 0
	_, rest, found := strings.Cut(err.Error(), "line ")
	if found {
		if _, err := fmt.Sscanf(rest, "%d", &n); err != nil {
			return 1
		}
	}
	return n
}
