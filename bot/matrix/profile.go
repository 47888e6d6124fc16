package matrix

import (
	"bytes"
	"context"
	"net/http"

	"maunium.net/go/mautrix"
)

// nameAccount gives the account the name that is configured, if it has another one
// now. A homeserver that will not is no reason not to start.
func (t *Transport) nameAccount(ctx context.Context) {
	if t.cfg.DisplayName == "" {
		return
	}
	now, err := t.shownName(ctx)
	if err == nil && now != t.cfg.DisplayName {
		err = t.cli.SetDisplayName(mautrix.WithMaxRetries(ctx, 0), t.cfg.DisplayName)
	}
	if err != nil {
		t.log.Warn("the name that people see could not be set", "err", clean("set", err))
	}
}

// shownName is the name that people see; "" where the account has none.
func (t *Transport) shownName(ctx context.Context) (string, error) {
	resp, err := t.cli.GetDisplayName(mautrix.WithMaxRetries(ctx, 0), t.self)
	if answered(err, "M_NOT_FOUND") {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return resp.DisplayName, nil
}

// showPicture gives the account the picture that is configured, if it has another
// one now. A homeserver that will not is no reason not to start.
func (t *Transport) showPicture(ctx context.Context) {
	if len(t.cfg.Picture) == 0 || t.shows(ctx, t.cfg.Picture) {
		return
	}
	once := mautrix.WithMaxRetries(ctx, 0)
	resp, err := t.cli.UploadBytes(once, t.cfg.Picture, http.DetectContentType(t.cfg.Picture))
	if err == nil {
		err = t.cli.SetAvatarURL(once, resp.ContentURI)
	}
	if err != nil {
		t.log.Warn("the picture that people see could not be set", "err", clean("set", err))
	}
}

// shows tells whether the account has this picture now, as far as can be seen.
func (t *Transport) shows(ctx context.Context, picture []byte) bool {
	once := mautrix.WithMaxRetries(ctx, 0)
	uri, err := t.cli.GetOwnAvatarURL(once)
	if err != nil || uri.IsEmpty() {
		return false
	}
	now, err := t.cli.DownloadBytes(once, uri)
	return err == nil && bytes.Equal(now, picture)
}
