"""What `pip install .` installs: the whole of both packages, and nothing beside them."""

import re
from importlib.metadata import PathDistribution

import pytest
from packaging.requirements import Requirement

from heygen_video_translation import __version__
from tests.wheel.conftest import ROOT, Installed

PACKAGES = ("heygen_video_translation", "vid_trans_api")
IMPORTING_THE_CLIENT = """
import sys
from heygen_video_translation.client import TranslationClient
print(TranslationClient.__module__, "django" in sys.modules)
"""
IMPORTING_FROM_THE_TOP = """
from importlib.util import find_spec
names = ("client", "cli", "terminal", "manage", "tests", "benchmarks")
print([name for name in names if find_spec(name)])
"""


@pytest.fixture
def distribution(installed: Installed) -> PathDistribution:
    (found,) = installed.packages.glob("heygen_video_translation-*.dist-info")
    return PathDistribution(found)


def test_every_file_of_both_packages_is_installed_and_the_client_with_them(installed, distribution):
    here = {
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }
    there = {
        str(file)
        for file in distribution.files or ()
        if file.parts[0] in PACKAGES and file.suffix != ".pyc"
    }

    moved = {str(file.relative_to(ROOT)) for file in (ROOT / "terminal").glob("*.py")}
    assert there == here | {f"{PACKAGES[0]}/{file}" for file in {"client.py", "cli.py", *moved}}


def test_nothing_is_installed_at_the_top_but_the_packages_and_the_command(distribution):
    tops = {file.parts[0] for file in distribution.files or ()}
    (about,) = tops - {*PACKAGES, ".."}
    (command,) = (file for file in distribution.files or () if file.parts[0] == "..")

    assert about.endswith(".dist-info")
    assert command.parts[-2:] == ("bin", "vid-trans")


def test_no_module_at_the_top_has_a_name_that_others_use(installed, tmp_path):
    looked = installed.run("python", "-c", IMPORTING_FROM_THE_TOP, cwd=tmp_path)

    assert looked.stdout == "[]\n"


def test_the_client_is_imported_from_the_package_and_imports_no_django(installed, tmp_path):
    imported = installed.run("python", "-c", IMPORTING_THE_CLIENT, cwd=tmp_path)

    assert imported.stdout == "heygen_video_translation.client False\n"


def test_the_version_is_the_packages(distribution):
    assert distribution.version == __version__


def test_what_it_needs_allows_the_versions_that_the_tests_run_with(distribution):
    requirements = (ROOT / "requirements.txt").read_text()
    pinned = dict(re.findall(r"^([\w-]+)(?:\[\w+\])?==(\S+)$", requirements, re.MULTILINE))
    needed = [Requirement(line) for line in distribution.requires or ()]

    assert {each.name: pinned[each.name] in each.specifier for each in needed} == {
        "django": True,
        "djangorestframework": True,
        "drf-spectacular": True,
        "whitenoise": True,
        "requests": True,
        "rich": True,
        "typer": True,
        "aiohttp": True,
        "pytest": True,
    }
