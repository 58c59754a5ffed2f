PORT ?= 8000
PYTHON ?= python3
BIN := .venv/bin
# LOCKED=1 installs exactly what requirements-dev.lock lists, as .ci/run does.
LOCKED ?=

.DEFAULT_GOAL := run
.PHONY: run admin test test-postgres prove check lock demo bench pictures

# Serve the web pages and the API on http://127.0.0.1:$(PORT)/.
run: .venv/requirements
	$(BIN)/python manage.py runserver $(PORT)

# Create a user for /admin/; asks for a name and a password.
admin: .venv/requirements
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py createsuperuser

# Run the tests on all cores.
test: .venv/requirements-test
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

# Run them on PostgreSQL: on the server of TEST_DATABASE_URL, or on a throw-away one.
test-postgres: .venv/requirements-test
	$(BIN)/python -m tests.postgresql $(BIN)/python -m pytest \
		--numprocesses auto --dist loadfile --no-loadscope-reorder \
		test_integration.py tests tests/prove/test_concurrency.py tests/prove/test_consistency.py \
		tests/prove/test_client_outcomes.py

# Tests start hundreds of Python processes, which would all compile the same modules without it.
test test-postgres prove: export PYTHONDONTWRITEBYTECODE =

# Run the tests with killed servers, load, other runtimes and installations.
prove: .venv/requirements-test
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile tests/prove

# Lint, and check types, imports, settings, migrations and the OpenAPI documents.
check: .venv/requirements-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	DEBUG=False SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') ALLOWED_HOSTS=localhost API_KEYS='*' \
		$(BIN)/python manage.py check --deploy --fail-level WARNING
	for generator in native.openapi.Native heygen.v3.openapi.V3 heygen.v2.openapi.V2 \
		heygen.v1.openapi.V1; do \
		$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null \
			--generator-class vid_trans_api.$${generator}Generator || exit 1; done
	$(BIN)/python -m tests.conformance

# Renew the locks after a change of a requirements file; UPGRADE=--upgrade takes the newest versions.
lock: .venv/requirements-dev
	$(COMPILE) $(UPGRADE) --output-file requirements-dev.lock requirements-dev.txt
	$(COMPILE) --constraint requirements-dev.lock --output-file requirements.lock requirements.txt
	$(COMPILE) --constraint requirements-dev.lock --output-file requirements-server.lock \
		--extra postgres --extra metrics pyproject.toml

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command 'make lock'

# Follow a dozen jobs at once, with live bars in the terminal.
demo: .venv/requirements
	$(BIN)/python -m benchmarks.demo

# Take the pictures of the pages that the README and the docs show; needs chromium-driver.
pictures: .venv/requirements-test
	$(BIN)/python -m benchmarks.pictures

# Measure the polling policies and the server; docs/benchmarks.md shows the tables. Needs PostgreSQL.
bench: .venv/requirements-bench
	$(BIN)/python -m benchmarks.server
	$(BIN)/python -m benchmarks.scale
	$(BIN)/python -m benchmarks.watching
	$(BIN)/python -m benchmarks.webhooks
	$(BIN)/python -m benchmarks.dialects
	$(BIN)/python -m benchmarks.polling
	$(BIN)/python -m benchmarks.woken

.venv/requirements-dev: requirements-test.txt requirements-bench.txt

.venv/%: %.txt requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo 'Installing $< into .venv ...'
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check --requirement $(if $(LOCKED),requirements-dev.lock,$<)
	@touch $@
