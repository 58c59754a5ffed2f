"""Which URLs carry simulation options, and how wrong ones are refused."""

import pytest
from rest_framework.exceptions import ValidationError

from vid_trans_api.http.errors import flatten
from vid_trans_api.http.options import options_from_url
from vid_trans_api.simulation.options import (
    EstimateQuality,
    Outcome,
    Silence,
    SimulationOptions,
)
from vid_trans_api.simulation.scenarios import NAMES
from vid_trans_api.simulation.webhook_faults import WebhookFault, WebhookRule


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_has_a_url(name: str) -> None:
    assert options_from_url(f"http://sim.test/{name}.mp4") == SimulationOptions(scenario=name)


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("http://SIM.test:8080/fail-late.mp4#t=3", SimulationOptions(scenario="fail-late")),
        (
            "https://sim.test/ok.mp4?duration=120",
            SimulationOptions(scenario="ok", duration=(120, 120)),
        ),
        (
            "https://sim.test/ok.mp4?duration=5,15.5",
            SimulationOptions(scenario="ok", duration=(5, 15.5)),
        ),
        (
            "https://sim.test/ok.mp4?duration=5%2C15",
            SimulationOptions(scenario="ok", duration=(5, 15)),
        ),
        (
            "https://sim.test/flaky.mp4?outcome=error&fails_at=.5&error_probability=1&seed=-7",
            SimulationOptions(
                scenario="flaky",
                outcome=Outcome.ERROR,
                fails_at=0.5,
                error_probability=1,
                seed=-7,
            ),
        ),
        ("https://sim.test/ok.mp4?queued=0.3", SimulationOptions(scenario="ok", queued=0.3)),
        (
            "https://sim.test/ok.mp4?estimate=silent",
            SimulationOptions(scenario="ok", estimate=Silence.SILENT),
        ),
        (
            "https://sim.test/ok.mp4?estimate=exact",
            SimulationOptions(scenario="ok", estimate=EstimateQuality(noise=0)),
        ),
        (
            "https://sim.test/ok.mp4?webhooks=duplicate,late",
            SimulationOptions(
                scenario="ok",
                webhooks=(
                    WebhookRule(fault=WebhookFault.DUPLICATE),
                    WebhookRule(fault=WebhookFault.LATE, seconds=30),
                ),
            ),
        ),
    ],
)
def test_query_of_a_magic_url_is_read(url: str, options: SimulationOptions) -> None:
    assert options_from_url(url) == options


@pytest.mark.parametrize(
    "url", ["https://sim.test.example/ok.mp4", "https://example.com/sim.test/ok.mp4"]
)
def test_url_of_another_host_has_no_options(url: str) -> None:
    assert options_from_url(url) is None


@pytest.mark.parametrize(
    ("rest", "detail"),
    [
        ("/flakey.mp4", "'/flakey.mp4' is not /NAME.mp4 with the name of a scenario; did you mean"),
        ("/xyz.mp4", "; choose from ok, instant, slow, fail, fail-late, stuck, lost, amnesia,"),
        ("/ok", "'/ok' is not /NAME.mp4 with the name of a scenario; did you mean /ok.mp4?"),
        ("/a/ok.mp4", "'/a/ok.mp4' is not /NAME.mp4"),
        ("", "'' is not /NAME.mp4"),
        ("/ok.mp4?colour=1", "colour: Unknown query key; known query keys: duration, queued, out"),
        ("/ok.mp4?faults=503", "faults: Unknown query key;"),
        ("/ok.mp4?scenario=slow", "scenario: Unknown query key;"),
        ("/ok.mp4?outcome=fine", "outcome: 'fine' is not a valid choice; choose from completed"),
        ("/ok.mp4?outcome=", "outcome: '' is not a valid choice"),
        ("/ok.mp4?queued=2", "queued: 2 is not between 0 and 1."),
        ("/ok.mp4?duration=soon", "duration: 'soon' is not a number."),
        ("/ok.mp4?duration=9,5", "duration: [9, 5] has its lowest after its highest."),
        ("/ok.mp4?duration=1,2,3", "duration: [1, 2, 3] is neither a number of seconds nor"),
        ("/ok.mp4?error_probability=nan", "error_probability: 'nan' is not a number."),
        ("/ok.mp4?estimate=good", "estimate: 'good' is not a valid choice; choose from exact"),
        ("/ok.mp4?seed=1.5", "seed: 1.5 is not a whole number."),
        ("/ok.mp4?webhooks=lsot", "webhooks.0.fault: 'lsot' is not a valid choice; did you mean l"),
        ("/ok.mp4?webhooks=", "webhooks.0.fault: '' is not a valid choice; choose from duplicate,"),
        ("/ok.mp4?seed=1&seed=2", "seed: It is given more than once."),
    ],
)
def test_wrong_magic_url_is_refused_with_what_is_possible(rest: str, detail: str) -> None:
    with pytest.raises(ValidationError) as refused:
        options_from_url(f"https://sim.test{rest}")

    (error,) = flatten(refused.value.detail)
    assert detail in error["detail"]
