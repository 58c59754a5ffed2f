"""Health checks: `/health` is whether the server is alive, `/health/ready` whether it can serve."""

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from tests.conftest import Api
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import LoggedRequest


def test_server_is_alive_without_a_database(client: Client) -> None:
    response = client.get("/health")  # pytest-django refuses any access to the database

    assert (response.status_code, response.json()["status"]) == (200, "ok")


def test_server_is_ready_with_all_migrations(client: Client, db: None) -> None:
    response = client.get("/health/ready")

    assert (response.status_code, response.json()["status"]) == (200, "ok")


def test_server_is_not_ready_without_a_migration(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    last = MigrationRecorder.Migration.objects.filter(app="vid_trans_api").latest("name")
    last.delete()

    response = client.get("/health/ready")

    detail = response.json()["detail"]
    assert response.status_code == 503
    assert detail.startswith(f"The database lacks migrations, such as vid_trans_api.{last.name};")
    assert caplog.messages == [f"Not ready: {detail}"]


def test_server_is_ready_if_a_newer_version_has_migrated(client: Client, db: None) -> None:
    MigrationRecorder(connection).record_applied("vid_trans_api", "9999_newer")

    assert client.get("/health/ready").status_code == 200


def test_server_is_not_ready_without_a_database(
    client: Client,
    db: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(recorder: MigrationRecorder) -> None:
        raise OperationalError("no connection")

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", fail)

    response = client.get("/health/ready")

    assert (response.status_code, response.json()["detail"]) == (
        503,
        "The database does not respond; try again.",
    )
    assert caplog.messages == ["The database does not respond: no connection"]


def test_probes_may_call_the_server_by_any_address(client: Client, settings) -> None:
    settings.ALLOWED_HOSTS = ["jobs.example.com"]
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/health", headers={"Host": "10.0.0.7"}).status_code == 200


def test_probes_are_neither_limited_nor_recorded(api: Api) -> None:
    api.set_defaults(rate_limit="1/h", faults=[{"on": "any", "fault": 500}])

    statuses = {api.client.get(path).status_code for path in ["/health", "/health/ready"] * 3}
    journal.flush()

    assert (statuses, LoggedRequest.objects.count()) == ({200}, 0)


@pytest.mark.parametrize("path", ["/health", "/health/ready"])
def test_other_methods_are_refused(client: Client, db: None, path: str) -> None:
    assert client.post(path).status_code == 404
