"""The paths of the pages."""

from django.conf import settings
from django.urls import path

from vid_trans_api.operations import endpoints
from vid_trans_api.web import webhooks
from vid_trans_api.web.deliveries import DeliveryPage, SendAgainPage
from vid_trans_api.web.job import CancelPage, JobPage, ResultPage, RunAgainPage
from vid_trans_api.web.jobs import ClearDefaultsPage, JobsPage
from vid_trans_api.web.keys import KeyPage
from vid_trans_api.web.timelines import TimelinePage
from vid_trans_api.web.workspaces import OpenWorkspacePage

simulation = [
    path("jobs/<str:job_id>/timeline", TimelinePage.as_view(), name="timeline"),
    path("defaults/clear", ClearDefaultsPage.as_view(), name="clear_defaults"),
]

endpoint_actions = {
    "enable": webhooks.enable,
    "disable": webhooks.disable,
    "test": endpoints.send_test_event,
    "delete": endpoints.delete_endpoint,
}

urlpatterns = [
    path("", JobsPage.as_view(), name="jobs"),
    path("key", KeyPage.as_view(), name="key"),
    path("workspaces/open", OpenWorkspacePage.as_view(), name="open_workspace"),
    path("jobs/<str:job_id>", JobPage.as_view(), name="job"),
    path("jobs/<str:job_id>/again", RunAgainPage.as_view(), name="again"),
    path("jobs/<str:job_id>/cancel", CancelPage.as_view(), name="cancel"),
    path("jobs/<str:job_id>/result", ResultPage.as_view(), name="result"),
    path("webhooks", webhooks.WebhooksPage.as_view(), name="webhooks"),
    path("webhooks/secret", webhooks.CallbackSecretPage.as_view(), name="callback_secret"),
    path("webhooks/deliveries/<int:hidden>", DeliveryPage.as_view(), name="delivery"),
    path("webhooks/deliveries/<int:hidden>/again", SendAgainPage.as_view(), name="send_again"),
    path(
        "webhooks/<str:endpoint_id>/rotate-secret",
        webhooks.RotateSecretPage.as_view(),
        name="rotate_secret",
    ),
    *(
        path(
            f"webhooks/<str:endpoint_id>/{name}",
            webhooks.EndpointActionPage.as_view(),
            {"act": act},
            name=f"{name}_endpoint",
        )
        for name, act in endpoint_actions.items()
    ),
    *(simulation if settings.SIMULATION else ()),
]
