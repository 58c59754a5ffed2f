"""Which simulation options a request can have, and how wrong ones are refused."""

from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from vid_trans_api.http.errors import flatten
from vid_trans_api.http.options import SimulationSerializer
from vid_trans_api.simulation.estimates import EstimateProfile
from vid_trans_api.simulation.options import (
    EstimateQuality,
    Outcome,
    Silence,
    SimulationOptions,
)
from vid_trans_api.simulation.webhook_faults import WebhookFault, WebhookRule
from vid_trans_api.snapshots import Failure


def read(simulation: object) -> SimulationOptions:
    options: SimulationOptions = SimulationSerializer().run_validation(simulation)
    return options


@pytest.mark.parametrize(
    ("simulation", "options"),
    [
        ({}, SimulationOptions()),
        ({"scenario": "flaky"}, SimulationOptions(scenario="flaky")),
        ({"duration": 3}, SimulationOptions(duration=(3, 3))),
        ({"duration": [5, 15.5]}, SimulationOptions(duration=(5, 15.5))),
        ({"queued": 0}, SimulationOptions(queued=0)),
        ({"queued": 0.25}, SimulationOptions(queued=0.25)),
        ({"queued": 1}, SimulationOptions(queued=1)),
        ({"outcome": "stuck"}, SimulationOptions(outcome=Outcome.STUCK)),
        ({"error_probability": 0.5}, SimulationOptions(error_probability=0.5)),
        (
            {"error": {"code": "x", "message": "y"}},
            SimulationOptions(failure=Failure(code="x", message="y", retryable=False)),
        ),
        ({"fails_at": 0}, SimulationOptions(fails_at=0)),
        ({"fails_at": 1}, SimulationOptions(fails_at=1)),
        ({"estimate": "exact"}, SimulationOptions(estimate=EstimateQuality(noise=0))),
        ({"estimate": "none"}, SimulationOptions(estimate=Silence.NONE)),
        ({"estimate": "silent"}, SimulationOptions(estimate=Silence.SILENT)),
        (
            {"estimate": {"profile": "backwards", "bias": 3}},
            SimulationOptions(estimate=EstimateQuality(bias=3, profile=EstimateProfile.BACKWARDS)),
        ),
        ({"faults": []}, SimulationOptions(faults=())),
        (
            {"webhooks": [{"fault": "lost"}, {"fault": "late"}, {"fault": "slow"}]},
            SimulationOptions(
                webhooks=(
                    WebhookRule(fault=WebhookFault.LOST),
                    WebhookRule(fault=WebhookFault.LATE, seconds=30),
                    WebhookRule(fault=WebhookFault.SLOW, seconds=5),
                )
            ),
        ),
        (
            {
                "webhooks": [
                    {"fault": "duplicate", "times": 10},
                    {"fault": "late", "seconds": 86_400},
                ]
            },
            SimulationOptions(
                webhooks=(
                    WebhookRule(fault=WebhookFault.DUPLICATE, times=10),
                    WebhookRule(fault=WebhookFault.LATE, seconds=86_400),
                )
            ),
        ),
        ({"webhooks": []}, SimulationOptions(webhooks=())),
        ({"seed": -7}, SimulationOptions(seed=-7)),
        ({"seed": 3.0}, SimulationOptions(seed=3)),
    ],
)
def test_options_are_read(simulation: dict[str, Any], options: SimulationOptions) -> None:
    assert read(simulation) == options


@pytest.mark.parametrize(
    ("simulation", "field", "detail"),
    [
        ({"scenario": "flakey"}, "scenario", "did you mean flaky?"),
        ({"scenario": "xyz"}, "scenario", "; choose from ok, instant, slow, fail, fail-late,"),
        ({"scenario": 3}, "scenario", "3 is not a valid choice; choose from ok,"),
        ({"queued": -0.1}, "queued", "-0.1 is not between 0 and 1."),
        ({"queued": 1.1}, "queued", "1.1 is not between 0 and 1."),
        ({"queued": True}, "queued", "true is not a number."),
        ({"fails_at": 1.1}, "fails_at", "1.1 is not between 0 and 1."),
        ({"fails_at": "half"}, "fails_at", "'half' is not a number."),
        ({"estimate": "quiet"}, "estimate", '"exact", "none", "silent"'),
        (
            {"estimate": {"profile": "forwards"}},
            "estimate.profile",
            "converging, countdown, frozen, backwards.",
        ),
        (
            {"estimate": {"curse": "frozen"}},
            "estimate.curse",
            "Unknown field; known fields: noise, bias, profile.",
        ),
        ({"estimate": {"noise": None}}, "estimate.noise", "null"),
        ({"webhooks": "lost"}, "webhooks", "'lost' is not a list."),
        ({"webhooks": [{"fault": "lsot"}]}, "webhooks.0.fault", "did you mean lost?"),
        ({"webhooks": [{}]}, "webhooks.0.fault", "This field is required."),
        (
            {"webhooks": [{"fault": "lost", "times": 1}]},
            "webhooks.0.times",
            "The fault lost cannot have this, only duplicate can.",
        ),
        (
            {"webhooks": [{"fault": "forged", "seconds": 1}]},
            "webhooks.0.seconds",
            "The fault forged cannot have this, only late, slow can.",
        ),
        (
            {"webhooks": [{"fault": "slow", "seconds": 10}]},
            "webhooks.0.seconds",
            "10 is not between 0 and 9.",
        ),
        (
            {"webhooks": [{"fault": "duplicate", "times": 11}]},
            "webhooks.0.times",
            "11 is not between 1 and 10.",
        ),
    ],
)
def test_wrong_option_is_refused_with_what_is_possible(
    simulation: dict[str, Any], field: str, detail: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        read(simulation)

    (error,) = flatten(refused.value.detail)
    assert error["field"] == field
    assert detail in error["detail"]


def test_last_of_two_rules_for_a_webhook_fault_counts() -> None:
    options = read({"webhooks": [{"fault": "late"}, {"fault": "late", "seconds": 5}]})

    assert options.webhooks == (WebhookRule(fault=WebhookFault.LATE, seconds=5),)
