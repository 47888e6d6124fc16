package po

import (
	"regexp"
	"strconv"
	"strings"
)

// germanic is the rule of most languages: one, and everything else.
const germanic = "nplurals=2; plural=(n != 1);"

// PluralForms gives the field Plural-Forms of a language, by its BCP 47 tag. A
// language that is not known gets the rule of most.
func PluralForms(lang string) string {
	switch strings.ToLower(lang) {
	case "pt-br":
		return "nplurals=2; plural=(n > 1);"
	}
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	switch base {
	case "fr", "hy", "hi", "fa", "am", "bn", "gu", "kn", "zu", "ti", "ln", "wa", "oc", "uz", "fil", "tl":
		return "nplurals=2; plural=(n > 1);"
	case "ja", "ko", "zh", "vi", "th", "id", "ms", "lo", "km", "my", "bo", "dz", "wo", "yo", "ig", "jv":
		return "nplurals=1; plural=0;"
	case "ru", "uk", "be", "sr", "hr", "bs":
		return "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"
	case "pl":
		return "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"
	case "cs", "sk":
		return "nplurals=3; plural=(n==1 ? 0 : n>=2 && n<=4 ? 1 : 2);"
	case "lt":
		return "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2);"
	case "lv":
		return "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2);"
	case "ro":
		return "nplurals=3; plural=(n==1 ? 0 : n==0 || (n%100>0 && n%100<20) ? 1 : 2);"
	case "sl":
		return "nplurals=4; plural=(n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3);"
	case "ga":
		return "nplurals=5; plural=(n==1 ? 0 : n==2 ? 1 : n<7 ? 2 : n<11 ? 3 : 4);"
	case "ar":
		return "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
	case "cy":
		return "nplurals=4; plural=(n==1 ? 0 : n==2 ? 1 : n==8 || n==11 ? 2 : 3);"
	case "is", "mk":
		return "nplurals=2; plural=(n%10!=1 || n%100==11);"
	}
	return germanic
}

// Plural splits a field Plural-Forms into the number of forms and the formula
// for which of them a number n takes. ok is false when it is neither.
func Plural(field string) (forms int, formula string, ok bool) {
	m := regexp.MustCompile(`^\s*nplurals\s*=\s*(\d+)\s*;\s*plural\s*=\s*([^;]+);?\s*$`).FindStringSubmatch(field)
	if m == nil {
		return 0, "", false
	}
	forms, err := strconv.Atoi(m[1])
	return forms, strings.TrimSpace(m[2]), err == nil && forms >= 1 && forms <= mostForms
}
