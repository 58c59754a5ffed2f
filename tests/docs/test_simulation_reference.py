"""The simulation reference lists every option, scenario, fault and control endpoint."""

from tests.docs.pages import first_names, names, table
from vid_trans_api import urls
from vid_trans_api.control.serializers import (
    ClockRequestSerializer,
    DefaultsSerializer,
    JobUpdateSerializer,
)
from vid_trans_api.http.options import (
    FAULT_OPERATIONS,
    FaultRuleSerializer,
    MagicQuerySerializer,
    SimulationSerializer,
)
from vid_trans_api.simulation.estimates import EstimateProfile
from vid_trans_api.simulation.faults import Fault, replaces_request
from vid_trans_api.simulation.scenarios import SCENARIOS
from vid_trans_api.simulation.webhook_faults import (
    DEFAULT_SECONDS,
    LONGEST_SECONDS,
    MOST_DUPLICATES,
    WebhookFault,
)

PAGE = "docs/reference-simulation.md"


def test_every_option_is_listed() -> None:
    assert sorted(first_names(PAGE, "Options")) == sorted(SimulationSerializer().fields)


def test_every_scenario_is_listed_with_its_description() -> None:
    rows = table(PAGE, "Scenarios")

    assert [(row[0].strip("`"), row[1]) for row in rows] == [
        (scenario.name, scenario.description) for scenario in SCENARIOS
    ]


def test_every_scenario_is_in_the_guide() -> None:
    rows = table("docs/howto-scenarios-and-faults.md", "Choose a scenario by name")

    listed = names([row[1] for row in rows])

    assert sorted(listed) == sorted(scenario.name for scenario in SCENARIOS)


def test_every_option_of_a_magic_url_is_listed() -> None:
    assert sorted(first_names(PAGE, "Magic URLs")) == sorted(MagicQuerySerializer().fields)


def test_every_estimate_profile_is_listed() -> None:
    assert first_names(PAGE, "Estimates", 1) == [*EstimateProfile]


def test_every_key_of_a_rule_is_listed() -> None:
    assert first_names(PAGE, "Fault rules") == list(FaultRuleSerializer().fields)


def test_every_fault_is_listed_with_whether_the_request_is_done() -> None:
    rows = [row for row in table(PAGE, "Faults") if row[0].startswith("`")]

    assert [(row[0].strip("`"), row[2]) for row in rows] == [
        (fault.value, "no" if replaces_request(fault) else "yes") for fault in Fault
    ]


def test_every_webhook_fault_is_listed_with_its_key() -> None:
    rows = table(PAGE, "Webhook faults")

    limits = {
        fault.value: f"`seconds`: 0 to {longest:g}, default {DEFAULT_SECONDS[fault]:g}"
        for fault, longest in LONGEST_SECONDS.items()
    }
    times = f"`times`: how many more times, 1 to {MOST_DUPLICATES}, default 1"
    assert [(row[0].strip("`"), row[2]) for row in rows] == [
        (fault.value, {"duplicate": times, **limits}.get(fault.value, "none"))
        for fault in WebhookFault
    ]


def test_every_webhook_fault_is_in_the_guide() -> None:
    rows = table("docs/howto-scenarios-and-faults.md", "Make webhooks misbehave")

    assert sorted(names([row[1] for row in rows])) == sorted(WebhookFault)


def test_every_operation_of_a_rule_is_listed() -> None:
    assert first_names(PAGE, "Operations") == list(FAULT_OPERATIONS)


def test_every_control_endpoint_is_listed() -> None:
    listed = {row[0].strip("`").split(" /")[1] for row in table(PAGE, "Control endpoints")}

    assert listed == {
        str(pattern.pattern).replace("<str:job_id>", "ID") for pattern in urls.simulation
    }


def test_every_key_of_the_clock_is_listed() -> None:
    assert first_names(PAGE, "Clock") == list(ClockRequestSerializer().fields)


def test_every_default_is_listed_or_an_option() -> None:
    options = {*first_names(PAGE, "Options")} - {"seed"}

    assert {*first_names(PAGE, "Defaults")} | options == {*DefaultsSerializer().fields}


def test_every_key_of_a_job_update_is_listed() -> None:
    assert first_names(PAGE, "Updating a job") == list(JobUpdateSerializer().fields)
