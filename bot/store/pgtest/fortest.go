package pgtest

import "testing"

// ForTest starts a server that ends with the test, and ends the test where that
// cannot be. With "" the cluster is where Start puts it. With a parent, it is in a new
// folder inside that and has the settings that an operator is told to make, so that
// it can be measured.
func ForTest(t testing.TB, parent string) *Server {
	t.Helper()
	start := Start
	if parent != "" {
		start = func() (*Server, error) { return startIn(parent, measured()) }
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
