package matrix

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"path"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"

	"handrail/bot/chat"
)

// maxAttached is the largest picture or file that is tried, in bytes: more than the
// journal of many years. What a homeserver takes is up to it (10 MiB and 50 MiB are
// what Dendrite and Synapse begin with), and its refusal is for good.
const maxAttached = 32 << 20

// attached tells whether an Outgoing carries a picture or a file.
func attached(out chat.Outgoing) bool {
	return out.Form == chat.FormImage || out.Form == chat.FormFile
}

// attach encrypts the data, puts it on the homeserver, and returns the content
// that names it and holds its key. The homeserver gets neither the name nor the
// kind of the file. Each try uploads anew: what a broken try left there is
// noise that nobody has the key to.
func (t *Transport) attach(ctx context.Context, out chat.Outgoing) (*event.Content, error) {
	if len(out.Data) == 0 || len(out.Data) > maxAttached || out.Name == "" || path.Base(out.Name) != out.Name {
		return nil, &chat.PermanentError{Err: errors.New("attach: no data, too much of it, or no name")}
	}
	message := &event.MessageEventContent{
		MsgType: event.MsgFile, Body: out.Name, FileName: out.Name, Mentions: &event.Mentions{},
		Info: &event.FileInfo{MimeType: "text/plain", Size: len(out.Data)},
	}
	if out.Form == chat.FormImage {
		size, err := png.DecodeConfig(bytes.NewReader(out.Data))
		if err != nil {
			return nil, &chat.PermanentError{Err: errors.New("attach: the picture is no PNG")}
		}
		message.MsgType, message.Body = event.MsgImage, string(out.Alt)
		message.Info.MimeType, message.Info.Width, message.Info.Height = "image/png", size.Width, size.Height
	}
	key := attachment.NewEncryptedFile()
	sealed := bytes.Clone(out.Data)
	key.EncryptInPlace(sealed)
	resp, err := t.cli.UploadMedia(mautrix.WithMaxRetries(ctx, 0), mautrix.ReqUploadMedia{
		ContentBytes: sealed, ContentType: "application/octet-stream",
	})
	if err != nil {
		return nil, uploadError(err)
	}
	message.File = &event.EncryptedFileInfo{EncryptedFile: *key, URL: resp.ContentURI.CUString()}
	return &event.Content{Parsed: message, Raw: map[string]any{keyField: out.Key}}, nil
}

// uploadError is for an upload that failed: nothing is in the room yet, so a
// refusal is for good only where the homeserver will never take such a thing.
func uploadError(err error) error {
	f := classify(err)
	switch f.code {
	case "M_TOO_LARGE", "M_FORBIDDEN":
		return &chat.PermanentError{Err: clean("upload", err)}
	}
	if f.status == 413 {
		return &chat.PermanentError{Err: clean("upload", err)}
	}
	return fmt.Errorf("attach: %w", sendFailedEarly("upload", err))
}
