"""Clients choose neither the scheme nor the path prefix, unless the server is behind a proxy."""

import pytest

from tests.server_fixtures import ServerPair
from tests.server_processes import API
from tests.server_workspaces import ServerWorkspace
from tests.servers.raw_requests import request


@pytest.mark.parametrize("header", ["X_Forwarded_Proto", "X_Forwarded_Protocol", "X_Forwarded_Ssl"])
def test_scheme_is_not_taken_from_a_client(servers: ServerPair, header: str) -> None:
    value = {"X_Forwarded_Proto": "https", "X_Forwarded_Protocol": "ssl"}.get(header, "on")

    response = ServerWorkspace(servers.production).request("POST", "/jobs", {}, **{header: value})

    assert response.headers["Location"].startswith("http://")


def test_path_prefix_is_not_taken_from_a_client(servers: ServerPair) -> None:
    prefix = b"SCRIPT_NAME: " + API.encode()

    response = servers.production.send(request(f"GET {API}/health", prefix))

    assert response.status == 200
