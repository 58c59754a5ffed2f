"""The paths below /v3; none ends in a slash."""

from django.urls import path, re_path

from vid_trans_api.heygen.base import UnknownPathView
from vid_trans_api.heygen.v3 import batches, files, proofreads, translations, users, webhooks

app_name = "heygen_v3"

urlpatterns = [
    path("video-translations/languages", translations.LanguagesView.as_view(), name="languages"),
    path("video-translations", translations.TranslationsView.as_view(), name="translations"),
    path("video-translations/batches", batches.BatchesView.as_view(), name="batches"),
    path("video-translations/batches/<str:batch_id>", batches.BatchView.as_view(), name="batch"),
    path("video-translations/proofreads", proofreads.ProofreadsView.as_view(), name="proofreads"),
    path(
        "video-translations/proofreads/<str:proofread_id>",
        proofreads.ProofreadView.as_view(),
        name="proofread",
    ),
    path(
        "video-translations/proofreads/<str:proofread_id>/srt",
        proofreads.CaptionsView.as_view(),
        name="proofread-srt",
    ),
    path(
        "video-translations/proofreads/<str:proofread_id>/generate",
        proofreads.GenerationView.as_view(),
        name="proofread-generate",
    ),
    path("users/me", users.UserView.as_view(), name="user"),
    path("video-translations/statuses", batches.StatusesView.as_view(), name="statuses"),
    path("webhooks/endpoints", webhooks.EndpointsView.as_view(), name="webhook-endpoints"),
    path(
        "webhooks/endpoints/<str:endpoint_id>",
        webhooks.EndpointView.as_view(),
        name="webhook-endpoint",
    ),
    path(
        "webhooks/endpoints/<str:endpoint_id>/rotate-secret",
        webhooks.SecretRotationView.as_view(),
        name="webhook-rotation",
    ),
    path("webhooks/event-types", webhooks.EventTypesView.as_view(), name="webhook-event-types"),
    path("webhooks/events", webhooks.EventsView.as_view(), name="webhook-events"),
    path("assets", files.AssetsView.as_view(), name="assets"),
    path("video-translations/<str:job_id>/caption", files.CaptionView.as_view(), name="caption"),
    path(
        "video-translations/<str:job_id>",
        translations.TranslationView.as_view(),
        name="translation",
    ),
    re_path("", UnknownPathView.as_view()),
]
