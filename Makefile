# The two commands of the README are `make lab` and `make test`; `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# One thread a process: two trainings side by side on two cores run several times faster this way.
export OMP_NUM_THREADS ?= 1
UV := $(BIN)/python -m uv pip install --python $(BIN)/python -c constraints.txt
