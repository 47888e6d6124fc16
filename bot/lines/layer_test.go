package lines

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const deHead = "country: DE\nzone: Europe/Berlin\nlines:\n"

func folder(name, data string) Layer {
	return Layer{FS: fstest.MapFS{"de.yaml": {Data: []byte(data)}}, Name: name}
}

func TestLoadLayers(t *testing.T) {
	t.Parallel()
	weak := strings.Replace(record("b", ""), "operator", "unverified", 1)
	shipped := folder("shipped", deHead+record("a", "")+weak)
	for _, row := range []struct {
		name, own string
		want      string   // what is picked for dv
		findings  []string // file:line:col and rule
	}{
		{"adds, and comes first", deHead + record("c", ""), "de-c de-a", nil},
		{"overrides in its place", deHead + strings.Replace(record("a", ""), "Line a", "Other", 1), "de-a", nil},
		{"an override may hold a line back", deHead + strings.Replace(record("a", ""), "operator", "unverified", 1), "xx", nil},
		{"confirms", "country: DE\nconfirmed_on: 2026-11-20\nconfirmed: [de-b]\n", "de-a de-b", nil},
		{"confirms and adds", deHead + record("c", "") + "confirmed_on: 2026-11-20\nconfirmed:\n  - de-b\n", "de-c de-a de-b", nil},
		{"takes over the number", deHead + strings.Replace(record("a", ""), "0800 1111", "0800 7777", 1) + record("c", "alt: 0800 1111"), "de-c de-a", nil},
		{"confirms nothing that is there", "country: DE\nconfirmed_on: 2026-11-20\nconfirmed: [de-x]\n", "", []string{"own/de.yaml:3:13 unknown-id"}},
		{"confirms twice", "country: DE\nconfirmed_on: 2026-11-20\nconfirmed: [de-b, de-b]\n", "", []string{"own/de.yaml:3:19 twice"}},
		{"confirms without a day", "country: DE\nconfirmed: [de-b]\n", "", []string{"own/de.yaml:2:12 missing"}},
		{"confirms on no day", "country: DE\nconfirmed_on: now\nconfirmed: [de-b]\n", "", []string{"own/de.yaml:2:15 date"}},
		{"a day and nothing confirmed", deHead + record("c", "") + "confirmed_on: 2026-11-20\n", "", []string{"own/de.yaml:1:1 missing"}},
		{"no list", "country: DE\nconfirmed_on: 2026-11-20\nconfirmed: de-b\n", "", []string{"own/de.yaml:3:12 type"}},
		{"number of another", deHead + strings.Replace(record("c", ""), "3333", "1111", 1), "", []string{"own/de.yaml:4:5 contradiction"}},
		{"unknown key", deHead + record("c", "fone: 1"), "", []string{"own/de.yaml:12:5 unknown-key"}},
		{"no source", deHead + strings.Replace(record("c", ""), "source: https://example.org", "source: general knowledge", 1), "", []string{"own/de.yaml:9:13 contradiction"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d, findings, err := LoadLayers(shipped, folder("own", row.own))
			if err != nil {
				t.Fatal(err)
			}
			if got := places(findings); !slices.Equal(got, row.findings) {
				t.Fatalf("findings %q, want %q", got, row.findings)
			}
			if row.findings != nil {
				return
			}
			got := d.Pick("DE", "dv", today, 0)
			if row.want == "xx" && len(got) == 0 {
				return
			}
			if ids(got) != row.want {
				t.Errorf("got %s, want %s", ids(got), row.want)
			}
		})
	}
}

func places(findings []Finding) (out []string) {
	for _, f := range findings {
		s := f.String()
		out = append(out, s[:strings.Index(s, ": ")]+" "+f.Rule)
	}
	return out
}

func TestAnotherCountrysID(t *testing.T) {
	t.Parallel()
	own := Layer{FS: fstest.MapFS{"at.yaml": {Data: []byte("country: AT\nzone: Europe/Vienna\nlines:\n" + record("a", ""))}}, Name: "own"}
	_, findings, err := LoadLayers(folder("", deHead+record("a", "")), own)
	if err != nil || !slices.Equal(places(findings), []string{"own/at.yaml:4:5 contradiction"}) {
		t.Errorf("%v, %v", findings, err)
	}
}

func TestConfirmed(t *testing.T) {
	t.Parallel()
	old := strings.NewReplacer("operator", "unverified", "2026-11-01", "2024-01-01").Replace(record("a", ""))
	d, findings, err := LoadLayers(folder("", deHead+old), folder("own", "country: DE\nconfirmed_on: 2026-11-20\nconfirmed: [de-a]\n"))
	if err != nil || len(findings) > 0 {
		t.Fatal(err, findings)
	}
	got := Render(d.Pick("DE", "dv", today, 0), today, english)
	if !strings.Contains(got, "0800 1111") || !strings.HasSuffix(got, "Numbers confirmed on 2026-11-20.") {
		t.Errorf("got:\n%s", got)
	}
	if found := d.Check(today); len(found) > 0 {
		t.Errorf("a confirmed record counts as checked on that day: %v", found)
	}
}

func TestOtherEnding(t *testing.T) {
	t.Parallel()
	_, findings, err := LoadLayers(Layer{FS: fstest.MapFS{"de.yml": {Data: []byte(deHead + record("a", ""))}}, Name: "own"})
	if err != nil || !slices.Equal(places(findings), []string{"own/de.yml:1:1 file-name"}) {
		t.Errorf("%v, %v", findings, err)
	}
}

func TestOwnLinesAreTheOrganizationsWord(t *testing.T) {
	t.Parallel()
	d, findings, err := LoadLayers(folder("", deHead+record("a", "")), folder("own", deHead+record("c", "")))
	if err != nil || len(findings) > 0 {
		t.Fatal(err, findings)
	}
	for upTo, want := range map[int]string{
		1: "Numbers confirmed on 2026-11-01.",
		2: "Numbers checked on 2026-11-01.", // the weaker word where both stand
	} {
		if got := Render(d.Pick("DE", "dv", today, upTo), today, english); !strings.HasSuffix(got, want) {
			t.Errorf("%d: got:\n%s", upTo, got)
		}
	}
}

type unreadable struct{ fs.FS }

func (unreadable) Open(string) (fs.File, error) { return nil, errors.New("no disk") }

func (unreadable) Glob(string) ([]string, error) { return []string{"de.yaml"}, nil }

// TestRefused: a folder with a fault gives no directory at all, so that whoever
// reads it again keeps the last good one.
func TestRefused(t *testing.T) {
	t.Parallel()
	base := folder("", deHead+record("a", ""))
	for _, row := range []struct {
		name    string
		own     Layer
		want    string
		refused bool
	}{
		{"a good edit", folder("own", deHead+record("c", "")), "de-c de-a", false},
		{"a bad edit", folder("own", deHead+record("c", "hours: always")), "", true},
		{"no content", folder("own", ""), "", true},
		{"an unreadable file", Layer{FS: unreadable{}}, "", true},
		{"mended", folder("own", deHead+record("d", "")), "de-d de-a", false},
	} {
		d, findings, err := LoadLayers(base, row.own)
		if (err != nil || len(findings) > 0) != row.refused {
			t.Errorf("%s: %v, %v", row.name, findings, err)
		}
		if (d == nil) != row.refused {
			t.Errorf("%s: directory %v", row.name, d)
		}
		if d == nil {
			continue
		}
		if got := ids(d.Pick("DE", "dv", today, 0)); got != row.want {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
	}
}
