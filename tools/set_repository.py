"""Carry the repository's address from pyproject.toml, [tool.gancourse] repository, to every page that links to it.

Badges name the released version too, since the notebook they open installs that one.  No lesson is run again.
"""

import re
import tomllib
from pathlib import Path

import build_notebooks

PAGES = ("pyproject.toml", "*.md", "docs/*.md", "docs/conf.py", "data/README.md")


def set_repository(root: Path) -> list[Path]:
    """Rewrite the links to the course's repository in the pages of `root`; the pages that changed.

    The address they had until now is the one under [project.urls], which is rewritten with them.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    new = project["tool"]["gancourse"]["repository"]
    old = project["project"]["urls"]["Repository"].removeprefix("https://github.com/")
    # After github.com/ in a link, and after /github/ in a Colab badge; never a longer name that begins the same.
    address = re.compile(rf"(github\.com/|/github/){re.escape(old)}(?![\w-])")
    version = re.compile(rf"(/github/{re.escape(new)}/blob/)[^/\s]+(?=/notebooks/)")
    changed = []
    for path in sorted(path for pattern in PAGES for path in root.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        fresh = address.sub(lambda match: match[1] + new, text)
        fresh = version.sub(lambda match: f"{match[1]}v{project['project']['version']}", fresh)
        if fresh != text:
            path.write_text(fresh, encoding="utf-8")
            changed.append(path)
    return changed


if __name__ == "__main__":
    for path in set_repository(build_notebooks.ROOT):
        print(path)
    for source in build_notebooks.sources([]):
        build_notebooks.build(source, prose=True)
