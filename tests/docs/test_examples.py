"""Every example of a request is accepted."""

import json
import re

import pytest

from tests.conftest import Api
from tests.docs.pages import PAGES, code_blocks

COMMAND = re.compile(r"^curl(?:.*\\\n)*.*-d '[^']*'", re.MULTILINE)
PAGES_WITH_BODIES = [page for page in PAGES if any(map(COMMAND.search, code_blocks(page, "sh")))]


def test_pages_with_examples_are_found() -> None:
    assert set(PAGES_WITH_BODIES) == {
        "README.md",
        "docs/howto-control-time.md",
        "docs/howto-scenarios-and-faults.md",
        "docs/reference-http.md",
        "docs/reference-simulation.md",
        "docs/tutorial.md",
    }


@pytest.mark.parametrize("page", PAGES_WITH_BODIES)
def test_request_with_curl_is_accepted(api: Api, page: str) -> None:
    job_id = api.create(outcome="stuck")["id"]
    commands = [
        command.replace("\\\n", " ")
        for script in code_blocks(page, "sh")
        for command in COMMAND.findall(script)
    ]

    rejected = {
        command: response.content
        for command in commands
        if (response := send(api, command, job_id)).status_code not in {200, 202}
    }

    assert rejected == {}


def send(api: Api, command: str, job_id: str) -> object:
    """Send the request that a curl command sends; ID is the id of a pending job."""
    path = re.search(r"localhost:8000/vid_trans_api(\S+)", command)
    body = re.search(r"-d '([^']*)'", command)
    assert path is not None
    assert body is not None
    method = api.patch if "-X PATCH" in command else api.post
    return method(path[1].replace("/ID", f"/{job_id}"), json.loads(body[1]))


def test_simulation_in_the_reference_is_accepted(api: Api) -> None:
    examples = [json.loads(block) for block in code_blocks("docs/reference-simulation.md", "json")]

    statuses = [
        api.post("/jobs", example).status_code for example in examples if "simulation" in example
    ]

    assert statuses == [202, 202, 202, 202]
