"""The signed URLs in HeyGen's responses."""

from dataclasses import dataclass

from django.urls import reverse
from rest_framework.request import Request

from vid_trans_api.models import JobDetails
from vid_trans_api.operations import JobState


@dataclass(slots=True)
class FileLinks:
    """Makes URLs for the host of one request."""

    request: Request

    def of_job(self, state: JobState, details: JobDetails) -> dict[str, str]:
        """Return the URLs of a completed job, by the names that v3 gives them."""
        path = reverse("vid_trans_api:result", kwargs={"job_id": state.job.public_id})
        return {"video_url": self.request.build_absolute_uri(path)}
