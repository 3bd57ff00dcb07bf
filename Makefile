# Harrison: `make run` starts it, `make test` tests it; each sets itself up. `make help` lists the rest.

PORT ?= 8000
PYTHON ?= python3
# One test process more than cores: tests that wait leave a core to others.
JOBS ?= $(shell echo $$(($$(nproc) + 1)))
TIMED := @.ci/timed
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
# Settings of production, with throw-away secrets, for the checks that only production makes.
PRODUCTION := HARRISON_PRODUCTION=true HARRISON_ALLOWED_HOSTS=harrison.example \
	HARRISON_SECRET_KEY=a-throw-away-secret-for-the-check-of-production-settings-0123456789 \
	HARRISON_IDENTITY_KEYS=a-throw-away-identity-key-for-the-check-of-production \
	HARRISON_PROJECT_KEY=a-throw-away-project-key-for-the-check-of-production

.DEFAULT_GOAL := help
.PHONY: help run dev test test-postgresql coverage lint needs check soak screenshots bench lock clean

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/'

.venv/runs: requirements.txt
	$(PYTHON) -m venv .venv
	$(TIMED) "packages" $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt
	@touch $@

.venv/tests: .venv/runs requirements-dev.txt requirements-ocr.txt
	$(TIMED) "packages of the tests" $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(TIMED) "packages that find text" $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-ocr.txt
	@touch $@

run: .venv/runs  ## Harrison on https://127.0.0.1:8000/ with made-up data; PORT= chooses another port
	@$(MANAGE) serve --port $(PORT) --prepare

dev: .venv/tests  ## the development server, debug on
	@$(MANAGE) migrate --verbosity 0
	@HARRISON_DEBUG=true $(MANAGE) runserver_plus --cert-file var/cert.crt 127.0.0.1:$(PORT)

test: .venv/tests  ## the tests, on SQLite; JOBS= chooses how many processes
	@command -v chromium >/dev/null || echo "No Chromium here: the browser tests are passed over (Debian: apt-get install chromium)."
	$(TIMED) "tests on SQLite" $(BIN)/python -m pytest -n $(JOBS)

test-postgresql: .venv/tests  ## the tests whose answers may differ there, on a private PostgreSQL
	$(TIMED) "tests on PostgreSQL" $(BIN)/python -m tests.kit.postgresql $(BIN)/python -m pytest -n $(JOBS) -m "on_both and not soak"

coverage: .venv/tests  ## the tests on SQLite, and which lines and branches they reach: at least 95 %
	$(TIMED) "coverage" $(BIN)/python -m pytest -n $(JOBS) --cov --cov-report=term

lint: .venv/tests  ## format, lint, types, migrations, schema, production settings
	$(TIMED) "format" $(BIN)/ruff format --check .
	$(TIMED) "lint" $(BIN)/ruff check .
	$(TIMED) "types" $(BIN)/mypy .
	$(TIMED) "migrations" $(MANAGE) makemigrations --check --dry-run
	$(TIMED) "schema" $(MANAGE) spectacular --validate --fail-on-warn --file /dev/null
	$(TIMED) "production settings" env $(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING

needs:  ## install what the tests need of a Debian machine
	$(TIMED) "system packages" .ci/needs

check: export HARRISON_DEMAND = 1
check: needs lint  ## the gate: lint, and the tests on both databases, nothing passed over; installs what it needs
	$(MAKE) test
	$(MAKE) test-postgresql

soak: export HARRISON_DEMAND = 1
soak: needs lint coverage  ## before a release, hours: all rounds, new random examples, both databases, the coverage floor
	HARRISON_SOAK=1 .ci/timed "soak on SQLite" $(BIN)/python -m pytest -n $(JOBS) -m ""
	HARRISON_SOAK=1 .ci/timed "soak on PostgreSQL" $(BIN)/python -m tests.kit.postgresql $(BIN)/python -m pytest -n $(JOBS) -m ""

screenshots: .venv/tests  ## docs/screenshots anew, in Chromium
	$(BIN)/python -m tests.browser.screenshots

bench: .venv/tests  ## measure how fast it is, on both databases, and write docs/performance.md
	$(BIN)/python -m benchmarks --write-docs

lock: .venv/tests  ## requirements*.txt anew from requirements*.in
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-strip-extras --no-header requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-strip-extras --no-header requirements-dev.in -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-strip-extras --no-header requirements-ocr.in -o requirements-ocr.txt

clean:  ## forget the virtual environment and everything measured; the data in var/ stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
