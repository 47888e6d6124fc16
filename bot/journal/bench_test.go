package journal

import (
	"testing"
	"time"
)

// BenchmarkBook is what the two files of a journal of 10,000 entries take: to
// write them, to seal them, and to check what came.
func BenchmarkBook(b *testing.B) {
	for b.Loop() {
		began := time.Now()
		lap := func(what string) {
			b.ReportMetric(time.Since(began).Seconds(), "s/"+what)
			began = time.Now()
		}
		book := NewBook(some(b, 10_000), berlin(b))
		began = time.Now()
		pdf, err := book.PDF(EnglishWords())
		if err != nil {
			b.Fatal(err)
		}
		lap("pdf")
		plain, err := book.JSON()
		if err != nil {
			b.Fatal(err)
		}
		lap("json")
		sealed, err := Seal(plain, "seven blue teapots")
		if err != nil {
			b.Fatal(err)
		}
		lap("seal")
		open, err := Open(sealed, "seven blue teapots")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := ReadJSON(open); err != nil {
			b.Fatal(err)
		}
		lap("verify")
		b.ReportMetric(float64(len(pdf))/1e6, "pdfMB")
		b.ReportMetric(float64(len(sealed))/1e6, "jsonMB")
	}
	b.ReportMetric(0, "ns/op")
}
