# The two commands of the README are `make lab` and `make test`; `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
LESSON ?= notebooks/01_gan_recap.ipynb
# More of JupyterLab's own options: make lab LAB_OPTIONS="--no-browser --port=9000"
LAB_OPTIONS ?=
# Empty it to get the newest version of everything: make test CONSTRAINTS=
CONSTRAINTS ?= constraints.txt
UV_VERSION := 0.13.9
# So many test files run at once; more if there are more than two cores: make test WORKERS=4
WORKERS ?= 2
# Whole files, in their order: the browser, which takes longest, begins.
PARALLEL := -n $(WORKERS) --dist loadfile --no-loadscope-reorder

BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
UV := $(BIN)/python -m uv pip install --python $(BIN)/python $(CONSTRAINTS:%=-c %)
# One thread a process: two trainings side by side on two cores run several times faster this way.
TEST_ENVIRONMENT := OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} GANCOURSE_PROFILE=smoke GANCOURSE_PROGRESS=0 \
	GANCOURSE_TEST_DATA="$${GANCOURSE_TEST_DATA:-$(abspath $(wildcard ../shared/data))}"

.PHONY: help lab test test-slow check notebooks constraints repository clean

help:  ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: $(INSTALLED)/lab  ## install what is missing and open lesson 1 in JupyterLab
	@echo "Opening $(LESSON) in JupyterLab. To stop it, press Ctrl-C here."
	@JUPYTER_PREFER_ENV_PATH=1 $(BIN)/python -m jupyterlab --ip=127.0.0.1 $(if $(filter 0,$(shell id -u)),--allow-root) \
		--ServerApp.root_dir="$(CURDIR)" --LabApp.default_url=/lab/tree/$(LESSON) \
		--LabApp.news_url= --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
		--LabApp.extension_manager=readonly $(LAB_OPTIONS)

test: $(INSTALLED)/test check  ## style, types, all tests and all lessons, in minutes
	$(TEST_ENVIRONMENT) $(BIN)/python -m pytest tests notebooks/0*.ipynb -m "not slow" $(PARALLEL) \
		--nbval --nbval-current-env --nbval-sanitize-with notebooks/sanitize.cfg --nbval-cell-timeout 300 \
		--cov=gancourse --cov-fail-under=90 --durations=30

test-slow: $(INSTALLED)/test $(INSTALLED)/classroom  ## what takes longer: a Colab-like environment, several seeds, a fresh clone
	$(TEST_ENVIRONMENT) $(BIN)/python -m pytest tests -m slow $(PARALLEL) --durations=0 --durations-min=2

check: $(INSTALLED)/test  ## style and types only, in seconds
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

notebooks: $(INSTALLED)/test  ## build lessons and assignments from notebooks/source
	$(TEST_ENVIRONMENT) $(BIN)/python tools/build_notebooks.py

constraints: $(INSTALLED)/uv  ## choose the exact versions anew, with torch and torchvision held at what Colab has
	printf 'torch==2.11.0\ntorchvision==0.26.0\n' | $(BIN)/python -m uv pip compile --quiet pyproject.toml \
		--constraints - --all-extras --universal --python-version 3.11 --upgrade \
		--no-header --no-annotate --no-emit-index-url --output-file constraints.txt

repository: $(INSTALLED)/test  ## carry a change of the address or version in pyproject.toml into README and notebooks
	$(BIN)/python tools/set_repository.py

clean:  ## remove what make and the tools have left, the environment included; data/ and runs/ stay
	rm -rf $(VENV) dist .coverage .pytest_cache .mypy_cache .ruff_cache

$(INSTALLED)/uv:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here." \
		"Install Python 3.11, 3.12 or 3.13, or name the one to use: make lab PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
		echo "The course needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is another:" \
		"$$($(PYTHON) --version 2>&1). Name the one to use: make lab PYTHON=python3.12"; exit 1; }
	@echo "Making a Python environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) cannot make an environment." \
		"On Debian and Ubuntu, install the package python3-venv."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || { \
		echo "The installer (uv $(UV_VERSION)) could not be fetched." \
		"The first start needs the internet; later ones do not."; exit 1; }
	@mkdir -p $(INSTALLED) && touch $@

# The setting keeps JupyterLab from asking whether to fetch its news.
$(INSTALLED)/lab: $(INSTALLED)/uv pyproject.toml $(CONSTRAINTS)
	@echo "Installing the course, PyTorch and JupyterLab (once; on Linux about 5 GB, most of it PyTorch for NVIDIA GPUs) ..."
	@$(UV) -e '.[lab]'
	@mkdir -p $(VENV)/share/jupyter/lab/settings
	@echo '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}' \
		> $(VENV)/share/jupyter/lab/settings/overrides.json
	@touch $@

$(INSTALLED)/test: $(INSTALLED)/uv pyproject.toml $(CONSTRAINTS)
	@echo "Installing the course and what its tests need (once; on Linux about 5 GB, most of it PyTorch for NVIDIA GPUs) ..."
	@$(UV) -e '.[test]'
	@touch $@

$(INSTALLED)/classroom: $(INSTALLED)/uv pyproject.toml $(CONSTRAINTS)
	@echo "Installing nbgrader ..."
	@$(UV) -e '.[classroom]'
	@touch $@
