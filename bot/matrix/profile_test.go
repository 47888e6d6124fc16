package matrix

import (
	"strings"
	"testing"
)

// TestNameOfTheAccount: what is configured is what people see, set once; without
// one, what is there stays. The examination tells it.
func TestNameOfTheAccount(t *testing.T) {
	t.Parallel()
	server := sharedServer(t)
	cfg := botConfig(t, server.URL(), createUser(t, server, "bot"))
	for _, want := range []string{"Robin", "Robin", "Kim", ""} {
		cfg.DisplayName = want
		b := startBot(t, cfg, newRecorder(), nil)
		if want == "" {
			want = "Kim"
		}
		if got, err := b.shownName(testContext(t)); err != nil || got != want {
			t.Errorf("called %q: %v", got, err)
		}
		if strings.Contains(b.logs.String(), "could not be set") {
			t.Error("a refusal")
		}
		b.stop()
	}
	if x, err := Examine(testContext(t), cfg); err != nil || x.Name != "Kim" {
		t.Errorf("examined: %q, %v", x.Name, err)
	}
}
