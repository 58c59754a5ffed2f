"""What the views of all versions share: keys are required, and mutations can be repeated safely."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.db import DatabaseError
from django.http import Http404, HttpResponse, UnreadablePostError
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from vid_trans_api.dialect_view import DialectView
from vid_trans_api.heygen.errors import describe_error
from vid_trans_api.heygen.fields import LenientSerializer, idempotency_key_of
from vid_trans_api.http.authentication import ApiKeyAuthentication
from vid_trans_api.http.documents import as_json
from vid_trans_api.http.errors import SIMULATED_FAULT, ErrorInfo, write_error
from vid_trans_api.http.parsing import body_of, digest_of_body
from vid_trans_api.models.idempotency import LONGEST_SCOPE
from vid_trans_api.operations import (
    Creation,
    Idempotency,
    KeyInFlight,
    StoredResponse,
    discard_key,
    finish_key,
    use_key,
)
from vid_trans_api.snapshots import Operation

_SAFE: Final = {"GET", "HEAD"}


class KeyRequired(ApiKeyAuthentication):
    """Requires a key, even if the server accepts any."""

    is_key_required = True


class _Replay(Exception):
    """The key of the request was used before, and this is the response."""

    def __init__(self, stored: StoredResponse) -> None:
        self.stored = stored


# A comment, as OpenAPI would describe every operation by a docstring: a view whose mutations may
# have an Idempotency-Key. Its first successful response is sent again for 24 hours.
class HeygenView(DialectView):
    authentication_classes: Sequence[type[BaseAuthentication]] = (KeyRequired,)
    http_method_names = ["get", "post", "patch", "put", "delete", "head"]  # noqa: RUF012 (as Django types it)
    reports_estimates: ClassVar = False

    key_in_flight: KeyInFlight | None = None
    """The Idempotency-Key of a mutation that has no stored response yet."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in _SAFE or request.method not in self.allowed_methods:
            return
        key = idempotency_key_of(request._request)
        if not key:
            return
        if recording := self.request_context.recording:
            recording.idempotency_key = key
        used = use_key(
            self.request_context,
            scope=_scope_of(request),
            key=key,
            operation=self.recorded_as.get(str(request.method)),
        )
        if isinstance(used, StoredResponse):
            raise _Replay(used)
        self.key_in_flight = used

    def get_exception_handler(self) -> Any:
        return self._respond_to_error

    def _respond_to_error(
        self, error: Exception, context: Mapping[str, Any]
    ) -> HttpResponse | None:
        """Write what a view raised; None for an unexpected error."""
        info = self.describe(error)
        return write_error(info, self.request.path_info) if info else None

    def describe(self, error: Exception) -> ErrorInfo | None:
        """Describe what the view raised; None for an unexpected error."""
        return describe_error(error)

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, _Replay):
            return self._replayed(exc.stored)
        try:
            return super().handle_exception(exc)
        except Exception:  # an unexpected error; `finalize_response` is not called
            self._discard_key()
            raise

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        self._finish_key(response)
        return super().finalize_response(request, response, *args, **kwargs)

    def fields(self, request: Request, serializer: type[LenientSerializer]) -> dict[str, Any]:
        """Read the body, and note known mistakes in it. Raises ValidationError."""
        return self.read(body_of(request._request), serializer)

    def read(self, data: Mapping[str, Any], serializer: type[LenientSerializer]) -> dict[str, Any]:
        """Read a body or a query, and note known mistakes in it. Raises ValidationError."""
        wanted = serializer(data=data)
        if recording := self.request_context.recording:
            recording.notes = wanted.notes(data)
        wanted.is_valid(raise_exception=True)
        fields: dict[str, Any] = wanted.validated_data
        return fields

    def idempotency(self, request: Request, *, digest: str) -> Idempotency:
        """Return how a creation with this digest of its body is recognised."""
        return Idempotency(
            scope=_scope_of(request),
            key=self.key_in_flight.key if self.key_in_flight else "",
            request_digest=digest,
            write=self._stored,
        )

    def respond_to_creation(self, created: Creation | StoredResponse) -> HttpResponse:
        if isinstance(created, StoredResponse):
            return self._replayed(created)
        self.key_in_flight = None  # the creation has stored the response
        if recording := self.request_context.recording:
            recording.job_ids = [state.job.public_id for state in created.states]
        return self.created(created)

    def created(self, creation: Creation) -> HttpResponse:
        """Write the response to a creation. Views that create jobs or proofreads have this."""
        raise NotImplementedError

    def _stored(self, created: Creation) -> StoredResponse:
        """Return the response to a creation, which says no more of jobs than their ids."""
        return _stored(
            self.created(created),
            reported={state.job.public_id: None for state in created.states},
        )

    def _finish_key(self, response: HttpResponse) -> None:
        """Store a successful response with its key; after any other, the key can be used again."""
        key = self.key_in_flight
        if key is None:
            return
        if response.status_code >= HTTPStatus.MULTIPLE_CHOICES or SIMULATED_FAULT in response:
            self._discard_key()
        else:
            with suppress(DatabaseError):  # then the key is in flight for a minute
                finish_key(self.request_context, key, _stored(response, reported={}))

    def _discard_key(self) -> None:
        if self.key_in_flight is not None:
            with suppress(DatabaseError):  # the same
                discard_key(self.request_context, self.key_in_flight)

    def _replayed(self, stored: StoredResponse) -> HttpResponse:
        if recording := self.request_context.recording:
            recording.job_ids = [*stored.reported] or recording.job_ids
            if recording.operation is Operation.CREATE:
                recording.content_digest = _digest_of(self.request)
        return HttpResponse(
            stored.body,
            status=stored.status,
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )


class UnknownPathView(HeygenView):
    """Any other path below a version's."""

    authentication_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404(f"There is nothing at {request.path}.")


def json_response(document: Any, *, status: int = HTTPStatus.OK) -> HttpResponse:
    """Send a document that nobody keeps."""
    return HttpResponse(
        as_json(document),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def _scope_of(request: Request) -> str:
    """Return what a key counts for; a digest of it if it is very long."""
    scope = f"{request.method} {request.path}"
    if len(scope) <= LONGEST_SCOPE:
        return scope
    return hashlib.sha256(scope.encode(errors="surrogateescape")).hexdigest()


def _stored(
    response: HttpResponse, *, reported: Mapping[str, Sequence[object] | None]
) -> StoredResponse:
    return StoredResponse(
        body=response.content.decode(),
        headers={},
        status=response.status_code,
        reported=reported,
    )


def _digest_of(request: Request) -> str:
    """Return the digest of a repeated request's body, "" if it cannot be read."""
    try:
        return digest_of_body(body_of(request._request))
    except (APIException, UnreadablePostError):
        return ""
