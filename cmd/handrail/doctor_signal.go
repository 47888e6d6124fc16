package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"handrail/bot/signalcli"
)

const (
	signalPatience = 20 * time.Second
	// someWaiting is how many lines may wait for the bot before that is worth a word.
	someWaiting = 1000
)

// signal looks at the daemon that serves the account on Signal, and at what the
// bot noted about it.
func (d *doctor) signal(ctx context.Context) {
	if !d.cfg.Signal.used() {
		return
	}
	address := d.cfg.Signal.Socket
	if !d.socket(address) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, signalPatience)
	defer cancel()
	daemon, err := signalcli.Probe(ctx, address)
	if err != nil {
		d.say(levelFail, "signal", "nothing answers at %s: %s; handrail unit signal-cli prints the service", address, oneLine(err))
		return
	}
	switch v := daemon.Version; {
	case v.TooOld():
		d.say(levelFail, "signal", "signal-cli %s is too old: install a newer one", v)
	case v.Outdated():
		d.say(levelWarn, "signal", "signal-cli %s answers, and messages may go missing with it: install a newer one", v)
	default:
		d.say(levelOK, "signal", "signal-cli %s answers at %s", v, address)
	}
	switch {
	case !daemon.Single:
		d.say(levelFail, "signal account", "the daemon serves any account: start it with -a NUMBER, for this one alone")
	case !daemon.Registered:
		d.say(levelFail, "signal account", "the account does not answer: is it registered? signal-cli -a NUMBER register, then verify CODE")
	default:
		d.say(levelOK, "signal account", "it is registered")
	}
	d.signalFlags(address)
	d.signalState(daemon)
}

// socket looks at who can speak to the daemon.
func (d *doctor) socket(address string) bool {
	path, ok := signalcli.SocketPath(address)
	if !ok {
		d.say(levelWarn, "signal socket", "every program on this machine can read and write as the bot at %s: a UNIX socket keeps them out", address)
		return true
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		d.say(levelFail, "signal socket", "%s is not there: is signal-cli running? handrail unit signal-cli prints the service", address)
	case err != nil:
		d.say(levelFail, "signal socket", "%s", oneLine(err))
	case info.Mode()&os.ModeSocket == 0:
		d.say(levelFail, "signal socket", "%s is no socket", address)
	case info.Mode().Perm()&0o006 != 0 && openTo(path):
		d.say(levelFail, "signal socket", "every user of this machine can read and write as the bot at %s: start signal-cli with UMask=0007, in a folder of mode 0750", address)
		return true
	default:
		d.say(levelOK, "signal socket", "others cannot speak there")
		return true
	}
	return false
}

// openTo tells whether every user can reach a path: none of its folders keeps them
// out.
func openTo(path string) bool {
	dir, err := filepath.Abs(path)
	if err != nil {
		return true
	}
	for dir != "/" {
		dir = filepath.Dir(dir)
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
	}
	return true
}

// signalFlags looks at how the daemon was started.
func (d *doctor) signalFlags(address string) {
	args, err := daemonCommand(address)
	if err != nil {
		d.say(levelWarn, "signal flags", "how signal-cli was started cannot be seen from here (%s): compare it with handrail unit signal-cli", oneLine(err))
		return
	}
	found := checkFlags(args)
	for _, f := range found {
		d.say(f.Level, "signal flags", "%s", f.Text)
	}
	if len(found) == 0 {
		d.say(levelOK, "signal flags", "nothing that people write gets into its output or stays in its folder as a file")
	}
}

// checkFlags finds what is unsafe in the command line of a daemon.
func checkFlags(args []string) (found []diagnosis) {
	say := func(level, text string) { found = append(found, diagnosis{Level: level, Text: text}) }
	flags := flagsOf(args)
	if _, ok := flags["daemon"]; !ok {
		say(levelWarn, "the program that listens is no signal-cli daemon: compare how it was started with handrail unit signal-cli")
		return found
	}
	has := func(names ...string) bool {
		for _, name := range names {
			if _, ok := flags[name]; ok {
				return true
			}
		}
		return false
	}
	if !has("--no-receive-stdout") {
		say(levelFail, "without --no-receive-stdout it writes what people write to its output in plain text, mostly into the journal: add it, and delete that journal")
	}
	if mode := flags["--receive-mode"]; mode != "manual" && mode != "on-connection" {
		say(levelFail, "without --receive-mode manual, what comes while the bot is away is lost: add it")
	}
	if !has("--ignore-attachments") {
		say(levelFail, "without --ignore-attachments, pictures and voice messages stay in its folder, not encrypted and for good: add it, and delete the folder attachments")
	}
	switch trust := flags["--trust-new-identities"]; trust {
	case "", "on-first-use":
	case "always":
		say(levelFail, "with --trust-new-identities always, nobody notices when somebody else holds a person's number: use on-first-use")
	default:
		say(levelWarn, "with --trust-new-identities "+trust+", nobody new can write until an operator trusts them: use on-first-use")
	}
	if has("--send-read-receipts") {
		say(levelWarn, "with --send-read-receipts, people read that something arrived which the bot may have lost: leave it out, the bot tells them itself")
	}
	if has("--http", "--dbus", "--dbus-system") {
		say(levelWarn, "it listens on --http or --dbus as well, where others may read along: leave that out")
	}
	if has("-v", "-vv", "-vvv", "--verbose") {
		say(levelWarn, "with --verbose, its log tells who writes and when: leave it out")
	}
	for _, name := range []string{"--ignore-stories", "--ignore-avatars", "--ignore-stickers"} {
		if !has(name) {
			say(levelWarn, "without "+name+" it keeps files that nobody needs: add it")
		}
	}
	return found
}

// flagsOf takes a command line apart: "--flag value", "--flag=value" and "--flag".
func flagsOf(args []string) map[string]string {
	flags := map[string]string{}
	for i, arg := range args {
		if name, value, ok := strings.Cut(arg, "="); ok && strings.HasPrefix(arg, "-") {
			flags[name] = value
			continue
		}
		if flags[arg] = ""; strings.HasPrefix(arg, "-") && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			flags[arg] = args[i+1]
		}
	}
	return flags
}

// signalState tells what the running bot noted, beside what the daemon says.
func (d *doctor) signalState(daemon signalcli.Daemon) {
	s, err := signalcli.ReadState(d.cfg.signalDir())
	if errors.Is(err, os.ErrNotExist) {
		d.say(levelWarn, "signal sending", "the bot has not spoken with the daemon yet: handrail run does it")
		return
	}
	if err != nil {
		d.say(levelFail, "signal sending", "%s", oneLine(err))
		return
	}
	d.signalConnection(s)
	switch {
	case s.Challenge != "":
		d.say(levelFail, "signal sending", "Signal wants a captcha before anything more goes out: open https://signalcaptchas.org/challenge/generate.html in a browser, "+
			"copy the address behind \"Open Signal\", then handrail signal captcha 'signalcaptcha://...' -c %s", d.file)
	case s.LimitedUntil.After(d.now()):
		d.say(levelFail, "signal sending", "Signal lets nothing more out until %s, because it was much: what waits goes out then", s.LimitedUntil.Format("2006-01-02 15:04 MST"))
	case s.Waiting > someWaiting:
		d.say(levelWarn, "signal sending", "%s that came wait for the bot", count(int(s.Waiting), "line"))
	default:
		d.say(levelOK, "signal sending", "nothing stands in the way")
	}
	if doubted := s.Resent + s.Dropped + s.Asked; doubted > 0 {
		d.say(levelOK, "signal doubts", "after a crash, %d were shown to be sent, %d were sent again, %d were not, and %d were left to staff", s.Proved, s.Resent, s.Dropped, s.Asked)
	}
	if held := max(s.Held, daemon.Untrusted); held > 0 {
		d.say(levelFail, "signal safety numbers", "%s changed their phone, or somebody else has their number; the bot says nothing to them until it was compared: "+
			"handrail signal safety -c %s tells how", count(held, "person"), d.file)
	}
}

// signalConnection tells whether the bot has the daemon, as it noted last.
func (d *doctor) signalConnection(s signalcli.State) {
	switch age := d.now().Sub(s.At); {
	case age > signalcli.StateOld:
		d.say(levelWarn, "signal connection", "the bot has noted nothing for %s: is handrail run at work? What follows is from then", age.Round(time.Minute))
	case s.ConnectedSince.IsZero() && s.Fault == signalcli.FaultStopped:
		d.say(levelWarn, "signal connection", "the bot was stopped here: start handrail run, unless another copy has the account")
	case s.ConnectedSince.IsZero() && s.Fault != "":
		d.say(levelFail, "signal connection", "the bot does not have signal-cli: %s", s.Fault)
	case s.ConnectedSince.IsZero():
		d.say(levelWarn, "signal connection", "the bot does not have signal-cli yet")
	case s.Fault != "": // while it is connected: what was sent was refused
		d.say(levelFail, "signal connection", "signal-cli does not take what the bot sends: %s", s.Fault)
	default:
		d.say(levelOK, "signal connection", "the bot has had it since %s", s.ConnectedSince.Format("2006-01-02 15:04 MST"))
	}
}

// errNoProcess says that a process cannot be looked at.
var errNoProcess = errors.New("its process is not to be seen")

// daemonCommand is the command line of whoever listens at an address.
func daemonCommand(address string) ([]string, error) {
	pid, err := listener(address)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(text) == 0 {
		return nil, errNoProcess
	}
	return strings.Split(strings.TrimRight(string(text), "\x00"), "\x00"), nil
}
