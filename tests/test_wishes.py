"""How a job is to go, as requests say it: what is taken, what is refused, and whose word counts."""

from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from tests.conftest import Api, SetClock
from vid_trans_api.http.errors import flatten
from vid_trans_api.http.options import RulesField, options_from_url
from vid_trans_api.models import Job
from vid_trans_api.native.serializers import JobRequestSerializer
from vid_trans_api.simulation.estimates import EstimateProfile
from vid_trans_api.simulation.faults import Fault, Rule
from vid_trans_api.simulation.options import EstimateQuality, Outcome, Silence, SimulationOptions
from vid_trans_api.simulation.scenarios import NAMES
from vid_trans_api.snapshots import Failure, Operation

URL = "https://sim.test/ok.mp4"


def rule(**said: Any) -> dict[str, Any]:
    return {"on": "status", "fault": 503, **said}


def levels(document: dict[str, Any]) -> dict[str, SimulationOptions]:
    """Return what a request wants, level by level."""
    wanted = JobRequestSerializer(data=document)
    wanted.is_valid(raise_exception=True)
    found: dict[str, SimulationOptions] = wanted.validated_data.options
    return found


def errors(document: dict[str, Any]) -> list[tuple[str, str]]:
    wanted = JobRequestSerializer(data=document)
    wanted.is_valid()
    return [(each["field"], each["detail"]) for each in flatten(wanted.errors)]


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_starts_a_job_by_its_name_and_by_its_url(
    api: Api, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("vid_trans_api.native.base.can_inject", lambda environ: True)
    for document in (
        {"simulation": {"scenario": name}},
        {"video_url": f"http://sim.test/{name}.mp4"},
    ):
        api.create(document)

    assert [job.plan.scenario for job in Job.objects.all()] == [name, name]


@pytest.mark.parametrize(
    ("simulation", "options"),
    [
        ({"scenario": "flaky"}, SimulationOptions(scenario="flaky")),
        ({"fails_at": 0}, SimulationOptions(fails_at=0)),
        ({"fails_at": 1}, SimulationOptions(fails_at=1)),
        ({"estimate": "exact"}, SimulationOptions(estimate=EstimateQuality(noise=0))),
        ({"estimate": "none"}, SimulationOptions(estimate=Silence.NONE)),
        ({"estimate": "silent"}, SimulationOptions(estimate=Silence.SILENT)),
        (
            {"estimate": {"profile": "backwards", "bias": 3}},
            SimulationOptions(estimate=EstimateQuality(bias=3, profile=EstimateProfile.BACKWARDS)),
        ),
        (
            {"error": {"code": "x", "message": "y"}},
            SimulationOptions(failure=Failure(code="x", message="y", retryable=False)),
        ),
        ({"faults": []}, SimulationOptions(faults=())),
        (
            {
                "faults": [
                    rule(times=1, after=0, every=1, between=[0, None], probability=0),
                    rule(fault=400, retry_after=0),
                    rule(fault=599.0, retry_after=86_400, between=[5, 5]),
                    rule(fault="html", status=200, retry_after=3, on="any"),
                    rule(fault="hang", seconds=300, on="create"),
                    rule(fault="dribble", seconds=0, on="result"),
                    rule(fault="unknown-status", on="cancel"),
                ]
            },
            SimulationOptions(
                faults=(
                    Rule(
                        on=Operation.STATUS,
                        fault=503,
                        times=1,
                        between=(0, None),
                        probability=0,
                    ),
                    Rule(on=Operation.STATUS, fault=400, retry_after=0),
                    Rule(on=Operation.STATUS, fault=599, retry_after=86_400, between=(5, 5)),
                    Rule(on=Operation.ANY, fault=Fault.HTML, status=200, retry_after=3),
                    Rule(on=Operation.CREATE, fault=Fault.HANG, seconds=300),
                    Rule(on=Operation.RESULT, fault=Fault.DRIBBLE, seconds=0),
                    Rule(on=Operation.CANCEL, fault=Fault.UNKNOWN_STATUS),
                )
            ),
        ),
        (
            {"faults": [rule()] * 20},
            SimulationOptions(faults=(Rule(on=Operation.STATUS, fault=503),) * 20),
        ),
    ],
)
def test_what_a_request_says_is_what_it_wants(
    simulation: dict[str, Any], options: SimulationOptions
) -> None:
    assert levels({"simulation": simulation}) == {"simulation": options}


@pytest.mark.parametrize(
    ("simulation", "field", "detail"),
    [
        ({"scenario": "flakey"}, "scenario", "did you mean flaky?"),
        ({"scenario": "xyz"}, "scenario", "there are ok, instant, slow, fail, fail-late, stuck,"),
        ({"scenario": 3}, "scenario", "3 is not one of the words to choose from; there are ok,"),
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
            "no such field; there are noise, bias, profile.",
        ),
        ({"estimate": {"noise": None}}, "estimate.noise", "null"),
        ({"faults": {}}, "faults", "{} is not a list of rules."),
        ({"faults": None}, "faults", "null"),
        ({"faults": [rule()] * 21}, "faults", "These are 21 rules; give 20 at most."),
        ({"faults": [503]}, "faults.0", "503 is not a JSON object."),
        ({"faults": [None]}, "faults.0", "null"),
        ({"faults": [rule(), {"fault": 503}]}, "faults.1.on", "required"),
        ({"faults": [{"on": "status"}]}, "faults.0.fault", "required"),
        ({"faults": [rule(when=1)]}, "faults.0.when", "there are on, fault, times, after, every,"),
        ({"faults": [rule(from_middle=True)]}, "faults.0.from_middle", "no such field"),
        (
            {"faults": [rule(on="delete")]},
            "faults.0.on",
            "there are create, status, list, cancel, result, any.",
        ),
        ({"faults": [rule(fault="rest")]}, "faults.0.fault", "did you mean reset?"),
        (
            {"faults": [rule(fault="xyz")]},
            "faults.0.fault",
            "there are html, reset, hang, garbage, empty, truncate, slow, dribble, lost-response,",
        ),
        ({"faults": [rule(fault="503")]}, "faults.0.fault", "'503' is neither a number from 400"),
        ({"faults": [rule(fault=399)]}, "faults.0.fault", "399 is neither a number from 400"),
        ({"faults": [rule(fault=600)]}, "faults.0.fault", "600 is neither a number from 400"),
        ({"faults": [rule(fault=404.5)]}, "faults.0.fault", "404.5 is neither a number from"),
        ({"faults": [rule(fault=True)]}, "faults.0.fault", "true is neither a number from"),
        ({"faults": [rule(times=0)]}, "faults.0.times", "0 is not between 1 and 1000000."),
        ({"faults": [rule(times=1.5)]}, "faults.0.times", "1.5 is not a whole number."),
        ({"faults": [rule(after=-1)]}, "faults.0.after", "-1 is not between 0 and 1000000."),
        ({"faults": [rule(every=0)]}, "faults.0.every", "0 is not between 1 and 1000000."),
        ({"faults": [rule(probability=2)]}, "faults.0.probability", "2 is not between 0 and 1."),
        ({"faults": [rule(between=5)]}, "faults.0.between", "5 is not [from, to]"),
        ({"faults": [rule(between=[5])]}, "faults.0.between", "[5] is not [from, to]"),
        ({"faults": [rule(between=[6, 5])]}, "faults.0.between", "[6, 5] ends before it begins."),
        ({"faults": [rule(between=[None, 5])]}, "faults.0.between", "null is not a number."),
        ({"faults": [rule(between=[0, 86_401])]}, "faults.0.between", "between 0 and 86400."),
        (
            {"faults": [rule(retry_after=86_401)]},
            "faults.0.retry_after",
            "not between 0 and 86400.",
        ),
        (
            {"faults": [rule(fault="reset", retry_after=5)]},
            "faults.0.retry_after",
            "The fault reset has none; it goes with status codes, html.",
        ),
        (
            {"faults": [rule(status=200)]},
            "faults.0.status",
            "The fault 503 has none; it goes with html.",
        ),
        (
            {"faults": [rule(fault="html", status=500)]},
            "faults.0.status",
            "500 is not the status of a page; there are 200, 502.",
        ),
        (
            {"faults": [rule(fault="html", status=True)]},
            "faults.0.status",
            "true is not the status of a page",
        ),
        (
            {"faults": [rule(fault="truncate", seconds=5)]},
            "faults.0.seconds",
            "The fault truncate has none; it goes with hang, slow, dribble.",
        ),
        ({"faults": [rule(fault="hang", seconds=301)]}, "faults.0.seconds", "between 0 and 300."),
        (
            {"faults": [rule(on="list")]},
            "faults.0.on",
            "its workspace's faults; there are create, status, cancel, result, any.",
        ),
        (
            {"faults": [rule(on="cancel", fault="stale")]},
            "faults.0.on",
            "The fault stale cannot happen to cancel; there are status, any.",
        ),
        (
            {"faults": [rule(on="result", fault="unknown-status")]},
            "faults.0.on",
            "cannot happen to result; there are create, status, cancel, any.",
        ),
    ],
)
def test_what_means_nothing_is_named_with_what_would_be_right(
    simulation: dict[str, Any], field: str, detail: str
) -> None:
    ((named, sentence),) = errors({"simulation": simulation})

    assert named == f"simulation.{field}"
    assert detail in sentence


def test_every_wrong_rule_is_named_at_once(api: Api) -> None:
    faults = [rule(times=0, after=-1), rule(), rule(fault="hang", status=200, retry_after=1)]

    answer = api.post("/jobs", {"simulation": {"faults": faults}})

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [
        "simulation.faults.0.times",
        "simulation.faults.0.after",
        "simulation.faults.2.retry_after",
        "simulation.faults.2.status",
    ]


def test_a_workspaces_rules_may_be_about_lists() -> None:
    rules = RulesField(of_workspace=True)

    found = rules.run_validation([rule(on="list"), rule(on="list", fault="stale")])

    assert found == (
        Rule(on=Operation.LIST, fault=503),
        Rule(on=Operation.LIST, fault=Fault.STALE),
    )


def test_a_rule_about_lists_has_no_age_to_go_by() -> None:
    rules = RulesField(of_workspace=True)

    with pytest.raises(ValidationError) as refused:
        rules.run_validation([rule(on="list", between=[0, 5])])

    assert [each["field"] for each in flatten(refused.value.detail)] == ["0.between"]


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("https://sim.test/slow.mp4", SimulationOptions(scenario="slow")),
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
        (
            "https://sim.test/ok.mp4?estimate=silent",
            SimulationOptions(scenario="ok", estimate=Silence.SILENT),
        ),
        (
            "https://sim.test/ok.mp4?estimate=exact",
            SimulationOptions(scenario="ok", estimate=EstimateQuality(noise=0)),
        ),
        ("https://sim.test.example/ok.mp4", None),
        ("https://example.com/sim.test/ok.mp4", None),
    ],
)
def test_a_magic_url_says_how_its_job_is_to_go(url: str, options: SimulationOptions | None) -> None:
    assert options_from_url(url) == options
    assert levels({"video_url": url}) == ({"video_url": options} if options else {})


@pytest.mark.parametrize(
    ("rest", "detail"),
    [
        ("/flakey.mp4", "'/flakey.mp4' is not /NAME.mp4, NAME being that of a scenario; did you"),
        ("/xyz.mp4", "there are ok, instant, slow, fail, fail-late, stuck, lost, amnesia,"),
        ("/ok", "'/ok' is not /NAME.mp4, NAME being that of a scenario; did you mean /ok.mp4?"),
        ("/a/ok.mp4", "'/a/ok.mp4' is not /NAME.mp4"),
        ("", "'' is not /NAME.mp4"),
        ("/ok.mp4?colour=1", "colour: There is no such query key; there are duration, queued, out"),
        ("/ok.mp4?faults=503", "faults: There is no such query key;"),
        ("/ok.mp4?scenario=slow", "scenario: There is no such query key;"),
        ("/ok.mp4?outcome=fine", "outcome: 'fine' is not one of the words to choose from; there"),
        ("/ok.mp4?outcome=", "outcome: '' is not one of the words"),
        ("/ok.mp4?duration=soon", "duration: 'soon' is not a number."),
        ("/ok.mp4?duration=9,5", "duration: [9, 5] has its lowest after its highest."),
        ("/ok.mp4?duration=1,2,3", "duration: [1, 2, 3] is neither a number of seconds nor"),
        ("/ok.mp4?error_probability=nan", "error_probability: 'nan' is not a number."),
        ("/ok.mp4?estimate=good", "estimate: 'good' is not one of the words to choose from; there"),
        ("/ok.mp4?seed=1.5", "seed: 1.5 is not a whole number."),
        ("/ok.mp4?seed=1&seed=2", "seed: It is given more than once."),
    ],
)
def test_a_magic_url_that_says_something_unknown_is_refused(rest: str, detail: str) -> None:
    ((field, sentence),) = errors({"video_url": f"https://sim.test{rest}"})

    assert field == "video_url"
    assert detail in sentence


def test_every_wrong_word_of_a_magic_url_is_named_beside_other_fields() -> None:
    found = errors({"video_url": f"{URL}?seed=x&duration=y", "title": 5})

    assert found == [
        ("video_url", "duration: 'y' is not a number."),
        ("video_url", "seed: 'x' is not a whole number."),
        ("title", "5 is not a string."),
    ]


def test_what_a_job_says_counts_before_its_url(api: Api) -> None:
    document = {
        "video_url": "https://sim.test/slow.mp4?duration=30&seed=4",
        "simulation": {"scenario": "fail", "seed": 5},
    }

    job = api.create(document)

    plan = Job.objects.get().plan
    assert (plan.scenario, plan.seed, plan.duration, plan.ends_after) == ("fail", 5, 30, 3)
    assert job["video_url"] == document["video_url"]


def test_without_wishes_there_are_no_levels() -> None:
    assert levels({}) == {}
    assert levels({"simulation": {}}) == {"simulation": SimulationOptions()}


class TestSimulationOff:
    @pytest.fixture(autouse=True)
    def _off(self, settings) -> None:
        settings.SIMULATION = False

    def test_simulation_is_a_field_like_any_that_does_not_exist(self) -> None:
        assert errors({"simulation": {}}) == [
            (
                "simulation",
                "There is no such field; there are video_url, title, target_language.",
            )
        ]

    @pytest.mark.parametrize("url", [URL, "https://sim.test/nothing?x=1"])
    def test_magic_urls_are_ordinary_ones(self, url: str) -> None:
        assert levels({"video_url": url}) == {}

    def test_the_schema_says_nothing_of_it(self, api: Api) -> None:
        document = api.get("/schema").json()

        fields = document["components"]["schemas"]["JobRequestRequest"]["properties"]
        assert list(fields) == ["video_url", "title", "target_language"]
        assert [name for name in document["components"]["schemas"] if "Simulation" in name] == []

    def test_the_page_does_not_offer_it(self, browser, clock: SetClock, db: None) -> None:
        assert "Simulation" not in browser.get("/").text

        browser.post("/", {"title": "x", "duration": "3", "outcome": "stuck"})

        assert Job.objects.get().plan.outcome is not Outcome.STUCK


def test_the_page_offers_it(browser, clock: SetClock, db: None) -> None:
    assert "Simulation" in browser.get("/").text


def test_a_magic_url_works_from_the_page(browser, clock: SetClock, db: None) -> None:
    browser.post("/", {"video_url": "https://sim.test/stuck.mp4"})

    assert Job.objects.get().plan.outcome is Outcome.STUCK
