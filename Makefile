# Two commands do everything: make demo, make test. `make bench` measures, `make lint` checks.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

demo: $(VENV)/.ready
	$(BIN)/nearhand demo

test: $(VENV)/.ready-test
	$(BIN)/python -m pytest -q

bench: $(VENV)/.ready
	$(BIN)/python tests/bench.py

lint: $(VENV)/.ready-test
	$(BIN)/ruff check . && $(BIN)/codespell --toml pyproject.toml

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.ready: $(VENV)/bin/python pyproject.toml
	@echo "Setting up (compiling llama.cpp takes about 7 minutes the first time) ..."
	$(BIN)/python -m pip install --quiet -e .
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet -e ".[test]"
	@touch $@

test/setup: $(VENV)/.ready-test

clean:
	rm -rf $(VENV) build dist *.egg-info

.PHONY: demo test test/setup bench lint clean
