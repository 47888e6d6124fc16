package chart

import (
	"bytes"
	"image/color"
	"image/png"
	"os"
	"testing"
	"time"
)

func marks(n int, until time.Time) (out []Point) {
	for i := range n {
		out = append(out, Point{At: until.AddDate(0, 0, i-n+1), Value: float64((i*7 + 3) % 11)})
	}
	return out
}

func TestPNG(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	until := time.Date(2026, 4, 4, 20, 30, 0, 0, berlin) // summer time began within the days
	c := Chart{Title: "The last two weeks", Points: marks(14, until), Days: 14, Until: until, Low: 0, High: 10}
	data, err := c.PNG()
	if err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("CHART_PNG"); path != "" { // to look at
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if len(data) > 60_000 {
		t.Errorf("the picture has %d bytes", len(data))
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range c.Points {
		if got := color.RGBAModel.Convert(img.At(int(c.x(m.At)), int(c.y(m.Value)))); got != lineColour() {
			t.Errorf("no dot for %v on %s: %v", m.Value, m.At.Format(time.DateOnly), got)
		}
	}
	again, err := c.PNG()
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("not the same picture twice: %v", err)
	}
}

func TestPNGAtItsEdges(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name string
		c    Chart
		ok   bool
	}{
		{"one day, one mark", Chart{Points: marks(1, now), Days: 1, Until: now, Low: 0, High: 10}, true},
		{"a year", Chart{Points: marks(366, now), Days: 366, Until: now, Low: 0, High: 10}, true},
		{"a mark outside of scale and days", Chart{Points: []Point{{now.AddDate(-1, 0, 0), 1e9}}, Days: 2, Until: now, Low: 0, High: 1}, true},
		{"a long title", Chart{Title: string(bytes.Repeat([]byte("long "), 99)), Points: marks(2, now), Days: 2, Until: now, High: 10}, true},
		{"a small scale", Chart{Points: marks(2, now), Days: 2, Until: now, Low: -0.001, High: 0.001}, true},
		{"no marks", Chart{Days: 2, Until: now, High: 10}, false},
		{"no scale", Chart{Points: marks(2, now), Days: 2, Until: now}, false},
		{"no days", Chart{Points: marks(2, now), Until: now, High: 10}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if _, err := row.c.PNG(); (err == nil) != row.ok {
				t.Errorf("error %v", err)
			}
		})
	}
}
