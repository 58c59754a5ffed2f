"""The paths below /v1; none ends in a slash."""

from django.urls import path, re_path

from vid_trans_api.heygen.base import UnknownPathView
from vid_trans_api.heygen.v1 import webhooks

app_name = "heygen_v1"

urlpatterns = [
    path("webhook/endpoint.add", webhooks.RegistrationView.as_view(), name="registration"),
    path("webhook/endpoint.list", webhooks.EndpointsView.as_view(), name="endpoints"),
    path("webhook/endpoint.update", webhooks.ChangeView.as_view(), name="change"),
    path("webhook/endpoint.delete", webhooks.DeletionView.as_view(), name="deletion"),
    path("webhook/webhook.list", webhooks.EventTypesView.as_view(), name="event-types"),
    re_path("", UnknownPathView.as_view()),
]
