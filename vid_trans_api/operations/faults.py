"""Faults on requests: which rule strikes one, and what becomes of its answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.log import log_response
from rest_framework import exceptions

from vid_trans_api.http.problems import SIMULATED_FAULT, problem
from vid_trans_api.models import Job, Workspace
from vid_trans_api.serving.socket_faults import WireFault, ask_for, is_within_reach
from vid_trans_api.simulation.faults import Fault, Rule, is_of_one_job, is_wire, replaces_request
from vid_trans_api.simulation.plans import SimulationOptions
from vid_trans_api.simulation.scenarios import resolve
from vid_trans_api.snapshots import Operation

UNKNOWN_STATUS: Final = "processing"
"""A word that no status of this API is."""

_GARBAGE: Final = b'{"id": "\xff\xfe, "status": pend\x00ing, <<<'


class FaultResponse(Exception):
    """A fault takes the request's place: this is the answer."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveFaults:
    """The rules that strike one request."""

    rule: Rule | None = None
    """The one that strikes the answer as a whole."""
    of_jobs: Mapping[int, Rule] = field(default_factory=dict)
    """Those that strike what it says of one job of several, by the job's number."""

    is_own: bool = False
    """Whether that is a rule of a job's own."""

    workspace: Workspace | None = None
    """Whose rules they are; what they do ends when it is emptied."""

    done: set[str] = field(default_factory=set)
    """What has happened to the answer by now, for its header."""

    def hides(self, job: Job) -> bool:
        """Tell whether a job is not to be found, among several asked for together."""
        rule = self.of_jobs.get(job.number)
        if rule is None or rule.fault != HTTPStatus.NOT_FOUND:
            return False
        self.done.add(str(rule.fault))
        return True

    def instant(self, job: Job, now: datetime) -> datetime:
        """Return the instant at which a job is shown: that of its half age where it is stale."""
        if self is not NO_FAULTS and self._strikes(job, Fault.STALE):
            self.done.add(Fault.STALE)
            return job.created_at + (now - job.created_at) / 2
        return now

    def rewrite(self, job: Job | None, document: dict[str, Any]) -> dict[str, Any]:
        """Return what is told of a job, which may be gone, in place of the truth."""
        if self._strikes(job, Fault.UNKNOWN_STATUS):
            self.done.add(Fault.UNKNOWN_STATUS)
            return {**document, "status": UNKNOWN_STATUS}
        return document

    def _strikes(self, job: Job | None, fault: Fault) -> bool:
        of_job = self.of_jobs.get(job.number) if job else None
        return any(rule is not None and rule.fault is fault for rule in (self.rule, of_job))


NO_FAULTS: Final = ActiveFaults()


def meet(
    request: HttpRequest,
    operation: Operation,
    *,
    workspace: Workspace,
    jobs: Sequence[Job],
    now: datetime,
    is_batch: bool = False,
    held_since: datetime | None = None,
    before: ActiveFaults = NO_FAULTS,
) -> ActiveFaults:
    """Hold a request to the workspace's rate limit, the rules of its jobs and those of all.

    One that has been held since then meets only the rules that were not about it at that instant;
    what struck it `before` stands, but for a job's own rule in the place of the workspace's. Raises
    RateLimited past the limit, Instead where a fault takes the request's place, and ValidationError
    for a fault that this server has no way to.
    """
    is_idle = workspace.faults is None and workspace.rate_limit is None
    if (is_idle and not any(job.plan.faults for job in jobs)) or not settings.SIMULATION:
        return before
    struck, of_all = workspace.count_request(
        operation,
        jobs=jobs,
        now=now,
        is_batch=is_batch,
        is_struck=before.rule is not None,
        held_since=held_since,
    )
    of_jobs = {
        number: rule for number, rule in struck.items() if is_batch and is_of_one_job(rule.fault)
    }
    own = next((rule for number, rule in struck.items() if number not in of_jobs), None)
    whole = own or of_all
    if whole is None and before.rule is not None:
        return before
    _strike(request, whole, workspace)
    return ActiveFaults(rule=whole, of_jobs=of_jobs, is_own=own is not None, workspace=workspace)


def meet_creation(
    request: HttpRequest,
    options: SimulationOptions,
    *,
    workspace: Workspace,
    key: str | None,
    body_digest: str,
    is_replay: bool,
    now: datetime,
) -> ActiveFaults:
    """Hold a request to create a job to the rules that it asks for itself, and to all others.

    A replay is answered with the job that there is. Raises as `meet` does.
    """
    rules = options.faults or ()
    has_own = any(rule.on is Operation.CREATE for rule in rules)
    is_idle = workspace.faults is None and workspace.rate_limit is None
    if (is_idle and not has_own) or not settings.SIMULATION:
        return NO_FAULTS
    own, of_all = workspace.count_creation(
        rules if has_own else (),
        key=key,
        body_digest=body_digest,
        is_replay=is_replay,
        seed=options.seed,
        now=now,
    )
    _strike(request, own or of_all, workspace)
    return ActiveFaults(rule=own or of_all, workspace=workspace)


def _strike(request: HttpRequest, rule: Rule | None, workspace: Workspace) -> None:
    """Raise Instead for a fault in the request's place, ValidationError for one out of reach."""
    if rule is not None:
        refuse_out_of_reach(request, [rule])
        if replaces_request(rule.fault):
            raise FaultResponse(_answer_instead(request, rule, workspace))


def refuse_levels_out_of_reach(
    request: HttpRequest, levels: Mapping[str, SimulationOptions]
) -> None:
    """Refuse what these levels come to together, by the name of the one that says so."""
    rules = resolve(levels.values()).faults or ()
    for name, level in levels.items():
        if resolve([level]).faults is rules:
            refuse_out_of_reach(request, rules, name=name)


def refuse_out_of_reach(
    request: HttpRequest, rules: Sequence[Rule], *, name: str = "faults"
) -> None:
    """Raise ValidationError for a fault that takes a socket where the server shows none."""
    words = sorted({str(rule.fault) for rule in rules if is_wire(rule.fault)})
    if words and not is_within_reach(request.META):
        raise exceptions.ValidationError(
            {
                name: f"{', '.join(words)}: the server underneath gives no way to the client's"
                " socket, which this takes; runserver does, and gunicorn by WSGI."
            }
        )


def _answer_instead(request: HttpRequest, rule: Rule, workspace: Workspace) -> HttpResponse:
    headers = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
    if rule.fault == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(rule.fault, int):
        answer = problem(rule.fault, "This is a simulated fault.", headers=headers)
    elif rule.fault is Fault.HTML:
        answer = HttpResponse(
            render_to_string(
                "vid_trans_api/gateway.html",
                {"status": rule.page_status, "phrase": HTTPStatus(rule.page_status).phrase},
            ),
            status=rule.page_status,
            headers=headers,
        )
    else:
        answer = HttpResponse(status=HTTPStatus.NO_CONTENT)
        _ask_for(request, rule, workspace)
    answer[SIMULATED_FAULT] = str(rule.fault)
    # Logged here, as what Django would log of it later would pass for a real failure.
    log_response(
        "Simulated fault %s: %s %s",
        rule.fault,
        request.method,
        request.path,
        response=answer,
        request=request,
        level="info",
    )
    return answer


def corrupt(
    request: HttpRequest, active_faults: ActiveFaults, answer: HttpResponse
) -> HttpResponse:
    """Have faults happen to the answer of a request that was done, and say so in a header."""
    rule = active_faults.rule
    if rule is not None and not is_of_one_job(rule.fault):
        active_faults.done.add(str(rule.fault))
        if rule.fault is Fault.GARBAGE:
            answer.content = _GARBAGE
            answer["Content-Type"] = "application/json"
        elif rule.fault is Fault.EMPTY:
            answer.content = b""
        elif is_wire(rule.fault):
            _ask_for(request, rule, active_faults.workspace)
    if active_faults.done:
        answer[SIMULATED_FAULT] = ", ".join(sorted(active_faults.done))
    return answer


def _ask_for(request: HttpRequest, rule: Rule, workspace: Workspace | None) -> None:
    if isinstance(rule.fault, Fault):
        is_off: Callable[[], bool] = bool
        if workspace and rule.lasts:
            is_off = partial(_has_been_emptied, workspace, since=workspace.reset_at)
        ask_for(request.META, WireFault(kind=rule.fault, seconds=rule.lasts, is_off=is_off))


def _has_been_emptied(workspace: Workspace, *, since: datetime | None) -> bool:
    """Tell whether a workspace that was last emptied then has been again, as far as can be seen."""
    try:
        return workspace.has_been_reset_since(since)
    except DatabaseError:
        return False
