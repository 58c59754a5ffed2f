"""Why an operation was refused. Each dialect writes these errors in its own format."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from vid_trans_api.simulation.options import Refusal
from vid_trans_api.simulation.rate_limits import RateLimit


class JobNotFound(Exception):
    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no job {job_id!r} here.")
        self.job_id = job_id


class NoJobYet(Exception):
    """The workspace has no job, so it has no newest one."""


class NoResult(Exception):
    """The job is not completed, or its result is not available yet; the message says which."""


class EmptyFile(Exception):
    def __init__(self) -> None:
        super().__init__("The file is empty.")


class UnknownMediaType(Exception):
    """The file has none of the accepted types; the message lists them."""


class DamagedFile(Exception):
    """The file has a known type but cannot be used; the message says why."""


class CannotReadFiles(Exception):
    """The server cannot tell what a file is, for a reason that is not the file."""

    def __init__(self) -> None:
        super().__init__("Uploaded files cannot be read at the moment; try again later.")


class UploadsFull(Exception):
    """The file does not fit into its workspace, or into the server; the message says which."""


class NotAVideo(Exception):
    """An uploaded file cannot be translated; the message says which, and what it is."""

    def __init__(self, reason: str, *, asset_id: str) -> None:
        super().__init__(reason)
        self.asset_id = asset_id
        """As the request named it; "" if it gave the file's URL."""


class IdempotencyKeyReused(Exception):
    """The key came with another request before."""


class SocketRequired(Exception):
    """The server underneath gives no access to the client's connection, which a fault needs."""

    def __init__(self, faults: list[str], *, given_in: str) -> None:
        super().__init__(
            f"{', '.join(faults)}: these faults need the client's socket, and this server gives no"
            " access to it. Use runserver, or gunicorn by WSGI."
        )
        self.given_in = given_in
        """The part of the request that asks for these faults: simulation, video_url, defaults …"""


class NoRequestsLeft(Exception):
    def __init__(self) -> None:
        super().__init__(
            "This workspace has no requests left, so its program never gave up. Reset it, or change"
            " the default requests_left."
        )


class RateLimited(Exception):
    def __init__(self, limit: RateLimit, *, seconds: int) -> None:
        super().__init__(f"This workspace admits {limit} requests; wait {seconds} s.")
        self.seconds = seconds
        """After which another request is admitted."""


class JobRefused(Exception):
    """The scenario of a new job refuses its creation."""

    def __init__(self, refusal: Refusal, video_url: str, *, position: int = 0) -> None:
        super().__init__(_REASONS[refusal].format(url=video_url or "the video"))
        self.refusal = refusal
        self.position = position
        """Of the job among those that the request is for."""


_REASONS: Final = {
    Refusal.MODERATED: "The content policy does not allow this video.",
    Refusal.NO_CREDIT: "The account has too little credit for this video.",
    Refusal.QUOTA: "The account has used its quota.",
    Refusal.UNREACHABLE: "The video could not be downloaded from {url}: the host does not respond.",
}


class InsufficientCredit(Exception):
    def __init__(self, *, price: Decimal, balance: Decimal) -> None:
        super().__init__(f"This costs ${price}, and ${balance} are left.")


class TooManyAtOnce(Exception):
    """A request is for more jobs than can run at once, so waiting does not help."""

    def __init__(self, count: int, *, limit: int) -> None:
        super().__init__(f"These are {count} translations, and only {limit} can run at once.")


class TooManyRunning(Exception):
    def __init__(self, *, limit: int, seconds: int) -> None:
        super().__init__(f"Only {limit} can run at once; wait {seconds} s.")
        self.seconds = seconds
        """After which another job may be accepted."""


class BatchNotFound(Exception):
    def __init__(self, batch_id: str) -> None:
        super().__init__(f"There is no batch {batch_id!r} here.")


class ProofreadNotFound(Exception):
    def __init__(self, proofread_id: str) -> None:
        super().__init__(f"There is no proofread {proofread_id!r} here.")


class NotDownloaded(Exception):
    """No URL in a request is fetched, so only uploaded files can be read."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"The file could not be downloaded from {url}: it is not one that was uploaded here."
        )


class FileGone(Exception):
    def __init__(self) -> None:
        super().__init__("There is no such file any more.")


class UrlExpired(Exception):
    def __init__(self) -> None:
        super().__init__("This URL has expired; request a new one.")


class RequestInProgress(Exception):
    def __init__(self) -> None:
        super().__init__("A request with this Idempotency-Key is in progress.")


class AssetNotFound(Exception):
    def __init__(self, asset_id: str) -> None:
        super().__init__(f"There is no asset {asset_id!r} here.")
        self.asset_id = asset_id


class InvalidCallback(Exception):
    """No event can be sent to the callback URL of a request; the message says why."""


class EndpointNotFound(Exception):
    def __init__(self, endpoint_id: str) -> None:
        super().__init__(f"There is no webhook endpoint {endpoint_id!r} here.")
        self.endpoint_id = endpoint_id


class DeliveryNotFound(Exception):
    def __init__(self, number: int) -> None:
        super().__init__(f"There is no delivery {number} here.")


class EndpointExists(Exception):
    def __init__(self, url: str) -> None:
        super().__init__(f"There is already a webhook endpoint with the URL {url}.")


class TooManyEndpoints(Exception):
    def __init__(self, most: int) -> None:
        super().__init__(f"There are {most} webhook endpoints, as many as there may be.")


class UnknownEventType(Exception):
    def __init__(self, event_type: str, *, known: Iterable[str]) -> None:
        super().__init__(
            f"{event_type!r} is not a type of event. The types are {', '.join(known)}."
        )
