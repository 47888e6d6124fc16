package secret

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	salt := []byte("0123456789abcdef")
	kept := Hash("blue teapot", salt)
	if strings.Contains(kept, "teapot") || !strings.HasPrefix(kept, "$argon2id$v=19$m=24576,t=2,p=1$") {
		t.Fatalf("kept %q", kept)
	}
	if Hash("blue teapot", []byte("0123456789abcdeg")) == kept {
		t.Error("the salt does not count")
	}
	tests := []struct {
		name, kept, word string
		want             bool
	}{
		{"the word", kept, "blue teapot", true},
		{"another", kept, "blue teapots", false},
		{"none", kept, "", false},
		{"nothing kept", "", "", false},
		{"cut", kept[:len(kept)-4], "blue teapot", false},
		{"no hash", "$argon2id$v=19$m=24576,t=2,p=1$$", "blue teapot", false},
		{"another kind", strings.Replace(kept, "argon2id", "argon2i", 1), "blue teapot", false},
		{"too much memory", strings.Replace(kept, "m=24576", "m=99999999", 1), "blue teapot", false},
		{"no memory", strings.Replace(kept, "m=24576", "m=0", 1), "blue teapot", false},
		{"too many passes", strings.Replace(kept, "t=2", "t=4000", 1), "blue teapot", false},
		{"not numbers", strings.Replace(kept, "t=2", "t=x", 1), "blue teapot", false},
		{"not base64", "$argon2id$v=19$m=24576,t=2,p=1$!$!", "blue teapot", false},
	}
	for _, tt := range tests {
		if got := Check(tt.kept, tt.word); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// BenchmarkCheck is what one guess costs.
func BenchmarkCheck(b *testing.B) {
	kept := Hash("blue teapot", []byte("0123456789abcdef"))
	for b.Loop() {
		Check(kept, "another")
	}
}
