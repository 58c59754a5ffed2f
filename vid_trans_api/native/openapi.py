"""The OpenAPI document of this API: its enums, and whether requests need a key."""

from typing import Any, ClassVar, Final

from vid_trans_api.file_types import UPLOADED
from vid_trans_api.http.authentication import is_accepted
from vid_trans_api.http.openapi import KEY_SCHEMES, SIMULATION_ENUMS, DocumentGenerator
from vid_trans_api.journal.violations import ViolationKind
from vid_trans_api.models import DisabledReason
from vid_trans_api.native.events import StandardEventWriter
from vid_trans_api.operations.defaults import WebhookTimestamps
from vid_trans_api.simulation.clocks import ClockState
from vid_trans_api.snapshots import Operation, Status

_LOGGED: Final = tuple(each for each in Operation if each is not Operation.ANY)


class NativeGenerator(DocumentGenerator):
    prefix = "/vid_trans_api/"
    enums: ClassVar = {
        **SIMULATION_ENUMS,
        "JobStatus": Status,
        "MimeType": UPLOADED,
        "LoggedOperation": _LOGGED,
        "ViolationKind": ViolationKind,
        "ClockState": ClockState,
        "WebhookTimestamps": WebhookTimestamps,
        "WebhookEventType": StandardEventWriter.types,
        "WebhookDisabledReason": tuple(each for each in DisabledReason if each),
        "HealthStatus": ("ok",),
        "Next": ("next",),
        "Now": ("now",),
    }

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 (as its base is called)
        """Allow requests without a key if the server does.

        This is said once for all operations: generated clients require a key for an operation that
        names schemes itself, even if it allows requests without.
        """
        document = super().get_schema(request, public)
        if not requires_key():
            document["security"] = [{}, *({scheme: []} for scheme in KEY_SCHEMES)]
        return document


def requires_key() -> bool:
    """Return whether the server refuses requests without an API key."""
    return not is_accepted("")
