"""Webhooks of a simulator's workspace, for tests of programs that receive them."""

import base64
import hmac
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Literal, TypeAlias
from uuid import uuid4

from heygen_video_translation.testing.errors import RefusedError

EventKind: TypeAlias = Literal["standard", "heygen"]
"""Events of this server's own API, or those of HeyGen's."""

WebhookHandler: TypeAlias = Callable[[Mapping[str, str], bytes], int | None]
"""Takes the headers and the body of a webhook; returns the response's status, or None for 204."""

_Request: TypeAlias = Callable[[str, str, Mapping[str, Any]], Mapping[str, Any]]

_SECRET_PATH: Final = "/vid_trans_api/webhooks/secret"  # noqa: S105 (a path)
_ENDPOINTS_PATHS: Final[Mapping[EventKind, str]] = {
    "standard": "/vid_trans_api/webhooks",
    "heygen": "/v3/webhooks/endpoints",
}
_SILENCES: Final[Mapping[EventKind, Mapping[str, Any]]] = {
    "standard": {"enabled": False},
    "heygen": {"events": []},  # HeyGen's API cannot disable an endpoint
}
"""What an endpoint is changed to when its receiver stops."""

_CONNECTION_HEADERS: Final = frozenset({"accept-encoding", "connection", "content-length", "host"})
_STOP_INTERVAL: Final = 0.01

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """A registered URL, and the secret that signs what is sent there."""

    id: str
    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedWebhook:
    """A request that a receiver got, genuine or not, and the status of its response."""

    id: str
    """The id of the event, which is the same in every attempt to deliver it."""
    type: str
    """The type of the event, such as `job.completed`; empty if the body is no event."""
    data: Mapping[str, Any]
    """The event's `data`, or HeyGen's `event_data`; empty if the body is no event."""
    headers: Mapping[str, str]
    """As they were sent, without those of the connection, such as Host."""
    body: bytes
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookReceiver:
    """A server in this process that receives the webhooks of a workspace."""

    url: str
    secret: str = field(repr=False)
    events: Sequence[ReceivedWebhook]
    """What it has received so far, oldest first."""


class Webhooks:
    """The webhooks of a workspace: endpoints, the secret of callbacks, signatures, receivers."""

    def __init__(self, request: _Request) -> None:
        self._request = request
        self._secret = ""
        self._secret_lock = threading.Lock()
        self._delivered: list[ReceivedWebhook] = []

    @property
    def delivered(self) -> Sequence[ReceivedWebhook]:
        """What all receivers of the workspace have received since its last reset, oldest first."""
        return tuple(self._delivered)

    @property
    def secret(self) -> str:
        """The secret that signs events for the `callback_url` of requests.

        The first use makes a new one, which signs all that is sent from then on.
        """
        with self._secret_lock:
            if not self._secret:
                self._secret = str(self._request("POST", _SECRET_PATH, {})["secret"])
            return self._secret

    def register(
        self, url: str, *, events: Sequence[str] | None = None, kind: EventKind = "standard"
    ) -> WebhookEndpoint:
        """Have the ends of jobs sent to a URL, from now on.

        Args:
            url: Where the program under test receives webhooks.
            events: The types of events that are sent; None for all.
            kind: Whether they are events of this server's own API or HeyGen's.

        Raises RefusedError, for example if the URL is registered already, and ValueError for
        another kind.

        """
        _check_kind(kind)
        wanted = {"url": url} if events is None else {"url": url, "events": list(events)}
        response = self._request("POST", _ENDPOINTS_PATHS[kind], wanted)
        if kind == "heygen":
            endpoint = response["data"]
            return WebhookEndpoint(id=endpoint["endpoint_id"], url=url, secret=endpoint["secret"])
        return WebhookEndpoint(id=response["id"], url=url, secret=response["secret"])

    def sign(
        self,
        body: str | bytes,
        *,
        event_id: str | None = None,
        timestamp: float | None = None,
        secret: str | None = None,
        kind: EventKind = "standard",
    ) -> dict[str, str]:
        """Return the headers with which the server would send a body.

        Args:
            body: Exactly what is sent; a text is encoded as UTF-8.
            event_id: A random one if it is not given.
            timestamp: Unix time in seconds; now if it is not given.
            secret: What signs; `self.secret` if it is not given.
            kind: Whether the headers are those of Standard Webhooks or HeyGen's.

        Raises ValueError for another kind.

        """
        _check_kind(kind)
        sign = _heygen_headers if kind == "heygen" else _standard_headers
        signed = sign(
            body.encode() if isinstance(body, str) else body,
            event_id=event_id or f"evt_{uuid4().hex}",
            timestamp=str(int(time.time() if timestamp is None else timestamp)),
            secret=self.secret if secret is None else secret,
        )
        return {"Content-Type": "application/json", **signed}

    @contextmanager
    def receiver(
        self,
        handler: WebhookHandler | None = None,
        *,
        register: bool = True,
        events: Sequence[str] | None = None,
        kind: EventKind = "standard",
    ) -> Iterator[WebhookReceiver]:
        """Receive webhooks until the block ends, at a free port of this machine.

        Each is given to the handler, in a thread of the receiver, and the response has the status
        that it returns. If it raises an exception, this is logged and the response is a 500.
        Without a handler, every response is a 204.

        With `register=False`, the receiver's URL is only for the `callback_url` of requests.
        Otherwise it is registered, with `events` and `kind` as `register` takes them. What ends
        after the block is not sent to it.
        """
        received: list[ReceivedWebhook] = []
        delivered = self._delivered

        class RequestHandler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                webhook = _receive(dict(self.headers.items()), body, handler)
                received.append(webhook)
                delivered.append(webhook)
                self.send_response(webhook.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Print nothing: all is in `events`."""

        with ThreadingHTTPServer(("127.0.0.1", 0), RequestHandler) as server:
            threading.Thread(target=server.serve_forever, args=[_STOP_INTERVAL]).start()
            try:
                url = f"http://127.0.0.1:{server.server_port}/"
                if register:
                    endpoint = self.register(url, events=events, kind=kind)
                    try:
                        yield WebhookReceiver(url=url, secret=endpoint.secret, events=received)
                    finally:
                        path = f"{_ENDPOINTS_PATHS[kind]}/{endpoint.id}"
                        with suppress(RefusedError):  # a reset has deleted it
                            self._request("PATCH", path, _SILENCES[kind])
                else:
                    yield WebhookReceiver(url=url, secret=self.secret, events=received)
            finally:
                server.shutdown()


def _check_kind(kind: str) -> None:
    if kind not in _ENDPOINTS_PATHS:
        raise ValueError(f"kind must be one of {', '.join(_ENDPOINTS_PATHS)}, not {kind!r}.")


def _receive(
    headers: Mapping[str, str], body: bytes, handler: WebhookHandler | None
) -> ReceivedWebhook:
    headers = {
        name: value for name, value in headers.items() if name.lower() not in _CONNECTION_HEADERS
    }
    try:
        status = handler(headers, body) if handler else None
    except Exception:  # noqa: BLE001 (a web framework does the same)
        _log.exception("The handler of webhooks raised an exception.")
        status = HTTPStatus.INTERNAL_SERVER_ERROR
    try:
        event = json.loads(body)
    except ValueError:  # the fault `malformed`
        event = {}
    return ReceivedWebhook(
        id=headers.get("webhook-id") or headers.get("Heygen-Event-Id") or "",
        type=event.get("type") or event.get("event_type") or "",
        data=event.get("data") or event.get("event_data") or {},
        headers=headers,
        body=body,
        status=HTTPStatus.NO_CONTENT if status is None else status,
    )


def _standard_headers(body: bytes, *, event_id: str, timestamp: str, secret: str) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.digest(key, f"{event_id}.{timestamp}.".encode() + body, "sha256")
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def _heygen_headers(body: bytes, *, event_id: str, timestamp: str, secret: str) -> dict[str, str]:
    signature = hmac.digest(secret.encode(), body, "sha256").hex()
    return {
        "Signature": signature,
        "Heygen-Signature": signature,
        "Heygen-Timestamp": timestamp,
        "Heygen-Event-Id": event_id,
    }
