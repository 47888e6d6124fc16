package schedule

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSpanish: what people type in Spanish, what it means, how it is said back.
func TestSpanish(t *testing.T) {
	t.Parallel()
	read := Readers()
	now := time.Date(2026, 3, 4, 23, 30, 0, 0, zone(t, "Europe/Madrid")) // a Wednesday
	for _, row := range []struct{ kind, text, value, echo string }{
		{"time", "a las ocho de la tarde", "20:00", "20:00"},
		{"time", "a las 20", "20:00", "20:00"},
		{"time", "a las 20 h", "20:00", "20:00"},
		{"time", "las 20:30 horas", "20:30", "20:30"},
		{"time", "20h30", "20:30", "20:30"},
		{"time", "20.30", "20:30", "20:30"},
		{"time", "8", "08:00", "08:00"},
		{"time", "a las 8 de la mañana", "08:00", "08:00"},
		{"time", "8 de la manana", "08:00", "08:00"},
		{"time", "A las nueve y media de la noche.", "21:30", "21:30"},
		{"time", "las nueve y cuarto de la noche", "21:15", "21:15"},
		{"time", "a las diez menos cuarto de la noche", "21:45", "21:45"},
		{"time", "a las ocho y diez de la tarde", "20:10", "20:10"},
		{"time", "a las 8 y 10", "08:10", "08:10"},
		{"time", "las ocho y treinta y cinco", "08:35", "08:35"},
		{"time", "diez menos veinte de la noche", "21:40", "21:40"},
		{"time", "a la una de la tarde", "13:00", "13:00"},
		{"time", "a la una y media de la madrugada", "01:30", "01:30"},
		{"time", "la una menos cuarto de la tarde", "12:45", "12:45"},
		{"time", "cuarto para las nueve de la noche", "20:45", "20:45"},
		{"time", "las 12 de la noche", "00:00", "00:00"},
		{"time", "las 12 de la mañana", "12:00", "12:00"},
		{"time", "las dos del mediodía", "14:00", "14:00"},
		{"time", "medianoche", "00:00", "00:00"},
		{"time", "a medianoche", "00:00", "00:00"},
		{"time", "mediodía", "12:00", "12:00"},
		{"time", "al medio día", "12:00", "12:00"},
		{"time", "12 del mediodía", "12:00", "12:00"},
		{"time", "las 9 de la noche", "21:00", "21:00"},
		{"time", "entre semana a las 8", "mon,tue,wed,thu,fri 08:00", "de lunes a viernes a las 08:00"},
		{"time", "sobre las 9 de la noche, por favor", "21:00", "21:00"},
		{"time", "8 pm", "20:00", "20:00"},
		{"time", "8 p. m.", "20:00", "20:00"},
		{"time", "esta noche a las 10", "22:00", "22:00"},
		{"time", "todas las noches a las 10", "22:00", "22:00"},
		{"time", "todos los días a las 20", "20:00", "20:00"},
		{"time", "cada mañana a las 8", "08:00", "08:00"},
		{"time", "por las tardes a las 7", "19:00", "19:00"},
		{"time", "lunes y jueves a las 20:00", "mon,thu 20:00", "lunes y jueves a las 20:00"},
		{"time", "los lunes, miércoles y viernes a las 8 de la tarde", "mon,wed,fri 20:00", "lunes, miércoles y viernes a las 20:00"},
		{"time", "de lunes a viernes a las 9", "mon,tue,wed,thu,fri 09:00", "de lunes a viernes a las 09:00"},
		{"time", "entre semana a las 9", "mon,tue,wed,thu,fri 09:00", "de lunes a viernes a las 09:00"},
		{"time", "el lunes a la una de la madrugada", "mon 01:00", "lunes a la 01:00"},
		{"time", "los fines de semana a las once", "sat,sun 11:00", "sábado y domingo a las 11:00"},
		{"time", "todos los días menos el domingo a las 9", "mon,tue,wed,thu,fri,sat 09:00", "lunes, martes, miércoles, jueves, viernes y sábado a las 09:00"},
		{"time", "un día sí y otro no a las 21", "2d 21:00", "un día sí y otro no a las 21:00"},
		{"time", "cada tres días a las 21", "3d 21:00", "cada 3 días a las 21:00"},
		{"time", "9pm on mon and fri", "mon,fri 21:00", "lunes y viernes a las 21:00"},
		{"time", "mañana a las 9", "", ""},
		{"time", "9 o 10", "", ""},
		{"time", "a las 9 y a las 10", "", ""},
		{"time", "por la noche", "", ""},
		{"time", "no lo sé", "", ""},
		{"time", "8 de la noche y me pegó", "", ""},
		{"time", "las cinco de la noche", "", ""},

		{"window", "entre las 6 y las 8 de la tarde", "18:00-20:00", "de 18:00 a 20:00"},
		{"window", "entre 6 y 8 de la tarde", "18:00-20:00", "de 18:00 a 20:00"},
		{"window", "de 18 a 20", "18:00-20:00", "de 18:00 a 20:00"},
		{"window", "de las 18 a las 20", "18:00-20:00", "de 18:00 a 20:00"},
		{"window", "desde las seis y media hasta las ocho de la tarde", "18:30-20:00", "de 18:30 a 20:00"},
		{"window", "los lunes entre las 19 y las 21", "mon 19:00-21:00", "lunes, de 19:00 a 21:00"},
		{"part", "por la noche", "20:00-22:00", "de 20:00 a 22:00"},
		{"part", "por la tarde", "17:00-20:00", "de 17:00 a 20:00"},
		{"part", "por las mañanas", "08:00-11:00", "de 08:00 a 11:00"},
		{"part", "los martes por la noche", "tue 20:00-22:00", "martes, de 20:00 a 22:00"},
		{"part", "un día sí y otro no, por la tarde", "2d 17:00-20:00", "un día sí y otro no, de 17:00 a 20:00"},
		{"part", "esta noche", "", ""},
		{"part", "mañana", "", ""},

		{"hours", "de 22 a 8", "22:00-08:00", "de 22:00 a 08:00"},
		{"hours", "de 10 de la noche a 8 de la mañana", "22:00-08:00", "de 22:00 a 08:00"},
		{"hours", "desde las once de la noche hasta las siete", "23:00-07:00", "de 23:00 a 07:00"},

		{"days", "lunes y jueves", "mon,thu", "lunes y jueves"},
		{"days", "los lunes y los jueves", "mon,thu", "lunes y jueves"},
		{"days", "lun, mié y vie", "mon,wed,fri", "lunes, miércoles y viernes"},
		{"days", "lun/jue", "mon,thu", "lunes y jueves"},
		{"days", "todos los días", "mon,tue,wed,thu,fri,sat,sun", "todos los días"},
		{"days", "no los domingos", "mon,tue,wed,thu,fri,sat", "lunes, martes, miércoles, jueves, viernes y sábado"},
		{"days", "los domingos no", "mon,tue,wed,thu,fri,sat", "lunes, martes, miércoles, jueves, viernes y sábado"},
		{"days", "todos los días excepto los domingos", "mon,tue,wed,thu,fri,sat", "lunes, martes, miércoles, jueves, viernes y sábado"},
		{"days", "un día sí y otro no", "2d", "un día sí y otro no"},
		{"days", "cada dos días", "2d", "un día sí y otro no"},
		{"days", "de lunes a miércoles", "mon,tue,wed", "lunes, martes y miércoles"},
		{"days", "el fin de semana", "sat,sun", "sábado y domingo"},
		{"days", "martes", "tue", "martes"},
		{"days", "sundays", "sun", "domingo"},
		{"days", "mañana", "", ""},

		{"date", "el 3 de mayo", "2026-05-03", "domingo, 3 de mayo de 2026"},
		{"date", "3 de mayo de 2027", "2027-05-03", "lunes, 3 de mayo de 2027"},
		{"date", "3 mayo", "2026-05-03", "domingo, 3 de mayo de 2026"},
		{"date", "domingo 3 de mayo", "2026-05-03", "domingo, 3 de mayo de 2026"},
		{"date", "el domingo, 3 de mayo de 2026", "2026-05-03", "domingo, 3 de mayo de 2026"},
		{"date", "1º de mayo", "2026-05-01", "viernes, 1 de mayo de 2026"},
		{"date", "primero de mayo", "2026-05-01", "viernes, 1 de mayo de 2026"},
		{"date", "3/5", "2026-05-03", "domingo, 3 de mayo de 2026"},
		{"date", "03/05/2026", "2026-05-03", "domingo, 3 de mayo de 2026"},
		{"date", "2026-05-03", "2026-05-03", "domingo, 3 de mayo de 2026"},
		{"date", "mañana", "2026-03-05", "jueves, 5 de marzo de 2026"},
		{"date", "pasado mañana", "2026-03-06", "viernes, 6 de marzo de 2026"},
		{"date", "hoy", "2026-03-04", "miércoles, 4 de marzo de 2026"},
		{"date", "en 30 días", "2026-04-03", "viernes, 3 de abril de 2026"},
		{"date", "en 10 días", "2026-03-14", "sábado, 14 de marzo de 2026"},
		{"date", "dentro de una semana", "2026-03-11", "miércoles, 11 de marzo de 2026"},
		{"date", "dentro de dos meses", "2026-05-04", "lunes, 4 de mayo de 2026"},
		{"date", "el viernes", "2026-03-06", "viernes, 6 de marzo de 2026"},
		{"date", "el próximo viernes", "2026-03-06", "viernes, 6 de marzo de 2026"},
		{"date", "el viernes que viene", "2026-03-06", "viernes, 6 de marzo de 2026"},
		{"date", "el viernes de la semana que viene", "2026-03-13", "viernes, 13 de marzo de 2026"},
		{"date", "el 15", "2026-03-15", "domingo, 15 de marzo de 2026"},
		{"date", "lunes 3 de mayo de 2026", "", ""},
		{"date", "el 31 de abril", "", ""},

		{"past_date", "ayer", "2026-03-03", "martes, 3 de marzo de 2026"},
		{"past_date", "anoche", "2026-03-03", "martes, 3 de marzo de 2026"},
		{"past_date", "anteayer", "2026-03-02", "lunes, 2 de marzo de 2026"},
		{"past_date", "hoy", "2026-03-04", "miércoles, 4 de marzo de 2026"},
		{"past_date", "esta mañana", "2026-03-04", "miércoles, 4 de marzo de 2026"},
		{"past_date", "esta tarde", "2026-03-04", "miércoles, 4 de marzo de 2026"},
		{"past_date", "hace tres días", "2026-03-01", "domingo, 1 de marzo de 2026"},
		{"past_date", "hace una semana", "2026-02-25", "miércoles, 25 de febrero de 2026"},
		{"past_date", "el lunes", "2026-03-02", "lunes, 2 de marzo de 2026"},
		{"past_date", "el lunes pasado", "2026-03-02", "lunes, 2 de marzo de 2026"},
		{"past_date", "el 3 de enero", "2026-01-03", "sábado, 3 de enero de 2026"},
		{"past_date", "mañana", "", ""},

		{"span", "tres días", "3d", "3 días"},
		{"span", "un día", "1d", "1 día"},
		{"span", "una semana", "7d", "7 días"},
		{"span", "durante dos semanas", "14d", "14 días"},
		{"span", "15 días", "15d", "15 días"},
		{"span", "quince días", "15d", "15 días"},
		{"span", "en una hora", "1h", "1 hora"},
		{"span", "dentro de media hora", "30m", "30 minutos"},
		{"span", "hora y media", "90m", "90 minutos"},
		{"span", "una hora y media", "90m", "90 minutos"},
		{"span", "dos horas y media", "150m", "150 minutos"},
		{"span", "un par de días", "2d", "2 días"},
		{"span", "unos días", "3d", "3 días"},
		{"span", "un mes", "30d", "30 días"},
		{"span", "hasta mañana", "1d", "1 día"},
		{"span", "mañana", "1d", "1 día"},
		{"span", "pausa de 3 días", "3d", "3 días"},
		{"span", "pausa 3", "3d", "3 días"},
		{"span", "recuérdamelo en una hora", "1h", "1 hora"},
		{"span", "un rato", "", ""},

		{"zone", "Madrid", "Europe/Madrid", "Europe/Madrid, donde ahora son las 23:30"},
		{"zone", "vivo en Sevilla", "Europe/Madrid", "Europe/Madrid, donde ahora son las 23:30"},
		{"zone", "Londres", "Europe/London", "Europe/London, donde ahora son las 22:30"},
		{"zone", "Ciudad de México", "America/Mexico_City", "America/Mexico_City, donde ahora son las 16:30"},
		{"zone", "Alemania", "Europe/Berlin", "Europe/Berlin, donde ahora son las 23:30"},
		{"zone", "Colombia", "America/Bogota", "America/Bogota, donde ahora son las 17:30"},
		{"country", "España", "ES", "España"},
		{"country", "espana", "ES", "España"},
		{"country", "en México", "MX", "México"},
		{"country", "EEUU", "US", "Estados Unidos"},
		{"country", "Alemania", "DE", "Alemania"},
		{"country", "Perú", "PE", "Perú"},
		{"country", "Germany", "DE", "Alemania"},
		{"country", "no", "", ""},
	} {
		t.Run(row.kind+" "+row.text, func(t *testing.T) {
			t.Parallel()
			value, echo, ok := read[row.kind](row.text, "es", now)
			if value != row.value || echo != row.echo || ok != (row.value != "") {
				t.Errorf("got %q, %q, %v; want %q, %q", value, echo, ok, row.value, row.echo)
			}
		})
	}
}

// TestValues: every value that a reader of times or days can give is read as
// itself, and so is what is said back, in every language.
func TestValues(t *testing.T) {
	t.Parallel()
	all, err := tongues()
	if err != nil {
		t.Fatal(err)
	}
	days := []string{""}
	for set := daySet(1); set < everyDay; set++ {
		days = append(days, set.value())
	}
	for step := 2; step <= LongestStep; step++ {
		days = append(days, fmt.Sprint(step, "d"))
	}
	values := map[string][]string{"days": append([]string{everyDay.value()}, days[1:]...)}
	for _, on := range days {
		for _, at := range []string{"00:00", "00:59", "01:00", "01:45", "08:00", "12:00", "12:30", "13:05", "20:00", "23:59"} {
			values["time"] = append(values["time"], strings.TrimSpace(on+" "+at))
		}
		for _, at := range []string{"00:00-12:00", "01:00-02:00", "08:00-11:00", "12:00-13:00", "18:15-20:45", "22:00-01:00", "23:00-00:00"} {
			values["window"] = append(values["window"], strings.TrimSpace(on+" "+at))
		}
	}
	for minutes := 1; minutes < 24*60; minutes++ {
		values["time"] = append(values["time"], clock(minutes))
		if minutes <= hoursMost {
			values["hours"] = append(values["hours"], hours(22*60, (22*60+minutes)%(24*60)))
		}
	}
	now := time.Date(2026, 3, 4, 23, 30, 0, 0, time.UTC)
	for d := range 3 * 366 {
		values["date"] = append(values["date"], now.AddDate(0, 0, d).Format(dateValue))
		values["past_date"] = append(values["past_date"], now.AddDate(0, 0, -d).Format(dateValue))
	}
	for n := 1; n <= 366; n++ {
		for _, unit := range []int{1, 60, 24 * 60} {
			value, _ := sayMinutes(n * unit)
			values["span"] = append(values["span"], value)
		}
	}
	read := Readers()
	for _, lang := range append(sortedKeys(all), "en") {
		for kind, list := range values {
			t.Run(lang+" "+kind, func(t *testing.T) {
				t.Parallel()
				for _, want := range list {
					value, echo, ok := read[kind](want, lang, now)
					if !ok || value != want {
						t.Errorf("%q is read as %q, %v", want, value, ok)
					} else if value, _, ok := read[kind](echo, lang, now); !ok || value != want {
						t.Errorf("%q is said as %q, which is read as %q, %v", want, echo, value, ok)
					}
				}
			})
		}
	}
}

// FuzzSpanish: no text panics, and what is said back means the same when it is
// typed again, in every kind.
func FuzzSpanish(f *testing.F) {
	for _, text := range []string{
		"a las ocho y media de la tarde", "todos los días menos el domingo a las 21.30", "la una menos cuarto de la noche",
		"de lunes a viernes, de 18 a 20", "el 3 de mayo de 2027", "hace tres días", "dos horas y media", "de 22 a 8", "\xff9pm", "",
		"cada 3 días", "un día sí y otro no, por la tarde",
	} {
		f.Add(text)
	}
	read := Readers()
	now := time.Date(2026, 3, 4, 23, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		for kind, reader := range read {
			value, echo, ok := reader(text, "es", now)
			if ok != (value != "") || ok != (echo != "") {
				t.Fatalf("%s: %q, %q, %v", kind, value, echo, ok)
			}
			if !ok {
				continue
			}
			back := reader
			if kind == "part" {
				back = read["window"]
			}
			if again, said, ok := back(value, "es", now); !ok || again != value || said != echo {
				t.Fatalf("%s: value %q read again is %q, %q, %v", kind, value, again, said, ok)
			}
			if kind == "zone" || kind == "safe_times" || kind == "quiet_days" { // no question asks for these two
				continue
			}
			if seen, _, ok := back(echo, "es", now); !ok || seen != value {
				t.Fatalf("%s: what is said back, %q, reads as %q, %v", kind, echo, seen, ok)
			}
		}
	})
}

// TestTongues: every phrase and every word of a language file is written in a
// way that can be met, and the cities are in zones that there are.
func TestTongues(t *testing.T) {
	t.Parallel()
	all, err := tongues()
	if err != nil {
		t.Fatal(err)
	}
	for tag, tongue := range all {
		seen := map[string]bool{}
		for _, rules := range tongue.typed {
			for _, r := range rules {
				phrase := strings.Join(r.phrase, " ")
				if seen[phrase] {
					t.Errorf("%s: %q stands twice", tag, phrase)
				}
				seen[phrase] = true
				if words := strings.Join(r.words, " "); words != "." && !slices.Equal(tokens(words), r.words) {
					t.Errorf("%s: %q is no text of the grammar", tag, words)
				}
			}
		}
		for name, zone := range tongue.cities {
			if _, err := time.LoadLocation(zone); err != nil {
				t.Errorf("%s: %s: %v", tag, name, err)
			}
		}
		for name, code := range tongue.countries {
			if countryName(code) == "" {
				t.Errorf("%s: %s: no country %s", tag, name, code)
			}
		}
	}
	if _, err := parseTongue("xx", "[say]\nmon = x\n"); err == nil {
		t.Error("a file that leaves most unsaid is taken")
	}
	if _, err := parseTongue("xx", "[typed]\nx\n"); err == nil {
		t.Error("a line without = is taken")
	}
}

func TestShortDate(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 3, 12, 0, 0, 0, time.UTC)
	for lang, want := range map[string]string{"en": "3 Jan", "es": "3 ene", "es-AR": "3 ene", "": "3 Jan"} {
		if got := ShortDate(lang)(at); got != want {
			t.Errorf("%q: %q, want %q", lang, got, want)
		}
	}
}
