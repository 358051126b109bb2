# The front door. `make help` lists what it can do.
# Which step comes after which, and whether it has anything to do, is decided by the content of what it
# depends on (analysis/hotline/study.py), because papermill's output files can't be trusted to be
# finished just because they are new.

SHELL := /bin/bash
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help

PYTHON ?= python3
# Only make's command line names another environment; one that a shell exports is the user's own.
CONDA := $(and $(filter hotline,$(CONDA_DEFAULT_ENV)),$(filter %/hotline,$(CONDA_PREFIX)))
ifeq ($(filter command,$(origin VENV)),)
  # The activated conda environment of environment.yml takes the place of .venv.
  override VENV := $(or $(CONDA),.venv)
endif
ifneq ($(words $(VENV)),1)
  $(error VENV=$(VENV): expected the path of one folder, without blanks)
endif
RUN    := $(VENV)/bin/python
ifneq ($(findstring :,$(CURDIR)),)
  $(error $(CURDIR): expected a folder without a colon, at which Python ends a path; rename it)
endif

# The notebooks; one that runs once for each outcome (params.yml) has a step for each: 07-use-at_risk.
NOTEBOOKS := simulate recovery $(basename $(notdir $(wildcard analysis/[0-9]*.ipynb)))
GOALS     := $(filter paper $(NOTEBOOKS) $(addsuffix -%,$(NOTEBOOKS)),$(MAKECMDGOALS))
# Steps at a time: three, unless -j says otherwise; a step often waits for its kernel.
JOBS       = $(or $(patsubst -j%,%,$(filter -j%,$(MAKEFLAGS))),$(if $(filter -j,$(MAKEFLAGS)),$(shell nproc),3))

# What the user's shell says to these programs changes no number.
unexport BASH_ENV $(filter PYTHON% JUPYTER% IPYTHON% MPL% MATPLOTLIB% PANDAS% NPY_% OPENBLAS% OMP_%,$(.VARIABLES))

# The same bytes in every run; nothing written outside the checkout.
export PYTHONPATH := $(CURDIR)/analysis
export PYTHONHASHSEED := 0
export PYTHONUTF8 := 1
export PYTHONDONTWRITEBYTECODE :=
export SOURCE_DATE_EPOCH := 1721001600
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib
export IPYTHONDIR := $(CURDIR)/.cache/ipython
export JUPYTER_CONFIG_DIR := $(CURDIR)/.cache/jupyter/config
export JUPYTER_DATA_DIR := $(CURDIR)/.cache/jupyter/data
export JUPYTER_RUNTIME_DIR := $(CURDIR)/.cache/jupyter/runtime
export JUPYTER_PREFER_ENV_PATH := 1

# EXPORT=path takes another export: a file, a folder of files, or a list with colons between. Unless it is the
# simulator's own, byte for byte, its outputs go to private/.
# PROFILE=name takes that profile's values of params.yml.
GIVEN := EXPORT CODEBOOK MODEL UNPROTECTED HOTLINE_KEY HOTLINE_KEY_FILE PROFILE QUARTO
export $(GIVEN)
# What the command line gives is text, in which a $ stands for itself.
as_text = $(if $(filter command,$(origin $(1))),$(eval override $(1) := $$(value $(1))))
$(foreach name,$(GIVEN),$(call as_text,$(name)))

##@ The study
paper: study  ## Rebuild everything: manuscript and supplement in paper/output/, as HTML, PDF and DOCX

test: setup  ## Test units, layers, notebooks and one small pipeline (four minutes)
	@$(RUN) -m pytest

test-study: setup  ## Test whole studies, made from small exports (twenty minutes)
	@$(RUN) -m pytest -m "study and not few" tests/study

test-few: setup  ## Make papers of few calls, from thirty rows on, drawn at random (ten minutes)
	@$(RUN) -m pytest -m few -n 1 tests/study/test_few_calls.py

test-exports: setup  ## Clean exports with every fault, one line each, and 500 that are spoilt at random (ten minutes)
	@$(RUN) -m pytest -m 'exports or not exports' tests/odd_exports --examples 500

fuzz: setup  ## Hold every function of countstats against other libraries, on 500 random tables each (TABLES; ten minutes)
	@$(RUN) -m pytest tests/countstats/fuzz --tables $(or $(TABLES),500)

score: setup  ## Score the rows of EXPORT=path with the model that 07-use made, or MODEL=path
	@mkdir -p .cache && $(RUN) -m hotline.pipeline.score

##@ One step, and what it needs
simulate: study  ## data-raw/simulate.ipynb writes the simulated export
recovery: study  ## Does the model of the simulated data find its own coefficients again?
01-clean: study  ## Raw export to checked records: calls and cases
02-describe: study  ## Who calls: the table of all variables by level
03-anova: study  ## Numeric variables among the three levels
04-chi-square: study  ## Categorical variables against the level
05-response: study  ## What the hotline did
06-logistic: study  ## Influences on the level, for both outcomes
06-robustness: study  ## Do these influences hold up?
07-prediction: study  ## The risk prediction model, for both outcomes
07-validation: study  ## Whether the model holds in other cases, years, regions, groups
07-use: study  ## What the model is good for; writes the model and its card
08-time-and-place: study  ## When and where calls come from

# Nothing is left to do for a goal once `study` has ended.
$(addsuffix -%,$(NOTEBOOKS)): study
	@:
paper $(NOTEBOOKS):
	@:

# One process for all steps that this make was asked for.
study: setup | $(filter clean,$(MAKECMDGOALS))
	@mkdir -p .cache && $(RUN) -m hotline.study --jobs $(JOBS) $(or $(GOALS),01-clean)

##@ Working with it
lab: setup  ## Open JupyterLab; notebooks run by hand write to data-derived/scratch/
	@$(if $(value EXPORT),umask 077;) mkdir -p .cache && $(RUN) -m jupyterlab analysis/01-clean.ipynb --ServerApp.root_dir="$$PWD" $(LAB)

lint: setup  ## Check code, layers of the library, words, and that notebooks carry no outputs
	@$(RUN) -m ruff check && $(RUN) -m ruff format --check
	@$(RUN) -m nbstripout --keep-id --verify analysis/*.ipynb data-raw/*.ipynb
	@$(VENV)/bin/lint-imports --no-cache --no-logo
	@$(RUN) tests/support/words.py

architecture: setup  ## Draw ARCHITECTURE.md again, from the imports and the steps
	@$(RUN) tests/support/drawing.py

hooks: setup  ## Install the pre-commit hooks, which call this environment's own tools
	@$(RUN) -m pre_commit install

bench: setup  ## Time a fresh clone to the paper, and print ratios
	@$(RUN) bench/rebuild.py

bench-scale: study  ## Time the statistics from counts and from rows, for 40 thousand cases to 40 million (a quarter of an hour)
	@$(RUN) bench/scale.py $(SCALE)

coverage: study  ## Draw a thousand samples from each of the study's tables: do intervals of effects hold (DRAWS; a quarter of an hour)
	@$(RUN) bench/intervals.py $(DRAWS)

bench-cleaning: study  ## Time the cleaning of 4 million rows (ROWS) next to an earlier commit (BEFORE; ten minutes)
	@$(RUN) bench/cleaning.py $(or $(BEFORE),6cd2c2e) $(or $(ROWS),4000000)

quarto: setup  ## Install Quarto into .cache/; without it the paper is made by pandoc and Typst
	@$(RUN) -m hotline.paper.quarto

lock: setup  ## Resolve requirements.in again and write requirements.lock
	@$(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header requirements.in -o requirements.lock

clean:  ## Remove what the pipeline made; the environment and private/ stay
	@rm -rf data-derived data-raw/simulated data-raw/simulated.old
	@rm -rf paper/output paper/output.old paper/_variables.yml paper/_banner.typ

##@ Set-up (every target does it by itself)
setup: $(VENV)/ready  ## Make the environment in .venv from requirements.lock

# Again, too, where its Python has gone, as after an upgrade of the system's.
$(VENV)/ready: requirements.lock $(if $(realpath $(RUN)),,again)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1 || echo absent). Name another one: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -I analysis/hotline/install.py $(VENV) $(if $(filter $(CONDA),$(VENV)),--conda)

help:  ## This list
	@awk 'BEGIN { FS = ":.*  ## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*  ## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile
	@printf '%s\n' "" "  EXPORT=path CODEBOOK=path   another hotline's export and its codebook" \
	  "  PROFILE=full                the values of that profile in params.yml: for print, some minutes longer" \
	  "  make -j1 paper              one step at a time (three is the rule)"

.PHONY: again paper score test test-study test-few test-exports fuzz setup help lab lint architecture hooks bench bench-scale coverage bench-cleaning quarto lock clean study $(NOTEBOOKS)
