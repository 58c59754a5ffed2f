"""The demo, with jobs of a second instead of half a minute."""

import re

import pytest

from benchmarks import demo


def test_demo_sums_up_how_each_job_went(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plans = {
        "Short": {"duration": 0.5, "outcome": "completed"},
        "Broken": {"duration": 1, "outcome": "error"},
        "Endless": {"outcome": "stuck"},
    }
    monkeypatch.setattr(demo, "PLANS", plans)
    monkeypatch.setattr(demo, "DEADLINE", 2.0)

    code = demo.main()

    printed = capsys.readouterr().out
    assert code == 0
    assert re.search(r"^Short +completed +0\.5 s +\d\.\d\d s +\d+ *$", printed, re.MULTILINE)
    assert re.search(r"^Broken +error +1\.0 s +\d\.\d\d s +\d+ *$", printed, re.MULTILINE)
    assert re.search(r"^Endless +pending +\d+ *$", printed, re.MULTILINE)
    assert "Starting and following 3 jobs took " in printed
