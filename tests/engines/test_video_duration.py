"""How long the video of a simulated job lasts."""

import pytest

from tests.conftest import NEW_YEAR, Api
from vid_trans_api.engines import ENGINE
from vid_trans_api.models import Asset, Job, JobFacts, Workspace
from vid_trans_api.operations import Creation, JobRequest, RequestContext, create_jobs, run_again
from vid_trans_api.simulation.options import SimulationOptions


def start(
    *options: SimulationOptions, seed: int = 1, video_duration: float | None = None
) -> JobFacts:
    return ENGINE.start(
        options,
        plan=None,
        video_duration=video_duration,
        next_seed=lambda: seed,
        begins_at=NEW_YEAR,
    )


def planned(facts: JobFacts) -> float | None:
    return facts.plan.duration if facts.plan else None


def test_video_lasts_six_times_the_plan_give_or_take_a_fifth() -> None:
    facts = [start(SimulationOptions(duration=(10, 10)), seed=seed) for seed in range(200)]

    ratios = sorted((each.video_duration or 0) / 60 for each in facts)
    assert 0.8 <= ratios[0] < 0.82
    assert 1.18 < ratios[-1] <= 1.2


def test_duration_is_drawn_from_the_seed() -> None:
    assert start(seed=5) == start(seed=5)
    assert start(seed=5).video_duration != start(seed=6).video_duration


def test_video_of_a_stuck_or_instant_job_has_a_duration_too() -> None:
    stuck, instant = (
        start(SimulationOptions(scenario=scenario)).video_duration
        for scenario in ("stuck", "instant")
    )

    assert stuck is not None
    assert stuck > 1
    assert instant == 1


def test_known_duration_sets_that_of_the_plan() -> None:
    facts = start(video_duration=90)

    assert (planned(facts), facts.video_duration) == (15, 90)


@pytest.mark.parametrize(
    ("options", "duration"),
    [
        (SimulationOptions(duration=(4, 4)), 4),
        (SimulationOptions(scenario="instant"), 0),
        (SimulationOptions(scenario="slow"), 150),
        (SimulationOptions(scenario="fail"), 15),
        (SimulationOptions(queued=0.1), 15),
    ],
)
def test_known_duration_counts_if_nothing_else_sets_the_plans(
    options: SimulationOptions, duration: float
) -> None:
    facts = start(options, video_duration=90)

    assert (planned(facts), facts.video_duration) == (duration, 90)


def test_asset_has_its_own_duration_and_equal_urls_have_one(db: None) -> None:
    context = RequestContext(key_digest="", has_socket=False)
    Asset.objects.create(
        public_id="a",
        workspace=Workspace.objects.stored(""),
        name="talk.mp4",
        mime_type="video/mp4",
        size=1,
        duration=60,
        created_at=NEW_YEAR,
    )
    first, other = "https://example.com/1.mp4", "https://example.com/2.mp4"
    requests = [
        *(JobRequest(video_url=url) for url in (first, other, first)),
        *(JobRequest(asset_id="a", video_duration=seconds) for seconds in (None, 90)),
    ]

    assert isinstance(create_jobs(context, requests), Creation)

    stored = Job.objects.order_by("number").values_list("video_duration", flat=True)
    assert stored[0] == stored[2] != stored[1]
    assert list(stored[3:]) == [60, 90]


def test_repeated_job_has_the_same_video(api: Api) -> None:
    api.create()

    again = run_again(Job.objects.get())

    assert [job.video_duration for job in Job.objects.all()] == [again.video_duration] * 2
