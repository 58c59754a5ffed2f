"""A witness of everything that servers say of jobs, who notices when they contradict themselves."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Barrier, Lock, Thread
from typing import Any


@dataclass(frozen=True)
class Statement:
    asked_at: float
    told_at: float
    job: Any
    """As it was answered, or None where the answer was only that the job has ended."""

    @property
    def is_terminal(self) -> bool:
        return self.job is None or self.job["status"] != "pending"


class Witness:
    """Remembers every answer; may be shared between threads."""

    def __init__(self) -> None:
        self._statements: dict[str, list[Statement]] = defaultdict(list)
        self._lock = Lock()

    def hear(self, asked_at: float, jobs: Iterable[Any]) -> None:
        """Remember what an answer that has just come says of these jobs."""
        told_at = time.monotonic()
        with self._lock:
            for job in jobs:
                self._statements[job["id"]].append(Statement(asked_at, told_at, job))

    def hear_that_it_ended(self, asked_at: float, job_id: str) -> None:
        told_at = time.monotonic()
        with self._lock:
            self._statements[job_id].append(Statement(asked_at, told_at, None))

    @property
    def job_ids(self) -> list[str]:
        with self._lock:
            return [*self._statements]

    def last_words(self) -> dict[str, str]:
        """Return the last status that was told of each job."""
        return {
            job_id: max((s for s in said if s.job), key=lambda s: s.told_at).job["status"]
            for job_id, said in self._statements.items()
        }

    def contradictions(self) -> list[tuple[Statement, Statement]]:
        """Return pairs of answers of which one is wrong: there must be none.

        A terminal answer is the last word: every other equals it, and none that was asked for after
        it was told says pending.
        """
        found = []
        for said in self._statements.values():
            ends = [s for s in said if s.is_terminal]
            if not ends:
                continue
            first = min(ends, key=lambda s: s.told_at)
            full = next((s for s in ends if s.job), first)
            found += [(first, s) for s in said if not s.is_terminal and s.asked_at > first.told_at]
            found += [(full, s) for s in ends if s.job not in (None, full.job)]
        return found


def all_at_once(count: int, act: Callable[[int], None]) -> None:
    """Run `act` with 0 … count - 1 on as many threads at once; raises what they raise."""
    barrier = Barrier(count)
    failures: list[BaseException] = []

    def run(number: int) -> None:
        barrier.wait()
        try:
            act(number)
        except BaseException as failure:  # noqa: BLE001 (raised below)
            failures.append(failure)

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise BaseExceptionGroup(f"{len(failures)} of {count} threads failed", failures)
