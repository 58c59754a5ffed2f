"""The settings page lists the settings that the code reads."""

import re

from heygen_video_translation.client.environment import VARIABLES
from tests.docs.pages import first_names, names, read, tables


def test_settings_page_lists_every_setting_and_no_other() -> None:
    reader = r'env\.\w+\(\s*"(\w+)"'
    in_code = {
        name
        for path in ("heygen_video_translation/settings.py", "gunicorn.conf.py")
        for name in re.findall(reader, read(path))
    }

    listed = names([row[0] for row in tables(read("docs/reference-settings.md"))[0]])

    assert sorted(listed) == sorted(in_code)


def test_settings_page_lists_variables_of_the_command_line() -> None:
    in_code = {name for each in VARIABLES.values() for name in (each.server, each.key)}

    listed = first_names("docs/reference-settings.md", "Settings of the command line")

    assert set(listed) == in_code
