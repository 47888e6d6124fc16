package signalcli

import (
	"encoding/base64"
	"errors"
	"path"
	"strings"
	"unicode/utf8"

	"handrail/bot/chat"
)

const (
	// maxBody is the longest text that goes out as it is. A longer one would be
	// uploaded as a file.
	maxBody = 2000
	// maxAttached is the largest picture or file that is tried, in bytes. Signal takes
	// more.
	maxAttached = 32 << 20
)

// act is one call that sends something.
type act struct {
	method string
	params any
	edits  int64 // the time stamp of the message that it changes; 0: none
	target int64 // of the message that it takes back; 0: none
	text   string
	// again: to do it twice is to do it once.
	again bool
}

var (
	errTeam    = errors.New("send: staff are not on Signal")
	errEmpty   = errors.New("send: the message is empty")
	errTarget  = errors.New("send: no message is named")
	errUnnamed = errors.New("send: the message has no key or no address")
	errFile    = errors.New("attach: no data, too much of it, or no name")
)

// isGroup tells whether a room is a group.
func isGroup(room string) bool { return strings.HasPrefix(room, groupPrefix) }

// recipient is to whom an Outgoing goes.
func recipient(a chat.Address) to {
	if group, ok := strings.CutPrefix(a.Room, groupPrefix); ok {
		return to{Group: group}
	}
	return to{Recipient: []string{aci(a.User)}}
}

// compose makes the calls for an Outgoing: several for a long text.
func compose(out chat.Outgoing) ([]act, error) {
	refuse := func(err error) ([]act, error) { return nil, &chat.PermanentError{Err: err} }
	switch {
	case out.Team:
		return refuse(errTeam)
	case out.Key == "" || out.To.User == "":
		return refuse(errUnnamed)
	}
	whom := recipient(out.To)
	stamp, own, named := stampOf(out.Target)
	switch out.Form {
	case chat.FormText:
		return texts(whom, string(out.Text), 0)
	case chat.FormEdit:
		if !named || !own {
			return refuse(errTarget)
		}
		return texts(whom, string(out.Text), stamp)
	case chat.FormRemove:
		if !named || !own {
			return refuse(errTarget)
		}
		return []act{takesBack(whom, stamp)}, nil
	case chat.FormReaction:
		author := aci(authorOf(out.Target))
		if !named || author == "" || out.Text == "" { // the bot says nothing about words of its own
			return refuse(errTarget)
		}
		p := reactionParams{to: whom, Emoji: string(out.Text), TargetAuthor: author, TargetTimestamp: stamp}
		return []act{{method: "sendReaction", params: p, again: true}}, nil
	case chat.FormImage, chat.FormFile:
		kind, words := "text/plain", ""
		if out.Form == chat.FormImage {
			kind, words = "image/png", string(out.Alt)
		}
		if len(out.Data) == 0 || len(out.Data) > maxAttached || out.Name == "" || path.Base(out.Name) != out.Name || strings.ContainsAny(out.Name, ";,") {
			return refuse(errFile)
		}
		data := "data:" + kind + ";filename=" + out.Name + ";base64," + base64.StdEncoding.EncodeToString(out.Data)
		first := split(words)
		p := sendParams{to: whom, Attachments: []string{data}}
		if len(first) > 0 {
			p.Message = first[0]
		}
		return []act{{method: "send", params: p}}, nil
	}
	return refuse(errEmpty)
}

// says makes the call for one text, which is new or changes a message.
func says(whom to, text string, edits int64) act {
	return act{method: "send", params: sendParams{to: whom, Message: text, EditTimestamp: edits}, edits: edits, text: text, again: edits != 0}
}

// takesBack makes the call that takes one message back.
func takesBack(whom to, stamp int64) act {
	return act{method: "remoteDelete", params: deleteParams{whom, stamp}, target: stamp, again: true}
}

// texts makes the calls for a text. The first part changes a message, if one is
// named; the others are new.
func texts(whom to, text string, edits int64) (acts []act, err error) {
	for i, part := range split(text) {
		if i > 0 {
			edits = 0
		}
		acts = append(acts, says(whom, part, edits))
	}
	if len(acts) == 0 {
		return nil, &chat.PermanentError{Err: errEmpty}
	}
	return acts, nil
}

// split cuts a text into parts that fit: between paragraphs if it can, else between
// lines, sentences or words, and inside a word only where it must.
func split(text string) (parts []string) {
	text = strings.TrimSpace(text)
	for len(text) > maxBody {
		cut := 0
		for _, between := range []string{"\n\n", "\n", ". ", " "} {
			if at := strings.LastIndex(text[:maxBody], between); at > maxBody/2 {
				cut = at + len(strings.TrimRight(between, " \n"))
				break
			}
		}
		if cut == 0 {
			for cut = maxBody; cut > 0 && !utf8.RuneStart(text[cut]); cut-- {
			}
		}
		if part := strings.TrimSpace(text[:cut]); part != "" {
			parts = append(parts, part)
		}
		text = strings.TrimSpace(text[cut:])
	}
	if text != "" {
		parts = append(parts, text)
	}
	return parts
}
