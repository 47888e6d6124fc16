package store

import (
	"embed"

	"go.mau.fi/util/dbutil"
)

//go:embed upgrades/*.sql
var upgradeFiles embed.FS

// upgrades is the numbered way from an empty database to the newest schema.
// Each file says which version it makes; none is ever edited.
func upgrades() dbutil.UpgradeTable {
	return dbutil.BuildUpgradeTable().WithFSPath(upgradeFiles, "upgrades").Finish()
}
