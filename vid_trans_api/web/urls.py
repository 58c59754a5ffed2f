"""The paths of the pages."""

from django.conf import settings
from django.urls import path

from vid_trans_api.web.job import CancelPage, ResultPage
from vid_trans_api.web.jobs import JobsPage
from vid_trans_api.web.keys import KeyPage
from vid_trans_api.web.timelines import TimelinePage

simulation = [path("jobs/<str:job_id>/timeline", TimelinePage.as_view(), name="timeline")]

urlpatterns = [
    path("", JobsPage.as_view(), name="jobs"),
    path("key", KeyPage.as_view(), name="key"),
    path("jobs/<str:job_id>/cancel", CancelPage.as_view(), name="cancel"),
    path("jobs/<str:job_id>/result", ResultPage.as_view(), name="result"),
    *(simulation if settings.SIMULATION else ()),
]
