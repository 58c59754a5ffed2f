"""What each scenario makes of a plan."""

from typing import Any

import pytest

from vid_trans_api.simulation.estimates import EstimateProfile
from vid_trans_api.simulation.options import (
    Outcome,
    Refusal,
    SimulationDefaults,
    SimulationOptions,
)
from vid_trans_api.simulation.plans import draw_plan
from vid_trans_api.simulation.scenarios import NAMES, SCENARIOS, Scenario, merge_options

DEFAULTS = SimulationDefaults(duration=(20, 20), error_probability=1, noise=0.5)

EXPECTED: dict[str, dict[str, Any]] = {
    "ok": {},
    "instant": {"ends_after": 0},
    "slow": {"ends_after": 200},
    "fail": {"outcome": Outcome.ERROR, "ends_after": 2, "failure": "rendering_failed"},
    "fail-late": {"outcome": Outcome.ERROR, "ends_after": 19, "failure": "rendering_failed"},
    "stuck": {"outcome": Outcome.STUCK, "ends_after": None, "estimates": None},
    "lost": {"faults": [{"on": "any", "fault": 404, "between": (10, None), "from_middle": True}]},
    "amnesia": {"faults": [{"on": "create", "fault": "lost-response", "times": 1}]},
    "optimist": {"estimates": (0, 0.3, EstimateProfile.COUNTDOWN)},
    "pessimist": {"estimates": (0, 3, EstimateProfile.COUNTDOWN)},
    "silent": {"estimates": None, "is_silent": True},
    "frozen": {"estimates": (0.5, 1, EstimateProfile.FROZEN)},
    "backwards": {"estimates": (0.5, 1, EstimateProfile.BACKWARDS)},
    "stale": {"faults": [{"on": "status", "fault": "stale", "probability": 0.3}]},
    "flaky": {"faults": [{"on": "status", "fault": 503, "every": 3}]},
    "throttled": {"faults": [{"on": "status", "fault": 429, "retry_after": 2, "times": 2}]},
    "broken": {
        "faults": [
            {"on": "status", "fault": "garbage", "times": 1},
            {"on": "status", "fault": "truncate", "times": 1},
            {"on": "status", "fault": "reset", "times": 1},
        ]
    },
    "slowpoke": {
        "faults": [{"on": on, "fault": "dribble", "seconds": 2} for on in ("create", "any")]
    },
    "masked-error": {"faults": [{"on": "status", "fault": "masked-error", "after": 1, "times": 1}]},
    "late-url": {"result_delay": 30},
    "bad-url": {"outcome": Outcome.ERROR, "ends_after": 1, "failure": "video_download_failed"},
    "bad-audio": {"outcome": Outcome.ERROR, "ends_after": 10, "failure": "audio_unreadable"},
}
"""What differs from USUAL."""

REFUSALS = {
    "moderated": Refusal.MODERATED,
    "no-credit": Refusal.NO_CREDIT,
    "quota": Refusal.QUOTA,
    "unreachable": Refusal.UNREACHABLE,
}

USUAL = {
    "outcome": Outcome.COMPLETED,
    "ends_after": 20,
    "estimates": (0.5, 1, EstimateProfile.CONVERGING),
    "is_silent": False,
    "faults": [],
    "failure": None,
    "result_delay": 0,
}
"""The plan of a job of 20 seconds, which would fail without a scenario."""


@pytest.mark.parametrize("name", EXPECTED)
def test_scenario_makes_its_plan(name: str) -> None:
    options = merge_options([SimulationOptions(scenario=name)])

    plan = draw_plan(options, DEFAULTS, seed=0)

    model = plan.estimate_model
    assert plan.scenario == name
    assert {
        "outcome": plan.outcome,
        "ends_after": plan.ends_after,
        "estimates": model and (model.noise, model.bias, model.profile),
        "is_silent": plan.is_silent,
        "faults": [rule.to_json() for rule in plan.faults],
        "failure": plan.failure and plan.failure.code,
        "result_delay": plan.result_delay,
    } == USUAL | EXPECTED[name]


def test_every_scenario_is_listed_once() -> None:
    assert [*EXPECTED, *REFUSALS] == list(NAMES)


@pytest.mark.parametrize("name", REFUSALS)
def test_scenario_refuses_the_creation(name: str) -> None:
    assert merge_options([SimulationOptions(scenario=name)]) == SimulationOptions(
        scenario=name, refusal=REFUSALS[name]
    )


@pytest.mark.parametrize("scenario", SCENARIOS, ids=NAMES)
def test_description_of_a_scenario_is_one_sentence(scenario: Scenario) -> None:
    assert scenario.description.endswith(".")
    assert ". " not in scenario.description
