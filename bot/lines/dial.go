package lines

import "strings"

// undialable tells why a number cannot be dialled inside its country as it is
// written; empty when it can. A country without a rule of its own gets the
// general ones.
func undialable(country, number string) string {
	if strings.HasPrefix(number, "+") || strings.HasPrefix(number, "00") {
		return "write the number as it is dialled inside the country, without the country's code"
	}
	if strings.Trim(number, "0123456789 ()-") != "" {
		return "only digits, spaces, hyphens and parentheses"
	}
	d := digits(number)
	switch {
	case len(d) < 2 || len(d) > 15:
		return "a number has 2 to 15 digits"
	case len(d) <= 6:
		return "" // a short code
	}
	switch country {
	case "US", "CA":
		d = strings.TrimPrefix(d, "1")
		if len(d) != 10 || d[0] < '2' {
			return "ten digits, with or without 1 before them"
		}
	case "GB":
		if d[0] != '0' || len(d) > 11 {
			return "a national number begins with 0 and has at most eleven digits"
		}
	}
	return ""
}

func digits(number string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
}
