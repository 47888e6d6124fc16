package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"handrail/bot/seal"
	"handrail/bot/store"
)

// Config is the configuration of the bot. Every key has a default but the two
// of an account, matrix.homeserver and matrix.user. Secrets are never written
// here: a key that ends in _file names a file that only its owner may read
// (chmod 0400). A path that is not absolute is looked up from the folder of the
// configuration file. Spans of time are written like 90s, 15m, 2h or 1d.
type Config struct {
	// The folder for the store, handrail.db, and for the encryption state of
	// the network, in the folder matrix. It is made on the first start, for the
	// bot alone (0700). The store is sealed, and useless without the master
	// key. `handrail backup` copies what is to be kept; never put back an old
	// copy of the encryption state, because what is sent with it cannot be read.
	Data string `yaml:"data"`

	// Where the store is kept. Leave it empty for a file of SQLite in the folder
	// data, which needs nothing else. Or the address of a database on a
	// PostgreSQL server (14 or newer), of which the bot is the owner and which
	// nobody else uses, as in
	// postgres://handrail@db.example.org/handrail?sslmode=verify-full, never
	// with a password. Connect to the server itself: a pooler in between that
	// shares sessions is refused. Several copies of the bot
	// may work on it, and one speaks for the account at a time. `handrail
	// migrate` moves a store from SQLite there.
	Database string `yaml:"database"`

	// The password for the database, if it asks for one. Leave it empty when the
	// server knows the bot by the user it runs as, or when a file of PostgreSQL's
	// own kind holds the password (~/.pgpass).
	DatabasePasswordFile string `yaml:"database_password_file"`

	// The master key, with which everything that people write is sealed. Make
	// it once with `handrail keygen master.key`, and keep a copy in another
	// place: without it the store cannot be read by anybody.
	MasterKeyFile string `yaml:"master_key_file"`

	// A folder with the conversations, crisis words and help lines. Leave it
	// empty for those that come with this version. `handrail check` reads them.
	// What changes in it is taken while the bot runs, unless it has a fault.
	Scripts string `yaml:"scripts"`

	// A folder with help lines of your own, and with those of the built-in ones
	// that you have confirmed; flows/lines/README.md explains the files. It is
	// laid over the built-in ones and read again when it changes. Leave it empty
	// for none.
	Lines string `yaml:"lines"`

	// The time zone of a person who has not told theirs, as in Europe/Berlin.
	Zone string `yaml:"zone"`

	// The language in which the bot speaks to a person who has not chosen one, as
	// in en or es: that of the scripts, or one that they are translated into
	// (handrail flows extract).
	Language string `yaml:"language"`

	// Hear the crisis words of this language only: a file of that name in the
	// folder crisis, as in en. Leave it empty to hear those of every language
	// there is, since nobody in danger chooses their language for the bot.
	Lang string `yaml:"lang"`

	// How late a scheduled message may still come, for instance after the
	// server was down. What is later than this is left out, without a word of
	// guilt, and the next one comes as planned.
	FreshFor time.Duration `yaml:"fresh_for"`

	// How long the bot's messages stay in the chat of a person who has not chosen;
	// after that they are taken back, as far as the network can. At most 144h;
	// 0s for good.
	TakeBackAfter time.Duration `yaml:"take_back_after"`

	// The hours in which nothing comes by itself, by the person's own clock. A
	// time that the person chose inside these hours is respected. Leave both
	// empty for none.
	QuietHours QuietHours `yaml:"quiet_hours"`

	// Names by which the organization is known, as in [Harbour House, HH]. No
	// message that comes by itself may hold one, and neither may the names of the
	// account that people see on their phones.
	OrganizationNames []string `yaml:"organization_names"`

	// How long the yes of a person holds to what comes by itself.
	Consent Consent `yaml:"consent"`

	// What the organization sends by itself to everybody who opted in to its
	// kind, each by their own clock. A script lets people opt in, by a step with
	// organization: true; flows/README.md tells about the kinds. Of one kind, no
	// more than one comes a day. As in
	// [{name: weekly, kind: note, flow: note.week, at: "18:00-20:00", days: [sun]}],
	// where at may be "18:00" too, days may be left out, and fresh_for: 6h says
	// how late it may come.
	Schedules []Schedule `yaml:"schedules"`

	// The bot's account on a Matrix homeserver.
	Matrix Matrix `yaml:"matrix"`

	// The bot's account on Signal, for people who have only that. Staff stay on
	// Matrix.
	Signal Signal `yaml:"signal"`

	// How machines watch the bot.
	Monitor Monitor `yaml:"monitor"`

	// The people of the organization who can take over a talk: who they are, when
	// they are on call, and how long each step waits. Without members there are
	// none, and the bot says so.
	Staff Staff `yaml:"staff"`

	// What the bot tells its operator, on standard error. No word of a person
	// and no address is ever in it, at any level.
	Log Log `yaml:"log"`
}

// QuietHours are two wall clock times. They may span midnight.
type QuietHours struct {
	// When the quiet begins, as in 22:00.
	From string `yaml:"from"`

	// When it ends, as in 08:00.
	To string `yaml:"to"`
}

// Consent is about the yes of a person to what comes by itself.
type Consent struct {
	// The number of the wording of what people agree to. Raise it when what
	// comes, or who sends it, has changed: everybody is then asked once more,
	// in the place of what was due.
	Version int `yaml:"version"`

	// After how long everybody is asked anyway, at least 30d; 0s for never.
	AskAgainAfter time.Duration `yaml:"ask_again_after"`
}

// leastConsent is the shortest time after which people are asked anew.
const leastConsent = 30 * 24 * time.Hour

// consentDefaults asks anew twice a year.
func consentDefaults() Consent { return Consent{Version: 1, AskAgainAfter: 180 * 24 * time.Hour} }

// Log says what is logged and how.
type Log struct {
	// debug, info, warn or error.
	Level string `yaml:"level"`

	// text for people, json for machines.
	Format string `yaml:"format"`
}

// defaults is the configuration of an empty file.
func defaults() Config {
	return Config{
		Data:              "data",
		MasterKeyFile:     "master.key",
		Zone:              "UTC",
		Language:          "en",
		FreshFor:          2 * time.Hour,
		TakeBackAfter:     24 * time.Hour,
		QuietHours:        QuietHours{From: "22:00", To: "08:00"},
		OrganizationNames: []string{},
		Consent:           consentDefaults(),
		Matrix:            matrixDefaults(),
		Signal:            signalDefaults(),
		Staff:             staffDefaults(),
		Monitor:           Monitor{Canary: canaryDefaults()},
		Log:               Log{Level: "info", Format: "text"},
	}
}

// soundConfig is loadConfig for who can do nothing with a configuration that has
// a fault: the faults are printed, and the error says what to do.
func soundConfig(s streams, path string) (Config, error) {
	cfg, faults, err := loadConfig(path)
	if err != nil {
		return cfg, err
	}
	if len(faults) > 0 {
		printFindings(s.err, faults)
		return cfg, fail("%s in %s: mend them, handrail check -c %s tells more", count(len(faults), "fault"), path, path)
	}
	return cfg, nil
}

// loadConfig reads and checks a configuration file. The faults are all there
// are, with positions; err means that the file cannot be read at all. Paths in
// the result are absolute or relative to the working folder.
func loadConfig(path string) (c Config, faults []finding, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil, fail("no configuration at %s: copy config.example.yaml there and fill it in, or name another with -c", path)
	}
	if err != nil {
		return c, nil, fail("read the configuration: %v", err)
	}
	c = defaults()
	where, faults := decodeStrict(path, data, &c)
	faults = append(faults, c.check(where)...)
	base := filepath.Dir(path)
	for _, p := range []*string{&c.Data, &c.DatabasePasswordFile, &c.MasterKeyFile, &c.Scripts, &c.Lines, &c.Matrix.PasswordFile, &c.Matrix.Picture, &c.Staff.Texts, &c.Monitor.Canary.PasswordFile} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(base, *p)
		}
	}
	for _, secret := range []struct{ key, file, advice string }{
		{"master_key_file", c.MasterKeyFile, "restore it from your backup, or make one for a new store with handrail keygen " + c.MasterKeyFile},
		{
			"database_password_file", c.DatabasePasswordFile,
			"write the database's password into it, then run chmod 0400 " + c.DatabasePasswordFile,
		},
		{"matrix.password_file", c.Matrix.PasswordFile, "write the account's password into it, then run chmod 0400 " + c.Matrix.PasswordFile},
	} {
		err := checkSecret(secret.file)
		switch {
		case secret.file == "" || err == nil: // a missing key has its own finding
		case errors.Is(err, fs.ErrNotExist):
			faults = append(faults, where.fault(secret.key, "there is no file %s: %s", secret.file, secret.advice))
		default:
			faults = append(faults, where.fault(secret.key, "%v", err))
		}
	}
	if _, err := c.Matrix.readPicture(); err != nil {
		faults = append(faults, where.fault("matrix.picture", "%v", err))
	}
	if c.Monitor.Canary.User != "" {
		if err := checkSecret(c.Monitor.Canary.PasswordFile); err != nil {
			faults = append(faults, where.fault("monitor.canary.password_file", "%v", err))
		}
	}
	sortFindings(faults)
	return c, faults, nil
}

// check finds what is wrong with values of the right type.
func (c Config) check(at positions) (faults []finding) {
	bad := func(key, format string, args ...any) {
		faults = append(faults, at.fault(key, format, args...))
	}
	required := map[string]string{
		"data": c.Data, "master_key_file": c.MasterKeyFile, "zone": c.Zone,
		"matrix.homeserver": c.Matrix.Homeserver, "matrix.user": c.Matrix.User, "matrix.password_file": c.Matrix.PasswordFile,
	}
	for key, value := range required {
		if value == "" {
			bad(key, "%s is missing: config.example.yaml explains it", key)
		}
	}
	if c.Database != "" {
		if err := store.CheckURL(c.Database); err != nil {
			bad("database", "%v", err)
		}
	}
	if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "Local" {
		bad("zone", "unknown time zone %q: name it as in Europe/Berlin", c.Zone)
	}
	if c.TakeBackAfter < 0 || c.TakeBackAfter > 144*time.Hour {
		bad("take_back_after", "take_back_after must be between 0s and 144h")
	}
	if c.Consent.Version < 1 {
		bad("consent.version", "the version counts from 1")
	}
	if a := c.Consent.AskAgainAfter; a != 0 && a < leastConsent {
		bad("consent.ask_again_after", "at least 30d, or 0s for never")
	}
	if c.FreshFor <= 0 {
		bad("fresh_for", "fresh_for must be longer than nothing, as in 2h")
	}
	if (c.QuietHours.From == "") != (c.QuietHours.To == "") {
		bad("quiet_hours", "quiet_hours needs both from and to, or neither")
	}
	for key, value := range map[string]string{"quiet_hours.from": c.QuietHours.From, "quiet_hours.to": c.QuietHours.To} {
		if _, err := time.Parse("15:04", value); err != nil && value != "" {
			bad(key, "%q is no time of the day: write it as in 22:00, in quotes", value)
		}
	}
	if u, err := url.Parse(c.Matrix.Homeserver); c.Matrix.Homeserver != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		bad("matrix.homeserver", "%q is no address of a homeserver: write it as in https://matrix.example.org", c.Matrix.Homeserver)
	}
	if _, err := logLevel(c.Log.Level); err != nil {
		bad("log.level", "unknown level %q: debug, info, warn or error", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		bad("log.format", "unknown format %q: text or json", c.Log.Format)
	}
	faults = append(faults, c.checkSchedules(at)...)
	return append(append(append(append(faults, c.Matrix.check(at)...), c.Signal.check(at)...), c.Staff.check(at)...), c.Monitor.check(at)...)
}

// storeOptions says where the store is, and with what it is opened.
func (c Config) storeOptions(master *seal.Master, log *slog.Logger) (store.Options, error) {
	o := store.Options{Master: master, Log: log}
	if c.Database == "" {
		o.Path = c.storePath()
		return o, nil
	}
	return o, c.address(&o, c.Database)
}

// storePath is the file of the store when it is kept in SQLite.
func (c Config) storePath() string { return filepath.Join(c.Data, "handrail.db") }

// address sets the address and the password of a database.
func (c Config) address(o *store.Options, url string) (err error) {
	o.URL = url
	if c.DatabasePasswordFile != "" {
		o.Password, err = readSecret(c.DatabasePasswordFile)
	}
	return err
}

// logLevel reads the name of a level.
func logLevel(name string) (slog.Level, error) {
	var l slog.Level
	err := l.UnmarshalText([]byte(strings.ToUpper(name)))
	if strings.ContainsAny(name, "+-") {
		err = errors.New("levels have no offset here")
	}
	return l, err
}

// matrixDir is the folder with the encryption state of the Matrix account.
func (c Config) matrixDir() string { return filepath.Join(c.Data, "matrix") }
