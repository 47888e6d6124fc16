package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"handrail/bot/flow"
	"handrail/bot/schedule"
)

type flowsGraphCmd struct {
	ID      string `arg:"" help:"The flow, as handrail flows list names it."`
	Dot     bool   `help:"In the language of Graphviz instead of Mermaid." xor:"form"`
	SVG     string `name:"svg" placeholder:"FILE" help:"Write a picture to this file; needs Graphviz (the program dot)." xor:"form"`
	Scripts string `placeholder:"DIR" help:"Folder with the scripts instead of the built-in ones."`
}

// Help is shown by handrail flows graph --help.
func (flowsGraphCmd) Help() string {
	return `Prints the flow as a picture in text: Mermaid, which GitHub, GitLab and many editors draw by themselves.

  handrail flows graph urge
  handrail flows graph urge --svg urge.svg`
}

// Run draws one flow.
func (c *flowsGraphCmd) Run(ctx context.Context, s streams) error {
	all, err := loadSound(c.Scripts)
	if err != nil {
		return err
	}
	draw := all.library.Mermaid
	if c.Dot || c.SVG != "" {
		draw = all.library.Dot
	}
	text, ok := draw(c.ID)
	if !ok {
		return misuse("there is no flow %q: see handrail flows list", c.ID)
	}
	if c.SVG != "" {
		return writeSVG(ctx, c.SVG, text)
	}
	_, err = io.WriteString(s.out, text)
	return err
}

// writeSVG has Graphviz draw a picture.
func writeSVG(ctx context.Context, file, text string) error {
	dot, err := exec.LookPath("dot")
	if err != nil {
		return fail("--svg needs Graphviz, and there is no program dot: install it (apt install graphviz), or leave --svg out for Mermaid")
	}
	var said strings.Builder
	cmd := exec.CommandContext(ctx, dot, "-Tsvg")
	cmd.Stdin, cmd.Stderr = strings.NewReader(text), &said
	picture, err := cmd.Output()
	if err != nil {
		return fail("Graphviz could not draw the flow: %s", strings.Join(strings.Fields(errors.Join(err, errors.New(said.String())).Error()), " "))
	}
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		return fail("write the picture: %v", err)
	}
	return nil
}

type flowsSchemaCmd struct {
	Scripts string `placeholder:"DIR" help:"Folder whose flows are offered, instead of the built-in ones."`
}

// Help is shown by handrail flows schema --help.
func (flowsSchemaCmd) Help() string {
	return `Prints the JSON Schema of a script. An editor that knows it completes the keys and the names of flows, tells what a key is for, and marks mistakes while you write. For VS Code with the YAML extension:

  handrail flows schema > flows/script.schema.json

and as the first line of a script:

  # yaml-language-server: $schema=script.schema.json`
}

// Run prints the schema. Scripts with faults are no reason to leave an editor
// without it: then it offers no flows.
func (c *flowsSchemaCmd) Run(s streams) error {
	src, err := openSource(c.Scripts)
	if err != nil {
		return err
	}
	lib, _, err := flow.Load(src.fsys, flow.Options{Readers: schedule.Readers()})
	if err != nil {
		return fail("read the scripts in %s: %v", src.name, err)
	}
	var ids []string
	if lib != nil {
		for _, f := range lib.Flows() {
			ids = append(ids, f.ID)
		}
	}
	text, err := json.MarshalIndent(flow.Schema(ids...), "", "  ")
	if err != nil {
		return fmt.Errorf("write the schema: %w", err)
	}
	_, err = s.out.Write(append(text, '\n'))
	return err
}
