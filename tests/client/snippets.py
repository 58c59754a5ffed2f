"""The Python snippets of the documentation as files, for type checkers."""

from pathlib import Path

from tests.docs.pages import ROOT, code_blocks, files

USAGE = Path(__file__).with_name("typed_usage.py")
GUIDES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/howto-*.md"))


def write_strict(folder: Path) -> list[str]:
    """Write the snippets that are typed completely; return the names of their files."""
    client, _ = code_blocks("README.md", "python")
    reference = code_blocks("docs/reference-client.md", "python")
    texts = {
        "readme.py": client,
        "reference_client.py": "\n".join(reference),
        "usage.py": USAGE.read_text(),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return list(texts)


def write_untyped(folder: Path) -> list[str]:
    """Write the snippets with tests, which have no annotations; return the names of their files.

    Without that for Celery, whose tasks have no types.
    """
    _, fixtures = code_blocks("README.md", "python")
    texts = {"test_readme.py": fixtures}
    for page in GUIDES:
        for name, text in files(page):
            if "celery" not in name:
                texts[name] = texts.get(name, "") + text
    for name, text in texts.items():
        (folder / name).write_text(text)
    return list(texts)
