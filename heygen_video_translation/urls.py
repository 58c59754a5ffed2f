"""The project's paths: the page of jobs, the API, and Django's admin."""

from django.conf import settings
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from vid_trans_api.native import views
from vid_trans_api.web import pages, timelines

urlpatterns = [
    path("", pages.JobsPage.as_view(), name="jobs"),
    path("key", pages.KeyPage.as_view(), name="key"),
    path("jobs/<str:job_id>/cancel", pages.CancelPage.as_view(), name="cancel"),
    path("jobs/<str:job_id>/result", pages.ResultPage.as_view(), name="result"),
    *(
        [path("jobs/<str:job_id>/timeline", timelines.TimelinePage.as_view(), name="timeline")]
        if settings.SIMULATION
        else ()
    ),
    path("vid_trans_api", views.NothingView.as_view()),
    path("vid_trans_api/", include("vid_trans_api.urls")),
    path("admin/", admin.site.urls),
    path("admin", RedirectView.as_view(url="/admin/")),  # of a POST, Django would make an error
    # Browsers ask for it where a page names no icon: the admin's, and the API's answers.
    path("favicon.ico", RedirectView.as_view(url=static("vid_trans_api/icon.svg"))),
]
