"""Everything that docs/client.md shows runs, and everything there is to know is in it."""

import re
from inspect import signature
from pathlib import Path

import pytest

import heygen_video_translation.client as module
from heygen_video_translation.client import TranslationClient
from tests.client.server import Reply, completed, pending

DOCS = Path(__file__).parents[2] / "docs" / "client.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```", DOCS.read_text(), re.MULTILINE | re.DOTALL)


def served(asked):
    """Answer as a server whose jobs all end at their first poll, except stuck ones."""
    if asked.method == "POST":
        name = "stuck" if b"stuck" in asked.body else f"job-{len(asked.body)}-{id(asked)}"
        return Reply(202, pending(name))
    if asked.path.endswith("/result"):
        return Reply(body=b"video")
    if "ids" in asked.query:
        names = asked.query["ids"].split(",")
        return Reply(
            data={
                "results": [completed(name) for name in names if name != "no-such-job"],
                "not_found": [name for name in names if name == "no-such-job"],
            }
        )
    name = asked.path.rpartition("/")[2]
    if name == "no-such-job":
        return Reply(404)
    return Reply(data=pending(name) if name == "stuck" else completed(name))


def test_every_snippet_runs_in_the_order_shown(server, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    server.script = served
    opened = []

    class Remembered(TranslationClient):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **{"min_polling_interval": 0.01, **kwargs})
            opened.append(self)

    monkeypatch.setattr(module, "TranslationClient", Remembered)
    names: dict[str, object] = {"__name__": "docs"}
    for snippet in SNIPPETS:
        names["client"] = Remembered(server.url)  # the page says that it is still open
        text = snippet.replace("http://127.0.0.1:8000", server.url)
        exec(compile(text, str(DOCS), "exec"), names)
    for client in opened:
        client.close()
    shown = capsys.readouterr().out
    assert len(SNIPPETS) == 10
    assert (tmp_path / "talk.fr.mp4").read_bytes() == b"video"
    assert "gave up after 3600 s of virtual time" in shown
    assert "['Job', 'Job', 'Job', 'JobNotFound']" in shown


EXCEPTIONS = [
    name
    for name in module.__all__
    if isinstance(getattr(module, name), type) and issubclass(getattr(module, name), Exception)
]


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_every_exception_is_documented(name):
    assert f"`{name}`" in DOCS.read_text()


@pytest.mark.parametrize("name", list(signature(TranslationClient).parameters))
def test_every_option_is_documented(name):
    assert re.search(rf"\b{name}\b", DOCS.read_text())


@pytest.mark.parametrize("name", [name for name in vars(TranslationClient) if name[0] != "_"])
def test_every_method_is_documented(name):
    assert re.search(rf"\b{name}\b", DOCS.read_text())
