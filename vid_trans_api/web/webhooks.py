"""The page of a workspace's webhooks: its endpoints, and what was sent to them."""

from collections.abc import Callable
from http import HTTPStatus
from typing import ClassVar, Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase

from vid_trans_api.http.parsing import cursor_after, number_of_cursor, refuse_unknown_parameters
from vid_trans_api.models import Endpoint, QuotaExceeded, Workspace
from vid_trans_api.operations.deliveries import SentEvents, read_sent_events
from vid_trans_api.operations.endpoints import (
    EndpointChange,
    new_webhook_secret,
    register_endpoint,
    rotate_secret,
    update_endpoint,
)
from vid_trans_api.operations.errors import EndpointExists, EndpointNotFound, TooManyEndpoints
from vid_trans_api.web.deliveries import facts_of_event, refresh_interval, rows_of
from vid_trans_api.web.links import jobs_path, webhooks_path
from vid_trans_api.web.pages import Page, describe_clock, etag_of, render_page, unchanged
from vid_trans_api.web.sessions import Session, opened_workspace, session_of, visible_workspace
from vid_trans_api.web.webhook_forms import EndpointForm
from vid_trans_api.webhooks.connecting import InvalidURL

PAGE_LENGTH: Final = 25
"""How many events are on a page, with all of their deliveries."""

_PARAMETERS: Final = ("cursor", "workspace")


def enable(endpoint: Endpoint) -> Endpoint:
    return _switch(endpoint, is_enabled=True)


def disable(endpoint: Endpoint) -> Endpoint:
    return _switch(endpoint, is_enabled=False)


def _switch(endpoint: Endpoint, *, is_enabled: bool) -> Endpoint:
    return update_endpoint(endpoint, EndpointChange(is_enabled=is_enabled))


class WebhooksPage(Page):
    """The endpoints of a workspace, the form that registers one, and the newest deliveries."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        session = session_of(request)
        refuse_unknown_parameters(request.GET, _PARAMETERS)
        return _respond(request, session, EndpointForm())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        session = session_of(request)
        refuse_unknown_parameters(request.GET, _PARAMETERS)
        workspace = opened_workspace(request, session)
        form = EndpointForm(request.POST)
        if form.is_valid():
            try:
                endpoint = register_endpoint(
                    workspace.key_digest, form.payload_format, form.request
                )
            except (EndpointExists, InvalidURL) as error:
                form.add_error("url", str(error))
            except (QuotaExceeded, TooManyEndpoints) as error:
                form.add_error(None, str(error))
            else:
                return _show_secret(request, session, workspace, endpoint.secret, url=endpoint.url)
        return _respond(request, session, form, status=HTTPStatus.BAD_REQUEST)


class CallbackSecretPage(Page):
    """The button that makes a new secret for callbacks, and shows it."""

    http_method_names: ClassVar[list[str]] = ["post"]  # type: ignore[misc]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        session = session_of(request)
        workspace = opened_workspace(request, session)
        secret = new_webhook_secret(workspace.key_digest)
        return _show_secret(request, session, workspace, secret)


class RotateSecretPage(Page):
    """The button that gives an endpoint a new secret, and shows it."""

    http_method_names: ClassVar[list[str]] = ["post"]  # type: ignore[misc]

    def post(self, request: HttpRequest, endpoint_id: str) -> HttpResponseBase:
        session = session_of(request)
        endpoint = _find(session, endpoint_id)
        try:
            rotated = rotate_secret(endpoint)
        except EndpointNotFound as error:
            raise Http404(str(error)) from None
        workspace = visible_workspace(session, endpoint.workspace)
        return _show_secret(request, session, workspace, rotated.secret, url=endpoint.url)


class EndpointActionPage(Page):
    """The other buttons of an endpoint; `act` is what they do."""

    http_method_names: ClassVar[list[str]] = ["post"]  # type: ignore[misc]

    def post(
        self, request: HttpRequest, endpoint_id: str, act: Callable[[Endpoint], object]
    ) -> HttpResponseBase:
        session = session_of(request)
        endpoint = _find(session, endpoint_id)
        try:
            act(endpoint)
        except EndpointNotFound as error:
            raise Http404(str(error)) from None
        return HttpResponseRedirect(webhooks_path(visible_workspace(session, endpoint.workspace)))


def _respond(
    request: HttpRequest,
    session: Session,
    form: EndpointForm,
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponseBase:
    """Respond with the page, or with a 304 if the browser has it and sent no form."""
    workspace = opened_workspace(request, session)
    cursor = request.GET.get("cursor")
    before = None if cursor is None else number_of_cursor(cursor, source="a link")
    sent = read_sent_events(workspace.key_digest, limit=PAGE_LENGTH, before=before)
    etag = etag_of(session, sent.workspace, _facts_of(sent))
    if not form.is_bound and (not_modified := unchanged(request, etag, sent.workspace)):
        return not_modified
    rows = rows_of(sent.events, sent.jobs, now=sent.now)
    older = None if sent.is_last else cursor_after(sent.events[-1].number)
    return render_page(
        request,
        "webhooks",
        session=session,
        workspace=workspace,
        form=form,
        endpoints=sent.endpoints,
        has_callback_secret=bool(sent.workspace.webhook_secret),
        delivery_rows=rows,
        is_first=before is None,
        newest_url=webhooks_path(workspace),
        older_url=older and webhooks_path(workspace, cursor=older),
        jobs_url=jobs_path(workspace),
        clock=describe_clock(sent.workspace, sent.now),
        refresh=refresh_interval([row.delivery for row in rows]),
        etag=etag,
        status=status,
    )


def _facts_of(sent: SentEvents) -> tuple[object, ...]:
    """Return what the page shows, apart from what follows from the time."""
    endpoints = (
        (each.public_id, each.url, each.events, each.disabled_reason) for each in sent.endpoints
    )
    titles = ((job.public_id, job.title) for job in sent.jobs.values())
    has_secret = bool(sent.workspace.webhook_secret)
    return (*endpoints, *titles, *map(facts_of_event, sent.events), sent.is_last, has_secret)


def _show_secret(
    request: HttpRequest, session: Session, workspace: Workspace, secret: str, *, url: str = ""
) -> HttpResponse:
    """Respond with a secret, of an endpoint or of the callbacks."""
    return render_page(
        request,
        "secret",
        session=session,
        workspace=workspace,
        secret=secret,
        url=url,
        webhooks_url=webhooks_path(workspace),
    )


def _find(session: Session, endpoint_id: str) -> Endpoint:
    """Return a registered endpoint that the session may see; raise Http404."""
    if session.is_staff:
        endpoint = Endpoint.objects.find_anywhere(endpoint_id)
    else:
        workspace = Workspace.objects.of_key(session.workspace.key_digest)
        endpoint = Endpoint.objects.find(endpoint_id, workspace=workspace)
    if endpoint is None or not endpoint.is_listed:
        raise Http404(f"There is no webhook endpoint {endpoint_id!r} in this workspace.")
    return endpoint
