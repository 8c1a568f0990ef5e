# `make demo` shows the product, `make test` proves it. Both build their own .venv and need nothing else but Python 3.11.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Workers of the test run: one more than cores, since tests wait for processes and sockets; four at most.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ $$n -gt 3 ] && echo 4 || echo $$((n + 1)))

.PHONY: demo test bench simulate screenshots texts check format lock clean

demo: $(VENV)/run.stamp  ## a demo business, served to calendar apps
	$(BIN)/daybridge demo $(ARGS)

test: $(VENV)/dev.stamp  ## style, types, layers and every test
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

simulate: $(VENV)/dev.stamp  ## the sync engine under bad weather: make simulate SEEDS=10000 FIRST=1
	$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),1000) --first $(or $(FIRST),1)

bench: $(VENV)/dev.stamp  ## measure beside stock Radicale; writes docs/performance.md
	$(BIN)/python -m tests.bench $(ARGS)

screenshots: $(VENV)/dev.stamp  ## every page in every state, into build/screenshots; ARGS=--readme: those of the README
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

texts: $(VENV)/dev.stamp  ## the catalogue of all texts, for translators
	$(BIN)/python -m tests.texts

check: $(VENV)/dev.stamp  ## style, types and layers only
	$(BIN)/python -m pytest -q tests/house $(ARGS)

format: $(VENV)/dev.stamp  ## put the code in order
	$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

lock: $(VENV)/dev.stamp  ## choose the versions anew (needs the `uv` package)
	$(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" requirements-dev.in -o requirements-dev.txt
	$(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" requirements.in -c requirements-dev.txt -o requirements.txt

$(VENV)/run.stamp: requirements.txt pyproject.toml
	@echo "Setting up .venv (once; about a minute)"
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Daybridge needs Python 3.11 or newer; try make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.txt
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --require-hashes -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV) build *.egg-info
