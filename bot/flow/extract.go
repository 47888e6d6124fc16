package flow

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"handrail/bot/po"
)

// ErrLanguage is the error of Extract for what is no language to translate into.
var ErrLanguage = errors.New("not a language to translate into: write it like es or pt-BR, and not the one of the scripts")

// Extract writes the translation of the scripts into a language anew: with every
// text that there is now, and with what was translated so far in
// locale/LANG.po. Nothing of that is lost; what is out of use stays at the end.
// The file that it returns the name and the contents of is the same for the same
// input. When the scripts or that file have faults, list says which, and data is
// nil; err is for what cannot be read.
func Extract(fsys fs.FS, opt Options, lang string) (name string, data []byte, list []Finding, err error) {
	ld := newLoader(opt)
	ld.notes = map[string]map[int][]string{}
	if err := ld.read(fsys); err != nil {
		return "", nil, nil, err
	}
	ld.library()
	if !ld.rx.lang.MatchString(lang) || lang == ld.baseLang() {
		return "", nil, nil, ErrLanguage
	}
	name = localeDir + "/" + lang + ".po"
	src, err := fs.ReadFile(fsys, name)
	if other := localeDir + "/" + strings.ReplaceAll(lang, "-", "_") + ".po"; errors.Is(err, fs.ErrNotExist) && other != name {
		if src, err = fs.ReadFile(fsys, other); err == nil {
			name = other
		}
	}
	old := &po.File{}
	if err == nil {
		old, err = po.Parse(src)
		var syntax *po.SyntaxError
		if errors.As(err, &syntax) {
			ld.c.add(place{name, syntax.Line, 1}, ruleSyntax, "%s", syntax.Message)
			old, err = &po.File{}, nil
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", nil, nil, fmt.Errorf("read translation %s: %w", name, err)
	}
	if list = ld.findings(); len(list) > 0 {
		return name, nil, list, nil
	}
	forms, _, ok := po.Plural(old.Field("Plural-Forms"))
	if !ok {
		forms, _, _ = po.Plural(po.PluralForms(lang))
	}
	out := po.Merge(ld.fresh(), old, forms)
	out.Header = header(old.Header, lang)
	return name, out.Bytes(), nil, nil
}

// fresh makes an entry of every unit. Two units with the same text in the same
// place are one entry.
func (ld *loader) fresh() []po.Entry {
	var out []po.Entry
	at := map[po.Key]int{}
	for _, u := range ld.gather() {
		ref := u.pos.file + ":" + strconv.Itoa(u.pos.line)
		e := po.Entry{
			Context: u.context, ID: u.id, Plural: u.plural, Own: u.own,
			Extracted: ld.tell(u), References: []string{ref},
		}
		if i, ok := at[e.Key()]; ok {
			if !slices.Contains(out[i].References, ref) {
				out[i].References = append(out[i].References, ref)
			}
			continue
		}
		at[e.Key()] = len(out)
		out = append(out, e)
	}
	return out
}

// tell gathers what a translator has to know about a unit.
func (ld *loader) tell(u unit) []string {
	out := slices.Clone(u.about)
	if !u.own {
		out = append(out, fmt.Sprintf("At most %d characters, no exclamation marks.", MaxText))
	}
	if names := holders(u.base()); len(names) > 0 {
		out = append(out, "Keep as they are: {{"+strings.Join(names, "}}, {{")+"}}.")
	}
	return append(out, ld.notes[u.pos.file][u.pos.line]...)
}

// note reads the comments for translators of a file: lines that begin with
// "# tr:" right above the line that they are about.
func (ld *loader) note(file string, src []byte) {
	ld.notes[file] = map[int][]string{}
	var open []string
	for i, line := range strings.Split(string(src), "\n") {
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "# tr:"); ok {
			open = append(open, "Note: "+strings.TrimSpace(text))
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(open) > 0 && line != "" {
			ld.notes[file][i+1] = open
		}
		open = nil
	}
}

// header fills in what every PO file has to say about itself and keeps what a
// translator wrote there.
func header(old po.Entry, lang string) po.Entry {
	h := old
	h.Flags = slices.DeleteFunc(slices.Clone(old.Flags), func(f string) bool { return f == po.FlagFuzzy })
	if len(old.Str) == 0 {
		h.Comments = []string{"The scripts in " + lang + ". flows/README.md, \"Translate it\", tells how to go on."}
		h.Str = []string{""}
	}
	text := h.Str[0]
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	f := po.File{Header: po.Entry{Str: []string{text}}}
	for _, field := range [][2]string{
		{"Project-Id-Version", "handrail scripts"},
		{"Report-Msgid-Bugs-To", ""},
		{"PO-Revision-Date", "YEAR-MO-DA HO:MI+ZONE"},
		{"Last-Translator", "FULL NAME <EMAIL@ADDRESS>"},
		{"Language-Team", "LANGUAGE <LL@li.org>"},
		{"Language", strings.ReplaceAll(lang, "-", "_")},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=UTF-8"},
		{"Content-Transfer-Encoding", "8bit"},
		{"Plural-Forms", po.PluralForms(lang)},
	} {
		if !strings.Contains("\n"+strings.ToLower(text), "\n"+strings.ToLower(field[0])+":") || field[0] == "Language" && f.Field("Language") == "" {
			text += field[0] + ": " + field[1] + "\n"
		}
	}
	h.Str = []string{text}
	return h
}
