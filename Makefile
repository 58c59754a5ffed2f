PORT ?= 8000
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := run
.PHONY: run admin test check demo bench

# Serve the page of jobs and the API on http://127.0.0.1:$(PORT)/.
run: .venv/requirements
	$(BIN)/python manage.py runserver $(PORT)

# Create a superuser for /admin/, asking for a name and a password.
admin: .venv/requirements
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py createsuperuser

# Run every test, on all cores and in Python's development mode.
test: .venv/requirements
	PYTHONDEVMODE=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile

# Lint, check types, imports, settings, migrations, and that the API is as its schema says.
check: .venv/requirements-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	DEBUG=False SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') ALLOWED_HOSTS=localhost \
		$(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(BIN)/python -m tests.conformance

# Watch a dozen jobs at once, with live bars in the terminal.
demo: .venv/requirements
	$(BIN)/python -m benchmarks.demo

# Measure the polling policies and the server; docs/benchmarks.md shows the tables.
bench: .venv/requirements-bench
	$(BIN)/python -m benchmarks.server
	$(BIN)/python -m benchmarks.polling

.venv/%: %.txt requirements.txt requirements-bench.txt
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo 'Installing $< into .venv ...'
	@$(BIN)/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@
