"""The demo, with jobs of a second instead of half a minute."""

import re

import pytest

from benchmarks import demo


def test_demo_shows_how_each_job_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plans = {
        "Short": {"duration": 0.5, "outcome": "completed"},
        "Broken": {"duration": 1, "outcome": "error"},
    }
    monkeypatch.setattr(demo, "PLANS", plans)

    code = demo.main()

    output = capsys.readouterr().out
    assert code == 0
    assert re.search(r"^Short +completed +0\.5 s +\d+\.\d\d s +\d+ *$", output, re.MULTILINE)
    assert re.search(r"^Broken +error +1\.0 s +\d+\.\d\d s +\d+ *$", output, re.MULTILINE)
    assert "Starting and following 2 jobs took " in output


def test_demo_ends_at_its_deadline(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "PLANS", {"Endless": {"outcome": "stuck"}})
    monkeypatch.setattr(demo, "DEADLINE", 0.5)

    code = demo.main()

    output = capsys.readouterr().out
    assert code == 0
    assert re.search(r"^Endless +pending +\d+ *$", output, re.MULTILINE)
