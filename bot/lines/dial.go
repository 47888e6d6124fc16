package lines

import (
	"fmt"
	"strconv"
	"strings"
)

// undialable tells why a number cannot be dialled inside its country as it is
// written; empty when it can. A short code may begin with * or #.
func undialable(country, number string) string {
	if strings.HasPrefix(number, "+") || strings.HasPrefix(number, "00") && digits(number) != "000" {
		return "write the number as it is dialled inside the country, without the country's code"
	}
	plain := strings.TrimLeft(number, "*#")
	if len(number)-len(plain) > 1 || strings.Trim(plain, "0123456789 ()-") != "" {
		return "only digits, spaces, hyphens and parentheses, with one * or # before a short code"
	}
	d := digits(number)
	switch {
	case len(d) < 2 || len(d) > 15:
		return "a number has 2 to 15 digits"
	case len(d) <= 6:
		return "" // a short code
	case plain != number:
		return "a * or # stands before a short code only"
	}
	f := national(country)
	if len(d) < f.shortest || len(d) > f.longest {
		return fmt.Sprintf("it has %d digits, a number of this country that is no short code has %s", len(d), f.length())
	}
	for begin := range strings.FieldsSeq(f.begins) {
		if strings.HasPrefix(d, begin) {
			return ""
		}
	}
	return "a number of this country begins with one of: " + f.begins
}

// form is what the numbers of a country look like that are no short codes:
// how they begin, and how many digits they have.
type form struct {
	begins            string
	shortest, longest int
}

// length says how many digits a number has.
func (f form) length() string {
	if f.shortest == f.longest {
		return strconv.Itoa(f.longest)
	}
	return fmt.Sprintf("%d to %d", f.shortest, f.longest)
}

// national is the form of a country's numbers; a wide one where no form is
// known. It finds numbers with a digit too few or with the country's code, not
// numbers that nobody has.
func national(country string) form {
	switch country {
	case "US", "CA":
		return form{"2 3 4 5 6 7 8 9 12 13 14 15 16 17 18 19", 10, 11}
	case "GB":
		return form{"0", 8, 11} // 0800 1111 is the shortest
	case "FR":
		return form{"0", 10, 10}
	case "DE", "AT", "CH", "NL", "SE", "FI", "ZA", "NZ", "JP", "KE", "NG", "TR", "KR", "BE":
		return form{"0", 7, 12}
	case "IE":
		return form{"0 18", 9, 10}
	case "AU":
		return form{"0 1", 10, 10}
	case "IN":
		return form{"0 1800 6 7 8 9", 10, 12}
	case "ES":
		return form{"6 7 8 9", 9, 9}
	case "PT":
		return form{"2 3 7 8 9", 9, 9}
	case "IT":
		return form{"0 3 8", 8, 11}
	case "PL":
		return form{"1 2 3 4 5 6 7 8 9", 9, 9}
	case "NO", "DK":
		return form{"2 3 4 5 6 7 8 9", 8, 8}
	case "MX":
		return form{"2 3 4 5 6 7 8 9", 10, 10}
	case "CO":
		return form{"01 3 6", 10, 12}
	case "SG":
		return form{"1800 3 6 8 9", 8, 11}
	case "HU":
		return form{"06", 10, 11}
	case "PH":
		return form{"0", 8, 12}
	case "IL", "RO", "AR", "BR", "CL", "GR", "CZ", "LU", "IS":
		return form{"0 1 2 3 4 5 6 7 8 9", 7, 12}
	}
	return form{"0 1 2 3 4 5 6 7 8 9", 7, 15}
}

// dialled is what is dialled of a number, to compare it with another.
func dialled(number string) string {
	return strings.Map(func(r rune) rune {
		if r == '*' || r == '#' || (r >= '0' && r <= '9') {
			return r
		}
		return -1
	}, number)
}

func digits(number string) string { return strings.Trim(dialled(number), "*#") }
