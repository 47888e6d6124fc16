// Command handrail is the bot, the simulator and the tools in one binary. It
// knows flags, files, signals and printing, and joins the packages; it holds no
// rule of conversation.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes. `check` has its own use of 1 and 2, see checkCmd.
const (
	exitFailure = 1
	exitUsage   = 2
)

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// cli is the command line. The parser is alecthomas/kong: commands are structs
// with their flags as fields, the help comes from the same place, and its errors
// name what is wrong in one line.
type cli struct {
	Run     runCmd     `cmd:"" help:"Start the bot."`
	Try     tryCmd     `cmd:"" help:"Talk to the bot in this terminal, without a network."`
	Demo    demoCmd    `cmd:"" help:"A real homeserver on this machine, the bot on it, and an encrypted chat in this terminal."`
	Check   checkCmd   `cmd:"" help:"Check configuration, scripts, help lines and transcripts."`
	Flows   flowsCmd   `cmd:"" help:"The conversations: list them, match words, play transcripts."`
	Crisis  crisisCmd  `cmd:"" help:"The crisis words: what they hear in a message."`
	Lines   linesCmd   `cmd:"" help:"The help lines of a country."`
	Migrate migrateCmd `cmd:"" help:"Move the store from SQLite to PostgreSQL."`
	Status  statusCmd  `cmd:"" help:"How the bot is, in numbers."`
	Doctor  doctorCmd  `cmd:"" help:"Look for everything that commonly breaks, and tell what to do."`
	Backup  backupCmd  `cmd:"" help:"Write everything that is kept into one sealed file, while the bot runs."`
	Rotate  rotateCmd  `cmd:"" help:"Make a new master key and take the old one out of use."`
	Restore restoreCmd `cmd:"" help:"Put a backup back."`
	Signal  signalCmd  `cmd:"" help:"What the account on Signal needs of an operator."`
	Unit    unitCmd    `cmd:"" help:"Print a file for systemd or compose."`
	Audit   auditCmd   `cmd:"" help:"The record of what staff did, verified."`
	Report  reportCmd  `cmd:"" help:"Counts of the desk in a month, for the organization."`
	Keygen  keygenCmd  `cmd:"" help:"Make a master key."`
	Forget  forgetCmd  `cmd:"" help:"Erase a person."`
	Export  exportCmd  `cmd:"" help:"Print what is kept of a person."`

	VerifyExport verifyExportCmd `cmd:"" help:"Check the file of somebody's journal, as a third party."`
}

const about = `Handrail is a self-hosted chat bot for people in, leaving or past an abusive relationship.

It is not monitored by people and no emergency service.

  handrail try                       talk to it here, without a network
  handrail demo                      the same, encrypted, over a real homeserver
  handrail check -c config.yaml      is everything in order?
  handrail run -c config.yaml        start it for people`

// failure is an error with an exit code. An empty message prints nothing: what
// there was to say has been said.
type failure struct {
	code int
	text string
}

func (f *failure) Error() string { return f.text }

// fail is an error of the ordinary kind: exit 1. The text says what to do next.
func fail(format string, args ...any) error {
	return &failure{exitFailure, fmt.Sprintf(format, args...)}
}

// misuse is an error in the command line: exit 2.
func misuse(format string, args ...any) error {
	return &failure{exitUsage, fmt.Sprintf(format, args...)}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// errInterrupted is why reading ended when the program was told to stop.
var errInterrupted = errors.New("interrupted")

// interruptible reads in until ctx ends, even while nothing comes. One read may
// stay behind, blocked, until the process ends.
func interruptible(ctx context.Context, in io.Reader) io.Reader {
	r, w := io.Pipe()
	context.AfterFunc(ctx, func() { _ = w.CloseWithError(errInterrupted) })
	go func() {
		_, err := io.Copy(w, in)
		_ = w.CloseWithError(err) // nil means the end of input
	}()
	return r
}

// helpShown ends the parser after it printed the help.
type helpShown struct{}

// run is the whole program but the process around it.
func run(ctx context.Context, args []string, s streams) (code int) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case helpShown:
			code = 0
		default:
			panic(r)
		}
	}()
	var c cli
	parser, err := kong.New(&c,
		kong.Name("handrail"), kong.Description(about), kong.UsageOnError(),
		kong.Writers(s.out, s.err), kong.Exit(func(int) { panic(helpShown{}) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Bind(s), kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return report(s.err, err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(shortForms(args))
	if err != nil {
		return report(s.err, misuse("%s: see handrail --help", oneLine(err)))
	}
	return report(s.err, command.Run())
}

// shortForms accepts -update beside --update, which Go's own tools have taught.
func shortForms(args []string) []string {
	out := append([]string(nil), args...)
	for i, a := range out {
		if a == "--" {
			break
		}
		if a == "-update" {
			out[i] = "--update"
		}
	}
	return out
}

// oneLine is an error's text without line breaks.
func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}

// report prints an error in one line and returns the exit code for it.
func report(w io.Writer, err error) int {
	var f *failure
	switch {
	case err == nil:
		return 0
	case errors.As(err, &f):
		if f.text != "" {
			fmt.Fprintln(w, "handrail: "+oneLine(err))
		}
		return f.code
	default:
		fmt.Fprintln(w, "handrail: "+oneLine(err))
		return exitFailure
	}
}
