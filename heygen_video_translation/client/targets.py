"""Checks of the jobs that a caller names, so that a mistake is a sentence and not a wrong job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .jobs import Job

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .steps import JobTarget


def require_target(target: JobTarget) -> JobTarget:
    """Return a job or an id as it is; `TypeError` for anything else."""
    given: object = target  # what a caller without a type checker passes
    if given is None:
        raise TypeError("job must be a Job or an id, not None; get_newest_job returns the newest")
    if not isinstance(given, Job | str):
        raise TypeError(f"job must be a Job or an id, not {given!r}")
    return given


def require_targets(targets: Iterable[JobTarget]) -> list[JobTarget]:
    """Return several jobs or ids as a list; `TypeError` for a single one and for anything else."""
    given: object = targets
    if isinstance(given, Job | str | bytes) or not hasattr(given, "__iter__"):
        raise TypeError(
            f"jobs must be several jobs or ids, such as a list of them, not {given!r};"
            " wait_for_completion and watch take a single one"
        )
    return [require_target(target) for target in targets]


def id_of(target: JobTarget) -> str:
    """Return the id of a job or the id itself; `TypeError` for anything else."""
    target = require_target(target)
    return target if isinstance(target, str) else target.id
