package matrix

import (
	"slices"

	"maunium.net/go/mautrix/id"
)

// Policy says whose invitations the bot follows. The zero value follows none.
// An invitation that is not followed is declined.
type Policy struct {
	Open    bool     // everybody's
	Servers []string // everybody's on these homeservers (the part of a user id behind the colon)
	Users   []string // these people's (full user ids)
}

// Admits reports whether an invitation by this user id is followed.
func (p Policy) Admits(user string) bool {
	_, server, err := id.UserID(user).Parse()
	if err != nil {
		return false
	}
	return p.Open || slices.Contains(p.Servers, server) || slices.Contains(p.Users, user)
}
