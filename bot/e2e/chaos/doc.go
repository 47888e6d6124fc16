// Package chaos breaks everything that the bot stands on, while people talk with
// it, and counts: every message answered once, every due message once. The judge
// is what the people's clients show. The package is tests only: what it runs are
// the bot as its operator runs it, a homeserver, a PostgreSQL server, and between
// bot and homeserver a proxy that fails on purpose.
//
// `make test` runs a short sample, `make chaos` the whole. What is drawn by chance
// is drawn from CHAOS_SEED, which is printed; CHAOS_KILLS is how often the bot is
// killed in all. CHAOS_ONLY plays only the faults with these words in their names;
// CHAOS_KEEP=1 leaves the folder of a run that failed, with the bot's log.
package chaos
