package main

import (
	"embed"
	"fmt"
)

//go:embed unit
var unitFiles embed.FS

type unitCmd struct {
	Kind string `arg:"" enum:"systemd,backup,timer,compose,signal-cli,signal-compose" help:"systemd: the service; backup and timer: a backup a day; compose: a container; signal-cli and signal-compose: the same for the account on Signal."`
}

// Help is shown by handrail unit --help.
func (unitCmd) Help() string {
	return `Prints a file with which a service manager runs the bot. The head of each file says where it belongs and what it expects.

  handrail unit systemd > /etc/systemd/system/handrail.service
  handrail unit backup > /etc/systemd/system/handrail-backup.service
  handrail unit timer > /etc/systemd/system/handrail-backup.timer
  handrail unit compose > compose.yaml
  handrail unit signal-cli > /etc/systemd/system/signal-cli.service
  handrail unit signal-compose > compose.signal.yaml

The service is told when the bot runs and whether it makes progress (Type=notify, WatchdogSec), and may touch nothing but its folder and the network.`
}

// Run prints the file.
func (c *unitCmd) Run(s streams) error {
	name, ok := map[string]string{
		"systemd": "handrail.service", "backup": "handrail-backup.service", "timer": "handrail-backup.timer", "compose": "compose.yaml",
		"signal-cli": "signal-cli.service", "signal-compose": "signal-compose.yaml",
	}[c.Kind]
	if !ok { // the parser knows them
		return misuse("there is no unit %q", c.Kind)
	}
	text, err := unitFiles.ReadFile("unit/" + name)
	if err != nil {
		return fmt.Errorf("read what is built in: %w", err)
	}
	_, err = s.out.Write(text)
	return err
}
