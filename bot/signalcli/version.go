package signalcli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Version is that of a signal-cli.
type Version struct{ Major, Minor, Patch int }

var (
	oldestVersion = Version{0, 13, 19} // the oldest whose wire was looked at
	soundVersion  = Version{0, 14, 5}  // before it, Signal's servers of June 2026 are not understood
)

// String writes it as signal-cli does.
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// before tells which is older.
func (v Version) before(w Version) bool {
	if v.Major != w.Major {
		return v.Major < w.Major
	}
	if v.Minor != w.Minor {
		return v.Minor < w.Minor
	}
	return v.Patch < w.Patch
}

// TooOld tells that the bot does not work with it.
func (v Version) TooOld() bool { return v.before(oldestVersion) }

// Outdated tells that it works, and that messages may go missing with it.
func (v Version) Outdated() bool { return v.before(soundVersion) }

// parseVersion reads "0.14.6" and "0.14.7-SNAPSHOT".
func parseVersion(s string) (v Version, err error) {
	number, _, _ := strings.Cut(strings.TrimPrefix(s, "v"), "-")
	number, _, _ = strings.Cut(number, "+")
	parts := strings.Split(number, ".")
	if len(parts) < 2 || len(parts) > 4 {
		return v, errVersion
	}
	for i, into := range []*int{&v.Major, &v.Minor, &v.Patch} {
		if i >= len(parts) {
			break
		}
		if *into, err = strconv.Atoi(parts[i]); err != nil || *into < 0 {
			return Version{}, errVersion
		}
	}
	return v, nil
}

var errVersion = errors.New("what answers does not say which signal-cli it is")
