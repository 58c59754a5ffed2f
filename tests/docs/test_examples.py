"""Every example of a request is accepted."""

import json
import re
from uuid import uuid4

import pytest
import requests

from heygen_video_translation.testing.server_process import ServerProcess
from tests.conftest import Api
from tests.docs.pages import PAGES, code_blocks

COMMAND = re.compile(r"^curl(?:.*\\\n)*.*-d '[^']*'", re.MULTILINE)
PAGES_WITH_BODIES = [page for page in PAGES if any(map(COMMAND.search, code_blocks(page, "sh")))]


def test_pages_with_examples_are_found() -> None:
    assert set(PAGES_WITH_BODIES) == {
        "README.md",
        "docs/heygen.md",
        "docs/howto-control-time.md",
        "docs/howto-receive-webhooks.md",
        "docs/howto-scenarios-and-faults.md",
        "docs/reference-http.md",
        "docs/reference-simulation.md",
        "docs/tutorial.md",
        "docs/webhooks.md",
    }


class Curl:
    """Sends the requests of curl commands in a workspace of its own, where ID is a pending job."""

    def __init__(self, session: requests.Session, root: str) -> None:
        self.root = root
        self.session = session
        self.session.headers["X-Api-Key"] = uuid4().hex
        job = self.session.post(
            f"{root}/vid_trans_api/jobs", json={"simulation": {"duration": 1000}}
        )
        self.job_id = job.json()["id"]

    def send(self, command: str) -> requests.Response:
        """Send a command's request; if a fault loses the response, send it again."""
        path = re.search(r"localhost:8000(\S+)", command)
        body = re.search(r"-d '([^']*)'", command)
        key = re.search(r"Idempotency-Key: (\w+)", command)
        assert path is not None
        assert body is not None
        request = requests.Request(
            "PATCH" if "-X PATCH" in command else "POST",
            self.root + path[1].replace("/ID", f"/{self.job_id}"),
            headers={"Idempotency-Key": key[1]} if key else {},
            json=json.loads(body[1]),
        )
        prepared = self.session.prepare_request(request)
        try:
            return self.session.send(prepared)
        except requests.ConnectionError:
            assert "lost-response" in command
            return self.session.send(prepared)


@pytest.mark.parametrize("page", PAGES_WITH_BODIES)
def test_request_with_curl_is_accepted(server: ServerProcess, page: str) -> None:
    commands = [
        command.replace("\\\n", " ")
        for script in code_blocks(page, "sh")
        for command in COMMAND.findall(script)
    ]

    with requests.Session() as session:
        curl = Curl(session, server.url)
        responses = {command: curl.send(command) for command in commands}

    rejected = {command: each.text for command, each in responses.items() if not each.ok}
    assert rejected == {}


def test_simulation_in_the_reference_is_accepted(api: Api) -> None:
    examples = [json.loads(block) for block in code_blocks("docs/reference-simulation.md", "json")]

    statuses = [
        api.post("/jobs", example).status_code for example in examples if "simulation" in example
    ]

    assert statuses == [202] * 5
