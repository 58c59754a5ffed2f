"""Installations in the documentation use extras that exist."""

import re
import tomllib

from tests.docs.pages import PAGES, ROOT, code_blocks, read


def test_extras_in_installations_exist() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    used = {
        extra
        for page in PAGES
        for extras in re.findall(r"\[([a-z,]+)\]'", read(page))
        for extra in extras.split(",")
    }

    assert used - set(pyproject["project"]["optional-dependencies"]) == set()
    assert {"server", "pytest"} <= used


def test_scripts_in_installations_exist() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert "vid-trans" in pyproject["project"]["scripts"]
    assert any("vid-trans serve" in block for block in code_blocks("README.md", "sh"))
