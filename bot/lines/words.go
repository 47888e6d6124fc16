package lines

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// folderWords holds a file for each language, es.yaml, with what the files of
// the countries say in English and how it is said in that language: for whom a
// line is, where, its hours and languages, how to use it without speaking.
const folderWords = "words"

// words reads the words of the languages of a layer; a later layer adds to the
// earlier ones.
func (p *parser) words(layer Layer) error {
	names, err := fs.Glob(layer.FS, folderWords+"/*.yaml")
	if err != nil {
		return fmt.Errorf("list words of lines: %w", err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(layer.FS, name)
		if err != nil {
			return fmt.Errorf("read words of lines: %w", err)
		}
		p.file = path.Join(folderWords, path.Base(name))
		said := map[string]string{}
		if err := yaml.Unmarshal(data, &said); err != nil {
			p.fault(&yaml.Node{Line: yamlLine(err)}, "yaml", "%s", strings.TrimPrefix(err.Error(), "yaml: "))
			continue
		}
		lang := strings.TrimSuffix(path.Base(name), ".yaml")
		if p.said == nil {
			p.said = map[string]map[string]string{}
		}
		if p.said[lang] == nil {
			p.said[lang] = map[string]string{}
		}
		for word, in := range said {
			if strings.TrimSpace(in) == "" {
				p.fault(&yaml.Node{}, "empty", "%q is said with nothing", word)
			}
			p.said[lang][word] = in
		}
	}
	return nil
}

// In gives lines in the words of a language, a BCP 47 tag. What there are no
// words for stays as it is.
func (d *Directory) In(lang string, ls []Line) []Line {
	lang, _, _ = strings.Cut(strings.ToLower(lang), "-")
	said := d.said[lang]
	if len(said) == 0 {
		return ls
	}
	in := func(s *string) {
		if w, ok := said[*s]; ok {
			*s = w
		}
	}
	out := slices.Clone(ls)
	for i := range out {
		l := &out[i]
		in(&l.Name)
		in(&l.RunBy)
		in(&l.For)
		in(&l.Region)
		in(&l.Silent)
		in(&l.Hours)
		l.Languages = slices.Clone(l.Languages)
		for j := range l.Languages {
			in(&l.Languages[j])
		}
	}
	return out
}

// Unsaid lists what of the lines has no words in a language: for whom, where,
// hours, languages, and how to use a line without speaking.
func (d *Directory) Unsaid(lang string) []string {
	var out []string
	for _, l := range d.set {
		for _, s := range append([]string{l.For, l.Region, l.Silent, l.Hours}, l.Languages...) {
			if _, ok := d.said[lang][s]; !ok && s != "" && s != "24/7" && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}
