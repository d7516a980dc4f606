# `make dev` runs everything on this machine, `make test` tests it; both set up what they need.
PYTHON ?= python3
VENUE ?= $(or $(PRESCIENT_VENUE),simulated)
PORT ?= 3000
# A home belongs to one venue.
PRESCIENT_HOME ?= .prescient$(addprefix -,$(filter-out simulated,$(firstword $(subst :, ,$(VENUE)))))
ARGS ?=

BIN := .venv/bin

.PHONY: setup dev test test-ui pictures check format bench constraints
.DEFAULT_GOAL := dev

setup: .venv/.ready

.venv/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Prescient needs Python 3.11 or newer: make PYTHON=python3.12 …' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@{ $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]' || echo FAILED; } | \
		{ n=0; while read -r line; do case "$$line" in \
		Collecting*) n=$$((n + 1)); printf '\rSetting up .venv, once: %d of about %d packages' $$n $$(wc -l < constraints.txt);; \
		Installing*) printf '\rSetting up .venv, once: installing %d packages      ' $$n;; \
		FAILED) exit 1;; esac; done; echo; } >&2
	@touch $@

dev: setup
	@PRESCIENT_HOME='$(PRESCIENT_HOME)' exec $(BIN)/prescient dev --venue '$(VENUE)' --port $(PORT)

test: setup
	$(BIN)/python -m pytest -n 4 --dist worksteal $(ARGS)

# In a browser: /usr/bin/chromium, from Debian's package.
test-ui: setup
	$(BIN)/python -m pytest tests/ui -n 2 --dist loadfile $(ARGS)

pictures: setup
	$(BIN)/python -m pytest tests/ui -n 2 --dist loadfile --pictures

check: setup
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format
	$(BIN)/ruff check --fix-only --quiet

bench: setup
	$(BIN)/python -m benchmarks $(ARGS)

# The versions of a fresh .venv, for everybody: names and versions only, so that each machine's own index serves them.
# For the image the same with their hashes, which no index can change.
LOCKING := --quiet --generate-hashes --allow-unsafe --build-deps-for wheel --strip-extras --no-header --no-annotate \
	--no-emit-options --no-emit-index-url --no-emit-trusted-host --no-emit-find-links
constraints:
	$(BIN)/python -m pip list --format=freeze --exclude-editable --exclude pip --exclude setuptools > constraints.txt
	$(PYTHON) -m venv .venv/locking
	.venv/locking/bin/pip install --quiet --disable-pip-version-check pip-tools
	.venv/locking/bin/pip-compile $(LOCKING) --extra celery --extra kubernetes --extra notices -c constraints.txt -o deploy/requirements.txt pyproject.toml
