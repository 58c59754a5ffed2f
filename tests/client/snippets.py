"""The Python snippets of the documentation as files, for type checkers."""

from pathlib import Path

from tests.docs import tutorial
from tests.docs.pages import ROOT, code_blocks, files

USAGE = Path(__file__).with_name("typed_usage.py")
PAGES = tuple(path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("docs/*.md")))


def snippets() -> dict[str, str]:
    """Return files that contain every snippet, by their names."""
    client, fixtures = code_blocks("README.md", "python")
    texts = {
        "usage.py": USAGE.read_text(),
        "readme.py": client,
        "test_readme.py": fixtures,
        "poller.py": tutorial.POLLER,
        "robust_poller.py": tutorial.robust(),
        "impatient_poller.py": tutorial.impatient(),
        "test_poller.py": tutorial.TESTS + tutorial.VERDICT_TEST,
    }
    for page in PAGES:
        named = files(page)
        if page == tutorial.PAGE:
            continue
        for name, text in named:
            texts[name] = texts.get(name, "") + text
        if not named and (blocks := code_blocks(page, "python")):
            texts[f"{Path(page).stem.replace('-', '_')}.py"] = "\n".join(blocks)
    return texts


def write_snippets(folder: Path) -> list[str]:
    """Write the files; return their names."""
    texts = snippets()
    for name, text in texts.items():
        (folder / name).write_text(text)
    return list(texts)
