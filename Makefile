# Harrison: `make run` starts it, `make test` tests it; each sets itself up. `make help` lists the rest.

PORT ?= 8000
PYTHON ?= python3
SCALE ?= 1
# Tests that touch no database, start by themselves the one or both that they need, or look at what is the same on each:
# connections and bodies, the tour of the README, and what a browser makes of answers that other tests ask for.
ONCE := dicom browser serving/test_arrival.py harrison/test_backup.py harrison/test_bench.py serving/test_crash.py deploy serving/test_readme_tour.py serving/test_silence.py
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
# Settings of production, with throw-away secrets, for the checks that only production makes.
PRODUCTION := HARRISON_PRODUCTION=true HARRISON_ALLOWED_HOSTS=harrison.example \
	HARRISON_SECRET_KEY=a-throw-away-secret-for-the-check-of-production-settings-0123456789 \
	HARRISON_IDENTITY_KEYS=a-throw-away-identity-key-for-the-check-of-production \
	HARRISON_PROJECT_KEY=a-throw-away-project-key-for-the-check-of-production

.DEFAULT_GOAL := help
.PHONY: help run dev test test-sqlite test-postgresql lint needs check screenshots bench lock clean

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/'

.venv/runs: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt
	@touch $@

.venv/tests: .venv/runs requirements-dev.txt requirements-ocr.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-ocr.txt
	@touch $@

run: .venv/runs  ## Harrison on https://127.0.0.1:8000/ with made-up data; PORT= chooses another port
	@$(MANAGE) serve --port $(PORT) --prepare

dev: .venv/tests  ## the development server, debug on
	@$(MANAGE) migrate --verbosity 0
	@HARRISON_DEBUG=true $(MANAGE) runserver_plus --cert-file var/cert.crt 127.0.0.1:$(PORT)

test: test-sqlite  ## the whole suite on every core: on SQLite, then on PostgreSQL where it is found
	@if command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then $(MAKE) test-postgresql; \
	else echo "No PostgreSQL here: the suite ran on SQLite alone (Debian: apt-get install postgresql)."; fi

test-sqlite: .venv/tests  ## the whole suite on SQLite
	@command -v chromium >/dev/null || echo "No Chromium here: what is seen in a browser goes untested (Debian: apt-get install chromium)."
	$(BIN)/python -m pytest -n auto --cov --cov-report=term

test-postgresql: .venv/tests  ## the whole suite on a private PostgreSQL, but for what would say nothing new there
	$(BIN)/python -m tests.kit.postgresql $(BIN)/python -m pytest -n auto $(ONCE:%=--ignore tests/%)

lint: .venv/tests  ## format, lint, types, migrations, schema, production settings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) spectacular --validate --fail-on-warn --file /dev/null
	$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING

needs:  ## what the tests ask of a Debian machine; what is missing is installed
	@missing=; for each in curl chromium strace; do command -v $$each >/dev/null || missing="$$missing $$each"; done; \
	command -v initdb >/dev/null || [ -n "$(wildcard /usr/lib/postgresql/*/bin/initdb)" ] || missing="$$missing postgresql"; \
	[ -z "$$missing" ] || if [ "$$(id -u)" = 0 ]; then apt-get update -q && apt-get install -q -y $$missing; \
	else echo "Missing here:$$missing. As root: apt-get install$$missing"; exit 1; fi

check: export HARRISON_DEMAND = 1
check: needs lint  ## the gate: lint, and the tests on both databases, nothing passed over; installs what it needs
	$(MAKE) test-sqlite
	$(MAKE) test-postgresql

screenshots: .venv/tests  ## docs/screenshots anew, in Chromium
	$(BIN)/python -m tests.browser.screenshots

bench: .venv/tests  ## how quick it is, on both databases, into docs/performance.md; SCALE=10 for ten times the rows
	$(BIN)/python -m benchmarks --scale $(SCALE) --memory 100000 --write-docs

lock: .venv/tests  ## requirements*.txt anew from requirements*.in
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-strip-extras --no-header requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-strip-extras --no-header requirements-dev.in -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-strip-extras --no-header requirements-ocr.in -o requirements-ocr.txt

clean:  ## forget the virtual environment and everything measured; the data in var/ stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
