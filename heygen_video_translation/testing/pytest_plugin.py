"""The pytest fixtures `translation_server` and `translation_simulator`.

pytest loads this module in every run, so it imports nothing else until a fixture is used. The
fixtures never load Django: the tests may belong to a Django project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from heygen_video_translation.testing import TranslationServer, TranslationSimulator

_DEFAULT_SEED: Final = 1
_DEFAULT_SETTINGS: Final = {"LONG_POLL_LIMIT": "0"}  # a frozen clock would not end a long poll
_FORBIDDEN_SETTINGS: Final = frozenset({"API_KEYS", "SIMULATION"})
_MARKER: Final = "translation_simulator"
_COMMAND: Final = "translation_server_command"
_URL: Final = "translation_server_url"
_simulators: Final = pytest.StashKey["TranslationSimulator"]()
_reports: Final = pytest.StashKey["str | None"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        _COMMAND,
        "the command that starts the translation server, without `serve --port 0`",
        type="args",
    )
    parser.addini(_URL, "the root URL of a translation server that runs already")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(seed={_DEFAULT_SEED}, sleep_limit=86400, request_limit=5000): the seed of the"
        " translation simulator, and when a program never gives up.",
    )


@pytest.fixture(scope="session")
def translation_server_settings() -> Mapping[str, object]:
    """Settings of the translation server by environment variable; override it to set some."""
    return {}


@pytest.fixture(scope="session")
def translation_server_command(pytestconfig: pytest.Config) -> Sequence[str]:
    """The command that starts the translation server; empty: the one that is installed here.

    It is called with `serve --port 0`, in pytest's root directory. It must print the server's URL
    as its first line on standard output and stop when its standard input closes.
    """
    command: list[str] = pytestconfig.getini(_COMMAND)
    return command


@pytest.fixture(scope="session")
def translation_server_url(pytestconfig: pytest.Config) -> str:
    """The root URL of a translation server that runs already; empty: the tests start one."""
    url: str = pytestconfig.getini(_URL)
    return url


@pytest.fixture(scope="session")
def translation_server(
    translation_server_settings: Mapping[str, object],
    translation_server_command: Sequence[str],
    translation_server_url: str,
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[TranslationServer]:
    """A video-translation server in a process of its own, with `.url` and `.log`."""
    from secrets import token_hex  # noqa: PLC0415 (see above)

    from heygen_video_translation.testing import server_process  # noqa: PLC0415

    for name in _FORBIDDEN_SETTINGS & translation_server_settings.keys():
        raise pytest.fail.Exception(
            f"{name} cannot be set: every test uses its own API key and the simulation.",
            pytrace=False,
        )
    try:
        if translation_server_url:
            if translation_server_settings:
                raise pytest.fail.Exception(
                    "translation_server_settings cannot be applied to a server at a URL: set them"
                    " where it is started.",
                    pytrace=False,
                )
            url = translation_server_url.rstrip("/")
            server_process.check_server(url)
            yield server_process.TranslationServer(url=url)
            return
        folder = tmp_path_factory.mktemp("translation_server")
        settings = {
            **_DEFAULT_SETTINGS,
            "API_KEY_SECRET": token_hex(),
            "DATABASE_URL": f"sqlite:///{quote((folder / 'db.sqlite3').as_posix())}",
            **translation_server_settings,
        }
        command = translation_server_command or server_process.OWN_COMMAND
        with server_process.run_server(
            [*command, "serve", "--port", "0"],
            log=folder / "server.log",
            environment=server_process.clean_environment(settings),
            folder=pytestconfig.rootpath,
        ) as server:
            yield server_process.TranslationServer(
                url=server.url, log=server.log, api_key_secret=str(settings["API_KEY_SECRET"])
            )
    except server_process.ServerError as error:
        is_own = not (translation_server_command or translation_server_url)
        hint = f"\n\nTo use another server, set {_COMMAND} or {_URL}." if is_own else ""
        raise pytest.fail.Exception(f"{error}{hint}", pytrace=False) from None


@pytest.fixture
def translation_simulator(
    request: pytest.FixtureRequest, translation_server: TranslationServer
) -> Iterator[TranslationSimulator]:
    """A workspace for one test, with a fixed seed and a clock that only the test advances."""
    from heygen_video_translation.testing import TranslationSimulator  # noqa: PLC0415 (see above)

    options = _options_of(request.node)
    api_key = translation_server.new_api_key()
    with TranslationSimulator(translation_server.url, api_key=api_key, **options) as simulator:
        stash = request.node.stash
        stash[_simulators] = simulator
        stash[_reports] = None  # other plugins may run a test again
        yield simulator
        # When a failure in teardown is reported, the server may have stopped already.
        stash[_reports] = _report(simulator)


def _options_of(node: pytest.Item) -> dict[str, Any]:
    """Return what the markers of a test, its class and its module set; the closest one counts."""
    options: dict[str, Any] = {"seed": _DEFAULT_SEED}
    for marker in reversed(list(node.iter_markers(_MARKER))):
        given: dict[str, Any] = {**dict(zip(["seed"], marker.args, strict=False)), **marker.kwargs}
        if not _are_valid(given) or len(given) != len(marker.args) + len(marker.kwargs):
            raise pytest.fail.Exception(
                f"{_MARKER} takes the whole numbers seed and request_limit and the number"
                f" sleep_limit: @pytest.mark.{_MARKER}(seed={_DEFAULT_SEED}). The limits may be"
                " None.",
                pytrace=False,
            )
        options |= given
    return options


def _are_valid(options: Mapping[str, object]) -> bool:
    types = {
        "seed": (int,),
        "sleep_limit": (int, float, type(None)),
        "request_limit": (int, type(None)),
    }
    return bool(options) and all(type(options[name]) in types.get(name, ()) for name in options)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the simulator's requests to the report of a test that failed."""
    report = yield
    simulator = item.stash.get(_simulators, None)
    if report.failed and simulator is not None:
        text = item.stash[_reports] or _report(simulator)
        report.sections.append(("translation simulator", text))
    return report


def _report(simulator: TranslationSimulator) -> str:
    from heygen_video_translation.testing.failure_report import format_report  # noqa: PLC0415

    try:
        return format_report(simulator)
    except Exception as error:  # noqa: BLE001 (it must not replace the test's own failure)
        return f"seed {simulator.seed}\nno report: {error}"
