"""The client's own estimates: when there are some, how they are marked, and which polls follow."""

import math

import pytest

from heygen_video_translation.client import Experience, PollingTimeout, WaitTimedOut
from heygen_video_translation.client.durations import Traits
from heygen_video_translation.client.experience import Lesson
from tests.client.documents import JobTable, completed, create_job, pending, replies
from tests.client.heygen import KEY, Translations, created, translation
from tests.client.server import Reply


def learned(durations, **traits):
    experience = Experience()
    for seconds in durations:
        experience = experience.after(Lesson(duration=seconds, traits=Traits(**traits)))
    return experience


def follow(connect, server, clock, *, ends_in, **options):
    """Follow a job of HeyGen's API; return the seconds after its creation of each poll."""
    client = connect(api_key=KEY, dialect="heygen", max_polling_interval=300.0, **options)
    server.script = [created("a")]
    job = client.call("create_job", target_language="French")
    begun = clock.now
    server.script = Translations(clock, {"a": begun + ends_in})
    client.call("wait_for_completion", job)
    return [round(request.at - begun) for request in server.polls]


def test_first_job_is_polled_by_what_is_published(connect, server, clock):
    polls = follow(connect, server, clock, ends_in=520.0)
    assert polls == [44, 90, 134, 176, 216, 254, 292, 329, 366, 402, 438, 474, 510, 547]


def test_later_job_is_polled_by_what_was_learned(connect, server, clock):
    experience = learned([500.0, 520.0, 540.0] * 5, language="French")
    polls = follow(connect, server, clock, ends_in=520.0, experience=experience)
    assert polls == [277, 339, 377, 406, 431, 454, 474, 493, 512, 529]


def test_created_job_has_an_own_estimate(connect, server):
    client = connect(api_key=KEY, dialect="heygen")
    server.script = [created("a")]
    job = client.call("create_job", target_language="French")
    low, high = job.estimated_time_remaining_range
    assert job.is_own_estimate
    assert job.estimated_time_remaining == pytest.approx(math.sqrt(300.0 * 900.0), rel=0.01)
    assert 0.0 < low < job.estimated_time_remaining < high
    assert str(job) == (
        f"job a pending, {job.estimated_time_remaining:.1f} s left (the client's own estimate)"
    )


def test_job_of_a_wait_that_timed_out_has_an_own_estimate(connect, server):
    client = connect(experience=learned([100.0] * 10), long_poll=0)
    job = create_job(client, server)
    server.script = lambda _: Reply(data=pending())
    with pytest.raises(PollingTimeout) as one:
        client.call("wait_for_completion", job, timeout=10.0)
    with pytest.raises(WaitTimedOut) as many:
        client.call("wait_for_all", [job], timeout=10.0)
    for error in (one.value, *many.value.exceptions):
        assert error.job is not None
        assert error.job.is_own_estimate


def test_shown_jobs_have_own_estimates_that_shrink(connect, server, clock):
    client = connect(experience=learned([100.0] * 10), long_poll=0)
    job = create_job(client, server)
    server.script = JobTable(clock, {"a": clock.now + 110.0}, estimates=False)
    *seen, last = client.list("watch", job)
    left = [each.estimated_time_remaining for each in seen]
    assert len(left) > 1
    assert left == sorted(left, reverse=True)
    assert all(each.is_own_estimate for each in seen)
    assert not last.is_own_estimate
    assert last.estimated_time_remaining is None


def test_estimate_of_the_server_is_kept(connect, server):
    client = connect(experience=learned([100.0] * 10))
    job = create_job(client, server, estimated_time_remaining=7.0)
    assert job.estimated_time_remaining == 7.0
    assert not job.is_own_estimate


def test_there_is_no_own_estimate_if_the_age_is_unknown(connect, server):
    client = connect(experience=learned([100.0] * 10))
    server.script = replies(pending())
    assert client.call("get_status", "a").estimated_time_remaining is None


def test_own_estimate_is_not_learned_from(connect, server, clock):
    client = connect(experience=learned([100.0] * 10), long_poll=0)
    job = create_job(client, server)
    server.script = JobTable(clock, {"a": clock.now + 100.0}, estimates=False)
    client.call("wait_for_completion", job)
    assert client.client.experience.jobs == 0.0


def test_own_estimate_follows_the_length_that_the_caller_gives(connect, server):
    client = connect(experience=learned([100.0] * 20, video_duration=60.0))
    server.script = [Reply(202, pending())]
    job = client.call("create_job", video_duration=600.0)
    assert job.video_duration == 600.0
    assert job.estimated_time_remaining > 500.0


@pytest.mark.parametrize(("video_duration", "first_poll"), [(60.0, 44.7), (120.0, 83.1)])
def test_first_poll_follows_the_length(connect, server, clock, video_duration, first_poll):
    experience = learned([50.0] * 20, video_duration=60.0)
    client = connect(experience=experience, long_poll=0, max_polling_interval=300.0)
    server.script = [Reply(202, pending())]
    job = client.call("create_job", video_duration=video_duration)
    server.script = JobTable(clock, {"a": clock.now}, estimates=False)
    client.call("wait_for_completion", job)
    assert clock.slept == [pytest.approx(first_poll, abs=0.1)]


def test_length_is_that_of_the_part_to_translate(connect, server):
    client = connect(api_key=KEY, dialect="heygen")
    server.script = [created("a")]
    options = {"start_time": 10.0, "end_time": 40.0, "mode": "precision"}
    job = client.call("create_job", target_language="French", options=options)
    assert (job.video_duration, job.mode) == (30.0, "precision")


@pytest.mark.parametrize("times", [(None, None), (0, None), ("0", "30")])
def test_created_job_is_returned_whatever_the_times_are(connect, server, times):
    client = connect(api_key=KEY, dialect="heygen")
    server.script = [created("a")]
    options = dict(zip(("start_time", "end_time"), times, strict=True))
    job = client.call("create_job", target_language="French", options=options)
    assert (job.id, job.video_duration) == ("a", None)


def test_job_is_learned_with_what_was_known_of_it(connect, server, clock):
    client = connect(api_key=KEY, dialect="heygen")
    server.script = [created("a")]
    job = client.call("create_job", target_language="French", options={"mode": "precision"})
    server.script = [
        Reply(data=translation(duration=90.0)),
        Reply(data=translation(status="completed", video_url="http://files.invalid/a.mp4")),
    ]
    client.call("wait_for_completion", job)
    _, length, precise, sound = client.client.experience.durations.by_length.moments
    value = client.client.experience.durations.plain.moments[0]
    assert (precise, sound) == (value, 0.0)
    assert length == pytest.approx(math.log(90.0 / 180.0) * value)


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf])
def test_length_that_cannot_be_is_refused(client, server, seconds):
    server.script = replies(completed())
    with pytest.raises(ValueError, match="video_duration must be a number of seconds above 0"):
        client.call("create_job", video_duration=seconds)


def test_job_that_a_key_of_the_caller_may_repeat_is_polled_at_once(connect, server, clock):
    client = connect(api_key=KEY, dialect="heygen")
    before = client.client.experience.durations
    server.script = [created("a")]
    job = client.call("create_job", target_language="French", idempotency_key="mine")
    begun = clock.now
    server.script = Translations(clock, {"a": begun - 100.0})

    client.call("wait_for_completion", job)

    assert clock.now == begun
    assert client.client.experience.durations == before
