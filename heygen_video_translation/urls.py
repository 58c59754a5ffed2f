"""The project's paths: the page of jobs, the API, and Django's admin."""

from django.contrib import admin
from django.urls import include, path

from vid_trans_api import pages, views

urlpatterns = [
    path("", pages.JobsPage.as_view(), name="jobs"),
    path("key", pages.KeyPage.as_view(), name="key"),
    path("vid_trans_api", views.NothingView.as_view()),
    path("vid_trans_api/", include("vid_trans_api.urls")),
    path("admin/", admin.site.urls),
]
