package pgtest

import "testing"

// ForTest starts a server that ends with the test, and ends the test where that
// cannot be. With a parent the cluster is in a new folder inside it, as in
// StartIn; with "" it is where Start puts it.
func ForTest(t testing.TB, parent string) *Server {
	t.Helper()
	start := Start
	if parent != "" {
		start = func() (*Server, error) { return StartIn(parent) }
	}
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Empty makes an empty database for a test and returns its address.
func (s *Server) Empty(t testing.TB) string {
	t.Helper()
	name, err := s.Create("template1")
	if err != nil {
		t.Fatal(err)
	}
	return s.URL(name)
}
