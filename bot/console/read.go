package console

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// ReadLine returns the next line without its end, of any length; more is false
// at the end of input. Bytes that are not UTF-8 become the replacement mark.
func ReadLine(r *bufio.Reader) (line string, more bool, err error) {
	line, err = r.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, err
	}
	if err != nil && line == "" {
		return "", false, nil
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	return strings.ToValidUTF8(line, "\uFFFD"), true, nil
}
