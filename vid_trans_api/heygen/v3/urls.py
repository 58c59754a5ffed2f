"""The paths below /v3; none ends in a slash."""

from django.urls import path, re_path

from vid_trans_api.heygen.base import UnknownPathView
from vid_trans_api.heygen.v3 import translations

app_name = "heygen_v3"

urlpatterns = [
    path("video-translations/languages", translations.LanguagesView.as_view(), name="languages"),
    path("video-translations", translations.TranslationsView.as_view(), name="translations"),
    path(
        "video-translations/<str:job_id>",
        translations.TranslationView.as_view(),
        name="translation",
    ),
    re_path("", UnknownPathView.as_view()),
]
