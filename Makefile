# Titrate. `make run` and `make test` need Python 3.11 or newer and nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

VENV ?= .venv
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14; do \
	if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$name; break; fi; done)
BIN := $(VENV)/bin
STAMP := $(VENV)/.setup.stamp
ARGS ?=
# Small matrices: one thread each is faster than several that wait, and the numbers repeat.
export OMP_NUM_THREADS ?= 1

.PHONY: help setup run test acceptance mutation bench load check format lock

help:
	@echo "make setup       virtual environment from the lock file (only when stale)"
	@echo "make run         everything on embedded defaults, with a synthetic patient; ARGS=--exit ends it"
	@echo "make test        the tests, with fixed samples of the long ones; ARGS=path or -k name narrows"
	@echo "make acceptance  full counts; results under docs/acceptance/"
	@echo "make mutation    breaks safety code and ledger on purpose; docs/acceptance/mutations.md; ARGS=part of a path"
	@echo "make bench       ask time beside peers in the same run, memory; a Markdown table (a quiet machine, please)"
	@echo "make load        the whole service under 20 clients and 200 courses on both databases; a Markdown page"
	@echo "make check       format, lint, types, imports, docstrings"
	@echo "make format      put the code into the house format"
	@echo "make lock        choose versions anew, with and without the peers"

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Titrate needs Python 3.11 or newer; none found. Set PYTHON=path."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

run: setup
	$(BIN)/titrate run $(ARGS)

# Workers and the servers they start load the same files: compile them once, also where bytecode is not wanted by default.
test: export PYTHONDONTWRITEBYTECODE =
test: setup
	$(BIN)/python -m pytest -q -n 2 $(ARGS)

acceptance: setup
	$(BIN)/python tools/acceptance.py $(ARGS)

mutation: setup
	$(BIN)/python tools/mutation.py $(ARGS)

bench: setup
	@$(BIN)/python benchmarks/ask_time.py $(ARGS)

load: setup
	@$(BIN)/python benchmarks/load.py $(ARGS)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/docstrings.py

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# A throw-away environment, so that what happens to be installed here cannot steer the choice.
lock:
	folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	$(PYTHON) -m venv "$$folder/venv"; \
	"$$folder/venv/bin/python" -m pip install --quiet --upgrade pip; \
	"$$folder/venv/bin/python" tools/lock.py --extras postgres,notebooks,dask,dev --output requirements.lock; \
	"$$folder/venv/bin/python" tools/lock.py --extras postgres,notebooks,dask,dev,peers --constraint requirements.lock \
		--output requirements-peers.lock
