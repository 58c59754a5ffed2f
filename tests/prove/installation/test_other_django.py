"""Projects with another version of Django: it does not change, and the fixtures work."""

import sys
from pathlib import Path

import pytest

from tests.prove.installation.conftest import WHEEL, Environment, find_python, write_project

TESTS = """
    import sys

    from django.conf import settings
    from django.contrib.auth.models import User

    from heygen_video_translation.client import TranslationClient


    def test_job_is_followed(db, translation_simulator):
        User.objects.create_user("ada")
        with TranslationClient(
            translation_simulator.url,
            api_key=translation_simulator.api_key,
            sleep=translation_simulator.sleep,
            clock=translation_simulator.clock,
        ) as client:
            job = client.create_job(simulation={"duration": 600, "outcome": "completed"})
            job = client.wait_for_completion(job)

        assert job.status == "completed"
        assert translation_simulator.clock() >= 600
        assert settings.SETTINGS_MODULE == "shop.settings"
        assert "heygen_video_translation.settings" not in sys.modules
        assert User.objects.count() == 1
"""
SETTINGS = """
    SECRET_KEY = "the shop's"
    INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    USE_TZ = True
"""


SHOP_ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "shop.settings",
    "DATABASE_URL": "postgres://shop@db.example.com/shop",
    "DEBUG": "0",
    "SECRET_KEY": "",
    "API_KEYS": "the-shops-own",
    "MIN_DELAY": "soon",
    "PYTHONWARNINGS": "error",
}
"""Variables of the project, some of which the server would read."""


@pytest.fixture(scope="module", params=["4.2", "6"])
def shop(
    request: pytest.FixtureRequest, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """An environment with another Django, in which the client and the fixtures are installed."""
    python: str | None = sys.executable
    if request.param == "6" and sys.version_info < (3, 12):
        python = find_python("3.12") or find_python("3.13")
    if python is None:
        pytest.skip("Django 6 needs Python 3.12 or newer, which is not installed")
    environment = Environment(folder=tmp_path_factory.mktemp("shop"), python=python)
    environment.create()
    environment.install(f"django~={request.param}.0", "pytest-django")
    before = environment.versions()["django"]
    environment.install(f"{built / WHEEL}[pytest]")
    assert environment.versions()["django"] == before
    assert before.startswith(f"{request.param}.")
    return environment


def test_fixtures_start_a_server_of_another_environment(
    shop: Environment, with_server: Environment, tmp_path: Path
) -> None:
    write_project(
        tmp_path,
        test_shop=TESTS,
        **{"shop.settings": SETTINGS, "shop.whitenoise": "raise SystemExit('not the real one')"},
    )
    command = f"translation_server_command={with_server.program('vid-trans')}"

    ran = shop.run(
        *("python", "-m", "pytest", "-W", "error", "-o", command),
        folder=tmp_path,
        PYTHONPATH=str(tmp_path / "shop"),
        **SHOP_ENVIRONMENT,
    )

    assert " 1 passed in " in ran.stdout, ran.stdout


def test_fixtures_without_a_command_name_the_extra(shop: Environment, tmp_path: Path) -> None:
    write_project(tmp_path, test_shop=TESTS, **{"shop.settings": SETTINGS})

    ran = shop.run(
        "python", "-m", "pytest", folder=tmp_path, DJANGO_SETTINGS_MODULE="shop.settings"
    )

    assert " 1 error in " in ran.stdout
    assert "pip install 'heygen-video-translation[server]'" in ran.stdout
    assert "set translation_server_command or translation_server_url." in ran.stdout


def test_fixtures_start_the_installed_server(with_server: Environment, tmp_path: Path) -> None:
    tests = """
        def test_job_is_created(translation_simulator):
            assert translation_simulator.clock() == 0
    """
    write_project(tmp_path, test_own=tests, django="raise SystemExit('not the real one')")

    ran = with_server.run("python", "-m", "pytest", "-W", "error", folder=tmp_path)

    assert " 1 passed in " in ran.stdout, ran.stdout
