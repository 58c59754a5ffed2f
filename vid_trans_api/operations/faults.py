"""Which simulated faults apply to a request."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import DatabaseError

from vid_trans_api.models import Job, Workspace
from vid_trans_api.operations.active_faults import NO_FAULTS, NO_SCOPE, ActiveFaults
from vid_trans_api.operations.admission import count_by_all_rules, count_creation
from vid_trans_api.operations.context import RequestContext
from vid_trans_api.operations.errors import NoRequestsLeft, SocketRequired
from vid_trans_api.serving.fault_responses import FaultScope
from vid_trans_api.serving.long_polls import workspace_name
from vid_trans_api.simulation.faults import (
    Rule,
    affects_one_job,
    needs_socket,
    replaces_request,
)
from vid_trans_api.simulation.options import SimulationOptions
from vid_trans_api.simulation.scenarios import merge_options
from vid_trans_api.snapshots import Operation


class FaultResponse(Exception):
    """A fault replaces the request: nothing is done, and the response is that of the fault."""

    def __init__(self, rule: Rule, workspace: Workspace) -> None:
        super().__init__(f"The simulated fault {rule.fault} replaces the request.")
        self.rule = rule
        self.scope = _scope_of(rule, workspace)


def apply_faults(
    context: RequestContext,
    operation: Operation,
    *,
    workspace: Workspace,
    jobs: Sequence[Job],
    now: datetime,
    is_batch: bool = False,
    arrived_at: datetime | None = None,
) -> None:
    """Apply the limits, then job rules, then workspace rules to a request about these jobs.

    Sets `context.faults`. After a long poll, `arrived_at` is when the request came; the fault that
    applied then stays, unless a rule of the job applies now and that one was the workspace's.
    Raises NoRequestsLeft; RateLimited; FaultResponse if a fault replaces the request;
    SocketRequired.
    """
    if arrived_at is None:
        _refuse_if_none_left(context, workspace)
    has_rules = workspace.faults or workspace.rate_limit or any(job.rules for job in jobs)
    if not has_rules or context.is_exempt or not settings.SIMULATION:
        return
    before = context.faults
    try:
        matched = count_by_all_rules(
            workspace,
            jobs,
            operation,
            now=now,
            is_batch=is_batch,
            has_fault=before.rule is not None,
            arrived_at=arrived_at,
        )
    except Workspace.DoesNotExist:  # deleted since it was found, with its rules and jobs
        return
    by_job = {
        number: rule
        for number, rule in matched.by_job.items()
        if is_batch and affects_one_job(rule.fault)
    }
    of_job = next((rule for number, rule in matched.by_job.items() if number not in by_job), None)
    rule = of_job or matched.of_workspace
    if rule is None and before.rule is not None:
        return
    context.faults = _activate(
        context, rule, workspace, by_job=by_job, is_job_rule=of_job is not None
    )


def apply_creation_faults(
    context: RequestContext,
    options: Sequence[SimulationOptions],
    *,
    workspace: Workspace,
    name: str,
    is_replay: bool,
    now: datetime,
) -> FaultResponse | None:
    """Apply the limits, then the jobs' own rules, then workspace rules to a creation.

    `options` are those of each job.

    Sets `context.faults`, or returns the fault that replaces the request. The caller raises it
    after it has committed the counters. Needs the lock. Raises NoRequestsLeft, RateLimited
    and SocketRequired.
    """
    _refuse_if_none_left(context, workspace)
    rules_of_jobs = dict.fromkeys(job.faults or () for job in options)  # mostly all the same
    own_rules = [rule for rules in rules_of_jobs for rule in rules]
    has_own = any(rule.on is Operation.CREATE for rule in own_rules)
    has_rules = workspace.faults or workspace.rate_limit or has_own
    if not has_rules or context.is_exempt or not settings.SIMULATION:
        return None
    own, of_workspace = count_creation(
        workspace,
        own_rules if has_own else (),
        name=name,
        is_replay=is_replay,
        seed=options[0].seed,
        now=now,
    )
    rule = own or of_workspace
    if rule is None:
        return None
    refuse_unreachable(context, [rule], given_in="faults")
    if replaces_request(rule.fault):
        return FaultResponse(rule, workspace)
    context.faults = ActiveFaults(rule=rule, scope=_scope_of(rule, workspace))
    return None


def _refuse_if_none_left(context: RequestContext, workspace: Workspace) -> None:
    if workspace.requests_left == 0 and not context.is_exempt and settings.SIMULATION:
        raise NoRequestsLeft


def _activate(
    context: RequestContext,
    rule: Rule | None,
    workspace: Workspace,
    *,
    by_job: Mapping[int, Rule] | None = None,
    is_job_rule: bool = False,
) -> ActiveFaults:
    if rule is not None:
        refuse_unreachable(context, [rule], given_in="faults")
        if replaces_request(rule.fault):
            context.faults = NO_FAULTS
            raise FaultResponse(rule, workspace)
    return ActiveFaults(
        rule=rule,
        by_job=by_job or {},
        is_job_rule=is_job_rule,
        scope=_scope_of(rule, workspace),
    )


def _scope_of(rule: Rule | None, workspace: Workspace) -> FaultScope:
    """Return the scope of a rule's fault: one with a duration ends if its workspace is reset.

    Needs the workspace as it was when the request was counted, before anything reads it again.
    """
    if rule is None or not rule.fault_seconds:
        return NO_SCOPE
    is_over = partial(_has_been_reset, workspace, since=workspace.reset_at)
    return FaultScope(owner=workspace_name(workspace.pk), is_over=is_over)


def _has_been_reset(workspace: Workspace, *, since: datetime | None) -> bool:
    try:
        return workspace.has_been_reset_since(since)
    except DatabaseError:  # unknown
        return False


def refuse_unreachable_options(
    context: RequestContext, levels: Mapping[str, SimulationOptions]
) -> None:
    """Raise SocketRequired, naming the level whose fault rules count, if they need the socket."""
    rules = merge_options(levels.values()).faults or ()
    for name, options in levels.items():
        if merge_options([options]).faults is rules:
            refuse_unreachable(context, rules, given_in=name)


def refuse_unreachable(context: RequestContext, rules: Sequence[Rule], *, given_in: str) -> None:
    """Raise SocketRequired for a fault of the connection that this server cannot apply."""
    names = sorted({str(rule.fault) for rule in rules if needs_socket(rule.fault)})
    if names and not context.has_socket:
        raise SocketRequired(names, given_in=given_in)
