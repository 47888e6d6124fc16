package journal

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// Words are what stands in the PDF beside the entries, in the person's language.
// A part that is empty is left out.
type Words struct {
	Lang                           string // BCP 47, for who has it read aloud
	Title                          string
	Written, Happened, HappenedAt  string
	Told, Noticed, Left            string
	People, Tags, Changes, Changed string // Changed stands in an entry that a later one corrects
	Head, Made                     string
	About                          []string // what the chain proves and what not
	Missing                        string   // said when a sign has no picture in the font
}

// EnglishWords are the words for who has chosen no other language.
func EnglishWords() Words {
	return Words{
		Lang: "en", Title: "Notes", Written: "Written down", Happened: "What happened", HappenedAt: "When it happened",
		Told: "What I was told", Noticed: "What I noticed", Left: "What it left me with",
		People: "People", Tags: "Tags", Changes: "Corrects entry", Changed: "Corrected by entry",
		Head: "Head of the chain", Made: "Made",
		About:   Statement(),
		Missing: "A sign that this page cannot draw stands as " + string(unknown) + ". The JSON file has it.",
	}
}

// unknown stands for a sign that the font does not have.
const unknown = '\u25a1'

const (
	pageMargin = 20.0 // mm
	lineHigh   = 5.2  // mm, at 10.5 points
)

// PDF is the file for people: all entries, one below the other, and on the last
// page what the hashes prove. The fonts are inside (Go Regular and Go Bold, which
// have the letters of all of Europe). What they lack is shown as a box, and that
// is said.
func (b *Book) PDF(w Words) ([]byte, error) {
	made, err := time.Parse(time.RFC3339, b.Made)
	if err != nil {
		return nil, errors.New("journal: a book without a time")
	}
	pg, err := newPage(w, made)
	if err != nil {
		return nil, err
	}
	corrected := map[int]int{}
	for _, e := range b.Entries {
		if e.Changes > 0 {
			corrected[e.Changes] = e.N
		}
	}
	pg.head(w.Title, 16)
	pg.field(w.Made, day(b.Made)+" "+b.Zone)
	for i := range b.Entries {
		pg.entry(&b.Entries[i], corrected[b.Entries[i].N])
	}
	pg.f.AddPage()
	pg.field(w.Head, b.Head)
	for _, s := range w.About {
		pg.text(s)
	}
	if pg.lost && w.Missing != "" {
		pg.text(w.Missing)
	}
	var buf bytes.Buffer
	if err := pg.f.Output(&buf); err != nil {
		return nil, fmt.Errorf("journal as PDF: %w", err)
	}
	return buf.Bytes(), nil
}

// page writes one document.
type page struct {
	f     *fpdf.Fpdf
	w     Words
	font  *sfnt.Font
	buf   sfnt.Buffer
	drawn map[rune]bool // whether the font has it
	lost  bool          // a sign was left out
}

func newPage(w Words, made time.Time) (*page, error) {
	font, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("journal: font: %w", err)
	}
	f := fpdf.New("P", "mm", "A4", "")
	f.AddUTF8FontFromBytes("go", "", goregular.TTF)
	f.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	f.SetMargins(pageMargin, pageMargin, pageMargin)
	f.SetAutoPageBreak(true, pageMargin)
	f.SetCreationDate(made)
	f.SetModificationDate(made)
	f.SetCatalogSort(true)
	f.SetProducer("", true) // the file does not say what made it
	f.SetLang(w.Lang)
	f.SetFooterFunc(func() {
		f.SetY(-15)
		f.SetFont("go", "", 8)
		f.CellFormat(0, 8, fmt.Sprint(f.PageNo()), "", 0, "C", false, 0, "")
	})
	f.AddPage()
	return &page{f: f, w: w, font: font, drawn: map[rune]bool{}}, nil
}

// entry writes one entry; by is the number of the one that corrects it, 0: none.
func (p *page) entry(e *Entry, by int) {
	if _, y := p.f.GetXY(); y > 250 { // not its first lines alone at the foot of a page
		p.f.AddPage()
	}
	p.f.Ln(3)
	p.f.Line(pageMargin, p.f.GetY(), 210-pageMargin, p.f.GetY())
	p.f.Ln(2)
	p.head(fmt.Sprintf("%d", e.N), 12)
	p.field(p.w.HappenedAt, strings.TrimSpace(e.Date+" "+e.Time))
	p.field(p.w.Written, day(e.Written)+" "+e.Zone)
	if e.Changes > 0 {
		p.field(p.w.Changes, fmt.Sprint(e.Changes))
	}
	if by > 0 {
		p.field(p.w.Changed, fmt.Sprint(by))
	}
	p.field(p.w.Happened, e.Happened)
	p.field(p.w.Told, e.Told)
	p.field(p.w.Noticed, e.Noticed)
	p.field(p.w.Left, e.Left)
	p.field(p.w.People, strings.Join(e.People, ", "))
	p.field(p.w.Tags, strings.Join(e.Tags, ", "))
	p.f.SetFont("go", "", 7)
	p.f.MultiCell(0, 4, e.Hash, "", "L", false)
}

// field writes a value under its name; nothing where there is no value.
func (p *page) field(name, value string) {
	if value == "" || name == "" {
		return
	}
	p.f.SetFont("go", "B", 8.5)
	p.f.MultiCell(0, lineHigh, p.can(name), "", "L", false)
	p.text(value)
}

func (p *page) text(s string) {
	p.f.SetFont("go", "", 10.5)
	p.f.MultiCell(0, lineHigh, p.can(s), "", "L", false)
	p.f.Ln(1)
}

func (p *page) head(s string, size float64) {
	p.f.SetFont("go", "B", size)
	p.f.MultiCell(0, size/2, p.can(s), "", "L", false)
	p.f.Ln(1)
}

// can is a text with nothing in it that the font cannot draw.
func (p *page) can(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t' || r == '\u00a0' || r == '\u202f':
			return ' '
		case r < ' ' || r == '\u200b' || r == '\ufeff' || r == '\u200d' || r >= '\ufe00' && r <= '\ufe0f':
			return -1
		case r > 0xffff || !p.has(r): // the library draws the basic plane alone
			p.lost = true
			return unknown
		}
		return r
	}, norm.NFC.String(s))
}

func (p *page) has(r rune) bool {
	ok, known := p.drawn[r]
	if !known {
		g, err := p.font.GlyphIndex(&p.buf, r)
		ok = err == nil && g != 0
		p.drawn[r] = ok
	}
	return ok
}

// day is a time as people read it.
func day(written string) string {
	at, err := time.Parse(time.RFC3339, written)
	if err != nil {
		return written
	}
	return at.Format("2006-01-02 15:04 -07:00")
}
