# A barrier of torch's threads must not spin: with another process on a core that is 10 times slower.
export OMP_WAIT_POLICY := PASSIVE

BIN := .venv/bin
READY := .venv/ready
PYTHON := $(CURDIR)/$(BIN)/python

.PHONY: demo test lint types bench

demo: $(READY)	## transfer with the bundled model, then a short training: pictures in demo/
	rm -rf demo
	PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/demo.sh demo

test: $(READY)	## all tests
	$(PYTHON) -m pytest -n 2

lint: $(READY)	## style and layout
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)	## static types
	$(BIN)/pyright

bench: $(READY)	## seconds of a training step and of use
	PATH="$(CURDIR)/$(BIN):$$PATH" python benchmarks/speed.py

# The environment, made once for each version of the requirements. torch is named beside the constraints so that pip
# takes the very release that was tested, and with it no other build of it.
$(READY): pyproject.toml constraints.txt
	test -x $(PYTHON) || python3 -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]' "$$(grep '^torch==' constraints.txt)"
	touch $@
