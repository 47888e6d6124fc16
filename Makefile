# Handrail. `make demo` shows it, `make test` proves it. Every Go call has the
# tag goolm: the end-to-end encryption is written in Go and needs no C library
# beside the one of SQLite, which comes with its module.
SHELL := /bin/bash
.DEFAULT_GOAL := build

GO         ?= go
export GOFLAGS := -tags=goolm
export CGO_ENABLED := 1
BIN        := $(CURDIR)/.bin
GOFUMPT    := $(BIN)/gofumpt-v0.12.0
STATICCHECK := $(BIN)/staticcheck-v0.8.2
FUZZTIME   ?= 20s
BENCHTIME  ?= 2s
E2E        := handrail/bot/e2e
APT        := DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends

# stage NAME,COMMAND: says what it does and how long it took, stops at a fault.
define stage
@printf '\n== %s\n' '$(1)'; start=$$SECONDS; \
if { $(2); }; then printf '== %s: ok, %s s\n' '$(1)' "$$((SECONDS - start))"; \
else printf '== %s: FAILED after %s s\n' '$(1)' "$$((SECONDS - start))"; exit 1; fi
endef

.PHONY: build demo test lint fmt check unit e2e fuzz chaos chaos-desk bench clean needs needs-node needs-postgres needs-gettext

# Says so on standard error: what make demo prints is the talk.
build: needs
	@echo 'building .bin/handrail; the first time this takes a few minutes' >&2
	@$(GO) build -o $(BIN)/handrail ./cmd/handrail

demo: build
	@$(BIN)/handrail demo

test: needs needs-node needs-postgres needs-gettext lint check unit e2e fuzz
	@printf '\nall green\n'

lint: needs $(GOFUMPT) $(STATICCHECK)
	$(call stage,gofumpt,out=$$($(GOFUMPT) -l $$(git ls-files '*.go')); [ -z "$$out" ] || { echo "run make fmt for: $$out"; false; })
	$(call stage,go vet,$(GO) vet ./...)
	$(call stage,staticcheck,$(STATICCHECK) ./...)

fmt: $(GOFUMPT)
	$(GOFUMPT) -w $$(git ls-files '*.go')

check: build
	$(call stage,handrail check,$(BIN)/handrail check flows)

# Everything but the end-to-end tests, with the race detector.
unit: needs needs-postgres needs-gettext
	$(call stage,tests with -race,$(GO) test -race -timeout 30m $$($(GO) list ./... | grep -v '^$(E2E)') -skip '^Test(Demo|OverMatrix)')

# A real homeserver and a real client; without -race, which would only slow the
# side that is not under test. HANDRAIL_TRANSCRIPTS=all plays every transcript over
# the homeserver in place of a sample; that takes half an hour.
e2e: needs needs-node needs-postgres
	$(call stage,end to end,$(GO) test -count=1 -timeout 40m ./bot/e2e/... && $(GO) test -count=1 -timeout 120m -run '^Test(Demo|OverMatrix)' ./cmd/handrail)

# Every fuzz target of the tree, one after the other. Without the limit the
# workers spend their time on making inputs smaller instead of finding them.
# Go before 1.27 sometimes ends a target that found nothing with the words
# "context deadline exceeded", because the end of the time and the end of its
# workers race (go.dev/issue/75804). Those words alone, without a failing input,
# a panic or a hung worker, are no fault; anything else is.
fuzz: needs
	$(call stage,fuzz ($(FUZZTIME) each),set -o pipefail; ok=true; log=$$(mktemp); \
	for file in $$(git grep -lE '^func Fuzz' -- '*_test.go'); do \
	for name in $$(grep -oE '^func Fuzz[A-Za-z0-9_]+' $$file | cut -c6-); do \
	echo "-- $$name in $$(dirname $$file)"; \
	$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x ./$$(dirname $$file) 2>&1 | tee $$log && continue; \
	grep -qx '    context deadline exceeded' $$log && ! grep -qE 'Failing input|panic|hung or terminated|\[build failed\]|_test\.go:' $$log || ok=false; \
	done; done; rm -f $$log; $$ok)

# Everything that the bot stands on fails while people talk with it, on both
# databases side by side: about half an hour, with a table at the end. A line of
# progress comes with every fault. SEED=N plays the same again.
KILLS ?= 500
SEED  ?=
chaos: needs needs-postgres
	CHAOS_KILLS=$(KILLS) CHAOS_SEED=$(SEED) $(GO) test -count=1 -timeout 90m -run '^TestChaos$$' -v ./bot/e2e/chaos

# A busy desk of two advocates and three guests, each with a real client, while the
# bot is killed again and again: about 20 minutes, with a line of the table after
# every six kills. make e2e does a few of them.
DESK_KILLS ?= 100
chaos-desk: needs needs-node
	HANDRAIL_DESK_KILLS=$(DESK_KILLS) $(GO) test -count=1 -timeout 90m -run '^TestDeskKilled$$' -v ./bot/e2e

# Everything that is measured, and at the end a table of what an operator goes by,
# with ratios and aims: about 20 minutes, and the name of each benchmark comes when
# it begins. BENCH=Burst measures that alone;
# HANDRAIL_BENCH_PEOPLE=100000 makes its crowd smaller, which is quicker to enrol.
# TMPDIR says on which disk.
BENCH ?= .
bench: needs needs-postgres
	@set -o pipefail; $(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -benchtime $(BENCHTIME) -timeout 120m ./... | $(GO) run ./bot/e2e/bench

$(GOFUMPT):
	@mkdir -p $(BIN)
	GOBIN=$(BIN) $(GO) install mvdan.cc/gofumpt@v0.12.0
	@mv $(BIN)/gofumpt $@

$(STATICCHECK):
	@mkdir -p $(BIN)
	GOBIN=$(BIN) $(GO) install honnef.co/go/tools/cmd/staticcheck@v0.8.2
	@mv $(BIN)/staticcheck $@

# What cannot be fetched by the Go tool itself: say it before a long run, not
# in the middle of it.
needs:
	@for tool in $(GO) gcc git; do command -v $$tool >/dev/null || \
	{ echo "handrail needs $$tool: on Debian, apt-get install golang gcc git (Go 1.26 or newer: https://go.dev/dl)"; exit 1; }; done

# The tests hold the translations to GNU gettext's own judgement. Where it is
# missing and can be installed it is; else the test says so.
needs-gettext:
	@command -v msgfmt >/dev/null || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo 'installing GNU gettext for the tests' >&2 && \
	{ $(APT) gettext || { apt-get -qq update && $(APT) gettext; }; }; } || \
	{ echo "the tests of the translations need msgfmt: install GNU gettext, on Debian with apt-get install gettext"; exit 1; }

# The person of the end-to-end tests is matrix-js-sdk, which npm installs.
needs-node:
	@for tool in node npm; do command -v $$tool >/dev/null || \
	{ echo "the end-to-end tests need $$tool: install Node 20 or newer with npm, from https://nodejs.org or with apt-get install nodejs npm"; exit 1; }; done

# The tests of the store start a PostgreSQL server of their own, as a plain user
# in a temporary folder. Where that can be done, the package is installed.
needs-postgres:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo 'installing PostgreSQL for the tests' >&2 && \
	{ $(APT) postgresql || { apt-get -qq update && $(APT) postgresql; }; }; } || \
	{ echo "the tests need PostgreSQL: on Debian, apt-get install postgresql"; exit 1; }

clean:
	rm -rf $(BIN)
