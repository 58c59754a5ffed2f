"""The defaults of a workspace: how they are changed, and which level of options counts."""

from typing import Any

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.models import Job, Workspace

DEFAULTS = "/simulation/defaults"


def test_defaults_are_null_until_they_are_set(api: Api) -> None:
    defaults = api.get(DEFAULTS).json()

    names = [
        "scenario",
        "duration",
        "queued",
        "outcome",
        "error_probability",
        "error",
        "fails_at",
        "estimate",
        "faults",
        "webhooks",
        "rate_limit",
        "requests_left",
        "max_concurrent_jobs",
        "wallet",
        "webhook_timestamps",
    ]
    assert defaults == dict.fromkeys(names)


def test_defaults_are_changed_one_by_one_and_cleared_by_null(api: Api) -> None:
    api.set_defaults(duration=[1, 2], scenario="fail", rate_limit="100/m")
    api.set_defaults(scenario=None, faults=[{"on": "list", "fault": 503, "times": 1}])

    defaults = api.get(DEFAULTS).json()

    assert {name: value for name, value in defaults.items() if value is not None} == {
        "duration": [1, 2],
        "faults": [{"on": "list", "fault": 503, "times": 1}],
        "rate_limit": "100/m",
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"seed": 3}, "seed"),
        ({"durration": 3}, "durration"),
        ({"durration": None}, "durration"),
        ({"scenario": "flakey"}, "scenario"),
        ({"rate_limit": "five a minute"}, "rate_limit"),
        ({"rate_limit": "0/s"}, "rate_limit"),
        ({"rate_limit": 5}, "rate_limit"),
        ({"faults": [{"on": "poll", "fault": 503}]}, "faults.0.on"),
        ({"webhooks": [{"fault": "late", "times": 2}]}, "webhooks.0.times"),
        ({"webhook_timestamps": "unreal"}, "webhook_timestamps"),
    ],
)
def test_invalid_defaults_are_refused(api: Api, changes: dict[str, Any], field: str) -> None:
    response = api.patch(DEFAULTS, changes)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert set(api.get(DEFAULTS).json().values()) == {None}


def test_options_of_a_job_override_its_url_and_the_defaults(api: Api, clock: SetClock) -> None:
    api.set_defaults(duration=30, outcome="error", error_probability=1)
    url = "https://sim.test/ok.mp4?duration=20"

    api.create({})
    api.create({"video_url": url})
    api.create({"video_url": url, "simulation": {"duration": 10}})

    plans = [job.plan for job in Job.objects.order_by("number")]
    assert [(plan.duration, plan.outcome) for plan in plans] == [
        (30, "error"),
        (20, "completed"),
        (10, "completed"),
    ]


def test_webhook_faults_of_a_job_replace_the_defaults(api: Api) -> None:
    api.set_defaults(webhooks=[{"fault": "duplicate", "times": 2}])

    ids = [api.create(**options)["id"] for options in ({}, {"webhooks": [{"fault": "lost"}]})]

    plans = [api.get(f"/simulation/jobs/{job_id}").json()["plan"] for job_id in ids]
    assert [plan["webhooks"] for plan in plans] == [
        [{"fault": "duplicate", "times": 2}],
        [{"fault": "lost"}],
    ]


def test_webhooks_are_signed_with_real_time_again_once_that_is_set(api: Api) -> None:
    shown = []
    for value in ("workspace", "real", "workspace", None):
        api.set_defaults(webhook_timestamps=value)
        shown.append(api.get(DEFAULTS).json()["webhook_timestamps"])

    assert shown == ["workspace", None, "workspace", None]
    assert Workspace.objects.get().signs_own_time is False


def test_empty_change_keeps_the_counters(api: Api, clock: SetClock) -> None:
    api.set_defaults(rate_limit="1/m")
    api.get("/jobs")

    api.set_defaults()

    assert api.statuses("/jobs") == [429]


def test_new_rules_are_counted_from_the_start(api: Api) -> None:
    statuses = []
    for _ in range(2):
        api.set_defaults(faults=[{"on": "list", "fault": 500, "times": 1}])
        statuses += api.statuses("/jobs", 2)

    assert statuses == [500, 200, 500, 200]


def test_rules_keep_their_counters_if_other_defaults_change(api: Api, clock: SetClock) -> None:
    api.set_defaults(faults=[{"on": "list", "fault": 503, "times": 1}])
    statuses = api.statuses("/jobs")

    api.set_defaults(scenario="ok", rate_limit="99/s")
    statuses += api.statuses("/jobs")

    assert statuses == [503, 200]


def test_rate_limit_keeps_its_counters_if_other_defaults_change(api: Api, clock: SetClock) -> None:
    api.set_defaults(rate_limit="1/10s")
    statuses = api.statuses("/jobs", 2)

    api.set_defaults(scenario="ok", faults=[])
    statuses += api.statuses("/jobs")
    api.set_defaults(rate_limit="1/10s")
    statuses += api.statuses("/jobs")

    assert statuses == [200, 429, 429, 200]
