"""`vid-trans translate` in each dialect, and which server gets which key."""

import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from heygen_video_translation.client.experience import Lesson
from heygen_video_translation.client.store import Store
from heygen_video_translation.client.translating import result_name
from heygen_video_translation.testing import TranslationSimulator
from tests.cli.conftest import CommandLine, Shell
from tests.media_files import VIDEO

HEYGEN = ("--dialect", "heygen")


@pytest.fixture
def environment(simulator: TranslationSimulator, cache: Path) -> Mapping[str, str]:
    """The key of a workspace whose jobs complete at once, as commands have learned before."""
    simulator.defaults(duration=0, outcome="completed")
    store = Store(
        cache / "vid-trans" / "jobs.jsonl", base_url=simulator.url, api_key=simulator.api_key
    )
    for _ in range(20):
        store.add(Lesson(duration=0.01))
    return {
        "HEYGEN_API_BASE": simulator.url,
        "HEYGEN_API_KEY": simulator.api_key,
        "TRANSLATION_API_KEY": simulator.api_key,
    }


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.mp4"
    path.write_bytes(VIDEO)
    return path


@pytest.mark.parametrize("dialect", ["native", "heygen"])
def test_file_is_uploaded_translated_and_saved(
    cli: CommandLine, environment: Mapping[str, str], talk: Path, tmp_path: Path, dialect: str
) -> None:
    out = tmp_path / "out"

    ran = cli(
        *("translate", str(talk), "--to", "French", "--to", "German", "-o", str(out)),
        *("--dialect", dialect),
        **environment,
    )

    assert (ran.code, ran.err) == (0, "")
    saved = {path.name: path.read_bytes() for path in out.iterdir()}
    assert saved == {"talk.French.mp4": VIDEO, "talk.German.mp4": VIDEO}
    first, *_, last = ran.out.splitlines()
    assert first == "Uploaded talk.mp4, 2.8 kB."
    assert last == f"Saved {out / 'talk.German.mp4'}, 2.8 kB."


@pytest.mark.parametrize("dialect", ["native", "heygen", "heygen-v2"])
def test_url_is_translated_without_an_upload(
    cli: CommandLine, environment: Mapping[str, str], tmp_path: Path, dialect: str
) -> None:
    ran = cli(
        *("translate", "https://example.com/a%20talk.mp4", "--to", "Spanish (Mexico)"),
        *("-o", str(tmp_path), "--dialect", dialect, "--json"),
        **environment,
    )

    path = tmp_path / "a talk.Spanish (Mexico).mp4"
    assert ran.code == 0
    assert ran.documents[-1] == {
        "id": ran.documents[0]["id"],
        "path": str(path),
        "bytes": path.stat().st_size,
    }


def test_result_that_cannot_be_saved_is_1_and_the_others_are_saved(
    cli: CommandLine,
    environment: Mapping[str, str],
    simulator: TranslationSimulator,
    talk: Path,
    tmp_path: Path,
) -> None:
    simulator.defaults(faults=[{"on": "result", "fault": 404, "times": 1}])

    ran = cli(
        *("translate", str(talk), "--to", "French", "--to", "German", "-o", str(tmp_path)),
        **environment,
    )

    assert ran.code == 1
    assert [path.name for path in tmp_path.glob("talk.*.mp4")] == ["talk.German.mp4"]


def test_interrupt_says_how_to_save_the_results(
    shell: Shell,
    environment: Mapping[str, str],
    simulator: TranslationSimulator,
    tmp_path: Path,
) -> None:
    simulator.defaults(duration=600)

    ran = shell.interrupt(
        *("translate", "https://example.com/talk.mp4", "--to", "French", "--to", "German"),
        *("-o", str(tmp_path / "out"), "--json"),
        **environment,
    )

    first, *_ = ran.documents
    _, follow, wait, save, *downloads = ran.err.splitlines()
    assert (ran.code, follow, save) == (
        130,
        "To follow them again:",
        "To save the results once they are there:",
    )
    assert f"cli.py wait {first['id']} " in wait
    assert downloads[0].endswith(f"download {first['id']} -o {tmp_path}/out/talk.French.mp4")
    assert downloads[1].endswith(f"-o {tmp_path}/out/talk.German.mp4")


def test_failed_jobs_are_not_among_the_results_to_save(
    cli: CommandLine, environment: Mapping[str, str], simulator: TranslationSimulator
) -> None:
    simulator.defaults(outcome="error")

    ran = cli("translate", "https://example.com/talk.mp4", "--to", "French", **environment)

    assert (ran.code, "To save" in ran.err) == (1, False)


def test_suggested_command_saves_what_was_given_up(
    cli: CommandLine,
    environment: Mapping[str, str],
    simulator: TranslationSimulator,
    tmp_path: Path,
) -> None:
    simulator.defaults(duration=600)
    ran = cli(
        *("translate", "https://example.com/talk.mp4", "--to", "French", "--timeout", "0"),
        *("-o", str(tmp_path / "out")),
        **environment,
    )
    *_, save, download = ran.err.splitlines()
    simulator.advance(600)

    saved = cli(*shlex.split(download[download.index("download ") :]), **environment)

    assert (ran.code, save) == (4, "To save the result once it is there:")
    assert (saved.code, (tmp_path / "out" / "talk.French.mp4").exists()) == (0, True)


def test_folder_that_cannot_be_made_is_1_and_nothing_is_sent(
    cli: CommandLine,
    environment: Mapping[str, str],
    simulator: TranslationSimulator,
    talk: Path,
) -> None:
    ran = cli("translate", str(talk), "--to", "French", "-o", f"{talk}/out", **environment)

    assert (ran.code, ran.err) == (1, f"{talk}/out cannot be written: not a directory.\n")
    assert simulator.journal() == []


def test_file_above_the_limit_is_refused_before_it_is_sent(
    cli: CommandLine,
    environment: Mapping[str, str],
    simulator: TranslationSimulator,
    talk: Path,
) -> None:
    with talk.open("wb") as file:
        file.truncate(2**25 + 1)

    ran = cli("translate", str(talk), "--to", "French", *HEYGEN, **environment)

    assert ran.code == 1
    assert ran.err.startswith("talk.mp4 has 33,554,433 bytes, and the server accepts at most")
    assert simulator.journal() == []


def test_file_that_does_not_exist_is_1(cli: CommandLine, tmp_path: Path) -> None:
    ran = cli("translate", str(tmp_path / "talk.mp4"), "--to", "French")

    assert ran.code == 1
    assert ran.err == f"{tmp_path / 'talk.mp4'} cannot be read: no such file or directory.\n"


def test_upload_in_v2_is_not_supported(
    cli: CommandLine, environment: Mapping[str, str], talk: Path
) -> None:
    ran = cli("translate", str(talk), "--to", "French", "--dialect", "heygen-v2", **environment)

    assert (ran.code, ran.err) == (1, "HeyGen's API v2 cannot upload a file.\n")


def test_bars_are_called_by_the_language(
    shell: Shell, environment: Mapping[str, str], talk: Path
) -> None:
    with shell.terminal(
        *("translate", str(talk), "--to", "French", "--to", "German", "--title", "Talk"),
        *("-o", str(talk.parent), *HEYGEN),
        columns=80,
        rows=24,
        **environment,
    ) as terminal:
        code = terminal.read_to_end()

    assert code == 0
    assert "Uploading talk.mp4" in terminal.text
    assert "French" in terminal.text
    assert "2 of 2 ended" in terminal.text


def test_captions_of_heygen_are_saved(
    cli: CommandLine, environment: Mapping[str, str], tmp_path: Path
) -> None:
    created = cli(
        *("create", "--video-url", "https://sim.test/ok.mp4?duration=0", "-l", "French", "-q"),
        *HEYGEN,
        **environment,
    )
    job_id = created.out.strip()

    saved = cli("download", job_id, "--kind", "srt", "-o", str(tmp_path), *HEYGEN, **environment)

    assert saved.code == 0
    assert (tmp_path / f"{job_id}.srt").read_text().startswith("1\n")


def test_server_of_the_command_line_gets_no_key_of_the_environment(
    cli: CommandLine, environment: Mapping[str, str]
) -> None:
    ran = cli("list", *HEYGEN, "--server", cli.server, **environment)

    assert ran.code == 3
    assert "HEYGEN_API_KEY is only sent to the server of HEYGEN_API_BASE" in ran.err


def test_long_poll_in_heygen_is_wrong_usage(
    cli: CommandLine, environment: Mapping[str, str]
) -> None:
    ran = cli("list", *HEYGEN, "--long-poll", "30", **environment)

    assert (ran.code, "long_poll must be 0" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("video", "name"),
    [
        ("films/talk.mov", "talk.French.mp4"),
        ("https://example.com/a/talk.webm?x=1/2", "talk.French.mp4"),
        ("https://example.com/", "video.French.mp4"),
        ("https://example.com/%2e%2e%2fetc%2f..%00.mp4", ".._.French.mp4"),
    ],
)
def test_result_is_named_by_video_and_language(video: str, name: str) -> None:
    assert result_name(video, "French") == name


def test_name_of_a_language_stays_within_the_folder() -> None:
    assert result_name("talk.mp4", "../x") == "talk..._x.mp4"
