# Everything that a developer does, each in one word. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(firstword $(shell command -v python3.11 python3))
BIN := .venv/bin
UV := .uv/bin/uv --quiet
LOCK := --universal --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command "make lock"

# What is compiled is kept, even where the machine's settings say otherwise: the tests start hundreds
# of processes, and compiling what each of them imports takes longer than the rest of its start.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo test prove bench lint deps lock upgrade clean

help:  ## print this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/installed  ## install all that is needed, by locked hashes, without root

demo: setup  ## run a whole network of gyms on this machine and say where to look
	$(BIN)/gymhopper demo

test: setup  ## run the tests
	$(BIN)/pytest -m "not prove" --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 20

prove: setup  ## run the long proofs
	@# 5 says that there is none yet
	$(BIN)/pytest -m prove --numprocesses 2 --dist loadfile --no-loadscope-reorder --timeout 1800 --durations 20 || [ $$? -eq 5 ]

bench: setup  ## measure
	$(BIN)/gymhopper bench gate --json
	$(BIN)/gymhopper bench events --json
	$(BIN)/gymhopper bench start --json
	$(BIN)/gymhopper bench sign-in --json
	$(BIN)/gymhopper bench search --json
	$(BIN)/gymhopper bench payments --json
	$(BIN)/gymhopper bench ledger --json
	$(BIN)/gymhopper bench booking --json

lint: setup  ## style, types, import contracts, sizes and house rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy tools dev
	$(BIN)/lint-imports
	$(BIN)/python tools/check_size.py
	$(BIN)/python tools/check_clock.py
	$(BIN)/python tools/check_hosts.py

deps:  ## install what some tests need beside the locked packages (system packages need root)
	$(PYTHON) tools/install_deps.py
	$(PYTHON) dev/kafka/run.py --fetch
	npm ci --prefix dev/oidc --silent

lock: .uv/installed  ## write the locks for what pyproject.toml asks for now
	$(UV) pip compile $(LOCK) pyproject.toml --group dev -o requirements/dev.lock
	$(UV) pip compile $(LOCK) pyproject.toml -c requirements/dev.lock -o requirements/run.lock
	echo uv | $(UV) pip compile $(LOCK) - -o requirements/uv.txt

upgrade: LOCK += --upgrade
upgrade: lock  ## write them with the newest versions that it allows

clean:  ## remove everything that make has made (not the data)
	rm -rf .venv .uv dist build dev/kafka/target dev/oidc/node_modules .hypothesis .*_cache
	find . -name __pycache__ -not -path './node_modules/*' -prune -exec rm -rf {} +

# uv lives apart from what it installs, so that a sync does not remove it.
.uv/installed: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 is needed")'
	@echo "setup: uv, into .uv"
	@$(PYTHON) -m venv --clear .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/synced: requirements/dev.lock .uv/installed
	@echo "setup: the locked packages, into .venv"
	@[ -x $(BIN)/python ] || $(UV) venv --no-python-downloads --python $(PYTHON) .venv
	@$(UV) pip sync --python $(BIN)/python --require-hashes $<
	@touch $@

# The build backend is locked with the rest, so nothing is fetched to build.
.venv/installed: pyproject.toml .venv/synced
	@$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
