# A barrier of torch's threads must not spin: with another process on a core that is 10 times slower.
export OMP_WAIT_POLICY := PASSIVE

BIN := .venv/bin
PACKAGE := .venv/package
DEV := .venv/dev
PYTHON := $(CURDIR)/$(BIN)/python

.PHONY: demo test lint types bench

demo: $(PACKAGE)	## transfer with the bundled model, then a short training: pictures in demo/
	rm -rf demo
	PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/demo.sh demo

# By file, because a fixture that trains serves all tests of its file.
test: $(DEV)	## all tests
	$(PYTHON) -m pytest -n 2 --dist loadfile

lint: $(DEV)	## style and layout
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV)	## static types
	$(BIN)/pyright

RESULTS := benchmarks/results

bench: $(DEV)	## a training step and a transfer beside their floors and a naive port, and what one waits for; half an hour
	$(PYTHON) benchmarks/step.py --size 64 --attributes 3 --width 0.25 --json $(RESULTS)/64-quarter.json
	$(PYTHON) benchmarks/step.py --size 64 --attributes 3 --width 0.5 --json $(RESULTS)/64-half.json
	$(PYTHON) benchmarks/step.py --size 128 --attributes 2 --width 1 --rounds 3 --json $(RESULTS)/128.json
	$(PYTHON) benchmarks/picture.py benchmarks/step.png $(RESULTS)/64-quarter.json $(RESULTS)/64-half.json $(RESULTS)/128.json
	$(PYTHON) benchmarks/compiled.py --size 64 --attributes 3 --width 0.25 --json $(RESULTS)/compiled.json
	$(PYTHON) benchmarks/inference.py --json $(RESULTS)/transfer.json
	$(PYTHON) benchmarks/portable.py
	PATH="$(CURDIR)/$(BIN):$$PATH" $(PYTHON) benchmarks/speed.py

# The environment, made once for each version of the requirements: the package alone, then what its tests need. torch is
# named beside the constraints so that pip takes the very release that was tested, and with it no other build of it.
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt "$$(grep '^torch==' constraints.txt)"

$(PACKAGE): pyproject.toml constraints.txt
	test -x $(PYTHON) || python3 -m venv .venv
	$(INSTALL) -e .
	touch $@

$(DEV): $(PACKAGE)
	$(INSTALL) -e '.[dev]'
	touch $@
