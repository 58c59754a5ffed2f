"""The paths of the pages."""

from django.conf import settings
from django.urls import path

from vid_trans_api.web.job import CancelPage, JobPage, ResultPage, RunAgainPage
from vid_trans_api.web.jobs import ClearDefaultsPage, JobsPage
from vid_trans_api.web.keys import KeyPage
from vid_trans_api.web.timelines import TimelinePage
from vid_trans_api.web.workspaces import OpenWorkspacePage

simulation = [
    path("jobs/<str:job_id>/timeline", TimelinePage.as_view(), name="timeline"),
    path("defaults/clear", ClearDefaultsPage.as_view(), name="clear_defaults"),
]

urlpatterns = [
    path("", JobsPage.as_view(), name="jobs"),
    path("key", KeyPage.as_view(), name="key"),
    path("workspaces/open", OpenWorkspacePage.as_view(), name="open_workspace"),
    path("jobs/<str:job_id>", JobPage.as_view(), name="job"),
    path("jobs/<str:job_id>/again", RunAgainPage.as_view(), name="again"),
    path("jobs/<str:job_id>/cancel", CancelPage.as_view(), name="cancel"),
    path("jobs/<str:job_id>/result", ResultPage.as_view(), name="result"),
    *(simulation if settings.SIMULATION else ()),
]
