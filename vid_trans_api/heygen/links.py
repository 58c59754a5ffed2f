"""The signed URLs in HeyGen's responses."""

from collections.abc import Callable
from functools import cached_property, partial
from typing import Self

from rest_framework.request import Request

from vid_trans_api.http.file_urls import files_url, files_url_at
from vid_trans_api.models import JobDetails
from vid_trans_api.operations import JobState, ProofreadState
from vid_trans_api.signatures import FileKind, signed_url


class FileLinks:
    """Makes URLs for the host of one request. They expire after a period that begins with it."""

    def __init__(self, find_root: Callable[[], str]) -> None:
        self._find_root = find_root

    @classmethod
    def of_request(cls, request: Request) -> Self:
        return cls(partial(files_url, request._request))

    @classmethod
    def at_address(cls, address: str) -> Self:
        """Make URLs for an address of this server."""
        return cls(partial(files_url_at, address))

    def of_job(self, state: JobState, details: JobDetails) -> dict[str, str]:
        """Return the URLs of a completed job, by the names that v3 gives them.

        That of the video may come later than the others.
        """
        kinds = {"audio_url": FileKind.AUDIO}
        if state.snapshot.has_result and not details.is_audio_only:
            kinds["video_url"] = FileKind.VIDEO
        if details.has_captions:
            kinds |= {"srt_caption_url": FileKind.SRT, "vtt_caption_url": FileKind.VTT}
        job, now = state.job, state.now
        return {
            name: signed_url(self._root, kind, job.public_id, now) for name, kind in kinds.items()
        }

    def of_proofread(self, state: ProofreadState) -> dict[str, str]:
        """Return the URLs of the captions of a completed proofread."""
        public_id, now = state.proofread.public_id, state.now
        return {
            "srt_url": signed_url(self._root, FileKind.PROOFREAD_SRT, public_id, now),
            "original_srt_url": signed_url(self._root, FileKind.ORIGINAL_SRT, public_id, now),
        }

    @cached_property
    def _root(self) -> str:
        """The URL of all files."""
        return self._find_root()
