package store

import (
	"embed"
	"log/slog"

	"go.mau.fi/util/dbutil"
)

//go:embed upgrades/*.sql
var upgradeFiles embed.FS

// upgrades is the numbered way from an empty database to the newest schema.
// Each file says which version it makes; none is ever edited.
func upgrades() dbutil.UpgradeTable {
	return dbutil.BuildUpgradeTable().WithFSPath(upgradeFiles, "upgrades").Finish()
}

// upgradeLog tells of upgrades and of nothing else that dbutil would log.
type upgradeLog struct {
	dbutil.DatabaseLogger
	log *slog.Logger
}

// DoUpgrade is called before each step.
func (l upgradeLog) DoUpgrade(from, to int, message string, _ dbutil.TxnMode) {
	l.log.Info("store upgrade", "from", from, "to", to, "what", message)
}
