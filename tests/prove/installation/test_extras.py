"""What `pip install` installs without extras, and how missing ones are named."""

from pathlib import Path

import pytest

from tests.prove.installation.conftest import WHEEL, Environment, write_project

REQUESTS = {"certifi", "charset_normalizer", "idna", "requests", "urllib3"}
CLIENT = """
    import sys
    from heygen_video_translation.client import TranslationClient

    with TranslationClient("http://127.0.0.1:8000"):
        print(TranslationClient.__module__.partition(".client")[0])
"""
TOP_LEVEL = """
    from importlib.util import find_spec

    names = ("client", "cli", "terminal", "manage", "tests", "benchmarks")
    print([name for name in names if find_spec(name)])
"""


@pytest.fixture(scope="module")
def bare(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with `pip install heygen-video-translation`."""
    environment = Environment(folder=tmp_path_factory.mktemp("bare"))
    environment.create()
    environment.install(str(built / WHEEL))
    return environment


@pytest.fixture(scope="module")
def with_cli(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(folder=tmp_path_factory.mktemp("with_cli"))
    environment.create()
    environment.install(f"{built / WHEEL}[cli]")
    return environment


def test_installation_needs_requests_alone(bare: Environment) -> None:
    assert bare.versions().keys() == {"heygen_video_translation", *REQUESTS}


def test_client_works_without_extras(bare: Environment, tmp_path: Path) -> None:
    write_project(tmp_path, use_client=CLIENT)

    ran = bare.run("python", "use_client.py", folder=tmp_path)

    assert (ran.stdout, ran.stderr) == ("heygen_video_translation\n", "")


def test_no_other_top_level_module_is_installed(bare: Environment, tmp_path: Path) -> None:
    write_project(tmp_path, look=TOP_LEVEL)

    assert bare.run("python", "look.py", folder=tmp_path).stdout == "[]\n"


@pytest.mark.parametrize(("command", "extra"), [("list", "cli"), ("serve", "server")])
def test_vid_trans_without_typer_names_the_extra(
    bare: Environment, tmp_path: Path, command: str, extra: str
) -> None:
    ran = bare.run("vid-trans", command, folder=tmp_path)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert f"pip install 'heygen-video-translation[{extra}]'" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["serve", "prune", "createsuperuser"])
def test_command_without_django_names_the_extra(
    with_cli: Environment, tmp_path: Path, command: str
) -> None:
    ran = with_cli.run("vid-trans", command, folder=tmp_path)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert "pip install 'heygen-video-translation[server]'" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
