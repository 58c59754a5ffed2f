"""Socket faults at the same time, hundreds of times, and on a server without threads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from operator import sub
from typing import Final

import pytest

from tests.databases import Databases
from tests.patience import eventually
from tests.server_processes import Server
from tests.servers.faulty_servers import (
    FAULTS,
    WITHOUT_RESPONSE,
    descriptor_counter,
    request,
    run_faulty_servers,
)

NAMES: Final = ("runserver", "gunicorn", "sync worker")
BODY_SIZES: Final = {"slow": 1000, "dribble": 1000, "truncate": 500}
"""Bytes of the body that a client receives; 0 for other faults."""


@pytest.fixture(scope="module")
def faulty_servers(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Server]]:
    folder = tmp_path_factory.mktemp("faulty")
    with run_faulty_servers(*NAMES, database=databases.create(folder), folder=folder) as servers:
        yield servers


def test_faults_at_the_same_time_do_not_interfere(faulty_servers: dict[str, Server]) -> None:
    seconds, slack = 0.5, 5.0
    sent = [
        (server, fault)
        for name, server in faulty_servers.items()
        for fault in FAULTS * (1 if name == "sync worker" else 6)
    ]

    with ThreadPoolExecutor(len(sent)) as threads:
        received = [*threads.map(lambda each: request(each[0], fault=each[1], seconds=0.5), sent)]

    for (server, fault), each in zip(sent, received, strict=True):
        assert each.ending == ("reset" if fault == "reset" else "closed")
        assert len(each.body) == BODY_SIZES.get(fault, 0)
        # One after the other, the 18 faults with a duration would take 9 seconds.
        at_once = 3 if server is faulty_servers["sync worker"] else 1
        assert each.seconds < seconds * at_once + slack


@pytest.mark.parametrize("name", NAMES)
def test_faults_leave_no_file_descriptor_open(name: str, faulty_servers: dict[str, Server]) -> None:
    server = faulty_servers[name]
    descriptors = descriptor_counter([server])
    before = descriptors()

    for fault in FAULTS:
        for _ in range(200):
            request(server, fault=fault)

    assert eventually(lambda: not any(map(sub, descriptors(), before))), (before, descriptors())


def test_server_without_threads_has_every_fault(faulty_servers: dict[str, Server]) -> None:
    server = faulty_servers["sync worker"]

    received = {fault: request(server, fault=fault, seconds=0.3) for fault in FAULTS}

    assert {fault: each.ending for fault, each in received.items()} == {
        fault: "reset" if fault == "reset" else "closed" for fault in FAULTS
    }
    assert {fault for fault, each in received.items() if not each.everything} == {*WITHOUT_RESPONSE}
    assert {fault: len(each.body) for fault, each in received.items()} == {
        fault: BODY_SIZES.get(fault, 0) for fault in FAULTS
    }
