"""What the docs say is so: settings, paths, problems, snippets and the version."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from heygen_video_translation import __version__
from tests.conftest import API, Api, SetClock
from vid_trans_api import urls
from vid_trans_api.control.reports import (
    MOST_JOBS,
    MOST_REQUESTS,
    ReportSerializer,
    VerdictSerializer,
)
from vid_trans_api.http import problems
from vid_trans_api.http.options import (
    FaultRuleSerializer,
    MagicQuerySerializer,
    SimulationSerializer,
)
from vid_trans_api.journal.violations import ViolationKind
from vid_trans_api.models import Job
from vid_trans_api.native.documents import job_document
from vid_trans_api.native.serializers import JobSerializer
from vid_trans_api.simulation.estimates import EstimateProfile
from vid_trans_api.simulation.faults import Fault, replaces_request
from vid_trans_api.simulation.scenarios import SCENARIOS
from vid_trans_api.snapshots import Status

ROOT = Path(__file__).resolve().parent.parent


def read(path: str) -> str:
    return (ROOT / path).read_text()


def first_cells(markdown: str) -> list[str]:
    return [row.split("|")[1] for row in markdown.splitlines() if row.startswith("| ")]


def fenced(path: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", read(path), re.MULTILINE | re.DOTALL)


def test_the_changelogs_first_heading_is_the_version() -> None:
    first = re.search(r"^## \[(.+?)\]", read("CHANGELOG.md"), re.MULTILINE)

    assert first is not None
    assert first[1] == __version__


def test_the_readme_lists_every_setting_and_no_other() -> None:
    reading = r'env\.\w+\(\s*"(\w+)"'
    known = set(re.findall(reading, read("heygen_video_translation/settings.py")))
    known |= set(re.findall(reading, read("gunicorn.conf.py")))

    table = read("README.md").partition("## Settings")[2].partition("\n## ")[0]
    listed = {name for cell in first_cells(table) for name in re.findall(r"`(\w+)`", cell)}

    assert listed == known


def test_the_api_docs_list_every_path() -> None:
    listed = read("docs/api.md")
    paths = [
        str(pattern.pattern).replace("<str:job_id>", "ID")
        for pattern in urls.urlpatterns
        if pattern.name != "nothing"
    ]

    assert [path for path in paths if f" /{path}`" not in listed] == []


def test_the_api_docs_list_every_problem_that_is_answered() -> None:
    table = read("docs/api.md").partition("| status | `type` ends in |")[2]
    listed = dict(re.findall(r"^\| (\d+) \| `([\w-]+)`", table, re.MULTILINE))

    answered = {str(status): slug for status, slug in problems._SLUGS.items()}
    assert listed == answered


def test_the_simulation_docs_list_every_key() -> None:
    assert words_of("Keys") == list(SimulationSerializer().fields)


def test_the_simulation_docs_list_every_scenario_with_its_sentence() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (.+) \|$", section("Scenarios"), re.MULTILINE)

    listed = [row for row in rows if row[0] != "scenario"]
    assert listed == [(each.name, each.description) for each in SCENARIOS]


def test_the_simulation_docs_list_every_key_of_a_rule_and_every_fault() -> None:
    rule = list(FaultRuleSerializer(of_workspace=True).fields)

    assert words_of("Faults") == [*rule, "fault", *Fault]


def test_the_simulation_docs_say_which_faults_come_instead_of_the_request() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \|.*\| (.+?) \|$", section("Faults"), re.MULTILINE)
    actual = {word: where for word, where in rows if word in {*Fault}}

    assert actual == {
        fault: "instead of the request" if replaces_request(fault) else "to the answer"
        for fault in Fault
    }


def test_the_simulation_docs_list_every_query_key_of_a_magic_url() -> None:
    assert words_of("Magic URLs") == list(MagicQuerySerializer().fields)


def test_the_simulation_docs_list_every_course() -> None:
    assert words_of("How estimates err") == ["profile", *EstimateProfile]


def test_the_docs_of_verdicts_list_every_remark_and_every_key() -> None:
    actual = {heading: words_of(heading) for heading in ("One job", "Remarks", "The workspace")}

    assert actual == {
        "One job": ["polls", "verdict", *VerdictSerializer().fields],
        "Remarks": ["kind", *ViolationKind],
        "The workspace": list(ReportSerializer().fields),
    }


def test_the_docs_of_verdicts_say_how_much_is_listed() -> None:
    one_job, all_jobs = section("One job"), section("The workspace")

    assert one_job.count(f"the newest {MOST_REQUESTS:,}") == 2
    assert f"the newest {MOST_REQUESTS:,}" in all_jobs
    assert f"more than {MOST_JOBS:,} jobs" in all_jobs


def section(heading: str) -> str:
    """Return what stands below that heading of docs/simulation.md, to the next of its rank."""
    found = re.search(rf"^(#+) {re.escape(heading)}$", read("docs/simulation.md"), re.MULTILINE)
    assert found is not None, heading
    below = read("docs/simulation.md")[found.end() :]
    return re.split(rf"^#{{2,{len(found[1])}}} ", below, flags=re.MULTILINE)[0]


def words_of(heading: str) -> list[str]:
    """Return the words in the first cells of the tables below that heading."""
    cells = first_cells(section(heading))
    return [word for cell in cells for word in re.findall(r"`([\w-]+)`", cell)]


def test_every_example_of_a_simulation_is_accepted(api: Api) -> None:
    examples = [json.loads(each) for each in fenced("docs/simulation.md", "json")]

    answered = [
        api.post("/jobs", example).status_code for example in examples if "simulation" in example
    ]
    assert answered == [202, 202, 202, 202]


@pytest.mark.parametrize("path", ["README.md", "docs/api.md", "docs/simulation.md"])
def test_every_body_that_curl_is_to_send_is_accepted(api: Api, path: str) -> None:
    commands = [
        command.replace("\\\n", " ")
        for script in fenced(path, "sh")
        for command in re.findall(r"^curl(?:.*\\\n)*.*-d .*$", script, re.MULTILINE)
    ]

    answers = []
    for command in commands:
        method = re.search(r"-X (\w+)", command)
        address = re.search(r"localhost:8000/vid_trans_api(\S+)", command)
        body = re.search(r"-d '(.+?)'", command)
        assert address is not None
        assert body is not None
        ask = api.patch if method and method[1] == "PATCH" else api.post
        answers.append(ask(address[1], json.loads(body[1])))

    assert commands
    assert [answer.content for answer in answers if answer.status_code not in {200, 202}] == []


def test_the_docs_show_a_job_with_the_fields_that_it_has(api: Api) -> None:
    (shown, _) = (json.loads(each.replace("…", "")) for each in fenced("docs/api.md", "json"))

    assert list(shown) == list(api.create())


def test_the_docs_show_a_problem_as_it_is_answered(api: Api) -> None:
    (_, shown) = (json.loads(each) for each in fenced("docs/api.md", "json"))

    answered = api.post("/jobs", {"simulation": {"duratoin": 3}}).json()
    assert (shown["detail"], list(shown)) == (answered["detail"], list(answered))


@pytest.mark.parametrize("outcome", ["completed", "error", "stuck"])
@pytest.mark.parametrize("age", [0, 5, 100])
def test_a_job_is_written_as_its_schema_says(
    api: Api, clock: SetClock, outcome: str, age: float
) -> None:
    job_id = api.create(duration=10, outcome=outcome)["id"]
    clock.advance(age)
    job = Job.objects.get(public_id=job_id)
    snapshot = job.at(clock.at)
    url = f"http://localhost{API}/jobs/x/result" if snapshot.status is Status.COMPLETED else None

    document = job_document(job, snapshot, result_url=url)

    declared: dict[str, Any] = dict(JobSerializer().fields)
    assert list(document) == list(declared)
    nulls = {name for name, value in document.items() if value is None}
    assert nulls <= {name for name, field in declared.items() if field.allow_null}
    assert JobSerializer(data=document).is_valid()


def test_every_link_in_the_docs_leads_somewhere() -> None:
    documents = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
    broken = [
        (document.name, target)
        for document in documents
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
        if not (document.parent / target).exists()
    ]

    assert broken == []


def test_the_architecture_names_every_module() -> None:
    actual = read("docs/architecture.md")
    modules = [
        module.name
        for package in ("heygen_video_translation", "vid_trans_api")
        for module in (ROOT / package).glob("*.py")
        if module.name != "__init__.py"
    ]

    assert [name for name in modules if f"{name}`" not in actual] == []


def test_no_two_operations_are_described_alike(api: Api) -> None:
    document = api.get("/schema").json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]

    summaries = [operation["summary"] for operation in operations]
    actual = [operation["description"] for operation in operations if "description" in operation]
    assert (len(set(summaries)), len(set(actual))) == (len(operations), len(actual))
