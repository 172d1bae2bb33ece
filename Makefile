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

bench: $(PACKAGE)	## seconds of a training step and of use
	PATH="$(CURDIR)/$(BIN):$$PATH" python benchmarks/speed.py

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
