package console

import (
	"bufio"
	"context"
	"fmt"
	"io"
)

// Run plays a script: each line of in is one line for Input. The entries go to
// the sink; an error names the line.
func (s *Sim) Run(ctx context.Context, in io.Reader) error {
	r := bufio.NewReader(in)
	for n := 1; ; n++ {
		line, more, err := ReadLine(r)
		if err != nil {
			return fmt.Errorf("read line %d of the input: %w", n, err)
		}
		if !more {
			return s.Settle(ctx)
		}
		if err := s.Input(ctx, line); err != nil {
			return fmt.Errorf("line %d of the input: %w", n, err)
		}
	}
}
