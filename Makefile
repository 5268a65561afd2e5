# `make help` lists every target. Everything is made inside this folder; nothing needs root.

SHELL := /bin/sh
.DEFAULT_GOAL := help
PORT ?= 8080
HOST ?= localhost
VENV ?= .venv
PY := $(VENV)/bin/python
export OMP_NUM_THREADS ?= 1
export VENV

.PHONY: help
help: ## list every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## make .venv with the pinned libraries, fetch the page's jQuery and the pretrained files (HASHES=0: by version)
	@deploy/setup.sh

.PHONY: setup-dev
setup-dev: ## the same, with what the tests and the linters need
	@deploy/setup.sh --dev

.PHONY: weights
weights: setup ## fetch the pretrained files that the modern recipes need (setup tries it once)
	$(PY) -m model weights

.PHONY: run
run: setup ## serve the page and the API at http://localhost:8080 (PORT=, HOST=) until Ctrl-C
	@exec $(PY) deploy/checkout/run.py --port $(PORT) --host $(HOST)

.PHONY: train
train: setup ## train your own: make train DATA=folder NAME=name (RECIPE=face-classic; left out: what suits best)
	@test -n "$(DATA)" && test -n "$(NAME)" || { echo "Say what to train on and what to call it: make train DATA=folder NAME=name"; exit 2; }
	$(PY) -m model train "$(DATA)" --name "$(NAME)" $(if $(RECIPE),--recipe $(RECIPE))

.PHONY: test
test: setup-dev ## run the test suite in two processes (ARGS= goes to pytest; ARGS="-n 0" is one)
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: coverage
coverage: setup-dev ## the same with the branches that no test takes; a page for each file in var/coverage
	$(PY) -m pytest --cov --cov-report=term:skip-covered --cov-report=html:var/coverage $(ARGS)

.PHONY: lint
lint: setup-dev lint-page ## ruff, its formatter, mypy; biome for the page
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

BIOME := node_modules/.bin/biome
.PHONY: lint-page
lint-page: ## biome alone, where make setup-dev could install it
	@if [ -x $(BIOME) ]; then \
		echo "$(BIOME) check --error-on-warnings"; $(BIOME) check --error-on-warnings; \
	elif [ "$(LIKENESS_REQUIRE_ALL)" = 1 ]; then \
		echo "biome is not installed: make setup-dev, with npm"; exit 1; \
	else echo "biome is not installed; the page is not linted"; fi

.PHONY: format
format: setup-dev ## let ruff and biome tidy the code
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	@if [ -x $(BIOME) ]; then $(BIOME) check --write; fi

.PHONY: notebooks
notebooks: ## execute the notebooks of docs/notebooks, into var/notebooks (ONLY="4_transfer_learning ...")
	@deploy/setup.sh --docs
	$(PY) deploy/checkout/notebooks.py $(ONLY)

.PHONY: docs
docs: ## the documentation site with its notebooks executed, into var/docs; a warning is an error
	@deploy/setup.sh --docs
	$(PY) -m sphinx --fail-on-warning --keep-going --quiet docs var/docs
	@echo "Open var/docs/index.html"

.PHONY: screenshots
screenshots: setup-dev ## every screen of the page at two widths, light and dark, into var/screenshots
	$(PY) -m tests.screenshots --readme docs/screenshots

.PHONY: lock
lock: setup ## write requirements.lock anew: the sha256 of every library of requirements.txt (needs the package index)
	$(PY) -m pip install --quiet uv==0.13.9
	$(PY) -m uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --no-emit-index-url --no-emit-find-links \
		--output-file requirements.lock requirements.txt

.PHONY: pin-images
pin-images: ## name the images of the containers by the digest that their tags have now: deploy/.env
	@deploy/containers/pin.sh

.PHONY: sbom
sbom: setup ## list every installed library with its licence: var/sbom.json (CycloneDX) and var/licences.txt
	@mkdir -p var
	$(PY) deploy/checkout/sbom.py > var/sbom.json
	$(PY) deploy/checkout/sbom.py --licences > var/licences.txt
	@echo "var/sbom.json and var/licences.txt are written"

.PHONY: bench
bench: setup-dev ## time every stage and the whole way against the tutorial's (pictures: LIKENESS_TEST_DATA)
	$(PY) -m benchmarks.tutorial
	$(PY) -m benchmarks.http

.PHONY: clean
clean: ## remove caches and what make run wrote about itself; models, data sets and the database stay
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage var/coverage var/docs var/notebooks var/nginx
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

.PHONY: distclean
distclean: clean ## also remove .venv, node_modules and the fetched jQuery; the next make setup fetches them again
	rm -rf $(VENV) node_modules ui/vendor
