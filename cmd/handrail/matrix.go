package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"handrail/bot/matrix"
	"handrail/bot/schedule"
	"handrail/bot/seal"
)

// Matrix is the bot's account on a Matrix homeserver.
type Matrix struct {
	// Where the homeserver answers clients, as in https://matrix.example.org.
	// It must be given.
	Homeserver string `yaml:"homeserver"`

	// The account's name, as in handrail or @handrail:example.org. Make the
	// account first, for the bot alone. It must be given.
	User string `yaml:"user"`

	// A file with the account's password in its first line. It is used to log
	// in once, on the first start; keep it, so that the bot can confirm who it
	// is when its encryption keys are renewed.
	PasswordFile string `yaml:"password_file"`

	// Whose invitations the bot follows. Others are declined.
	Invites Invites `yaml:"invites"`

	// Whether the bot also talks in rooms without end-to-end encryption. Then
	// whoever runs a homeserver can read everything; leave it false. The bot
	// tells the person why it does not answer there.
	AllowUnencrypted bool `yaml:"allow_unencrypted"`

	// What other people's clients call the bot's device. It is seen in their
	// list of sessions, so keep it harmless.
	DeviceName string `yaml:"device_name"`

	// The name that people see in their list of chats and in notifications: a
	// plain one that says nothing of what this is about, as in Robin. It is set at
	// the start, if the account has another. A room that a person opened is theirs,
	// and the bot never renames it. Empty: the name that the account has stays.
	DisplayName string `yaml:"display_name"`

	// A file with the picture of the account, PNG or JPEG, that people see beside
	// the name: a plain one, as of a plant. It is set at the start, if the account
	// has another. Empty: the picture that the account has stays.
	Picture string `yaml:"picture"`

	// Whether to make a new cryptographic identity when the recovery key in the
	// data folder is lost. People who verified the bot are warned by their
	// clients. Set it for one start, then set it back.
	ResetIdentity bool `yaml:"reset_identity"`
}

// Invites say who may talk with the bot. Any of the three is enough.
type Invites struct {
	// Everybody, on every server that the homeserver talks with.
	Open bool `yaml:"open"`

	// Everybody with an account on these servers, as in [example.org].
	Servers []string `yaml:"servers"`

	// These people, as in ["@ada:example.org"].
	Users []string `yaml:"users"`
}

func matrixDefaults() Matrix {
	return Matrix{PasswordFile: "matrix.password", DeviceName: "bot", Invites: Invites{Open: true, Servers: []string{}, Users: []string{}}}
}

// check finds what is wrong with values of the right type.
func (m Matrix) check(at positions) (faults []finding) {
	if !m.Invites.Open && len(m.Invites.Servers)+len(m.Invites.Users) == 0 {
		faults = append(faults, at.fault("matrix.invites", "nobody may invite the bot: set open, servers or users"))
	}
	for _, server := range m.Invites.Servers {
		if server == "" || strings.ContainsAny(server, "@/ ") {
			faults = append(faults, at.fault("matrix.invites.servers", "%q is no server name: write it as in example.org", server))
		}
	}
	for _, user := range m.Invites.Users {
		if !strings.HasPrefix(user, "@") || !strings.Contains(user, ":") {
			faults = append(faults, at.fault("matrix.invites.users", "%q is no user: write it as in @ada:example.org", user))
		}
	}
	return faults
}

// longestPause caps the pause between two tries to reach the homeserver, so
// that the bot is back soon after it is.
const longestPause = 30 * time.Second

// openMatrix logs in, or goes on with the login of last time, and prepares the
// encryption. The key of the encryption state comes from the master key. When
// the homeserver cannot be reached, a first start is an error, since the
// address is probably wrong; a later one waits until it is back.
// With db, what the account needs is kept there.
func openMatrix(ctx context.Context, cfg Config, db *sql.DB, master *seal.Master, log *slog.Logger) (*matrix.Transport, error) {
	password, err := readSecret(cfg.Matrix.PasswordFile)
	if err != nil {
		return nil, fail("matrix.password_file: %v", err)
	}
	account := matrixAccount(cfg, db, master, log)
	account.Password = password
	if account.Picture, err = cfg.Matrix.readPicture(); err != nil {
		return nil, fail("matrix.picture: %v", err)
	}
	for attempt := 0; ; attempt++ {
		t, err := matrix.Open(ctx, account)
		if err == nil || !matrix.Unreachable(err) || !account.LoggedIn() {
			return t, err
		}
		pause := min(schedule.Backoff(attempt, 0), longestPause)
		log.Warn("homeserver cannot be reached, waiting", "pause", pause.Round(time.Millisecond), "err", err)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// largestPicture is how many bytes a picture of the account may have; people's apps
// show it in the size of a thumb.
const largestPicture = 1 << 20

// readPicture reads the picture of the account; nil where none is configured.
func (m Matrix) readPicture() ([]byte, error) {
	if m.Picture == "" {
		return nil, nil
	}
	info, err := os.Stat(m.Picture)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s", m.Picture)
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > largestPicture {
		return nil, fmt.Errorf("%s has %d bytes: take a smaller picture, of at most 1 MB", m.Picture, info.Size())
	}
	data, err := os.ReadFile(m.Picture)
	if err != nil {
		return nil, err
	}
	if kind := http.DetectContentType(data); kind != "image/png" && kind != "image/jpeg" {
		return nil, fmt.Errorf("%s is no picture: save it as PNG or JPEG", m.Picture)
	}
	return data, nil
}

// matrixAccount is the account of the configuration, without the password.
func matrixAccount(cfg Config, db *sql.DB, master *seal.Master, log *slog.Logger) matrix.Config {
	return matrix.Config{
		Homeserver: cfg.Matrix.Homeserver, User: cfg.Matrix.User, Dir: cfg.matrixDir(), DB: db,
		PickleKey:        append(master.Index("matrix.pickle", "1"), master.Index("matrix.pickle", "2")...),
		Invites:          matrix.Policy{Open: cfg.Matrix.Invites.Open, Servers: cfg.Matrix.Invites.Servers, Users: cfg.Matrix.Invites.Users},
		Staff:            cfg.Staff.account(),
		AllowUnencrypted: cfg.Matrix.AllowUnencrypted, DeviceName: cfg.Matrix.DeviceName, DisplayName: cfg.Matrix.DisplayName, ResetIdentity: cfg.Matrix.ResetIdentity,
		Log: log,
	}
}
