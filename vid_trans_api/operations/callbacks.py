"""Callbacks: endpoints that belong to requests, and are not listed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.conf import settings

from vid_trans_api.models import NO_DETAILS, Endpoint, PayloadFormat, Workspace, webhook_times
from vid_trans_api.operations.context import RequestContext
from vid_trans_api.operations.errors import InvalidCallback
from vid_trans_api.operations.job_requests import ResolvedRequest
from vid_trans_api.webhooks.connecting import InvalidURL
from vid_trans_api.webhooks.sending import check_url
from vid_trans_api.webhooks.signing import new_secret


def prepare_callbacks(
    context: RequestContext,
    workspace: Workspace,
    requests: Sequence[ResolvedRequest],
    *,
    batch_callback: str,
    now: datetime,
) -> Sequence[ResolvedRequest]:
    """Store the endpoints that requests for jobs or proofreads name. Needs the lock.

    Returns the requests with the server's address, if events about them may need it. Raises
    InvalidCallback.
    """
    details = [each.request.details or NO_DETAILS for each in requests]
    callbacks = {(each.callback_url, each.callback_format) for each in details if each.callback_url}
    if batch_callback:
        callbacks.add((batch_callback, PayloadFormat.HEYGEN))
    for url, payload_format in sorted(callbacks):
        _store(workspace, url, payload_format, now)
    if not workspace.has_webhooks:
        return requests
    address = context.address()
    return [
        replace(each, request=replace(each.request, details=replace(known, address=address)))
        for each, known in zip(requests, details, strict=True)
    ]


def _store(workspace: Workspace, url: str, payload_format: PayloadFormat, now: datetime) -> None:
    try:
        check_url(url, https_only=not settings.WEBHOOK_PRIVATE_ADDRESSES)
    except InvalidURL as error:
        raise InvalidCallback(str(error)) from None
    webhook_times.start(workspace, now)
    if not workspace.webhook_secret:
        workspace.webhook_secret = new_secret()
        workspace.save(update_fields=["webhook_secret"])
    Endpoint.objects.callback(url, payload_format, workspace=workspace, now=now)
