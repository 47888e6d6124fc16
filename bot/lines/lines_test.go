package lines

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// shipped loads the records that the program carries.
func shipped(t *testing.T) *Directory {
	t.Helper()
	d, findings, err := Load(os.DirFS("../../flows/lines"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Error(f)
	}
	if d == nil {
		t.FailNow()
	}
	return d
}

var today = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func ids(ls []Line) string {
	var out []string
	for _, l := range ls {
		out = append(out, l.ID)
	}
	return strings.Join(out, " ")
}

// english stands in for the sentences of the scripts.
func english(key string, v map[string]string) string {
	say, ok := map[string]string{
		"lines_call": "Call {{phone}}.", "lines_text": "Text {{number}}.", "lines_text_word": "Text {{word}} to {{number}}.",
		"lines_chat": "Chat: {{url}}", "lines_silent": "If you cannot speak: {{how}}", "lines_open": "Open now.",
		"lines_open_always": "Open day and night.", "lines_closed": "Closed at this moment.", "lines_hours": "Hours: {{hours}}, {{zone}}.",
		"lines_hours_unknown": "I do not know the hours, see {{url}}", "lines_free": "The call is free.",
		"lines_not_free": "The call may cost money.", "lines_bill": "It can show on the phone bill.",
		"lines_no_bill": "It does not show on the phone bill.", "lines_log": "The number stays in your call list.",
		"lines_for": "For {{who}}.", "lines_region": "Only for {{region}}.", "lines_languages": "Languages: {{languages}}.",
		"lines_checked": "Numbers checked on {{date}}.", "lines_none": "I have no line for this.",
		"lines_hours_none": "I do not know the hours.", "lines_directory": "None of these is for exactly this. More lines:",
		"lines_confirmed":       "Numbers confirmed on {{date}}.",
		"lines_country_unknown": "I do not know your country yet.", "lines_danger": "In danger, the local emergency number is the way.",
	}[key]
	if !ok {
		return "UNKNOWN KEY " + key
	}
	for name, value := range v {
		say = strings.ReplaceAll(say, "{{"+name+"}}", value)
	}
	return say
}

func TestShippedRecords(t *testing.T) {
	t.Parallel()
	d := shipped(t)
	want := "AR AT AU BE BR CA CH CL CO CZ DE DK ES FI FR GB GR HU IE IL IN IS IT JP KE KR LU MX NG NL NO NZ PH PL PT RO SE SG TR US ZA"
	if got := strings.Join(d.Countries(), " "); got != want {
		t.Errorf("countries: %s", got)
	}
	for _, l := range d.All("") {
		if why := undialable(l.Country, l.Phone); l.Phone != "" && why != "" {
			t.Errorf("%s: %s", l.ID, why)
		}
		if l.Source == "" || l.Confirmed() && !strings.Contains(l.Source, "https://") && !strings.Contains(l.Source, "http://") {
			t.Errorf("%s has no source: %q", l.ID, l.Source)
		}
		if !l.Confirmed() && l.Notes == "" {
			t.Errorf("%s is not confirmed and nothing says why", l.ID)
		}
		if !strings.HasPrefix(l.ID, strings.ToLower(l.Country)+"-") {
			t.Errorf("%s is a line of %s", l.ID, l.Country)
		}
		if l.Confirmed() && l.Country == "EU" {
			t.Errorf("%s would be shown as if it held in all of the EU", l.ID)
		}
	}
	for id, run := range map[string]string{"co-155": "Police", "ph-aling-pulis": "police"} {
		i := slices.IndexFunc(d.All(""), func(l Line) bool { return l.ID == id })
		if i < 0 || !strings.Contains(d.All("")[i].RunBy, run) {
			t.Errorf("%s does not say that the police answer", id)
		}
	}
}

func TestPick(t *testing.T) {
	t.Parallel()
	d := shipped(t)
	for _, row := range []struct {
		name, country, need string
		upTo                int
		now                 time.Time
		want                string
	}{
		{"usual three", "US", "", 0, today, "us-ndvh us-988 us-emergency"},
		{"usual three, small letters", "gb", "", 0, today, "gb-refuge gb-samaritans gb-emergency"},
		{"usual, two", "US", "", 2, today, "us-ndvh us-emergency"},
		{"usual, one only", "US", "", 1, today, "us-ndvh"},
		{"crisis ends with emergency", "US", "crisis", 0, today, "us-988 us-crisis-text-line us-emergency"},
		{"two", "GB", "crisis", 2, today, "gb-samaritans gb-emergency"},
		{"dv, whole country first", "GB", "dv", 0, today, "gb-refuge gb-sdafmh gb-emergency"},
		{"never more than three", "GB", "dv", 9, today, "gb-refuge gb-sdafmh gb-emergency"},
		{"emergency alone", "GB", "emergency", 0, today, "gb-emergency"},
		{"own behaviour", "GB", "own_behaviour", 0, today, "gb-respect gb-emergency"},
		{"own behaviour, none in the country", "US", "own_behaviour", 2, today, "us-988 us-emergency"},
		{"unconfirmed is never picked", "US", "sexual", 0, today, "us-ndvh us-emergency xx-find-a-helpline"},
		{"no dv line in the country", "CA", "", 0, today, "ca-988 ca-emergency xx-find-a-helpline"},
		{"no confirmed crisis line", "ES", "crisis", 0, today, "es-016 es-emergency xx-find-a-helpline"},
		{"open before unknown hours", "NZ", "dv", 1, today, "nz-womens-refuge"},
		{"emergency only", "IS", "dv", 0, today, "is-emergency xx-find-a-helpline"},
		{"police before the rest", "DE", "emergency", 0, today, "de-police de-emergency"},
		{"nothing but an emergency number", "KR", "", 0, today, "kr-police xx-find-a-helpline"},
		{"danger: the emergency first", "GB", "danger", 0, today, "gb-emergency gb-refuge gb-samaritans"},
		{"danger, two", "GB", "danger", 2, today, "gb-emergency gb-refuge"},
		{"danger, country not known", "", "danger", 0, today, "xx-find-a-helpline"},
		{"more: what the three leave out", "GB", "more", 0, today, "gb-sdafmh gb-live-fear-free gb-mens-advice"},
		{"more, where there is nothing more", "IS", "more", 0, today, "xx-find-a-helpline"},
		{"not live yet", "CH", "dv", 0, today, "ch-opferberatung-zh ch-police"},
		{"unconfirmed child line", "GB", "child", 2, today, "gb-refuge gb-emergency"},
		{"a need nobody knows", "US", "plumbing", 2, today, "us-ndvh us-emergency"},
		{"country not known", "", "dv", 0, today, "xx-find-a-helpline"},
		{"country without lines", "AD", "", 0, today, "xx-find-a-helpline"},
		{"nonsense for a country", "../..", "", 0, today, "xx-find-a-helpline"},
		{"after a year only emergency is left", "US", "", 0, today.AddDate(2, 0, 0), "us-emergency xx-find-a-helpline"},
		{"a directory does not fade", "AD", "", 0, today.AddDate(5, 0, 0), "xx-find-a-helpline"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := ids(d.Pick(row.country, row.need, row.now, row.upTo)); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestPickLeavesTheDirectoryAlone(t *testing.T) {
	t.Parallel()
	d := shipped(t)
	d.Pick("AD", "", today, 0)[0].Name = "changed"
	if got := d.Pick("HT", "", today, 0)[0]; got.Name != "Find A Helpline" || got.Country != "HT" {
		t.Errorf("got %s of %s", got.Name, got.Country)
	}
}

func TestPickOpenFirst(t *testing.T) {
	t.Parallel()
	d := must(t, record("a", "hours: mon-fri 09:00-17:00")+record("b", "hours: daily 18:00-08:00")+record("c", ""))
	for _, row := range []struct{ name, now, want string }{
		{"Monday noon", "2026-11-23T12:00:00Z", "de-a de-c de-b"},
		{"Monday night", "2026-11-23T22:00:00Z", "de-b de-c de-a"},
		{"Friday 16:30 in Berlin, not in London", "2026-11-27T15:30:00Z", "de-a de-c de-b"},
		{"Friday 17:00 in Berlin", "2026-11-27T16:00:00Z", "de-c de-a de-b"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse(time.RFC3339, row.now)
			if err != nil {
				t.Fatal(err)
			}
			if got := ids(d.Pick("DE", "dv", now, 4)); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func record(id, more string) string {
	r := "  - id: de-" + id + "\n    name: Line " + id + "\n    kind: dv\n    phone: 0800 " + strings.Repeat(string('0'+id[0]-'a'+1), 4) +
		"\n    url: https://example.org\n    source: https://example.org\n    checked_on: 2026-11-01\n    confidence: operator\n"
	if more != "" {
		r += "    " + strings.ReplaceAll(more, "\n", "\n    ") + "\n"
	}
	return r
}

func must(t *testing.T, records string) *Directory {
	t.Helper()
	d, findings, err := Load(fstest.MapFS{"de.yaml": {Data: []byte("country: DE\nzone: Europe/Berlin\nlines:\n" + records)}})
	if err != nil || len(findings) > 0 {
		t.Fatal(err, findings)
	}
	return d
}

func TestLoadFindings(t *testing.T) {
	t.Parallel()
	good := record("a", "")
	head := "country: DE\nzone: Europe/Berlin\nlines:\n"
	for _, row := range []struct {
		name, data string
		want       []string // file:line:col and rule of each finding
	}{
		{"good", head + good, nil},
		{"no content", "", []string{"de.yaml:1:1 empty"}},
		{"not yaml", "a: [", []string{"de.yaml:1:1 yaml"}},
		{"a list", "- a", []string{"de.yaml:1:1 type"}},
		{"two documents", head + good + "---\na: b\n", []string{"de.yaml:12:1 yaml"}},
		{"other country", strings.Replace(head, "DE", "AT", 1) + good, []string{"de.yaml:1:1 file-name"}},
		{"no lines", "country: DE\n", []string{"de.yaml:1:1 no-lines"}},
		{"bad zone", "country: DE\nzone: Berlin\nlines:\n" + good, []string{"de.yaml:2:7 zone"}},
		{"unknown key", head + record("a", "fone: 1"), []string{"de.yaml:12:5 unknown-key"}},
		{"key twice", head + record("a", "kind: dv"), []string{"de.yaml:12:5 twice"}},
		{"international form", head + strings.Replace(good, "0800 1111", "+49 800 1111", 1), []string{"de.yaml:7:12 undialable"}},
		{"international form with zeros", head + strings.Replace(good, "0800 1111", "0049 800 1111", 1), []string{"de.yaml:7:12 undialable"}},
		{"letters in the number", head + strings.Replace(good, "0800 1111", "0800 HELP", 1), []string{"de.yaml:7:12 undialable"}},
		{"empty number", head + strings.Replace(good, "0800 1111", "''", 1), []string{"de.yaml:7:12 type"}},
		{"word without a number to send it to", head + record("a", "sms_text: HELLO"), []string{"de.yaml:12:15 contradiction"}},
		{"bad date", head + strings.Replace(good, "2026-11-01", "1.11.2026", 1), []string{"de.yaml:10:17 date"}},
		{"bad hours", head + record("a", "hours: 9 to 5"), []string{"de.yaml:12:12 hours"}},
		{"bad day", head + record("a", "hours: mo-fr 09:00-17:00"), []string{"de.yaml:12:12 hours"}},
		{"hours without a zone", "country: DE\nlines:\n" + record("a", "hours: daily 09:00-17:00"), []string{"de.yaml:11:12 zone"}},
		{"kind", head + strings.Replace(good, "kind: dv", "kind: nice", 1), []string{"de.yaml:6:11 kind"}},
		{"confidence", head + strings.Replace(good, "operator", "sure", 1), []string{"de.yaml:11:17 choice"}},
		{"plain http", head + record("a", "chat: http://example.org"), []string{"de.yaml:12:11 url"}},
		{"abroad without a plus", head + record("a", "abroad: 0049 1"), []string{"de.yaml:12:13 undialable"}},
		{"same id", head + good + strings.Replace(good, "0800 1111", "0800 9", 1), []string{"de.yaml:12:5 twice"}},
		{"same number", head + good + strings.Replace(record("b", ""), "2222", "11-11", 1), []string{"de.yaml:12:5 contradiction"}},
		{
			"all of them at once", head + strings.NewReplacer("    name: Line a\n", "", "dv", "x", "2026-11-01", "soon").Replace(good),
			[]string{"de.yaml:4:5 missing", "de.yaml:5:11 kind", "de.yaml:9:17 date"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d, findings, err := Load(fstest.MapFS{"de.yaml": {Data: []byte(row.data)}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range findings {
				s := f.String()
				got = append(got, s[:strings.Index(s, ": ")]+" "+f.Rule)
			}
			if strings.Join(got, "; ") != strings.Join(row.want, "; ") {
				t.Errorf("got %q, want %q", got, row.want)
			}
			if (d == nil) != (len(row.want) > 0) {
				t.Error("a directory must come with no findings, and only then")
			}
		})
	}
}

func TestUndialable(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		country, number string
		ok              bool
	}{
		{"US", "911", true},
		{"US", "1-800-799-7233", true},
		{"US", "(800) 799-7233", true},
		{"US", "800-799-723", false},
		{"US", "+1 800 799 7233", false},
		{"US", "+1741741", false},
		{"US", "1-100-799-7233", false},
		{"GB", "116 123", true},
		{"GB", "0808 80 10 800", true},
		{"GB", "808 80 10 800", false},
		{"GB", "44 808 80 10 800", false},
		{"FR", "3919", true},
		{"FR", "+33333114", false},
		{"DE", "1", false},
		{"DE", "999 (after registering)", false},
		{"DE", "1234567890123456", false},
		{"DE", "", false},
		{"MX", "*765", true},
		{"JP", "#8008", true},
		{"JP", "##8008", false},
		{"MX", "*55 5259 8121", false},
		{"AU", "000", true},
		{"AU", "1800 737 732", true},
		{"AU", "800 737 732", false},
		{"DE", "800 111 0 111", false},
		{"ES", "900 20 20 10", true},
		{"ES", "34 900 20 20 10", false},
		{"JP", "110 (police)", false},
		{"MX", "079 (opción 1)", false},
		{"CO", "01 8000 112 137", true},
		{"ZZ", "1234567", true},
	} {
		t.Run(row.country+" "+row.number, func(t *testing.T) {
			t.Parallel()
			if why := undialable(row.country, row.number); (why == "") != row.ok {
				t.Errorf("got %q", why)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	d := must(t, record("a", "")+strings.Replace(record("b", ""), "kind: dv", "kind: emergency", 1))
	for _, row := range []struct {
		name string
		days int
		want string
	}{
		{"fresh", 90, ""},
		{"stale", 91, "stale stale"},
		{"hidden, but emergency stays", 366, "hidden stale"},
		{"day of checking still to come", -10, "future future"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range d.Check(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, row.days)) {
				got = append(got, f.Rule)
				if f.File != "de.yaml" || f.Line == 0 {
					t.Errorf("no place: %s", f)
				}
			}
			if strings.Join(got, " ") != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestHours(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, hours, at string
		want            state
	}{
		{"always", "24/7", "2026-11-22T03:00", open},
		{"not known", "", "2026-11-22T03:00", unknown},
		{"inside", "mon-fri 09:00-17:00", "2026-11-23T09:00", open},
		{"the end is outside", "mon-fri 09:00-17:00", "2026-11-23T17:00", closed},
		{"weekend", "mon-fri 09:00-17:00", "2026-11-22T12:00", closed},
		{"second part", "mon-fri 09:00-17:00; sat 10:00-14:00", "2026-11-21T13:59", open},
		{"not on holidays", "mon-fri 08:00-24:00; not holidays", "2026-11-20T23:59", open},
		{"noon break", "daily 09:00-12:00, 13:00-17:00", "2026-11-21T12:30", closed},
		{"over midnight, evening", "fri 18:00-02:00", "2026-11-20T23:00", open},
		{"over midnight, morning", "fri 18:00-02:00", "2026-11-21T01:59", open},
		{"over midnight, other day", "fri 18:00-02:00", "2026-11-20T01:00", closed},
		{"over the end of the week", "sun 18:00-02:00", "2026-11-23T01:00", open},
		{"until midnight", "sat,sun 10:00-24:00", "2026-11-22T23:59", open},
		{"a range over the end of the week", "sat-mon 10:00-12:00", "2026-11-23T11:00", open},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h, err := parseHours(row.hours)
			if err != nil {
				t.Fatal(err)
			}
			now, err := time.Parse("2006-01-02T15:04", row.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := h.at(now); got != row.want {
				t.Errorf("got %d, want %d", got, row.want)
			}
		})
	}
	for _, bad := range []string{"always", "24/8", "mon-fri", "09:00-17:00", "mon 9-5", "mon 09:00", "mon 24:00-02:00", "; ", "not holidays", "not holidays; mon 09:00-10:00", "mon 09:00-10:00; not holidays; not holidays", "onm 09:00-10:00", "mon 09:00-25:00"} {
		if _, err := parseHours(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	d := shipped(t)
	monday := time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC)
	closedLine := must(t, record("a", "hours: mon-fri 09:00-17:00\nfree: no\non_bill: yes\nchat: https://example.org/chat\nlanguages: [German, Turkish]"))
	for _, row := range []struct {
		name string
		ls   []Line
		want string
	}{
		{"US", d.Pick("US", "", today, 0), `National Domestic Violence Hotline
Call 1-800-799-7233. Text START to 88788.
Open day and night. The call is free.
Languages: English, Spanish, others by interpreter.

988 Suicide & Crisis Lifeline
Call 988. Text 988.
Open day and night. The call is free.
Languages: English, Spanish.

Emergency
Call 911.
Open day and night. The call is free.

The number stays in your call list. Numbers checked on 2026-11-21.`},
		{"silent way, hours not known", d.Pick("GB", "own_behaviour", today, 0), `Respect Phoneline
Call 0808 802 4040.
I do not know the hours, see https://respectphoneline.org.uk
For people worried about their own behaviour.

Emergency
Call 999.
If you cannot speak: from a mobile call 999, listen, and press 55 when asked.
Open day and night. The call is free.

The number stays in your call list. Numbers checked on 2026-11-21.`},
		{"closed, costs, chat", closedLine.Pick("DE", "dv", monday, 1), `Line a
Call 0800 1111.
Chat: https://example.org/chat
Closed at this moment. Hours: mon-fri 09:00-17:00, Europe/Berlin. The call may cost money. It can show on the phone bill.
Languages: German, Turkish.

The number stays in your call list. Numbers checked on 2026-11-01.`},
		{"hours not known and no page", d.Pick("IL", "dv", today, 1), `118 (Ministry of Welfare)
Call 118.
I do not know the hours.
Languages: Hebrew, Arabic, Russian.

The number stays in your call list. Numbers checked on 2026-11-21.`},
		{"perhaps a holiday", d.Pick("CL", "dv", monday, 1), `Fono 1455 (SernamEG)
Call 1455.
Hours: mon-fri 08:00-24:00, not on holidays, America/Santiago. The call is free.

The number stays in your call list. Numbers checked on 2026-11-21.`},
		{"not for exactly this", d.Pick("CA", "dv", monday, 0), `9-8-8 Suicide Crisis Helpline
Call 988. Text 988.
Open day and night. The call is free.
Languages: English, French.

Emergency
Call 911.
Open day and night. The call is free.
Languages: English, French.

None of these is for exactly this. More lines:
Find A Helpline: https://findahelpline.com

The number stays in your call list. Numbers checked on 2026-11-21.`},
		{"country not known", d.Pick("", "dv", today, 0), `I do not know your country yet.
In danger, the local emergency number is the way.
Find A Helpline: https://findahelpline.com`},
		{"country without lines", d.Pick("AD", "dv", today, 0), `I have no line for this.
Find A Helpline: https://findahelpline.com`},
		{"nothing at all", nil, `I have no line for this.`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := Render(row.ls, monday, english); got != row.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, row.want)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("country: DE\nzone: Europe/Berlin\nlines:\n" + record("a", "hours: mon-fri 09:00-17:00")))
	f.Add([]byte("country: DE\nconfirmed_on: 2026-11-20\nconfirmed: [de-a]\n"))
	f.Add([]byte("lines: [{}]"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("? [a]\n: b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, findings, err := Load(fstest.MapFS{"de.yaml": {Data: data}})
		if err != nil {
			t.Fatal(err)
		}
		if d == nil && len(findings) == 0 {
			t.Fatal("refused without saying why")
		}
		for _, fd := range findings {
			if fd.Line < 1 || fd.Col < 1 || fd.Message == "" || fd.Rule == "" {
				t.Fatalf("finding without a place or a reason: %s", fd)
			}
		}
		if d != nil {
			Render(d.Pick("DE", "", today, 0), today, english)
		}
	})
}
