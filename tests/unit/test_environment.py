"""pyproject.toml, environment.yml, constraints.txt and the Makefile say the same about what the course needs."""

import os
import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

CONDA_NAMES = {"torch": "pytorch"}


@pytest.fixture(scope="module")
def project(repository: Path) -> dict:
    return tomllib.loads((repository / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def environment(repository: Path) -> dict:
    return yaml.safe_load((repository / "environment.yml").read_text())


def requirements_of(project: dict) -> dict[str, SpecifierSet]:
    """Name -> versions of everything in pyproject.toml, extras included."""
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    parsed = [Requirement(line) for group in groups for line in group]
    return {canonicalize_name(one.name): one.specifier for one in parsed if one.name != project["name"]}


def differences(project: dict, environment: dict) -> list[str]:
    """How environment.yml differs from what pyproject.toml asks for: Python, the dependencies and the lab extra."""
    wanted = {"python": SpecifierSet(project["requires-python"])}
    for line in project["dependencies"] + project["optional-dependencies"]["lab"]:
        requirement = Requirement(line)
        wanted[CONDA_NAMES.get(requirement.name, requirement.name)] = requirement.specifier
    found = {}
    for line in environment["dependencies"]:
        if isinstance(line, str) and line != "pip":
            requirement = Requirement(line)
            found[requirement.name] = requirement.specifier
    return [
        f"{name}: {wanted.get(name, 'absent')} in pyproject.toml, {found.get(name, 'absent')} in environment.yml"
        for name in sorted(wanted.keys() | found.keys())
        if wanted.get(name) != found.get(name)
    ]


def test_conda_asks_for_what_the_project_asks_for(project: dict, environment: dict) -> None:
    assert differences(project, environment) == []
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    assert environment["dependencies"][-2:] == ["pip", {"pip": ["-e ."]}]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("pytorch>=2.11", "pytorch>=2.10", "pytorch"),
        ("ipywidgets>=7.7.1,<9", "ipywidgets>=7.7.1", "ipywidgets"),
        ("python>=3.11,<3.14", "python>=3.11", "python"),
        ("tqdm>=4.66", "rich", "rich"),
    ],
)
def test_one_changed_line_is_a_difference(project: dict, environment: dict, old: str, new: str, named: str) -> None:
    assert old in environment["dependencies"]
    lines = [new if line == old else line for line in environment["dependencies"]]
    assert any(line.startswith(f"{named}:") for line in differences(project, {"dependencies": lines}))


def test_the_exact_versions_are_in_the_ranges(project: dict, repository: Path) -> None:
    constraints = [Requirement(line) for line in (repository / "constraints.txt").read_text().splitlines()]
    ranges = requirements_of(project)
    assert ranges.keys() <= {canonicalize_name(one.name) for one in constraints}
    for constraint in constraints:
        (exact,) = constraint.specifier
        assert exact.operator == "=="
        wanted = ranges.get(canonicalize_name(constraint.name), SpecifierSet())
        assert wanted.contains(exact.version), f"{constraint} is not in {constraint.name}{wanted}"


def test_the_exact_versions_name_no_host(repository: Path) -> None:
    text = (repository / "constraints.txt").read_text()
    assert "://" not in text
    assert not re.search(r"^\s*[#-]", text, re.MULTILINE), "uv writes its own options here unless told not to"


def test_what_is_required_may_not_be_skipped(
    absent: Callable[[str, str], NoReturn], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANCOURSE_REQUIRE", "browser, data")
    with pytest.raises(pytest.fail.Exception, match="no pictures"):
        absent("data", "there are no pictures")
    with pytest.raises(pytest.skip.Exception, match="no GPU"):
        absent("cuda", "there is no GPU")
    monkeypatch.delenv("GANCOURSE_REQUIRE")
    with pytest.raises(pytest.skip.Exception):
        absent("data", "there are no pictures")


def make(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=repository, env=environment, capture_output=True, text=True)


def test_make_lab_refuses_another_python_in_a_sentence(repository: Path, tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.1" && exit 0\nexit 1\n')
    old.chmod(0o755)
    refused = make(repository, "lab", f"PYTHON={old}", f"VENV={tmp_path / 'environment'}")
    assert refused.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13" in refused.stdout
    assert "Python 3.9.1" in refused.stdout
    assert not (tmp_path / "environment").exists()

    missing = make(repository, "lab", "PYTHON=python-that-is-not-here", f"VENV={tmp_path / 'environment'}")
    assert missing.returncode != 0
    assert "There is no python-that-is-not-here here." in missing.stdout


def test_make_lab_listens_to_this_machine_only(repository: Path, tmp_path: Path) -> None:
    commands = make(repository, "--dry-run", "lab", f"VENV={tmp_path / 'environment'}").stdout
    assert "--ip=127.0.0.1" in commands
    assert "token" not in commands, "the token that JupyterLab makes is what keeps other users out"


def test_make_help_names_every_command(repository: Path) -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (repository / "Makefile").read_text(), re.MULTILINE)
    listed = re.findall(r"^  make ([a-z-]+)", make(repository, "help").stdout, re.MULTILINE)
    assert phony is not None
    assert sorted(listed) == sorted(phony.group(1).split())
