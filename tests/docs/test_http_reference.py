"""The HTTP reference lists the server's paths, fields and errors."""

import json
import re

from tests.conftest import Api
from tests.docs.pages import code_blocks, first_names, read, table
from vid_trans_api import urls
from vid_trans_api.http import problems
from vid_trans_api.native.serializers import JobRequestSerializer

PAGE = "docs/reference-http.md"


def test_every_path_is_listed() -> None:
    paths = [
        re.sub("<str:(job|endpoint)_id>", "ID", str(pattern.pattern))
        .replace("<str:", "")
        .replace(">", "")
        for pattern in urls.urlpatterns
        if pattern.name != "nothing"
    ]

    assert [path for path in paths if f" /{path}`".lower() not in read(PAGE).lower()] == []


def test_every_problem_type_is_listed() -> None:
    listed = {row[0]: row[1].strip("`") for row in table(PAGE, "Errors")}

    assert listed == {str(status): slug for status, slug in problems._SLUGS.items()}


def test_example_of_a_job_has_its_fields(api: Api) -> None:
    example, _ = (json.loads(block.replace("…", "")) for block in code_blocks(PAGE, "json"))

    assert list(example) == list(api.create())


def test_every_field_of_a_job_is_listed(api: Api) -> None:
    listed = first_names(PAGE, "The job object")

    assert sorted(listed) == sorted(api.create())


def test_every_field_of_a_creation_is_listed() -> None:
    listed = first_names(PAGE, "Create a job")

    assert listed == list(JobRequestSerializer().fields)


def test_example_of_a_problem_is_the_servers(api: Api) -> None:
    _, example = (json.loads(block) for block in code_blocks(PAGE, "json"))

    response = api.post("/jobs", {"simulation": {"duratoin": 3}}).json()

    assert (example["detail"], list(example)) == (response["detail"], list(response))
