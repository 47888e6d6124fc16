package signalcli

import "context"

// The daemon ignores parameters that it does not know, so they are all typed
// here: a slip of the pen would do nothing, silently.

// to says who gets something: one person, or one group.
type to struct {
	Recipient []string `json:"recipient,omitempty"` // one ACI
	Group     string   `json:"groupId,omitempty"`
}

// sendParams are those of send.
type sendParams struct {
	to
	Message       string   `json:"message"`
	Attachments   []string `json:"attachments,omitempty"`
	EditTimestamp int64    `json:"editTimestamp,omitempty"`
}

// reactionParams are those of sendReaction.
type reactionParams struct {
	to
	Emoji           string `json:"emoji"`
	TargetAuthor    string `json:"targetAuthor,omitempty"`
	TargetTimestamp int64  `json:"targetTimestamp"`
	Remove          bool   `json:"remove,omitempty"`
}

// deleteParams are those of remoteDelete.
type deleteParams struct {
	to
	TargetTimestamp int64 `json:"targetTimestamp"`
}

// typingParams are those of sendTyping.
type typingParams struct {
	to
	Stop bool `json:"stop,omitempty"`
}

// receiptParams are those of sendReceipt.
type receiptParams struct {
	Recipient        string  `json:"recipient"`
	TargetTimestamps []int64 `json:"targetTimestamp"`
	Type             string  `json:"type"`
}

// contactParams are those of updateContact.
type contactParams struct {
	Recipient  string `json:"recipient"`
	Expiration int64  `json:"expiration"` // seconds
}

// forgetParams are those of removeContact. Forget drops keys and sessions, too.
type forgetParams struct {
	Recipient string `json:"recipient"`
	Forget    bool   `json:"forget"`
}

// identityParams are those of listIdentities.
type identityParams struct {
	Number string `json:"number,omitempty"`
}

// trustParams are those of trust.
type trustParams struct {
	Recipient            string `json:"recipient"`
	VerifiedSafetyNumber string `json:"verifiedSafetyNumber"`
}

// captchaParams are those of submitRateLimitChallenge.
type captchaParams struct {
	Challenge string `json:"challenge"`
	Captcha   string `json:"captcha"`
}

// sendResult is what every method that sends returns.
type sendResult struct {
	Timestamp int64       `json:"timestamp"`
	Results   []sendEntry `json:"results"`
}

// sendEntry is the outcome for one recipient.
type sendEntry struct {
	Type       string `json:"type"`
	Token      string `json:"token"`
	RetryAfter int64  `json:"retryAfterSeconds"`
}

// The outcomes of a send.
const (
	outcomeSuccess      = "SUCCESS"
	outcomeNetwork      = "NETWORK_FAILURE"
	outcomeUnregistered = "UNREGISTERED_FAILURE"
	outcomeIdentity     = "IDENTITY_FAILURE"
	outcomeLimit        = "RATE_LIMIT_FAILURE"
	outcomePreKey       = "INVALID_PRE_KEY_FAILURE"
)

// failure is the first outcome that is no success; a group may have several.
func (r *sendResult) failure() (sendEntry, bool) {
	for _, e := range r.Results {
		if e.Type != outcomeSuccess {
			return e, true
		}
	}
	return sendEntry{}, false
}

// identityRow is one key of somebody.
type identityRow struct {
	UUID         string `json:"uuid"`
	Trust        string `json:"trustLevel"`
	SafetyNumber string `json:"safetyNumber"`
	Added        int64  `json:"addedTimestamp"` // unix ms
}

const untrusted = "UNTRUSTED"

// unsubscribeParams are those of unsubscribeReceive.
type unsubscribeParams struct {
	Subscription int `json:"subscription"`
}

// version asks which signal-cli answers.
func (c *client) version(ctx context.Context) (v Version, err error) {
	var result struct {
		Version string `json:"version"`
	}
	if err := c.call(ctx, "version", nil, &result); err != nil {
		return v, err
	}
	return parseVersion(result.Version)
}

// identities lists the keys of one person, or of everybody.
func (c *client) identities(ctx context.Context, aci string) (rows []identityRow, err error) {
	err = c.call(ctx, "listIdentities", identityParams{Number: aci}, &rows)
	return rows, err
}
