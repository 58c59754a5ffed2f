"""Reading the documentation's Markdown: sections, tables, code blocks and links."""

import re
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = tuple(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))
)


def read(page: str) -> str:
    return (ROOT / page).read_text()


def section(page: str, heading: str) -> str:
    """Return the text below a heading, up to the next one of the same or a higher level."""
    text = read(page)
    found = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert found is not None, f"{page} has no heading {heading!r}"
    return re.split(rf"^#{{1,{len(found[1])}}} ", text[found.end() :], flags=re.MULTILINE)[0]


def tables(markdown: str) -> list[list[list[str]]]:
    """Return the tables of a text: for each its rows, and for each row its cells."""
    return [
        [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in rows.splitlines()[2:]]
        for rows in re.findall(r"(?:^\|.*\n)+", markdown, re.MULTILINE)
    ]


def table(page: str, heading: str, number: int = 0) -> list[list[str]]:
    return tables(section(page, heading))[number]


def names(cells: Sequence[str]) -> list[str]:
    """Return the words in code style, such as `word`, of these cells."""
    return [name for cell in cells for name in re.findall(r"`([\w-]+)`", cell)]


def first_names(page: str, heading: str, number: int = 0) -> list[str]:
    """Return the words in code style in the first column of a table."""
    return names([row[0] for row in table(page, heading, number)])


def code_blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", read(page), re.MULTILINE | re.DOTALL)


def files(page: str) -> list[tuple[str, str]]:
    """Return the Python blocks that begin with a comment: that comment, and the text after it."""
    return re.findall(r"^```python\n# ([^\n]+)\n(.*?)^```", read(page), re.MULTILINE | re.DOTALL)


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    prose = re.sub(r"^```.*?^```", "", read(page), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def append(folder: Path, blocks: Sequence[tuple[str, str]]) -> None:
    """Append each block to the file that its comment names."""
    for name, text in blocks:
        with (folder / name).open("a") as file:
            file.write(text)


def without_ids(text: str) -> str:
    """Replace the ids of jobs by the word JOB, as the pages show them."""
    return re.sub(r"\b[0-9a-f]{32}\b", "JOB", text)


def failure_report(output: str) -> str:
    """Return what a failing test's report shows about the requests."""
    return without_ids(output[output.index("\nseed ") + 1 :].partition("\n===")[0])
