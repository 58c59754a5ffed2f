"""Clients that others generate from the OpenAPI document: they compile and work."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.prove.installation.conftest import TIMEOUT, Environment
from tests.server_processes import Server, runserver

PYTHON_PACKAGES = ("openapi-python-client==0.29.1", "mypy==2.4.1")
TYPESCRIPT_PACKAGES = {
    "openapi-fetch": "0.17.0",
    "openapi-typescript": "7.13.0",
    "typescript": "5.9.3",
}
CONFIGURATION = "content_type_overrides: {video/mp4: application/octet-stream}"

PYTHON_PROGRAM = """
    import sys

    from generated import Client
    from generated.api.jobs import cancel_job, create_job, get_job, get_result, list_jobs
    from generated.api.simulation import get_report, set_clock, update_defaults
    from generated.models import (
        Clock, ClockRequest, DefaultsRequest, FaultName, FaultOperation, FaultRuleRequest, Job,
        JobPage, JobRequest, JobStatus, Next, Outcome, Problem, ScenarioName, SimulationRequest,
        TargetLanguage, WorkspaceReport,
    )

    client = Client(base_url=sys.argv[1])
    options = SimulationRequest(duration=[500, 600], outcome=Outcome.COMPLETED)
    request = JobRequest(
        title="A talk", target_language=TargetLanguage.FRENCH, simulation=options
    )
    job = create_job.sync(client=client, body=request)
    assert isinstance(job, Job), job
    set_clock.sync(client=client, body=ClockRequest(advance=Next.NEXT))
    clock = set_clock.sync(client=client, body=ClockRequest(advance=600))
    assert isinstance(clock, Clock), clock
    ended = get_job.sync(job.id, client=client)
    assert isinstance(ended, Job), ended
    assert (ended.status, ended.title) == (JobStatus.COMPLETED, "A talk")
    page = list_jobs.sync(client=client, ids=job.id, status=JobStatus.COMPLETED)
    assert isinstance(page, JobPage), page
    assert [each.id for each in page.results] == [job.id]
    video = get_result.sync(job.id, client=client)
    assert video is not None and not isinstance(video, Problem), video
    assert video.payload.read()[4:8] == b"ftyp"

    flaky = create_job.sync(
        client=client,
        body=JobRequest(simulation=SimulationRequest(scenario=ScenarioName.FLAKY, duration=600)),
    )
    assert isinstance(flaky, Job), flaky
    canceled = cancel_job.sync(flaky.id, client=client)
    assert isinstance(canceled, Job) and canceled.error is not None, canceled
    assert canceled.error.code == "canceled"
    missing = get_job.sync("nope", client=client)
    assert isinstance(missing, Problem) and missing.status == 404, missing

    rule = FaultRuleRequest(on=FaultOperation.LIST, fault=FaultName.GARBAGE, times=1)
    update_defaults.sync(client=client, body=DefaultsRequest(faults=[rule]))
    report = get_report.sync(client=client)
    assert isinstance(report, WorkspaceReport), report
    print(report.jobs)
"""
TYPESCRIPT_PROGRAM = """
    import createClient from "openapi-fetch";
    import type { components, paths } from "./generated.js";

    type JobRequest = components["schemas"]["JobRequest"];
    type JobStatus = components["schemas"]["JobStatus"];

    const client = createClient<paths>({ baseUrl: process.argv[2] });
    const completed: JobStatus = "completed";
    const body: JobRequest = {
      title: "A talk",
      target_language: "French",
      simulation: { duration: [500, 600], outcome: completed },
    };

    const { data: job } = await client.POST("/vid_trans_api/jobs", { body });
    if (!job) throw new Error("no job");
    await client.POST("/vid_trans_api/simulation/clock", { body: { advance: 600 } });
    const path = { job_id: job.id };
    const ended = await client.GET("/vid_trans_api/jobs/{job_id}", { params: { path } });
    if (ended.data?.status !== completed) throw new Error("not completed");
    const video = await client.GET("/vid_trans_api/jobs/{job_id}/result", {
      params: { path },
      parseAs: "arrayBuffer",
    });
    const canceled = await client.POST("/vid_trans_api/jobs/{job_id}/cancel", { params: { path } });
    const report = await client.GET("/vid_trans_api/simulation/report");
    console.log(video.response.headers.get("Content-Type"));
    console.log(canceled.error?.status, report.data?.jobs);
"""


@pytest.fixture(scope="module")
def new_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without API keys."""
    folder = tmp_path_factory.mktemp("server")
    with runserver(folder / "db.sqlite3", folder / "log") as server:
        yield server


@pytest.fixture
def document(new_server: Server, tmp_path: Path) -> Path:
    """The server's OpenAPI document as a file."""
    path = tmp_path / "openapi.json"
    path.write_bytes(new_server.request("GET", "/schema").body)
    return path


def run(*words: str, folder: Path) -> str:
    """Run a program, which must succeed, and return its output."""
    ran = subprocess.run(
        words,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


def test_python_client_is_typed_and_works(
    new_server: Server, document: Path, tmp_path: Path
) -> None:
    environment = Environment(folder=tmp_path / "python")
    environment.create()
    environment.install(*PYTHON_PACKAGES)
    (tmp_path / "configuration.yml").write_text(CONFIGURATION)
    (tmp_path / "program.py").write_text(dedent(PYTHON_PROGRAM))

    generated = run(
        *(str(environment.program("openapi-python-client")), "generate", f"--path={document}"),
        *("--meta=none", "--output-path=generated", "--config=configuration.yml"),
        folder=tmp_path,
    )
    python = str(environment.program("python"))
    run(python, "-m", "mypy", "--strict", "program.py", "generated", folder=tmp_path)
    printed = run(python, "program.py", new_server.url, folder=tmp_path)

    assert "WARNING" not in generated
    assert "Unable" not in generated
    assert int(printed) >= 2


@pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None, reason="needs node and npm"
)
def test_typescript_client_is_typed_and_works(
    new_server: Server, document: Path, tmp_path: Path
) -> None:
    package = {"private": True, "type": "module", "dependencies": TYPESCRIPT_PACKAGES}
    (tmp_path / "package.json").write_text(json.dumps(package))
    (tmp_path / "program.mts").write_text(dedent(TYPESCRIPT_PROGRAM))
    (tmp_path / "node.d.ts").write_text("declare const process: { argv: string[] };\n")
    binaries = tmp_path / "node_modules" / ".bin"

    run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", folder=tmp_path)
    run(
        str(binaries / "openapi-typescript"),
        str(document),
        "--output=generated.ts",
        folder=tmp_path,
    )
    run(
        *(str(binaries / "tsc"), "--strict", "--skipLibCheck", "--target", "es2022"),
        *("--module", "nodenext", "--lib", "es2022,dom,dom.iterable"),
        *("program.mts", "generated.ts", "node.d.ts"),
        folder=tmp_path,
    )
    printed = run("node", "program.mjs", new_server.url, folder=tmp_path)

    content_type, counts = printed.splitlines()
    assert content_type == "video/mp4"
    assert counts.startswith("409 ")
