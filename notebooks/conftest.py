"""Two things nbval lacks: the settings the lessons were built under, and Output widgets.

JupyterLab and nbclient move what a cell prints into an Output widget (`interact`, `with out:`) out of the cell;
nbval leaves it among the cell's outputs, so that a correct lesson would differ.  nbclient's own stand-in for the
front end is put in nbval's path.  Errors are let through, so a broken callback fails its cell.
"""

import os
from typing import Any
from unittest import mock

import pytest
from nbclient import NotebookClient
from nbval.plugin import IPyNbFile

# Assignments have holes and sources are no notebooks; neither is compared with anything.
collect_ignore = ["assignments", "source"]

# The same as in tools/build_notebooks.py.
ENVIRONMENT = {
    "GANCOURSE_PROFILE": "smoke",
    "GANCOURSE_PROGRESS": "0",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}

start_kernel = IPyNbFile.setup
read_message = IPyNbFile.get_kernel_message
front_ends = pytest.StashKey[NotebookClient]()


def setup(notebook: IPyNbFile) -> None:
    # Only while the kernel starts: the other tests of the same process keep their own settings.
    with mock.patch.dict(os.environ, ENVIRONMENT):
        start_kernel(notebook)
    front_end = NotebookClient(notebook.nb)
    front_end.reset_execution_trackers()
    front_end.kc = notebook.kernel.kc
    notebook.stash[front_ends] = front_end


def get_kernel_message(notebook: IPyNbFile, timeout: float | None = None, stream: str = "iopub") -> dict[str, Any]:
    """The next message that belongs to a cell; those that belong to an Output widget go there."""
    front_end = notebook.stash[front_ends]
    while True:
        message = read_message(notebook, timeout=timeout, stream=stream)
        kind = message["msg_type"]
        if kind in ("comm_open", "comm_msg"):
            front_end.handle_comm_msg([], message, 0)
        in_widget = front_end.output_hook_stack[message["parent_header"].get("msg_id")]
        if in_widget and kind in ("stream", "display_data", "execute_result"):
            front_end.output([], message, None, 0)
        elif in_widget and kind == "clear_output":
            front_end.clear_output([], message, 0)
        else:
            return message


IPyNbFile.setup = setup
IPyNbFile.get_kernel_message = get_kernel_message
