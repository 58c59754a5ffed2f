"""Subjects: what requests ask for. Rules remember a state for each, shared where it is equal."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

from vid_trans_api.models import LoggedRequest
from vid_trans_api.snapshots import Operation

MOST_SUBJECTS: Final = 100_000
"""For how many subjects a rule remembers a state. The half asked for least recently goes first."""


def names_of(request: LoggedRequest) -> Collection[str]:
    """Return the names of what a request asks for: jobs, or one creation or list by its digest."""
    if request.operation in {Operation.CREATE, Operation.LIST}:
        return (request.content_digest,)
    return request.reported_by_job or ("",)


def jobs_of(request: LoggedRequest, names: Collection[str]) -> Collection[str | None]:
    """Return the jobs that a violation with these subjects concerns, None for no job."""
    if request.operation == Operation.CREATE:
        return tuple(request.reported_by_job) or (None,)
    return jobs_named(request.operation, names)


def jobs_named(operation: str, names: Collection[str]) -> Collection[str | None]:
    """Return the jobs with these names, None if a name is not a job's."""
    if operation == Operation.LIST or "" in names:
        return (None,)
    return names


class _State(Protocol):
    @property
    def position(self) -> int: ...


S = TypeVar("S", bound=_State)


@dataclass(slots=True)
class States(Generic[S]):
    """The states of subjects by operation and name.

    The jobs of a request mostly have the same history. They share one state, which is replaced once
    for all of them. So a request for 100 jobs costs little more than a request for one.
    """

    _states: dict[str, dict[str, S]] = field(default_factory=dict)

    def grouped(
        self, operation: str, names: Collection[str]
    ) -> Collection[tuple[S | None, Collection[str]]]:
        """Return each state that any of the names has, and the names that have it."""
        states = self._states.get(operation)
        if not states:
            return ((None, names),)
        found = list(map(states.get, names))
        if found.count(found[0]) == len(found):
            return ((found[0], names),)
        groups: dict[S | None, list[str]] = {}
        for state, name in zip(found, names, strict=True):
            groups.setdefault(state, []).append(name)
        return groups.items()

    def replace(self, operation: str, names: Collection[str], state: S) -> None:
        self._states.setdefault(operation, {}).update(dict.fromkeys(names, state))

    def evict_oldest(
        self,
        operation: str,
        before: Callable[[S, Collection[str]], None] = lambda state, names: None,
    ) -> None:
        """Evict half of the states if there are too many; first call `before` with each of them."""
        states = self._states.get(operation, {})
        if len(states) <= MOST_SUBJECTS:
            return
        positions = sorted([state.position for state in states.values()])
        newest_evicted = positions[len(positions) // 2]
        old = {name: each for name, each in states.items() if each.position <= newest_evicted}
        for state, names in _by_state(old):
            before(state, names)
        for name in old:
            del states[name]

    def all(self) -> Iterator[tuple[str, S, Collection[str]]]:
        """Yield each operation and state, and the names that have it."""
        for operation, states in self._states.items():
            for state, names in _by_state(states):
                yield operation, state, names


def _by_state(states: dict[str, S]) -> Collection[tuple[S, list[str]]]:
    groups: dict[S, list[str]] = {}
    for name, state in states.items():
        groups.setdefault(state, []).append(name)
    return groups.items()
