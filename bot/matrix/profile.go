package matrix

import (
	"context"

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
