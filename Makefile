# Everything runs in .venv; the first target that needs it makes it. `make help` lists the targets.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
PIP_INSTALL := $(if $(UV),$(UV) pip install --python $(BIN)/python,$(BIN)/python -m pip install --disable-pip-version-check)

.DEFAULT_GOAL := help
.PHONY: help install report test test-slow lint bench clean pango

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

install: $(VENV)/core.done  ## make .venv and install privnb into it

report: $(VENV)/core.done  ## run the embedded example and print the path of its PDF
	@status=0; $(BIN)/privnb run examples/adult.privacy.yaml || status=$$?; \
	if [ $$status -gt 1 ]; then exit $$status; fi

test: $(VENV)/test.done  ## run every test but the slow ones
	$(BIN)/python -m pytest -n 2 --dist loadgroup --cov=privnb --cov-report=term:skip-covered --cov-fail-under=90

test-slow: $(VENV)/test.done  ## run the slow tests: coverage of intervals, strength of attacks
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m slow

lint: $(VENV)/dev.done  ## check style, layers and docstrings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/interrogate -q privnb

bench: $(VENV)/test.done  ## measure ours beside its peers; prints ratios
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:  ## remove .venv, caches and run folders
	rm -rf $(VENV) .pytest_cache .ruff_cache .coverage* build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	git clean -qfdX reports 2>/dev/null || true

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "CPython 3.11 is needed: apt-get install python3.11 python3.11-venv, or make PYTHON=/path/to/python"; exit 1; }
	$(if $(UV),$(UV) venv --quiet --python $(PYTHON) $(VENV),$(PYTHON) -m venv $(VENV))

$(VENV)/core.done: pyproject.toml | $(BIN)/python pango
	$(PIP_INSTALL) --quiet -e .
	@touch $@

$(VENV)/test.done: pyproject.toml | $(BIN)/python pango
	$(PIP_INSTALL) --quiet -e '.[test]'
	@touch $@ $(VENV)/core.done

$(VENV)/dev.done: pyproject.toml | $(BIN)/python pango
	$(PIP_INSTALL) --quiet -e '.[dev]'
	@touch $@ $(VENV)/core.done

# WeasyPrint draws the PDF with Pango, a system library.
pango:
	@if $(PYTHON) -c 'import ctypes.util, sys; sys.exit(not all(map(ctypes.util.find_library, ("pango-1.0", "pangoft2-1.0"))))'; then exit 0; fi; \
	if [ -e /etc/debian_version ] && [ "$$(id -u)" = 0 ]; then \
	  echo "installing Pango (libpango-1.0-0 libpangoft2-1.0-0), which the PDF needs"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libpango-1.0-0 libpangoft2-1.0-0; \
	else \
	  echo "Pango is missing; the PDF needs it: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 (Debian, Ubuntu) or brew install pango (macOS)"; exit 1; \
	fi
