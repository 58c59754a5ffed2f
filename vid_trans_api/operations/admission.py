"""Admission: whether the rate limit admits a request, and which fault rule applies to it.

The counters of a workspace's own rules are a JSON column of it:

- `admitted`: when requests were admitted, as far as they count for the rate limit;
- `rules`: for each rule, how many requests it matched and how often it applied;
- `creations`: the same for the rules of creations that have not succeeded yet, by their key or
  body;
- `begun`: how many creations there were, from which their seeds follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from vid_trans_api.models import Job, Workspace, lock
from vid_trans_api.operations.errors import RateLimited
from vid_trans_api.simulation.counters import Counters, count_request
from vid_trans_api.simulation.faults import Rule, affects_one_job, replaces_request
from vid_trans_api.simulation.seeds import seed_of_creation
from vid_trans_api.snapshots import Operation

if TYPE_CHECKING:
    from vid_trans_api.simulation.rate_limits import RateLimit

_MOST_CREATIONS: Final = 1000
"""Creations that have not succeeded yet whose counters are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedRules:
    """The rules that apply to a request."""

    by_job: dict[int, Rule]
    """Rules of jobs, by the jobs' numbers."""
    of_workspace: Rule | None


def count_by_all_rules(
    workspace: Workspace,
    jobs: Sequence[Job],
    operation: Operation,
    *,
    now: datetime,
    is_batch: bool,
    has_fault: bool,
    arrived_at: datetime | None,
) -> MatchedRules:
    """Apply the rate limit, then job rules, then workspace rules.

    At most one rule applies to the response as a whole; the later ones only count the request. With
    `has_fault` there is one already. In a batch, a rule about one job applies to that job alone.

    After a long poll, `arrived_at` is when the request came: it was admitted and counted then, so
    only rules that did not match it at that age count it now. Raises RateLimited, and then nothing
    is counted.
    """
    with lock(workspace):
        counters = dict(workspace.counters or {})
        if arrived_at is None:
            # Not `now`, which was read before the lock: others may have been admitted since.
            _admit(workspace, counters, workspace.now())
        by_job: dict[int, Rule] = {}
        is_whole = False
        for job in jobs:
            rule = job.count_request(operation, now=now, has_fault=is_whole, arrived_at=arrived_at)
            if rule is not None:
                by_job[job.number] = rule
                is_whole = is_whole or not (is_batch and affects_one_job(rule.fault))
        of_workspace, counters["rules"] = count_request(
            workspace.faults or (),
            counters.get("rules"),
            operation=operation,
            ages=[job.age(now) for job in jobs],
            seed=workspace.seed,
            has_fault=has_fault or is_whole,
            ages_on_arrival=None if arrived_at is None else [job.age(arrived_at) for job in jobs],
        )
        _store(workspace, counters)
    return MatchedRules(by_job=by_job, of_workspace=of_workspace)


def count_creation(
    workspace: Workspace,
    rules: Sequence[Rule],
    *,
    name: str,
    is_replay: bool,
    seed: int | None,
    now: datetime,
) -> tuple[Rule | None, Rule | None]:
    """Count the creation of a job by the rules in its own options, then by the workspace's.

    Requests with the same `name`, the Idempotency-Key or else the body, are attempts of one
    creation. It is over once a job was created and none of its own rules applied. After that,
    requests with its key are replays: they count as retries, and its own rules no longer apply.

    `seed` is the one in the job's options. Returns the rule of its own that applies, or the
    workspace's. Raises RateLimited, and then nothing is counted. The workspace must be locked.
    """
    counters = dict(workspace.counters or {})
    _admit(workspace, counters, now)
    attempts: dict[str, tuple[int, Counters]] = dict(counters.get("creations", {}))
    number, known = attempts.pop(name, (None, None))
    own = None
    if rules and (known is not None or not is_replay):
        if number is None:
            number = counters["begun"] = counters.get("begun", 0) + 1
        own, known = count_request(
            [rule if rule.on is Operation.CREATE else None for rule in rules],
            known if known is not None and len(known) == len(rules) else None,
            operation=Operation.CREATE,
            ages=[0],
            seed=seed_of_creation(workspace.seed, number) if seed is None else seed,
        )
    of_workspace, counters["rules"] = count_request(
        workspace.faults or (),
        counters.get("rules"),
        operation=Operation.CREATE,
        ages=[0],
        seed=workspace.seed,
        has_fault=own is not None,
    )
    is_over = own is None and not (of_workspace and replaces_request(of_workspace.fault))
    if known is not None and number is not None and not is_over:
        attempts[name] = (number, known)
    counters["creations"] = dict(list(attempts.items())[-_MOST_CREATIONS:])
    _store(workspace, counters)
    return own, of_workspace


def _admit(workspace: Workspace, counters: dict[str, Any], now: datetime) -> None:
    """Count a request for the rate limit. Raises RateLimited if it is not admitted."""
    limit: RateLimit | None = workspace.rate_limit
    if limit is None:
        return
    admitted = limit.in_window(
        [datetime.fromisoformat(instant) for instant in counters.get("admitted", ())], now
    )
    if wait := limit.wait(admitted, now):
        raise RateLimited(limit, seconds=wait)
    counters["admitted"] = [instant.isoformat() for instant in (*admitted, now)]


def _store(workspace: Workspace, counters: dict[str, Any]) -> None:
    counters = {name: counts for name, counts in counters.items() if counts}
    if counters != (workspace.counters or {}):
        workspace.counters = counters
        workspace.written_at = workspace.read_at
        workspace.save(update_fields=["counters", "written_at"])
