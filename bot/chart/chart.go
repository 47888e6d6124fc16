// Package chart draws a person's own marks over some days as a picture. It draws
// and nothing else: no target, no colour that judges, no trend.
package chart

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strconv"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// Point is one mark.
type Point struct {
	At    time.Time
	Value float64
}

// Chart is what to draw: the marks of Days days up to Until, whose zone decides
// which day a mark belongs to. Low and High are the ends of the scale.
type Chart struct {
	Title     string
	Points    []Point // oldest first
	Days      int
	Until     time.Time
	Low, High float64
	Day       func(time.Time) string // how a day is written; nil: as in 2 Jan
}

// The picture, in pixels: wide enough to read on a telephone held upright.
const (
	width  = 900
	height = 520
	left   = 70
	right  = 40
	top    = 84
	bottom = 64
)

// PNG draws the chart.
func (c Chart) PNG() ([]byte, error) {
	if len(c.Points) == 0 || c.Days < 1 || !(c.Low < c.High) {
		return nil, errors.New("draw a chart: no marks, no days or no scale")
	}
	p, err := newPicture()
	if err != nil {
		return nil, fmt.Errorf("draw a chart: %w", err)
	}
	p.text(p.big, c.Title, left, 48, alignLeft)
	c.grid(p)
	c.line(p)
	var b bytes.Buffer
	if err := png.Encode(&b, p.img); err != nil {
		return nil, fmt.Errorf("draw a chart: %w", err)
	}
	return b.Bytes(), nil
}

// x and y place a mark.
func (c Chart) x(at time.Time) float32 {
	share := at.Sub(c.start()).Hours() / c.end().Sub(c.start()).Hours()
	return left + float32(min(max(share, 0), 1))*(width-left-right)
}

func (c Chart) y(value float64) float32 {
	share := (value - c.Low) / (c.High - c.Low)
	return height - bottom - float32(min(max(share, 0), 1))*(height-top-bottom)
}

func (c Chart) start() time.Time { return c.midnight(1 - c.Days) }
func (c Chart) end() time.Time   { return c.midnight(1) }

func (c Chart) midnight(days int) time.Time {
	return time.Date(c.Until.Year(), c.Until.Month(), c.Until.Day()+days, 0, 0, 0, 0, c.Until.Location())
}

// grid draws the scale and the days.
func (c Chart) grid(p *picture) {
	step := niceStep(c.High-c.Low, 5)
	for v := math.Ceil(c.Low/step) * step; v <= c.High+step/1000; v += step {
		y := c.y(v)
		p.stroke(left, y, width-right, y, 1.5, gridColour())
		p.text(p.small, strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64), left-14, y+8, alignRight)
	}
	every := (c.Days + 6) / 7
	label := c.Day
	if label == nil {
		label = func(t time.Time) string { return t.Format("2 Jan") }
	}
	for d := 1 - c.Days; d <= 0; d++ {
		if -d%every != 0 {
			continue
		}
		noon := c.midnight(d).Add(12 * time.Hour)
		p.text(p.small, label(noon), c.x(noon), height-bottom+36, alignMiddle)
	}
}

// line joins the marks and sets a dot on each.
func (c Chart) line(p *picture) {
	for i := 1; i < len(c.Points); i++ {
		a, b := c.Points[i-1], c.Points[i]
		p.stroke(c.x(a.At), c.y(a.Value), c.x(b.At), c.y(b.Value), 3, lineColour())
	}
	for _, m := range c.Points {
		p.dot(c.x(m.At), c.y(m.Value), 7, lineColour())
	}
}

// niceStep is a round step of which at most so many fit into a span.
func niceStep(span float64, most int) float64 {
	base := math.Pow(10, math.Floor(math.Log10(span/float64(most))))
	for _, f := range []float64{1, 2, 5, 10} {
		if span/(base*f) <= float64(most) {
			return base * f
		}
	}
	return base * 10
}

// The colours say nothing: grey, and one quiet blue.
func background() color.Color { return color.RGBA{0xff, 0xff, 0xff, 0xff} }
func textColour() color.Color { return color.RGBA{0x33, 0x33, 0x33, 0xff} }
func gridColour() color.Color { return color.RGBA{0xdd, 0xdd, 0xdd, 0xff} }
func lineColour() color.Color { return color.RGBA{0x4a, 0x6a, 0x8a, 0xff} }

// picture is the paper.
type picture struct {
	img        *image.RGBA
	big, small font.Face
}

func newPicture() (*picture, error) {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	face := func(size float64) font.Face {
		var made font.Face
		if err == nil {
			made, err = opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
		}
		return made
	}
	p := &picture{img: image.NewRGBA(image.Rect(0, 0, width, height)), big: face(28), small: face(22)}
	draw.Draw(p.img, p.img.Bounds(), image.NewUniform(background()), image.Point{}, draw.Src)
	return p, err
}

type align int

const (
	alignLeft align = iota
	alignMiddle
	alignRight
)

// text writes one line; what is too long for the picture is cut off.
func (p *picture) text(face font.Face, s string, x, y float32, a align) {
	d := font.Drawer{Dst: p.img, Src: image.NewUniform(textColour()), Face: face}
	for d.MeasureString(s) > fixed.I(width-left-right) {
		r := []rune(s)
		s = string(r[:len(r)-1])
	}
	switch w := float32(d.MeasureString(s)) / 64; a {
	case alignMiddle:
		x -= w / 2
	case alignRight:
		x -= w
	}
	d.Dot = fixed.Point26_6{X: fixed.Int26_6(x * 64), Y: fixed.Int26_6(y * 64)}
	d.DrawString(s)
}

// stroke draws a straight line of some thickness.
func (p *picture) stroke(x1, y1, x2, y2, thick float32, c color.Color) {
	dx, dy := x2-x1, y2-y1
	length := float32(math.Hypot(float64(dx), float64(dy)))
	if length == 0 {
		return
	}
	nx, ny := -dy/length*thick/2, dx/length*thick/2
	r := vector.NewRasterizer(width, height)
	r.MoveTo(x1+nx, y1+ny)
	r.LineTo(x2+nx, y2+ny)
	r.LineTo(x2-nx, y2-ny)
	r.LineTo(x1-nx, y1-ny)
	r.ClosePath()
	r.Draw(p.img, p.img.Bounds(), image.NewUniform(c), image.Point{})
}

// dot draws a filled circle.
func (p *picture) dot(x, y, radius float32, c color.Color) {
	const corners = 32
	r := vector.NewRasterizer(width, height)
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		px, py := x+radius*float32(cos), y+radius*float32(sin)
		if i == 0 {
			r.MoveTo(px, py)
		} else {
			r.LineTo(px, py)
		}
	}
	r.ClosePath()
	r.Draw(p.img, p.img.Bounds(), image.NewUniform(c), image.Point{})
}
