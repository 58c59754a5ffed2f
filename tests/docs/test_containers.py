"""The image and compose.yaml set only settings that the settings page lists."""

import re
from typing import Any

import yaml

from tests.docs.pages import first_names, names, read, tables

SETTINGS = set(names([row[0] for row in tables(read("docs/reference-settings.md"))[0]]))


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(read("compose.yaml"))["services"]
    return found


def test_environment_of_servers_has_only_settings() -> None:
    servers = {name: each for name, each in services().items() if name.startswith("server")}

    used = {name for each in servers.values() for name in each["environment"]}

    assert len(servers) == 3
    assert used - SETTINGS == set()


def test_environment_of_the_command_line_has_only_its_settings() -> None:
    used = set(services()["vid-trans"]["environment"])

    assert (
        used - set(first_names("docs/reference-settings.md", "Settings of the command line"))
        == set()
    )


def test_environment_of_the_image_has_only_settings() -> None:
    environment = re.findall(r"^(?:ENV|   ) ([A-Z_]+)=", read("Dockerfile"), re.MULTILINE)

    others = {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "TMPDIR", "GUNICORN_CMD_ARGS"}
    assert set(environment) - SETTINGS == others


def test_proxy_has_every_server_of_the_compose_file() -> None:
    listed = set(re.findall(r"server ([\w-]+):8000;", read("deploy/nginx.conf")))

    assert listed == {name for name in services() if name.startswith("server-")}
    assert listed == set(services()["proxy"]["depends_on"])
