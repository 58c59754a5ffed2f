"""Every link leads to a page, an image or a heading that exists."""

import re

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, read

LINK = re.compile(r"\]\(([^)\s]+)\)")


def links(page: str) -> list[tuple[str, str]]:
    """Return the links to files of the repository: the path, which may be empty, and the anchor."""
    targets = [target for target in LINK.findall(read(page)) if "://" not in target]
    return [(path, anchor) for path, _, anchor in (each.partition("#") for each in targets)]


@pytest.mark.parametrize("page", PAGES)
def test_linked_file_exists(page: str) -> None:
    folder = (ROOT / page).parent

    missing = [path for path, _ in links(page) if path and not (folder / path).exists()]

    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_linked_heading_exists(page: str) -> None:
    folder = (ROOT / page).parent
    linked = [
        ((folder / path).resolve().relative_to(ROOT).as_posix() if path else page, anchor)
        for path, anchor in links(page)
        if anchor
    ]

    missing = [(target, anchor) for target, anchor in linked if anchor not in anchors(target)]

    assert missing == []


def test_every_page_is_linked_from_the_readme() -> None:
    linked = {path for path, _ in links("README.md")}

    assert set(PAGES) - {"README.md"} <= linked
