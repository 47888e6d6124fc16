package lines

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Layer is a folder of files of lines. Name is the folder as findings call it.
type Layer struct {
	FS   fs.FS
	Name string
}

// LoadLayers reads several folders, the later ones over the earlier ones, and
// reports all faults of all files, as Load does. A later record with the id of
// an earlier one of the same country takes its place, all of it; the others of
// a later folder come before those of an earlier one. A file may also confirm
// records of any folder:
//
//	country: US
//	confirmed_on: 2026-12-01
//	confirmed: [us-rainn, us-childhelp]
//
// They are then shown, and count as checked on that day. The records of a later
// folder are the word of the organization and count as confirmed by it, unless
// their confidence holds them back.
func LoadLayers(layers ...Layer) (*Directory, []Finding, error) {
	d, findings, err := readLayers(layers)
	if err != nil || len(findings) > 0 {
		return nil, findings, err
	}
	return d, nil, nil
}

func readLayers(layers []Layer) (*Directory, []Finding, error) {
	var p parser
	for i, layer := range layers {
		names, err := fs.Glob(layer.FS, "*.yaml")
		if err != nil {
			return nil, nil, fmt.Errorf("list files of lines: %w", err)
		}
		p.folder = layer.Name
		odd, err := fs.Glob(layer.FS, "*.yml")
		if err != nil {
			return nil, nil, fmt.Errorf("list files of lines: %w", err)
		}
		for _, name := range odd { // it would be left out, and nobody would know
			p.file = path.Base(name)
			p.fault(&yaml.Node{}, "file-name", "the file must end in .yaml")
		}
		for _, name := range names {
			if strings.HasPrefix(name, ".") { // an editor's own
				continue
			}
			data, err := fs.ReadFile(layer.FS, name)
			if err != nil {
				return nil, nil, fmt.Errorf("read lines: %w", err)
			}
			p.file = path.Base(name)
			p.read(data, i)
		}
		if err := p.words(layer); err != nil {
			return nil, nil, err
		}
	}
	merged := p.merge(layers)
	p.settle(layers, merged)
	p.across(layers, merged)
	if len(p.findings) > 0 {
		slices.SortStableFunc(p.findings, func(a, b Finding) int {
			return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Col-b.Col)
		})
		return nil, p.findings, nil
	}
	out := make([]Line, 0, len(merged))
	for _, r := range merged {
		out = append(out, r.Line)
	}
	slices.SortStableFunc(out, func(a, b Line) int { return strings.Compare(a.Country, b.Country) })
	return &Directory{out, p.said}, nil, nil
}

// merge lays the later folders over the earlier ones.
func (p *parser) merge(layers []Layer) []*placed {
	byID := map[string]*placed{}
	added := make([][]*placed, len(layers))
	for i := range p.lines {
		r := &p.lines[i]
		had := byID[r.ID]
		switch {
		case r.ID == "" || had == nil:
			byID[r.ID] = r
			added[r.layer] = append(added[r.layer], r)
		case had.layer == r.layer:
			p.at(layers[r.layer], r.file)
			p.fault(r.node, "twice", "the id %s is used twice", r.ID)
		case had.Country != r.Country:
			p.at(layers[r.layer], r.file)
			p.fault(r.node, "contradiction", "%s is a line of %s", r.ID, had.Country)
		default:
			*had = *r
		}
	}
	slices.Reverse(added)
	return slices.Concat(added...)
}

// settle marks what the organization confirmed.
func (p *parser) settle(layers []Layer, merged []*placed) {
	for _, r := range merged {
		if r.layer > 0 && r.Confirmed() {
			r.ConfirmedOn = r.CheckedOn
		}
	}
	seen := map[string]bool{}
	for _, c := range p.confirms {
		p.at(layers[c.layer], c.file)
		i := slices.IndexFunc(merged, func(r *placed) bool { return r.ID == c.id && r.Country == c.country })
		switch {
		case i < 0:
			p.fault(c.node, "unknown-id", "no line of %s has the id %s: handrail lines %s --all lists them", c.country, c.id, c.country)
		case seen[c.id]:
			p.fault(c.node, "twice", "%s is confirmed twice", c.id)
		default:
			merged[i].ConfirmedOn, merged[i].CheckedOn = c.on, c.on
		}
		seen[c.id] = true
	}
}

// across checks what one record cannot show by itself.
func (p *parser) across(layers []Layer, merged []*placed) {
	owner := map[string]*placed{}
	for _, r := range merged {
		for _, number := range []string{r.Phone, r.Alt} {
			if number == "" {
				continue
			}
			key := r.Country + " " + dialled(number)
			had := owner[key]
			if had == nil {
				owner[key] = r
			}
			if had == nil || had.ID == r.ID {
				continue
			}
			// The fault is with the one that came later.
			late, early := r, had
			if early.layer > late.layer {
				late, early = early, late
			}
			p.at(layers[late.layer], late.file)
			p.fault(late.node, "contradiction", "%s has the number of %s", late.ID, early.ID)
		}
	}
}

// at sets the file of the findings that follow.
func (p *parser) at(l Layer, file string) { p.folder, p.file = l.Name, file }
