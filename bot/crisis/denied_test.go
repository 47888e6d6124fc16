package crisis

import "testing"

// TestDenied: who says that they do not think of dying, or did not hurt
// themselves, is never passed over, whatever else they write.
func TestDenied(t *testing.T) {
	t.Parallel()
	x := shipped(t)
	said := map[string][]string{
		"en": {"no thoughts of suicide", "im not suicidal", "not suicidal just sad", "i no longer want to die", "no urge to hurt myself", "i didnt cut myself tonight"},
		"es": {"sin ideas de suicidio", "no soy suicida solo estoy triste", "no tengo pensamientos suicidas", "no me voy a matar", "no me voy a hacer daño", "no me he cortado hoy"},
		"de": {"nee keine suizidgedanken", "ich bin nicht suizidal", "ich will nicht sterben", "ich werd mir nichts antun", "hab mich nicht geritzt"},
		"fr": {"pas de pensées suicidaires", "chui pas suicidaire juste triste", "j'ai plus d'idées noires", "je vais pas me faire de mal", "je me suis pas scarifiée"},
		"pt": {"sem pensamentos suicidas", "nao sou suicida só to triste", "nao penso mais em me matar", "nao vou me matar", "nao me corto mais"},
	}
	for lang, list := range said {
		for _, text := range list {
			for _, around := range []string{text, "We had soup. " + text, text + ". The bus was late and we laughed."} {
				for _, in := range []string{lang, ""} {
					if got := level(x.Scan(around, in)); got < Ask {
						t.Errorf("%s, read as %q: %q says %s, want ask", lang, in, around, got)
					}
				}
			}
		}
	}
}
