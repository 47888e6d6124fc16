package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"handrail/bot"
	"handrail/bot/console"
)

// playDesk is what a file says that describes the desk of transcripts and trials:
// a part of a configuration.
type playDesk struct {
	Zone     string `yaml:"zone"`     // that staff read
	Language string `yaml:"language"` // that staff read
	Staff    Staff  `yaml:"staff"`
}

// playedDesk reads the file that describes the desk; nil without a name. Its
// folder of prepared texts is looked for beside it.
func playedDesk(folder fs.FS, name string) (*bot.Staff, error) {
	if name == "" {
		return nil, nil
	}
	data, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, console.Fault{File: name, Line: 1, Message: fmt.Sprintf("the file that describes the desk cannot be read: %v", errors.Unwrap(err))}
	}
	d := playDesk{Zone: "UTC", Language: defaults().Language, Staff: staffDefaults()}
	at, faults := decodeStrict(name, data, &d)
	texts := d.Staff.Texts
	d.Staff.Texts = "" // not one of this machine's folders
	if len(faults) == 0 {
		faults = d.Staff.check(at)
	}
	if len(faults) > 0 {
		return nil, console.Fault{File: name, Line: max(1, faults[0].Line), Message: faults[0].Message}
	}
	s, err := d.Staff.desk(d.Zone, d.Language)
	if err != nil {
		return nil, console.Fault{File: name, Line: 1, Message: err.Error()}
	}
	if s == nil {
		return nil, console.Fault{File: name, Line: 1, Message: "there are no members in it: config.example.yaml shows how to write staff"}
	}
	if texts != "" {
		if s.Texts, err = preparedTexts(folder, path.Clean(texts)); err != nil {
			return nil, console.Fault{File: name, Line: 1, Message: err.Error()}
		}
	}
	s.Network, s.Threads = console.Network, true // a terminal has no rooms
	return s, nil
}
