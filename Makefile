# The commands of the house. A newcomer needs two: make run, make test.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
SAY = @printf '\033[1m==> %s\033[0m\n'
# Two cores; a worker each, and a database each.
WORKERS ?= 2

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/.runtime: requirements.lock pyproject.toml
	$(SAY) "creating the environment in .venv (about half a minute the first time)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	$(SAY) "adding the test tools"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

run: .venv/.runtime  ## start the embedded database, seed the demo, serve on JPI_PORT (8000)
	$(SAY) "starting; stop with Ctrl-C, the data stays in .jpi"
	@$(BIN)/jpi run

test: .venv/.dev  ## run every test on its own embedded database
	$(SAY) "running the tests"
	@$(BIN)/python -m pytest -q -n $(WORKERS)

check: .venv/.dev  ## format, lint, import contracts, types, breaking changes of the API
	$(SAY) "ruff: format and lint"
	@$(BIN)/ruff format --check -q . && $(BIN)/ruff check -q .
	$(SAY) "import-linter: the walls of the house"
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
	$(SAY) "mypy: strict types"
	@$(BIN)/mypy
	$(SAY) "the API: what callers would miss"
	@$(BIN)/python -m ops.breaking

bench: .venv/.dev  ## measure side by side; ONLY="name ..." SIZE=number JSON=file choose and keep
	@$(BIN)/python -m ops.bench $(foreach name,$(ONLY),--only $(name)) $(if $(SIZE),--size $(SIZE)) $(if $(JSON),--json $(JSON))

format: .venv/.dev  ## let ruff format and mend what it can
	@$(BIN)/ruff format -q . && $(BIN)/ruff check -q --fix .

schema: .venv/.runtime  ## write the GraphQL schema, the database's schema and the pages of the code anew
	@$(BIN)/jpi schema > graph/schema.graphql
	@$(BIN)/jpi schema --database
	@$(BIN)/python -m ops.acts > ops/acts.md
	@$(BIN)/python -m ops.permissions > ops/permissions.md
	@$(BIN)/python -m ops.catalogue

lock: .venv/.dev  ## resolve the dependencies anew, with hashes and without any index address
	@$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra dev -c requirements.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-dev.lock

.PHONY: help run schema test check bench format lock
