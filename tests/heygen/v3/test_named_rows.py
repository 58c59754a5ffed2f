"""Uploaded videos and proofreads that a creation names: when they are read, and how often."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import Api, SetClock
from tests.deletions import deleted_before_the_lock
from tests.heygen.v3.conftest import (
    BATCHES,
    KEY,
    PROOFREADS,
    TRANSLATIONS,
    V3,
    error_of,
    simulated,
    video,
)
from vid_trans_api.ids import new_id
from vid_trans_api.models import Asset, Batch, Job, Proofread, Workspace, digest_of


def asset(clock: SetClock, **fields: Any) -> str:
    """Store an asset; return its id."""
    usual = {"mime_type": "video/mp4", "size": 1, "duration": 60, "created_at": clock()}
    workspace = Workspace.objects.stored(digest_of(KEY))
    stored = Asset.objects.create(public_id=new_id(), workspace=workspace, **(usual | fields))
    return stored.public_id


def of_asset(asset_id: str) -> Any:
    """Return the body for an uploaded video."""
    file = {"type": "asset_id", "asset_id": asset_id}
    return {"video": file, "output_languages": ["Spanish"], "title": "Talk"}


def post(v3: V3, path: str, asset_id: str) -> Any:
    body = of_asset(asset_id)
    return v3.post(path, {"video_translations": [body]} if path == BATCHES else body)


def completed_proofread(v3: V3, clock: SetClock) -> str:
    document = simulated(outcome="completed", duration=30) | {"title": "Talk"}
    (proofread_id,) = v3.post(PROOFREADS, document).json()["data"]["proofread_ids"]
    clock.advance(10)
    return str(proofread_id)


NOT_FOUND = {
    TRANSLATIONS: (404, "resource_not_found", None),
    PROOFREADS: (404, "resource_not_found", None),
    BATCHES: (400, "invalid_parameter", "video_translations.0.video.asset_id"),
}


@pytest.mark.parametrize("path", NOT_FOUND)
def test_asset_deleted_before_the_lock_is_not_found(v3: V3, clock: SetClock, path: str) -> None:
    asset_id = asset(clock)

    with deleted_before_the_lock(Asset):
        response = post(v3, path, asset_id)

    assert error_of(response) == NOT_FOUND[path]
    assert [model.objects.count() for model in (Job, Batch, Proofread)] == [0, 0, 0]


def test_proofread_deleted_before_the_lock_is_not_found(v3: V3, clock: SetClock) -> None:
    proofread_id = completed_proofread(v3, clock)

    with deleted_before_the_lock(Proofread):
        response = v3.post(f"{PROOFREADS}/{proofread_id}/generate")

    assert error_of(response) == (404, "not_found", None)
    assert Job.objects.count() == 0


@pytest.mark.parametrize("path", NOT_FOUND)
def test_creation_of_an_unknown_asset_counts_for_the_rate_limit(
    v3: V3, v3_api: Api, path: str
) -> None:
    v3_api.set_defaults(rate_limit="1/h")

    responses = [post(v3, path, "none") for _ in range(2)]

    assert error_of(responses[0]) == NOT_FOUND[path]
    assert responses[1].status_code == 429


def test_generation_of_an_unknown_proofread_counts_once(v3: V3, v3_api: Api) -> None:
    v3_api.set_defaults(rate_limit="2/h")

    statuses = [v3.post(f"{PROOFREADS}/none/generate").status_code for _ in range(3)]

    assert statuses == [404, 404, 429]


def test_fault_of_the_workspace_replaces_a_creation_of_an_unknown_asset(
    v3: V3, v3_api: Api
) -> None:
    v3_api.set_defaults(faults=[{"on": "create", "fault": 503, "times": 1}])

    statuses = [post(v3, TRANSLATIONS, "none").status_code for _ in range(2)]

    assert statuses == [503, 404]


def test_file_that_is_no_video_is_a_wrong_parameter(v3: V3, clock: SetClock) -> None:
    image = asset(clock, mime_type="image/png", duration=None)

    response = post(v3, TRANSLATIONS, image)

    assert error_of(response) == (400, "invalid_parameter", "video.asset_id")


def test_assets_of_a_batch_are_read_by_one_query(v3: V3, clock: SetClock) -> None:
    items = [of_asset(asset(clock, duration=seconds)) for seconds in (10, 20, 30)]

    with CaptureQueriesContext(connection) as captured:
        v3.create_batch(*items, video())

    table = f'FROM "{Asset._meta.db_table}"'
    assert sum(table in query["sql"] for query in captured) == 1
    jobs = Job.objects.order_by("number")
    assert [job.video_duration for job in jobs][:3] == [10, 20, 30]
    assert [job.asset_id for job in jobs[:3]] == [each.pk for each in Asset.objects.order_by("pk")]
