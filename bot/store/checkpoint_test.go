package store

import (
	"context"
	"sync"
	"testing"
)

// TestLogMoved: what a crowd commits gets into the file beside the writer.
func TestLogMoved(t *testing.T) {
	s := database{"sqlite", sqliteOptions}.newStore(t)
	fill(t, s, 0, 5000)
	s.moves.look()
	var busy, pages, moved int
	err := s.moves.alone(func() error { return s.moves.c.row(pragmaLookAtLog, nil, &busy, &pages, &moved) })
	if err != nil {
		t.Fatal(err)
	}
	if pages == 0 || pages-moved >= walPages {
		t.Errorf("%d pages of %d were moved", moved, pages)
	}
	if n := count(t, s, `SELECT COUNT(*) FROM person`); n != 5000 {
		t.Errorf("%d people", n)
	}
}

// TestScrubBesideMoves: emptying the log waits for its turn, as does moving it.
func TestScrubBesideMoves(t *testing.T) {
	s := database{"sqlite", sqliteOptions}.newStore(t)
	var g sync.WaitGroup
	stop := make(chan struct{})
	g.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				var busy, pages, moved int
				move := func() error { return s.moves.c.row(pragmaMoveLog, nil, &busy, &pages, &moved) }
				if err := s.moves.alone(move); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for i := range 30 {
		fill(t, s, i*100, 100)
		if err := s.Scrub(context.Background()); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	g.Wait()
}
