"""The fixtures that pytest finds wherever the project is installed.

They are loaded with every run of pytest there, so nothing is imported before it is asked for; and
Django never is, as the tests may have a Django project of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from heygen_video_translation.child import TranslationServer
    from heygen_video_translation.simulator import TranslationSimulator

_SEED: Final = 1
_SETTINGS: Final = {"HOLD_LIMIT": "0"}  # a clock that stands still would end no hold
_FIXED: Final = frozenset({"API_KEYS", "SIMULATION"})
_MARKER: Final = "translation_simulator"
_simulators: Final = pytest.StashKey["TranslationSimulator"]()
_accounts: Final = pytest.StashKey["str | None"]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"{_MARKER}(seed={_SEED}): what the translation simulator draws from."
    )


@pytest.fixture(scope="session")
def translation_server_settings() -> Mapping[str, object]:
    """The environment's words for what the server's settings are to be; override it to say some."""
    return {}


@pytest.fixture(scope="session")
def translation_server(
    translation_server_settings: Mapping[str, object], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TranslationServer]:
    """A video-translation server in a process of its own: `.url`, `.log`."""
    from heygen_video_translation import child  # noqa: PLC0415 (see above)

    for name in _FIXED & translation_server_settings.keys():
        raise pytest.fail.Exception(
            f"{name} cannot be set here: each test has a workspace of its own, and simulates.",
            pytrace=False,
        )
    folder = tmp_path_factory.mktemp("translation_server")
    try:
        with child.run_server(folder, {**_SETTINGS, **translation_server_settings}) as server:
            yield server
    except child.NotStartedError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.fixture
def translation_simulator(
    request: pytest.FixtureRequest, translation_server: TranslationServer
) -> Iterator[TranslationSimulator]:
    """A workspace of the test's own, with a known seed, and a clock that only the test moves."""
    from heygen_video_translation.simulator import TranslationSimulator  # noqa: PLC0415 (see above)

    marker = request.node.get_closest_marker(_MARKER)
    seed = _seed_of(marker) if marker else _SEED
    with TranslationSimulator(translation_server.url, seed=seed) as simulator:
        stash = request.node.stash
        stash[_simulators] = simulator
        stash[_accounts] = None  # a test may be run again, by other plugins
        yield simulator
        # By the time that a failure in a teardown is reported, the server may be gone.
        stash[_accounts] = _account(simulator)


def _seed_of(marker: pytest.Mark) -> int:
    asked = [*marker.args, *marker.kwargs.values()]
    if len(asked) != 1 or marker.kwargs.keys() - {"seed"} or type(asked[0]) is not int:
        raise pytest.fail.Exception(
            f"Give {_MARKER} a whole number: @pytest.mark.{_MARKER}(seed={_SEED})",
            pytrace=False,
        )
    return asked[0]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Have the report of a test that failed say what the simulator saw."""
    report = yield
    simulator = item.stash.get(_simulators, None)
    if report.failed and simulator is not None:
        account = item.stash[_accounts] or _account(simulator)
        report.sections.append(("translation simulator", account))
    return report


def _account(simulator: TranslationSimulator) -> str:
    from heygen_video_translation.simulator import account_of  # noqa: PLC0415 (see above)

    try:
        return account_of(simulator)
    except Exception as error:  # noqa: BLE001 (the test's own failure must not be lost for it)
        return f"seed {simulator.seed}\nno journal: {error}"
