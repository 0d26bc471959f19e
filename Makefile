# Everything a newcomer runs; `make help` lists it. Needs python3 (3.11 or newer) and a package index.

PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
DEMO = outbox/demo

.PHONY: help venv demo test check faults accuracy pages speed bench bench-quick samples clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "digitd needs Python 3.11 or newer: make PYTHON=/path/to/python3")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# Stamps: what is installed is installed again only when pyproject.toml changes.
$(VENV)/reads: pyproject.toml | $(BIN)/python
	@echo "Installing what reading needs into $(VENV) ..."
	$(PIP) -e .
	@touch $@

$(VENV)/tests: pyproject.toml | $(BIN)/python
	@echo "Installing what reading, training and testing need into $(VENV) (TensorFlow is large) ..."
	$(PIP) -e '.[test]'
	@touch $@ $(VENV)/reads

$(VENV)/bench: pyproject.toml | $(VENV)/tests
	$(PIP) -e '.[test,bench]'
	@touch $@ $(VENV)/tests $(VENV)/reads

venv: $(VENV)/tests ## create .venv with all that developing needs

demo: $(VENV)/reads ## read samples/ into outbox/demo/
	@rm -rf $(DEMO)
	@$(BIN)/digitd batch samples --out $(DEMO)
	@echo
	@cut -d, -f1-6 $(DEMO)/readings.csv
	@echo
	@echo "Look at $(DEMO)/annotated/, $(DEMO)/readings.csv and $(DEMO)/json/."

test: $(VENV)/tests ## run all tests, on all cores up to four; fails below 90 % branch coverage
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal --cov --cov-report=term-missing:skip-covered --cov-fail-under=90

check: $(VENV)/tests ## lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

faults: $(VENV)/tests ## the long fault tests of the daemon: kills, full disk, 40,000 files
	$(BIN)/python bench/faults.py

accuracy: $(VENV)/bench ## measure every network on every set that is there; WRITE=1 writes docs/accuracy.md
	$(BIN)/python -m bench.accuracy $(if $(WRITE),--write)

pages: $(VENV)/tests ## measure reading on the project's own pages; UNSEEN=1 those nobody looks at
	$(BIN)/python -m bench.read_pages $(if $(UNSEEN),--unseen,--sheets)

speed: $(VENV)/tests ## time finding and reading digits beside OpenCV's decoding
	$(BIN)/python -m bench.vision
	$(BIN)/python -m bench.reading

bench: $(VENV)/bench ## throughput beside others and beside the floor; WRITE=1 writes docs/speed.md
	$(BIN)/python -m bench.throughput $(if $(WRITE),--write)

bench-quick: $(VENV)/bench ## a few minutes of it; warns where a ratio of docs/speed.md got worse
	$(BIN)/python -m bench.throughput --quick $(if $(WRITE),--write)

samples: $(VENV)/reads ## draw samples/ again
	$(BIN)/python -m daemon.training.samples samples

clean: ## remove .venv, caches and the demo's results
	rm -rf $(VENV) $(DEMO) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find daemon tests -name __pycache__ -type d -prune -exec rm -rf {} +
