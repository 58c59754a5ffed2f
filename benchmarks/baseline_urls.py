"""The project's URLs, and views that the API is compared with on the same server."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import serializers, viewsets

from heygen_video_translation.urls import urlpatterns as project_urlpatterns
from vid_trans_api.models import Job

_BODY_OF_A_JOBS_LENGTH: Final = b'{"constant":"' + b"x" * 300 + b'"}'


def constant(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_BODY_OF_A_JOBS_LENGTH, content_type="application/json")


class PlainSerializer(serializers.ModelSerializer[Job]):
    class Meta:
        model = Job
        exclude = ("plan", "failure")


class PlainViewSet(viewsets.ModelViewSet[Job]):
    queryset = Job.objects.all()
    serializer_class = PlainSerializer
    lookup_field = "public_id"


urlpatterns = [
    path("constant", constant),
    path("plain/<str:public_id>", PlainViewSet.as_view({"get": "retrieve"})),
    *project_urlpatterns,
]
