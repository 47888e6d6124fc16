package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"handrail/bot/seal"
	"handrail/bot/signalcli"
)

type signalCmd struct {
	Captcha captchaCmd `cmd:"" help:"Hand in a captcha that Signal wants before more is sent."`
	Safety  safetyCmd  `cmd:"" help:"Those whose safety number changed, and what to do."`
	Trust   trustCmd   `cmd:"" help:"Say that a safety number was compared and is right."`
}

// signalConfig reads what the commands about Signal need.
func signalConfig(file string) (signalcli.Config, error) {
	cfg, faults, err := loadConfig(file)
	if err != nil {
		return signalcli.Config{}, err
	}
	if len(faults) > 0 {
		return signalcli.Config{}, fail("%s", faults[0])
	}
	if !cfg.Signal.used() {
		return signalcli.Config{}, fail("%s has no account on Signal: signal.socket is empty", file)
	}
	master, err := seal.LoadMaster(cfg.MasterKeyFile)
	if err != nil {
		return signalcli.Config{}, err
	}
	return signalAccount(cfg, master, nil), nil
}

type captchaCmd struct {
	Config  string `short:"c" default:"config.yaml" placeholder:"FILE" help:"The configuration."`
	Captcha string `arg:"" help:"What the page gave: signalcaptcha://..."`
}

// Help is shown by handrail signal captcha --help.
func (captchaCmd) Help() string {
	return `Signal stops an account that sends much until somebody shows that they are human. Open https://signalcaptchas.org/challenge/generate.html in a browser, solve it, copy the address behind "Open Signal" (it begins with signalcaptcha://) and give it here within a minute or two. What waits then goes out.`
}

// Run hands it in.
func (c *captchaCmd) Run(ctx context.Context, s streams) error {
	account, err := signalConfig(c.Config)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(c.Captcha, "signalcaptcha://") {
		return misuse("that is no captcha: it begins with signalcaptcha://, see handrail signal captcha --help")
	}
	switch err := signalcli.SubmitCaptcha(ctx, account, c.Captcha); {
	case errors.Is(err, signalcli.ErrNoChallenge), errors.Is(err, os.ErrNotExist):
		return fail("Signal asks for no captcha: handrail doctor -c %s tells what is wrong", c.Config)
	case err != nil:
		return fail("it was not taken (%s): solve another one", oneLine(err))
	}
	fmt.Fprintln(s.out, "It was taken. What waits goes out now.")
	return nil
}

type safetyCmd struct {
	Config string `short:"c" default:"config.yaml" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by handrail signal safety --help.
func (safetyCmd) Help() string {
	return `Lists those whose safety number changed: they have a new phone, or somebody else has their number. Nothing is sent to them meanwhile. Reach the person on a way that you know is theirs, let them open the chat with the bot in Signal, View safety number, and compare. Then: handrail signal trust NAME NUMBER. If you cannot reach them, leave it.`
}

// Run lists them, by a name that says nothing.
func (c *safetyCmd) Run(ctx context.Context, s streams) error {
	account, err := signalConfig(c.Config)
	if err != nil {
		return err
	}
	list, err := signalcli.Untrusted(ctx, account)
	if err != nil {
		return fail("%s: handrail doctor -c %s tells what is wrong", oneLine(err), c.Config)
	}
	for _, who := range list {
		fmt.Fprintf(s.out, "%s\tsince %s\t%s\n", who.Ref, who.Since.Format("2006-01-02"), who.SafetyNumber)
	}
	if len(list) == 0 {
		fmt.Fprintln(s.out, "Nobody's safety number waits to be compared.")
	}
	return nil
}

type trustCmd struct {
	Config string   `short:"c" default:"config.yaml" placeholder:"FILE" help:"The configuration."`
	Name   string   `arg:"" help:"As handrail signal safety says it."`
	Number []string `arg:"" help:"The sixty digits of the safety number, as the person reads them; blanks do not count."`
}

// Run trusts it.
func (c *trustCmd) Run(ctx context.Context, s streams) error {
	account, err := signalConfig(c.Config)
	if err != nil {
		return err
	}
	switch err := signalcli.Trust(ctx, account, c.Name, strings.Join(c.Number, "")); {
	case errors.Is(err, signalcli.ErrNobody):
		return fail("nobody of that name waits: handrail signal safety -c %s lists them", c.Config)
	case err != nil:
		return fail("it was not taken (%s): is the number the one that the person's phone shows?", oneLine(err))
	}
	fmt.Fprintln(s.out, "It is trusted. The bot goes on with them.")
	return nil
}
