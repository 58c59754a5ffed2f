"""The paths below /v2; none ends in a slash."""

from django.urls import path, re_path

from vid_trans_api.heygen.base import UnknownPathView
from vid_trans_api.heygen.v2 import translations

app_name = "heygen_v2"

urlpatterns = [
    path("video_translate", translations.TranslationsView.as_view(), name="translations"),
    path(
        "video_translate/target_languages", translations.LanguagesView.as_view(), name="languages"
    ),
    path("video_translate/caption", translations.CaptionView.as_view(), name="caption"),
    path(
        "video_translate/<str:job_id>", translations.TranslationView.as_view(), name="translation"
    ),
    re_path("", UnknownPathView.as_view()),
]
