"""The changelog begins with the version, and the new names in it exist."""

import re

from heygen_video_translation import __version__, settings
from tests.docs.pages import names, read, section, tables
from vid_trans_api.control import reports


def test_first_heading_is_the_version() -> None:
    first = re.search(r"^## \[(.+?)\]", read("CHANGELOG.md"), re.MULTILINE)

    assert first is not None
    assert first[1] == __version__


def test_renamed_settings_exist() -> None:
    rows = tables(section("CHANGELOG.md", "Renamed"))[0]

    assert [name for name in names([row[1] for row in rows]) if not hasattr(settings, name)] == []


def test_renamed_keys_of_reports_exist() -> None:
    rows = tables(section("CHANGELOG.md", "Renamed"))[1]
    keys = {
        key
        for serializer in (
            reports.LoggedRequestSerializer,
            reports.PollSerializer,
            reports.VerdictSerializer,
            reports.ReportSerializer,
        )
        for key in serializer().fields
    }

    renamed = {row[1].strip("`") for row in rows} - {"profile"}
    assert renamed <= keys
