"""The signed URLs in HeyGen's responses."""

from functools import cached_property

from rest_framework.request import Request

from vid_trans_api.http.file_urls import files_url
from vid_trans_api.models import JobDetails
from vid_trans_api.operations import JobState, ProofreadState
from vid_trans_api.signatures import FileKind, signed_url


class FileLinks:
    """Makes URLs for the host of one request. They expire after a period that begins with it."""

    def __init__(self, request: Request) -> None:
        self._request = request

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
        return files_url(self._request._request)
