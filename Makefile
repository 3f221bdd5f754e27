# Everything a fresh machine needs is made by these targets; Python 3.11+ and make are all they ask for.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS_READY := $(VENV)/.peers
SPARK_READY := $(VENV)/.spark
CORPUS ?= ../shared/data
ONCE ?=
PEERS ?=
QUICK ?=
LABELS ?=
MILLION ?=
FEEDS ?= feeds.toml
MINUTES ?= inf
JOBS ?= 2

.PHONY: help env demo up test faults invariants week check wheel bench placing quality peers spark lock format pictures clean
.DEFAULT_GOAL := help

help: ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

env: $(READY) ## make the environment in .venv (by uv where it is installed, else venv and pip)

# The files name all that is needed; to find that out anew, older versions of pip fail on "celery[redis]".
# All is compiled, as pip does by itself: where PYTHONDONTWRITEBYTECODE is set, each command compiled 2,000 files anew.
$(READY): requirements-dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: install Python 3.11 or later, or call make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; `$(PYTHON) --version` is too old. Call make PYTHON=python3.12, for instance" >&2; exit 1; }
	@echo "Making the environment in $(VENV): up to 1.8 GB, two minutes or three the first time"
	@if command -v uv >/dev/null; then \
	  uv venv --quiet --clear --python $(PYTHON) $(VENV) && \
	  uv pip install --compile-bytecode --python $(BIN)/python -r requirements-dev.txt && \
	  uv pip install --quiet --python $(BIN)/python --no-deps -e . ; \
	else \
	  $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing: install python3-venv, or uv" >&2; exit 1; }; \
	  $(PYTHON) -m venv --clear $(VENV) && \
	  $(BIN)/python -m pip install --disable-pip-version-check --no-deps -r requirements-dev.txt && \
	  $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps -e . ; \
	fi
	@$(BIN)/python -m compileall -q pipeline newsstand bench
	@touch $(READY)

demo: env ## the whole system on fictional outlets: newsstand, Airflow, summary, UI (ONCE=1 ends by itself)
	@$(BIN)/python -m newsstand.demo $(if $(ONCE),--once)

up: env ## the same Airflow on your own feeds (FEEDS=feeds.toml)
	@$(BIN)/copydesk up --feeds $(FEEDS)

test: env ## every test, a file at a time in each of JOBS=2 processes (ARGS=tests/store for some)
	@COPYDESK_CORPUS=$(CORPUS) $(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

KILLS ?= 500
faults: env ## runs killed at every step and KILLS=500 times at random, wrong clocks, cut connections, on both databases (MINUTES=60 for an hour each)
	@COPYDESK_FAULTS_KILLS=$(KILLS) COPYDESK_FAULTS_MINUTES=$(MINUTES) $(BIN)/python -m pytest tests/faults -rA --durations=0 $(ARGS)

invariants: env ## the change log under 8 writers and 200 kills, 100,000 lines, on both databases (MINUTES=60 for an hour each)
	@COPYDESK_LONG_LINES=100000 COPYDESK_LONG_WRITERS=8 COPYDESK_LONG_KILLS=200 COPYDESK_LONG_MINUTES=$(MINUTES) $(BIN)/python -m pytest tests/store/test_killed_writers.py -s --basetemp $(or $(wildcard /dev/shm),/tmp)/copydesk-long

week: env ## a week of made-up news in an hour: memory, open files, store and pages left behind, by day
	@$(BIN)/python -m bench.week

check: env ## ruff, mypy, layers, docs, log events, the wheel
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_layers.py tests/test_docs.py tests/test_log.py tests/test_wheel.py

wheel: env ## the package for others, in dist/
	@$(BIN)/python -m hatchling build -d dist

bench: env ## speed and memory beside bare trafilatura (CORPUS=../shared/data)
	@$(BIN)/python -m bench.throughput --corpus $(CORPUS)/extraction/fundus

placing: env ## speed of placing articles beside datasketch in memory (MILLION=1000000 goes on to so many)
	@$(BIN)/python -m bench.matching $(if $(MILLION),--million $(MILLION))

quality: env $(if $(PEERS),$(PEERS_READY)) ## how good the texts and the stories are, against bench/floors.toml (PEERS=1 beside other tools; QUICK=1 as CI does, LABELS=FILE with a desk's own answers)
	@$(BIN)/python -m bench.quality --corpus $(CORPUS) $(if $(PEERS),--peers) $(if $(QUICK),--quick) $(if $(LABELS),--labels $(LABELS))

peers: env $(PEERS_READY) ## the other tools that make quality PEERS=1 measures beside

spark: env $(SPARK_READY) ## Spark, for archives on a cluster and its tests: 500 MB; needs a Java 17 or 21

$(PEERS_READY) $(SPARK_READY): $(VENV)/.%: $(READY) requirements-%.txt
	@echo "Installing what requirements-$*.txt has in $(VENV)"
	@if command -v uv >/dev/null; then \
	  uv pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements-$*.txt ; \
	else \
	  $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps -r requirements-$*.txt ; \
	fi
	@touch $@

pictures: env ## the pictures of the docs, from the running demo (needs Chromium)
	@$(BIN)/python -m newsstand.pictures

lock: env ## compile the files of requirements from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --extra airflow --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.txt
	@$(BIN)/uv pip compile pyproject.toml --extra dev -c requirements.txt --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-dev.txt
	@$(BIN)/uv pip compile pyproject.toml --extra deploy -c requirements.txt --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-deploy.txt
	@$(BIN)/uv pip compile pyproject.toml --extra airflow --extra peers -c requirements.txt --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-peers.txt
	@$(BIN)/uv pip compile pyproject.toml --extra spark -c requirements-dev.txt --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-spark.txt

format: env ## put the code into its standard form
	@$(BIN)/ruff check --fix-only -q . && $(BIN)/ruff format -q .

clean: ## remove the environment and the demo's files
	@rm -rf $(VENV) .copydesk dist .mypy_cache .ruff_cache .pytest_cache
