"""The paths below /vid_trans_api; none ends in a slash."""

from django.conf import settings
from django.urls import path, re_path
from django.views.generic import RedirectView

from vid_trans_api.control import views as control
from vid_trans_api.files.views import FileView
from vid_trans_api.heygen.v1.openapi import V1Generator
from vid_trans_api.heygen.v2.openapi import V2Generator
from vid_trans_api.heygen.v3.openapi import V3Generator
from vid_trans_api.http.negotiation import html_or_json
from vid_trans_api.native import views, webhooks
from vid_trans_api.web.job import JobPage

app_name = "vid_trans_api"

docs_or_nothing = html_or_json(
    html=RedirectView.as_view(pattern_name="vid_trans_api:docs"), json=views.NothingView.as_view()
)
"""What is at the API's own path: a browser is led to the docs."""

simulation = [
    path("simulation/scenarios", control.ScenariosView.as_view(), name="scenarios"),
    path("simulation/clock", control.ClockView.as_view(), name="clock"),
    path("simulation/reset", control.ResetView.as_view(), name="reset"),
    path("simulation/defaults", control.DefaultsView.as_view(), name="defaults"),
    path("simulation/report", control.ReportView.as_view(), name="report"),
    path("simulation/jobs/<str:job_id>", control.SimulatedJobView.as_view(), name="simulated_job"),
]

documents = {
    "own": views.Document(title="This server's own API", url_name="vid_trans_api:schema"),
    "v3": views.Document(title="HeyGen's v3", url_name="vid_trans_api:schema_v3"),
    "v2": views.Document(title="HeyGen's v2", url_name="vid_trans_api:schema_v2"),
    "v1": views.Document(title="HeyGen's v1", url_name="vid_trans_api:schema_v1"),
}
"""The OpenAPI documents that the docs page shows."""

urlpatterns = [
    path("jobs", views.JobsView.as_view(), name="jobs"),
    path("jobs/<str:job_id>", views.JobView.as_view(), name="job"),
    path("jobs/<str:job_id>/cancel", views.CancelView.as_view(), name="cancel"),
    path("jobs/<str:job_id>/result", views.ResultView.as_view(), name="result"),
    path("assets", views.AssetsView.as_view(), name="assets"),
    path("webhooks", webhooks.EndpointsView.as_view(), name="webhooks"),
    path("webhooks/secret", webhooks.SecretView.as_view(), name="webhook_secret"),
    path("webhooks/<str:endpoint_id>", webhooks.EndpointView.as_view(), name="webhook"),
    path(
        "webhooks/<str:endpoint_id>/rotate-secret",
        webhooks.SecretRotationView.as_view(),
        name="webhook_rotation",
    ),
    path("files/<str:token>/<str:name>", FileView.as_view(), name="file"),
    path(
        "status",
        html_or_json(html=JobPage.as_view(), json=views.StatusView.as_view()),
        name="status",
    ),
    path("health", views.HealthView.as_view(), name="health"),
    path("schema", views.SchemaView.as_view(), name="schema"),
    path("schema/v3", views.SchemaView.as_view(generator_class=V3Generator), name="schema_v3"),
    path("schema/v2", views.SchemaView.as_view(generator_class=V2Generator), name="schema_v2"),
    path("schema/v1", views.SchemaView.as_view(generator_class=V1Generator), name="schema_v1"),
    path("docs", views.DocsView.as_view(choices=documents), name="docs"),
    *(simulation if settings.SIMULATION else ()),
    path("", docs_or_nothing),
    re_path("", views.NothingView.as_view(), name="nothing"),
]
