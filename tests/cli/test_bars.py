"""Progress bars: how they advance between responses, and how they are drawn."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from heygen_video_translation.cli.progress import Bar, Bars
from heygen_video_translation.client import Job, JobError, Status


def job(
    job_id: str = "a",
    *,
    progress: float | None = 0.0,
    left: float | None = 10.0,
    status: str = Status.PENDING,
    title: str = "",
) -> Job:
    return Job(
        id=job_id,
        status=status,
        progress=progress,
        estimated_time_remaining=left,
        title=title,
        error=JobError(code="x", message="y") if status == Status.ERROR else None,
    )


class SetClock:
    """Seconds, as they were set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def lines(jobs: list[Job], *, clock: SetClock, columns: int = 80, rows: int = 24) -> list[str]:
    """Return the frame of these jobs' bars as lines."""
    console = Console(
        file=io.StringIO(), width=columns, height=rows, force_terminal=True, color_system=None
    )
    bars = Bars(jobs, console=console, clock=clock)
    with console.capture() as captured:
        console.print(bars.frame())
    return captured.get().splitlines()


def test_bar_between_responses_is_full_at_the_estimated_end() -> None:
    bar = Bar("a", now=100.0)
    bar.update(job(progress=0.2, left=8.0), now=100.0)

    assert bar.progress(100.0) == pytest.approx(0.2)
    assert bar.progress(104.0) == pytest.approx(0.6)
    assert bar.progress(108.0) == Bar.MAX_ESTIMATED
    assert bar.time_text(108.0) == "any moment"


def test_bar_says_that_an_estimate_is_the_own_one() -> None:
    bar = Bar("a", now=0.0)
    bar.update(replace(job(progress=None, left=90.0), is_own_estimate=True), now=0.0)

    assert bar.progress(45.0) == pytest.approx(0.5)
    assert bar.time_text(45.0) == "about 0:45 left"


@pytest.mark.parametrize(
    ("status", "text"), [(Status.COMPLETED, "completed"), (Status.ERROR, "failed")]
)
def test_bar_of_a_job_that_ended_at_an_unknown_time(status: Status, text: str) -> None:
    bar = Bar("a", now=0.0)
    bar.update(job(status=status), now=0.0)

    assert bar.time_text(1.0) == text


def test_bar_does_not_move_back_after_a_worse_estimate() -> None:
    bar = Bar("a", now=0.0)
    bar.update(job(progress=0.0, left=10.0), now=0.0)
    bar.update(job(progress=0.3, left=12.0), now=5.0)

    assert bar.progress(5.0) == pytest.approx(0.5)
    assert bar.progress(11.0) == pytest.approx(0.75)


def test_bar_of_a_completed_job_is_full() -> None:
    bar = Bar("a", now=0.0)
    bar.update(job(progress=1.0, left=None, status=Status.COMPLETED), now=0.0)

    assert bar.progress(9.0) == 1.0


def test_bar_of_a_failed_job_does_not_advance() -> None:
    bar = Bar("a", now=0.0)
    bar.update(job(progress=0.0, left=10.0), now=0.0)
    bar.update(job(progress=1.0, left=None, status=Status.ERROR), now=5.0)

    assert bar.progress(9.0) == pytest.approx(0.5)


def test_bar_without_an_estimate_has_no_percentage() -> None:
    bar = Bar("a", now=0.0)
    bar.update(job(progress=None, left=None), now=0.0)

    assert bar.progress(7.0) is None
    assert bar.time_text(7.0) == "0:07 so far"


def test_time_left_is_rounded_up_and_elapsed_time_to_the_nearest() -> None:
    estimated, unknown = Bar("a", now=0.0), Bar("b", now=0.0)
    estimated.update(job(left=10.0), now=0.0)
    unknown.update(job(left=None), now=0.0)

    assert estimated.time_text(2.9) == "0:08 left"
    assert [unknown.time_text(at) for at in (7.4, 7.5)] == ["0:07 so far", "0:08 so far"]


_RESPONSES = st.lists(
    st.tuples(
        st.floats(0, 100),
        st.none() | st.floats(0, 1),
        st.none() | st.floats(0, 1e6),
        st.floats(0, 100),
    ),
    max_size=8,
)


@given(responses=_RESPONSES)
def test_bar_never_moves_back_for_any_responses(
    responses: list[tuple[float, float | None, float | None, float]],
) -> None:
    bar, now, shown = Bar("a", now=0.0), 0.0, [0.0]

    for pause, progress, left, delay in responses:
        now += pause
        bar.update(job(progress=progress, left=left), now=now)
        shown += [bar.progress(now) or shown[-1], bar.progress(now + delay) or shown[-1]]
        now += delay

    assert shown == sorted(shown)
    assert shown[-1] <= 1.0


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_frame_of_two_jobs_fits_the_terminal(columns: int) -> None:
    title = "A talk with a title that is longer than any terminal has room for, by far, really"
    clock = SetClock()
    jobs = [job("a" * 32, progress=0.25, left=75.0, title=title), job("b" * 32, left=None)]

    first, second, totals = lines(jobs, clock=clock, columns=columns)

    assert {len(first), len(second)} <= {min(columns, Bars.MAX_WIDTH)}
    assert first.endswith(" 25 %   1:15 left")
    assert second.endswith("0:00 so far")
    assert totals == "0 of 2 ended, 0:00"


def test_frame_of_more_jobs_than_rows_shows_the_running_ones_first() -> None:
    ended = [job(f"ended {n}", status=Status.COMPLETED, left=None) for n in range(8)]
    running = [job(f"running {n}") for n in range(3)]

    *shown, totals = lines([*ended, *running], clock=SetClock(), rows=6)

    assert [line.split()[0] for line in shown] == ["running"] * 3 + ["ended"]
    assert totals == "8 of 11 ended, 0:00"
