PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test format docs clean

## Fit Simple Shapes on this machine, score the run, name a picture of it: needs no download of data, less than a minute
## after the installation.
demo: $(VENV)/.ready
	rm -rf runs/demo
	$(BIN)/stampnet fit --preset simple-shapes-2 --out runs/demo
	$(BIN)/stampnet evaluate runs/demo --num-images 2000

## Lint, types, tests; these build the documentation, too, and need a browser, which root gets by apt.
test: $(VENV)/.ready $(VENV)/.browser
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses=auto --dist=loadscope

## The documentation, with its figures: docs/_build/html/index.html.
docs: $(VENV)/.ready
	OMP_NUM_THREADS=1 $(BIN)/python -m sphinx -b html -n -W --keep-going docs docs/_build/html

format: $(VENV)/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "stampnet needs Python 3.11 or newer; name one: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

# Once: where it cannot be had, tests need not wait for it each time.
$(VENV)/.browser: | $(VENV)/.ready
	.ci/chromium
	touch $@

clean:
	rm -rf $(VENV) runs datasets docs/_build docs/recorded
