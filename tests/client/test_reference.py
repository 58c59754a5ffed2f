"""The client's reference page: its examples run, and it is complete."""

import re
from inspect import signature
from pathlib import Path

import pytest

from heygen_video_translation import client as package
from heygen_video_translation.client import TranslationClient
from tests.client.documents import completed, pending
from tests.client.server import Reply

PAGE = Path(__file__).parents[2] / "docs" / "reference-client.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def respond(request):
    """Respond as a server whose jobs end before their first poll, except stuck ones."""
    if request.method == "POST":
        name = "stuck" if b"stuck" in request.body else f"job-{len(request.body)}-{id(request)}"
        return Reply(202, pending(name))
    if request.path.endswith("/result"):
        return Reply(body=b"video")
    if "ids" in request.query:
        names = request.query["ids"].split(",")
        return Reply(
            data={
                "results": [completed(name) for name in names if name != "no-such-job"],
                "not_found": [name for name in names if name == "no-such-job"],
            }
        )
    name = request.path.rpartition("/")[2]
    if name == "no-such-job":
        return Reply(404)
    return Reply(data=pending(name) if name == "stuck" else completed(name))


def test_examples_run_in_the_order_shown(server, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    server.script = respond
    opened = []

    class QuickClient(TranslationClient):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **{"min_polling_interval": 0.01, **kwargs})
            opened.append(self)

    monkeypatch.setattr(package, "TranslationClient", QuickClient)
    names: dict[str, object] = {"__name__": "docs"}
    for example in EXAMPLES:
        names["client"] = QuickClient(server.url)  # the page says that it is still open
        text = example.replace("http://127.0.0.1:8000", server.url)
        exec(compile(text, str(PAGE), "exec"), names)
    for client in opened:
        client.close()
    output = capsys.readouterr().out
    assert len(EXAMPLES) == 10
    assert (tmp_path / "talk.fr.mp4").read_bytes() == b"video"
    assert "gave up after 3600 s of virtual time" in output
    assert "['Job', 'Job', 'Job', 'JobNotFound']" in output


EXCEPTIONS = [
    name
    for name in package.__all__
    if isinstance(getattr(package, name), type) and issubclass(getattr(package, name), Exception)
]


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_every_exception_is_documented(name):
    assert f"`{name}`" in PAGE.read_text()


@pytest.mark.parametrize("name", list(signature(TranslationClient).parameters))
def test_every_option_is_documented(name):
    assert re.search(rf"\b{name}\b", PAGE.read_text())


@pytest.mark.parametrize("name", [name for name in vars(TranslationClient) if name[0] != "_"])
def test_every_method_is_documented(name):
    assert re.search(rf"\b{name}\b", PAGE.read_text())
