"""Each command in a pipe, as a script runs it."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.serving import ROOT
from heygen_video_translation.testing import TranslationSimulator
from tests.cli.conftest import CommandLine, Shell
from tests.patience import PATIENCE

UNKNOWN = "0123456789abcdef0123456789abcdef"


def test_create_prints_the_job_and_its_estimate(cli: CommandLine) -> None:
    created = cli("create", "--language", "French", "--duration", "60", "--seed", "1")

    assert (created.code, created.err) == (0, "")
    assert re.fullmatch(
        r"Job [0-9a-f]{32}: French, \d+:\d\d left \(\d+:\d\d to \d+:\d\d\)\n", created.out
    )


def test_create_sends_every_field(cli: CommandLine) -> None:
    [created] = cli(
        *("create", "--json", "--title", "Whales", "--video-url", "https://example.com/whales.mp4"),
        *("--language", "Hindi", "--simulation", '{"duration": 1, "estimate": "exact"}'),
        *("--duration", "90", "--outcome", "error"),
    ).documents

    assert {name: created[name] for name in ("title", "video_url", "target_language")} == {
        "title": "Whales",
        "video_url": "https://example.com/whales.mp4",
        "target_language": "Hindi",
    }
    assert created["estimated_time_remaining"] == 90.0


def test_create_with_a_range_of_durations_stays_within_it(cli: CommandLine) -> None:
    [created] = cli(
        *("create", "--json", "--duration", "70-80", "--simulation", '{"estimate": "exact"}')
    ).documents

    assert 70.0 <= created["estimated_time_remaining"] <= 80.0


def test_create_with_a_scenario(cli: CommandLine) -> None:
    created = cli("create", "--json", "--scenario", "stuck")
    refused = cli("create", "--scenario", "stucked")

    assert created.documents[0]["estimated_time_remaining"] is None
    assert (refused.code, "did you mean stuck?" in refused.err) == (1, True)


def test_create_twice_with_one_key_starts_one_job(cli: CommandLine) -> None:
    first, second = (cli("create", "-q", "--idempotency-key", "monday").out for _ in range(2))

    assert first == second


def test_create_and_wait_prints_a_line_for_each_response(cli: CommandLine) -> None:
    followed = cli("create", "--wait", "--duration", "0.5", "--outcome", "completed")

    first, *_, last = followed.out.splitlines()
    job_id = first.split()[1].removesuffix(":")
    assert (followed.code, followed.err) == (0, "")
    assert re.fullmatch(
        rf"\d\d:\d\d:\d\d  {job_id}  completed in 0:01: http://\S+/jobs/{job_id}/result", last
    )


def test_create_and_wait_as_json_prints_the_api_document(cli: CommandLine) -> None:
    followed = cli("create", "--wait", "--json", "--duration", "0.5", "--outcome", "completed")

    first, *_, last = followed.documents
    assert (followed.code, followed.err) == (0, "")
    assert [first["status"], last["status"]] == ["pending", "completed"]
    assert last == cli.job(first["id"])


def test_create_quietly_and_wait_prints_only_the_id(cli: CommandLine) -> None:
    followed = cli("create", "--wait", "--quiet", "--duration", "0", "--outcome", "completed")

    assert re.fullmatch(r"[0-9a-f]{32}\n", followed.out)


def test_status_as_json_prints_the_api_document(cli: CommandLine) -> None:
    job_id = cli.start_titled_job("Whales", duration=0, outcome="error")

    assert cli("status", job_id, "--json").documents == [cli.job(job_id)]


def test_status_without_an_id_shows_the_newest_job(cli: CommandLine) -> None:
    job_id = cli.start_titled_job("The newest", duration=0, outcome="completed")

    shown = dict(line.split(maxsplit=1) for line in cli("status").out.splitlines())

    assert shown["Job"] == job_id
    assert shown["Status"] == "completed in 0:00"
    assert shown["Title"] == "The newest"


def test_control_characters_in_a_title_are_replaced(cli: CommandLine) -> None:
    job_id = cli.start_titled_job("red\x1b[31m\nline\ttab")

    [line] = cli("list", "--limit", "1").out.splitlines()

    assert line.split("\t")[0] == job_id
    assert line.split("\t")[4] == "red�[31m�line�tab"


def test_wait_for_several_jobs_ends_with_the_last(cli: CommandLine) -> None:
    ids = [cli.start_job(duration=seconds, outcome="completed") for seconds in (0, 1)]

    waited = cli("wait", *ids, "--json")

    ended = [job["id"] for job in waited.documents if job["status"] == "completed"]
    assert waited.code == 0
    assert ended == ids


def test_wait_with_an_unknown_job_follows_the_others(cli: CommandLine) -> None:
    job_id = cli.start_job(duration=0, outcome="completed")

    waited = cli("wait", UNKNOWN, job_id)

    assert waited.code == 1
    assert f"{job_id}  completed" in waited.out
    assert UNKNOWN in waited.err
    assert "again" not in waited.err


def test_wait_without_jobs_exits_at_once(cli: CommandLine) -> None:
    waited, as_json = cli("wait"), cli("wait", "--json")

    assert (waited.code, waited.out, waited.err) == (0, "Nothing to wait for.\n", "")
    assert (as_json.code, as_json.out, as_json.err) == (0, "", "")


def test_watch_gives_the_reason_for_each_poll(
    shell: Shell, simulator: TranslationSimulator
) -> None:
    key = {"TRANSLATION_API_KEY": simulator.api_key}
    created = shell("create", "-q", "--duration", "3", "--outcome", "completed", **key)
    job_id = created.out.strip()

    with shell.start("watch", "--long-poll", "0", **key) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        simulator.advance(3)
        *_, last = process.stdout.read().splitlines()

    assert re.match(rf"\d\d:\d\d:\d\d  {job_id}  pending, .*; next poll in ", first)
    assert re.match(rf"\d\d:\d\d:\d\d  {job_id}  completed in 0:03: http", last)
    assert process.returncode == 0


def test_verbose_writes_the_clients_log_to_stderr(cli: CommandLine) -> None:
    created = cli("create", "-v", "--quiet")

    assert re.fullmatch(r"\d\d:\d\d:\d\d  created job [0-9a-f]{32} pending.*\n", created.err)


def test_verbose_shows_the_time_of_the_first_poll(cli: CommandLine) -> None:
    created = cli("create", "-v", "--wait", "--duration", "1")

    assert re.search(
        r"pending 0%, \S+ s left; next poll in \S+ s, long poll of up to 30 s: ", created.err
    )


def test_list_is_newest_first_and_limited(cli: CommandLine) -> None:
    _, second, third = (cli("create", "-q", "--language", "Hindi").out for _ in range(3))

    listed = cli("list", "--language", "Hindi", "--limit", "2", "--quiet")

    assert listed.out == third + second


def test_list_is_limited_to_twenty_unless_quiet(cli: CommandLine) -> None:
    for _ in range(22):
        cli("create", "--language", "Korean", "--duration", "0")

    listed = cli("list", "--language", "Korean")
    quietly = cli("list", "--language", "Korean", "--quiet")

    assert len(listed.out.splitlines()) == 20
    assert len(set(quietly.out.splitlines())) == 22


def test_list_says_on_stderr_if_there_are_more_jobs(cli: CommandLine) -> None:
    for _ in range(3):
        cli("create", "--language", "Polish", "--duration", "0")

    short = cli("list", "--language", "Polish", "--limit", "2")
    as_json = cli("list", "--language", "Polish", "--limit", "2", "--json")
    complete = cli("list", "--language", "Polish", "--limit", "3")
    quiet = cli("list", "--language", "Polish", "--limit", "2", "--quiet")

    sentence = "These are the newest 2 of more jobs; --limit 100 shows more.\n"
    assert (short.err, as_json.err, complete.err, quiet.err) == (sentence, sentence, "", "")
    assert [len(each.out.splitlines()) for each in (short, as_json)] == [2, 2]


def test_list_in_a_pipe_is_separated_by_tabs(cli: CommandLine) -> None:
    job_id = cli.start_titled_job("Whales", duration=0, outcome="error")

    listed = cli("list", "--status", "error", "--limit", "1")

    assert listed.out == f"{job_id}\terror\t0:00\tSpanish\tWhales\n"


@pytest.mark.parametrize("words", [("list",), ("list", "--json"), ("--help",)], ids=" ".join)
def test_closed_output_prints_no_message(shell: Shell, words: tuple[str, ...]) -> None:
    shell.start_job()

    closed = shell.close_output(*words)

    assert closed.err == ""
    assert closed.code != 0


def test_closed_output_is_141(shell: Shell) -> None:
    shell.start_job()

    assert shell.close_output("status").code == 141


def test_cancel_ends_the_job(cli: CommandLine) -> None:
    job_id = cli.start_job(duration=600)

    canceled = cli("cancel", job_id)

    assert (canceled.code, canceled.out) == (0, f"Job {job_id} is canceled.\n")
    assert cli.job(job_id)["error"]["code"] == "canceled"


def test_download_names_the_file_by_the_job(cli: CommandLine, tmp_path: Path) -> None:
    job_id = cli.start_job(duration=0, outcome="completed")

    saved = cli("download", job_id, "-o", str(tmp_path), "--json")

    path = tmp_path / f"{job_id}.mp4"
    assert saved.documents == [
        {"id": job_id, "path": str(path), "bytes": path.stat().st_size},
    ]
    assert path.read_bytes()[4:8] == b"ftyp"


def test_server_option_after_the_command_takes_precedence(
    cli: CommandLine,
) -> None:
    nowhere = "http://127.0.0.1:9"

    ran = cli(
        *("--server", nowhere, "list", "--quiet", "--server", cli.server, "--retries", "0"),
        TRANSLATION_SERVER=nowhere,
    )

    assert (ran.code, ran.err) == (0, "")


def test_help_names_the_commands_and_the_program(shell: Shell) -> None:
    help_text = shell("--help", COLUMNS="100").out

    assert re.findall(r"^│ (\w+) ", help_text, re.MULTILINE) == [
        *("translate", "create", "status", "wait", "watch", "list", "cancel", "download"),
        *("serve", "prune", "createsuperuser"),
    ]
    assert " python cli.py create --video-url https://example.com/talk.mp4 " in help_text


def test_help_begins_with_the_commands(shell: Shell) -> None:
    help_text = shell("--help", COLUMNS="100").out

    titles = re.findall(r"^╭─ (.+?) ─", help_text, re.MULTILINE)
    assert titles == ["Commands", "Options", "Every command"]
    assert help_text.count("Usage: ") == help_text.count("Exit codes: ") == 1


def test_help_shows_no_type_for_flags(shell: Shell) -> None:
    shown = [shell(*words, COLUMNS="100").out for words in (("--help",), ("serve", "--help"))]

    assert ["bool" in text for text in shown] == [False, False]


def test_used_port_is_refused_with_what_to_type(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = used.getsockname()[1]
        served = shell("serve", "--temporary", "--port", str(port))

    assert (served.code, served.out) == (1, "")
    assert served.err.endswith(f" Use another port: python cli.py serve --port {port + 1}\n")


def test_completion_offers_jobs_that_match(shell: Shell) -> None:
    job_id = shell.start_job(duration=0, outcome="completed")

    offered = shell(
        **{
            "_CLI.PY_COMPLETE": "complete_bash",
            "COMP_WORDS": f"cli.py wait {job_id[:6]}",
            "COMP_CWORD": "2",
        }
    )

    assert offered.out.split() == [job_id]


def test_ctrl_c_while_modules_load_prints_nothing(tmp_path: Path) -> None:
    slow = "import time; print('loading', flush=True); time.sleep(30)"
    (tmp_path / "typer.py").write_text(slow)
    with subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), "list"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "loading\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (-signal.SIGINT, "")


def test_commands_of_the_client_do_not_load_the_server() -> None:
    program = (
        "import sys, heygen_video_translation.cli.app\n"
        "print({'django', 'vid_trans_api'} & set(sys.modules))"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert loaded.stdout == "set()\n"


def test_python_without_typer_names_the_extra() -> None:
    bare = subprocess.run(
        [sys.executable, "-S", str(ROOT / "cli.py")], capture_output=True, text=True, check=False
    )

    assert (bare.returncode, bare.stdout) == (1, "")
    assert bare.stderr == (
        "typer is not installed: run pip install 'heygen-video-translation[cli]'"
        " (in a checkout: pip install -r requirements.txt).\n"
    )
