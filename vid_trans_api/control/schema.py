"""What OpenAPI says about the endpoints that control the simulation."""

from drf_spectacular.utils import extend_schema, extend_schema_view

from vid_trans_api.control.reports import JobReportSerializer, ReportSerializer
from vid_trans_api.control.serializers import (
    ClockRequestSerializer,
    ClockSerializer,
    DefaultsSerializer,
    JobUpdateSerializer,
    ResetRequestSerializer,
    ResetSerializer,
    ScenariosSerializer,
    SimulatedJobSerializer,
)
from vid_trans_api.native.schema import (
    BODY_PROBLEMS,
    JOB_ID,
    NO_JOB,
    NO_KEY,
    examples,
    problems,
)

scenarios = extend_schema_view(
    get=extend_schema(
        operation_id="list_scenarios",
        summary="List the scenarios",
        responses={200: ScenariosSerializer, **problems(_401=NO_KEY)},
    )
)
clock = extend_schema_view(
    get=extend_schema(
        operation_id="get_clock",
        summary="Get the workspace's clock",
        responses={200: ClockSerializer, **problems(_401=NO_KEY)},
    ),
    post=extend_schema(
        operation_id="set_clock",
        summary="Freeze, advance or resume the workspace's clock",
        description="`next` needs a pending job that ends, and otherwise is a 409.",
        request=ClockRequestSerializer,
        examples=examples(
            {
                "Advance by 600 seconds": {"advance": 600},
                "Advance to the next end of a job": {"advance": "next"},
                "Freeze": {"freeze": True},
                "Run 60 times as fast": {"speed": 60},
                "Resume": {"resume": True},
            }
        ),
        responses={
            200: ClockSerializer,
            **BODY_PROBLEMS,
            **problems(
                _409="The clock cannot be set back, or there is no next end.",
                _410="The workspace has no requests left.",
            ),
        },
    ),
)
reset = extend_schema_view(
    post=extend_schema(
        operation_id="reset_workspace",
        summary="Reset the workspace, with a seed",
        request=ResetRequestSerializer,
        examples=examples({"Seed 42": {"seed": 42}, "A random seed": {}}),
        responses={200: ResetSerializer, **BODY_PROBLEMS},
    )
)
defaults = extend_schema_view(
    get=extend_schema(
        operation_id="get_defaults",
        summary="Get the workspace's defaults",
        responses={200: DefaultsSerializer, **problems(_401=NO_KEY)},
    ),
    patch=extend_schema(
        operation_id="update_defaults",
        summary="Update the workspace's defaults",
        request=DefaultsSerializer,
        examples=examples(
            {
                "Jobs of 5 to 15 seconds": {"duration": [5, 15]},
                "Every job is flaky": {"scenario": "flaky"},
                "Every third poll is a 503": {
                    "faults": [{"on": "status", "fault": 503, "every": 3}]
                },
                "Five requests in ten seconds": {"rate_limit": "5/10s"},
                "Clear these": dict.fromkeys(("duration", "scenario", "faults", "rate_limit")),
            }
        ),
        responses={200: DefaultsSerializer, **BODY_PROBLEMS},
    ),
)
report = extend_schema_view(
    get=extend_schema(
        operation_id="get_report",
        summary="Get the report on the workspace's client",
        responses={200: ReportSerializer, **problems(_401=NO_KEY)},
    )
)
simulated_job = extend_schema_view(
    get=extend_schema(
        operation_id="get_simulated_job",
        summary="Get a job's plan, its end, and the verdict on its client",
        parameters=[JOB_ID],
        responses={200: JobReportSerializer, **problems(_401=NO_KEY, _404=NO_JOB)},
    ),
    patch=extend_schema(
        operation_id="update_simulated_job",
        summary="Update a pending job",
        parameters=[JOB_ID],
        request=JobUpdateSerializer,
        examples=examples(
            {
                "End now": {"finish": "now"},
                "Complete 600 seconds after its creation": {
                    "outcome": "completed",
                    "duration": 600,
                },
                "Fail": {"outcome": "error", "error": {"code": "no-speech"}},
            }
        ),
        responses={
            200: SimulatedJobSerializer,
            **BODY_PROBLEMS,
            **problems(
                _404=NO_JOB, _409="The job has already ended, or cannot be updated like that."
            ),
        },
    ),
)
