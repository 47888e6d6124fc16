package desk

import (
	"maps"
	"strings"
)

// orderWords are the words of orders in one language.
type orderWords struct {
	// alone are an order only when they are the whole line. In a longer line they
	// are said to the person: "Pause when you like" is no order.
	alone map[string]Verb
	// first are an order with words behind them.
	first map[string]Verb
	// to may stand before a name.
	to []string
}

// name takes what may stand before a name off it.
func (w orderWords) name(text string) string {
	for _, to := range w.to {
		text = strings.TrimPrefix(text, to+" ")
	}
	return strings.TrimSpace(text)
}

// wordsIn are the words that staff who read a language can use: the English ones
// always, because colleagues and guides name them.
func wordsIn(lang string) orderWords {
	w := orderWords{
		alone: map[string]Verb{
			"claim": DoClaim, "take": DoClaim, "mine": DoClaim, "👍": DoClaim, "✋": DoClaim,
			"release": DoRelease, "pause": DoPause, "resume": DoResume, "close": DoClose, "done": DoClose,
			"help": Help, "on call": OnCall, "who is on call": OnCall, "cases": Cases, "away": GoAway, "here": ComeBack, "open": DoOpen,
		},
		first: map[string]Verb{
			"say": Say, "note": Note, "notes": Note, "internal": Note, "pass": DoPass, "invite": DoInvite, "text": Canned, "close": DoClose, "confirm": Confirm,
		},
		to: []string{"to"},
	}
	if base(lang) == "es" {
		maps.Copy(w.alone, map[string]Verb{
			"tomo": DoClaim, "lo tomo": DoClaim, "tomar": DoClaim, "mío": DoClaim, "mio": DoClaim,
			"soltar": DoRelease, "devolver": DoRelease, "pausa": DoPause, "seguir": DoResume, "reanudar": DoResume, "cerrar": DoClose,
			"ayuda": Help, "guardia": OnCall, "de guardia": OnCall, "quién está de guardia": OnCall, "quien esta de guardia": OnCall,
			"casos": Cases, "fuera": GoAway, "ausente": GoAway, "aquí": ComeBack, "aqui": ComeBack, "presente": ComeBack, "abrir": DoOpen,
		})
		maps.Copy(w.first, map[string]Verb{
			"decir": Say, "nota": Note, "notas": Note, "interno": Note, "interna": Note,
			"pasar": DoPass, "invitar": DoInvite, "texto": Canned, "cerrar": DoClose, "confirmar": Confirm,
		})
		w.to = append(w.to, "a")
	}
	return w
}
