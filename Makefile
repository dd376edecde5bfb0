# `make` alone lists the targets. Every target does its own set-up; `make setup` installs what is missing.
PYTHON ?= python3
MAKEFLAGS += --no-print-directory
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup test lint form types layers check format demo samples bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: ## install outside programs (apt-get, where root) and the Python environment in .venv
	@PYTHON='$(PYTHON)' sh .ci/setup

test: setup ## run all tests; FORENSICS_CORPUS names a folder with labelled media for the tests that want one
	@sh .ci/test $(ARGS)

lint: form types layers ## form, lint, types and layers, without the tests

form: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

layers: setup
	$(BIN)/lint-imports

check: lint test ## everything that a change must pass

format: setup ## put the code into its form and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

demo: setup ## a whole case from samples/: collect, examine, report, bundle, verify
	@bash samples/demo.sh

samples: setup ## make the files in samples/ anew
	$(BIN)/python samples/make.py

bench: setup ## measure; writes tables to benchmarks/results/
	$(BIN)/python -m benchmarks

clean: ## remove what the other targets made
	rm -rf .venv build dist demo .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
