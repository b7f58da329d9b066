# make demo, make test, make check: each sets up the virtual environment it needs, once.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SHARED ?= ../shared
DEMO ?= demo
BENCH ?=
MODULE ?= tracker/tracking/interpolation.py
TESTS ?= tests/test_fill.py
MUTANTS := build/mutants
SECONDS ?= 1800
# Hashes of models are of high entropy, and no secrets.
QUIET_PLUGINS := --disable-plugin HexHighEntropyString --disable-plugin Base64HighEntropyString

.PHONY: help setup demo test check coverage docs audit fuzz format schemas mutants bench bench-accuracy clean

help:
	@echo "make demo    run reid-track on the clips in samples/"
	@echo "make test    run the tests"
	@echo "make check   formatting, lint, types, bandit, a search for secrets, and tests: what CI runs"
	@echo "make coverage the lines of tracker/ that no test runs"
	@echo "make docs    the documentation as a site, build/site/index.html"
	@echo "make audit   known weaknesses of what is installed; asks a data base on the internet"
	@echo "make fuzz    SECONDS=1800 of damaged files, through every reader"
	@echo "make format  put the code into shape"
	@echo "make schemas write docs/schemas anew, after a change of what a file says"
	@echo "make mutants break MODULE=tracker/….py in one place at a time and run TESTS=\"tests/….py …\";"
	@echo "             lists the breaks that no test notices"
	@echo "make bench   speed of the pipeline and its parts; BENCH=memory, BENCH=peers for one"
	@echo "make bench-accuracy  compare with other trackers on the data in SHARED;"
	@echo "             BENCH=--ablation or BENCH=--cross-validate asks other questions"

setup: $(READY)

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[train,export,formats,mqtt,search,web]" --group dev
	touch $@

demo: $(READY)
	BIN=$(BIN) DEMO=$(DEMO) sh samples/demo.sh

test: $(READY)
	$(BIN)/python -m pytest

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --recursive --severity-level medium tracker
	$(BIN)/detect-secrets-hook --exclude-files '^tests/' --exclude-lines ':(secret|password)@' \
		$(QUIET_PLUGINS) $(shell git ls-files)
	$(BIN)/python -m pytest

coverage: $(READY)
	$(BIN)/python -m pytest --cov=tracker --cov-report=term:skip-covered

docs: $(READY)
	$(BIN)/python -m pip install --quiet --group docs
	$(BIN)/python -m mkdocs build

audit: $(READY)
	$(BIN)/pip-audit --skip-editable

fuzz: $(READY)
	REID_TRACK_FUZZ_SECONDS=$(SECONDS) $(BIN)/python -m pytest -s tests/faults/test_fuzz.py

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schemas: $(READY)
	$(BIN)/python -m tracker.results.schemas docs/schemas

# mutmut works on a copy, so that an interrupted run leaves nothing broken.
mutants: $(READY)
	rm -rf $(MUTANTS) && mkdir -p $(MUTANTS)
	for part in tracker tests samples weights docs README.md pyproject.toml; do \
		ln -s "$(CURDIR)/$$part" $(MUTANTS)/; done
	{ echo '[mutmut]'; echo 'source_paths=tracker'; echo 'only_mutate=$(MODULE)'; \
		printf 'also_copy=\n    samples\n    weights\n    docs\n    README.md\n'; \
		echo 'pytest_add_cli_args_test_selection='; printf '    %s\n' $(TESTS); \
	} > $(MUTANTS)/setup.cfg
	cd $(MUTANTS) && $(abspath $(BIN))/mutmut run
	cd $(MUTANTS) && $(abspath $(BIN))/mutmut results --all true | sed 's/.*: //' | sort | uniq -c
	cd $(MUTANTS) && $(abspath $(BIN))/mutmut results
	@echo "one of them: cd $(MUTANTS) && $(abspath $(BIN))/mutmut show NAME"

bench: $(READY)
	$(BIN)/python -m benchmarks.performance --shared $(SHARED) $(BENCH)

bench-accuracy: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.accuracy --shared $(SHARED) $(BENCH)

clean:
	rm -rf $(DEMO) build dist .mypy_cache .pytest_cache .ruff_cache
