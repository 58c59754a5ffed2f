"""Whether the server's benchmarks still work; what they measure is not checked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import woken
from benchmarks.load import latencies
from benchmarks.scale import PROCESSES
from benchmarks.server import LISTINGS
from benchmarks.serving import serve
from tests.server_processes import ROOT

SCALE = (sys.executable, "-m", "benchmarks.scale")


def test_benchmarks_fill_a_database_and_request_every_listing(tmp_path: Path) -> None:
    with serve(tmp_path / "db.sqlite3") as server:
        filled = subprocess.run(
            [sys.executable, "-m", "benchmarks.fill", "200", "0.1"],
            cwd=ROOT,
            env={**os.environ, **server.environment},
            check=True,
            capture_output=True,
        )
        values = json.loads(filled.stdout)
        headers = f"Cookie: sessionid={values['session']}\r\nX-Api-Key: {values['key']}\r\n"
        measured = {
            name: latencies(server.port, path.format(**values), requests=2, headers=headers)[0]
            for name, path in LISTINGS.items()
        }

    assert {name: len(seconds) for name, seconds in measured.items()} == dict.fromkeys(LISTINGS, 2)


def test_benchmark_of_both_databases_prints_its_tables() -> None:
    measured = subprocess.run(
        [*SCALE, "--rounds", "1", "--jobs", "2000", "--workspaces", "3"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert measured.count("\n| `GET /jobs/ID` |") == 2 * len(PROCESSES) + 2
    assert "nan" not in measured


def test_benchmark_of_webhooks_prints_its_table() -> None:
    sizes = "--workspaces=2 --waiting=200 --sent=32 --rounds=1 --idle-seconds=1"
    measured = subprocess.run(
        [sys.executable, "-m", "benchmarks.webhooks", *sizes.split()],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert measured.count("\n| ") == 14
    assert "nan" not in measured


def test_benchmark_of_clients_with_webhooks_shows_every_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(woken, "JOBS", 10)
    ways = (None, *woken.WAYS)
    trials = [woken.WokenTrial(cell=cell, way=way) for cell in woken.WORLDS for way in ways]

    report = woken.report({trial: woken.measure_woken(trial) for trial in trials})

    assert report.count("\n| ") == len(woken.WORLDS) * (2 + len(ways))
    assert report.count("| it comes | ") == len(woken.WORLDS)
    assert "nan" not in report
