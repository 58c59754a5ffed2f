"""Each exit code and its message on standard error."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.development import run_server
from tests.cli.conftest import CommandLine, Shell

UNKNOWN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def nowhere() -> Iterator[str]:
    """The URL of a used port on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture(scope="module")
def locked_shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The command line with a server that accepts only the key `sesame`."""
    with run_server(tmp_path_factory.mktemp("locked"), API_KEYS="sesame") as server:
        yield Shell(server=server.root)


def test_job_that_completes_is_0(shell: Shell) -> None:
    job_id = shell.start_job(duration=0, outcome="completed")

    assert shell("wait", job_id).code == 0


def test_failed_job_is_1_with_its_error(shell: Shell) -> None:
    failure = '{"error": {"code": "no_sound", "message": "There is no sound in it."}}'

    followed = shell(
        *("create", "--wait", "--duration", "0", "--outcome", "error", "--simulation", failure)
    )

    assert (followed.code, followed.err) == (1, "")
    assert followed.out.endswith("failed after 0:00: There is no sound in it. (no_sound)\n")


def test_one_failed_job_of_several_is_1(cli: CommandLine) -> None:
    ids = [cli.start_job(duration=0, outcome=end) for end in ("completed", "error")]

    assert cli("wait", *ids).code == 1


def test_unknown_job_is_1(cli: CommandLine) -> None:
    ran = cli("status", UNKNOWN)

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"There is no job '{UNKNOWN}' here.\n"


def test_invalid_request_is_1_and_names_the_field(cli: CommandLine) -> None:
    refused = cli("create", "--language", "Klingon")

    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("target_language: 'Klingon' is not ")


def test_conflict_is_1_and_other_jobs_are_canceled(cli: CommandLine) -> None:
    ended = cli.start_job(duration=0, outcome="completed")
    running = cli.start_job(duration=600)

    canceled = cli("cancel", ended, running)

    assert canceled.code == 1
    assert canceled.out == f"Job {running} is canceled.\n"
    assert ended in canceled.err or "ended" in canceled.err


def test_video_that_is_not_ready_is_1_and_leaves_no_file(cli: CommandLine, tmp_path: Path) -> None:
    job_id = cli.start_job(duration=600)

    refused = cli("download", job_id, "-o", str(tmp_path / "talk.mp4"))

    assert refused.code == 1
    assert list(tmp_path.iterdir()) == []


def test_file_that_cannot_be_written_is_1(cli: CommandLine, tmp_path: Path) -> None:
    job_id = cli.start_job(duration=0, outcome="completed")
    path = tmp_path / "missing" / "talk.mp4"

    refused = cli("download", job_id, "-o", str(path))

    assert refused.code == 1
    assert refused.err == f"{path} cannot be written: no such file or directory.\n"


@pytest.mark.parametrize(
    "words",
    [
        ("dance",),
        ("cancel",),
        ("wait", "--timeout", "-1", UNKNOWN),
        ("create", "--duration", "soon"),
        ("create", "--simulation", "[1]"),
        ("create", "--simulation", "{"),
        ("create", "--simulation", '{"duration": NaN}'),
        ("create", "--duration", "inf"),
        ("create", "--outcome", "perhaps"),
        ("create", "--idempotency-key", "ключ"),
        ("list", "--status", "done"),
        ("--dialect", "v1", "list"),
        ("status", "--server", "localhost"),
        ("status", "--api-key", "a\nb"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(cli: CommandLine, words: tuple[str, ...]) -> None:
    refused = cli(*words)

    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("Usage: cli.py")
    assert "Value error" not in refused.err


def test_wrong_usage_in_a_shell_is_2(shell: Shell) -> None:
    assert shell("dance").code == 2


def test_wrong_key_is_3_and_explains_how_to_set_one(locked_shell: Shell) -> None:
    refused = locked_shell("status", "--api-key", "open")

    assert (refused.code, refused.out) == (3, "")
    assert "TRANSLATION_API_KEY" in refused.err


def test_right_key_from_the_environment_is_0(locked_shell: Shell) -> None:
    assert locked_shell("list", TRANSLATION_API_KEY="sesame").code == 0


def test_deadline_is_4_and_explains_how_to_resume(shell: Shell) -> None:
    job_id = shell.start_job(duration=600)

    waited = shell("wait", job_id, "--timeout", "0.2")

    assert waited.code == 4
    assert waited.err.startswith("The deadline passed before the end.\nTo follow it again:\n")
    assert waited.err.endswith(f"cli.py wait {job_id}\n")
    assert shell.job(job_id)["status"] == "pending"


def test_deadline_takes_precedence_over_a_failed_job(cli: CommandLine) -> None:
    failed = cli.start_job(duration=0, outcome="error")
    running = cli.start_job(duration=600)

    assert cli("wait", failed, running, "--timeout", "0.2").code == 4


def test_no_server_is_5_and_names_it(shell: Shell, nowhere: str) -> None:
    ran = shell("status", "--server", nowhere, "--retries", "0")

    assert (ran.code, ran.out) == (5, "")
    assert ran.err.startswith(f"{nowhere} did not respond: connection refused.\n")


def test_wait_without_a_server_is_5_and_can_be_resumed(cli: CommandLine, nowhere: str) -> None:
    waited = cli("wait", UNKNOWN, "--server", nowhere, "--retries", "0")

    assert waited.code == 5
    assert waited.err.endswith(f" --server {nowhere} wait {UNKNOWN}\n")


def test_throttled_job_is_5_and_named_while_the_others_end(cli: CommandLine) -> None:
    others = [cli.start_job(duration=0, outcome="completed") for _ in range(3)]
    rule = {"on": "status", "fault": 429, "retry_after": 0}
    throttled = cli.start_job(duration=0, faults=[rule])

    waited = cli("wait", *others, throttled, "--retries", "2", "--json")

    assert waited.code == 5
    assert sorted(job["id"] for job in waited.documents) == sorted(others)
    errors = [line for line in waited.err.splitlines() if "retrying in" not in line]
    assert errors[:2] == [
        f"Job {throttled}: 429 Too Many Requests: This is a simulated fault.",
        "To follow it again:",
    ]
    assert errors[2].endswith(f" wait {throttled}")


def test_jobs_with_the_same_error_share_a_line(cli: CommandLine) -> None:
    rule = {"on": "status", "fault": 503}
    jobs = [cli.start_job(duration=600, faults=[rule]) for _ in range(5)]

    waited = cli("wait", *jobs, "--retries", "0")

    named = f"Jobs {', '.join(jobs[:3])} and 2 more"
    assert waited.code == 5
    assert waited.err.splitlines()[0] == (
        f"{named}: 503 Service Unavailable: This is a simulated fault."
    )


def test_error_of_the_server_is_5_with_its_status(cli: CommandLine) -> None:
    job_id = cli.start_job(duration=600, faults=[{"on": "status", "fault": 503}])

    ran = cli("status", job_id, "--retries", "0")

    assert (ran.code, ran.err) == (5, "503 Service Unavailable: This is a simulated fault.\n")


def test_retry_is_announced(cli: CommandLine, nowhere: str) -> None:
    ran = cli("status", "--server", nowhere, "--retries", "1")

    first, *_ = ran.err.splitlines()
    assert first[10:].startswith(f"{nowhere} did not respond: connection refused; retrying in")


def test_interrupt_is_130_and_the_job_goes_on(shell: Shell) -> None:
    interrupted = shell.interrupt("create", "--wait", "--json", "--duration", "600")

    [job] = interrupted.documents
    assert interrupted.code == 130
    assert interrupted.err.startswith("Interrupted. The job goes on.\nTo follow it again:\n")
    assert interrupted.err.endswith(f"cli.py wait {job['id']}\n")
    assert shell.job(job["id"])["status"] == "pending"


def test_suggested_command_does_not_show_the_key(cli: CommandLine) -> None:
    waited = cli("wait", UNKNOWN, "--api-key", "sesame", "--timeout", "0")

    assert "sesame" not in waited.err
