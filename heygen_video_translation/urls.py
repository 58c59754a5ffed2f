"""The project's paths: the pages, the API, and Django's admin."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from vid_trans_api.heygen.base import UnknownPathView
from vid_trans_api.urls import docs_or_nothing

urlpatterns = [
    path("vid_trans_api/", include("vid_trans_api.urls")),  # first, as most requests go there
    path("v3/", include("vid_trans_api.heygen.v3.urls")),
    path("v2/", include("vid_trans_api.heygen.v2.urls")),
    path("v1/", include("vid_trans_api.heygen.v1.urls")),
    re_path("^v[123]$", UnknownPathView.as_view()),  # Django would fail on a POST without slash
    path("vid_trans_api", docs_or_nothing),
    path("", include("vid_trans_api.web.urls")),
    path("admin/", admin.site.urls),
    path("admin", RedirectView.as_view(url="/admin/")),  # Django would fail on a POST without slash
    # Browsers request it for responses that name no icon: the admin's and the API's.
    path("favicon.ico", RedirectView.as_view(url=static("vid_trans_api/icon.svg"))),
]
