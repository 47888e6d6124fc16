package flow

import "testing"

func TestUnmask(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"plain", "stop", "stop"},
		{"one letter of Cyrillic", "ѕtop", "stop"},
		{"several, with capitals", "ЅtОР now", "StOP now"},
		{"Greek", "hεlp mε", "help me"},
		{"with nothing seen between", "ѕ\u200bto\u200bp", "s\u200bto\u200bp"},
		{"a word of Cyrillic alone", "стоп", "стоп"},
		{"beside Latin ones", "стоп stop", "стоп stop"},
		{"Greek alone", "βοήθεια", "βοήθεια"},
		{"no look-alike", "stoж", "stoж"},
		{"not a letter", "1 + 1 = 2 🐕", "1 + 1 = 2 🐕"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		if got := Unmask(tt.text); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
