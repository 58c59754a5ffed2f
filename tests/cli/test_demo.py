"""The demo, with jobs of a second instead of half a minute."""

import re

import pytest

from benchmarks import demo
from tests.patience import ever_longer


def test_demo_sums_up_how_each_job_went(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plans = {
        "Short": {"duration": 0.5, "outcome": "completed"},
        "Broken": {"duration": 1, "outcome": "error"},
        "Endless": {"outcome": "stuck"},
    }

    def is_summed_up(deadline: float) -> bool:
        """Run the demo; tell whether the ends of both jobs that have one were seen in that time."""
        monkeypatch.setattr(demo, "DEADLINE", deadline)
        code = demo.main()
        printed = capsys.readouterr().out
        assert code == 0
        assert re.search(r"^Endless +pending +\d+ *$", printed, re.MULTILINE)
        assert "Starting and following 3 jobs took " in printed
        return all(
            re.search(rf"^{line} +\d+\.\d\d s +\d+ *$", printed, re.MULTILINE)
            for line in (r"Short +completed +0\.5 s", r"Broken +error +1\.0 s")
        )

    monkeypatch.setattr(demo, "PLANS", plans)
    assert any(map(is_summed_up, ever_longer(2)))
