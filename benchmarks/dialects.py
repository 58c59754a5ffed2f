"""Compare what requests cost in HeyGen's API and in our own: `python -m benchmarks.dialects`.

What is compared is processor time per request, without a network. The requests take turns, and the
ratios are medians of the rounds.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.server import table

ROUNDS: Final = 30
LENGTH: Final = 100
_V3: Final = "/v3/video-translations"
_OWN: Final = "/vid_trans_api/jobs"


@contextmanager
def _client() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder, 'dialects.sqlite3')}"
        os.environ["DJANGO_SETTINGS_MODULE"] = "heygen_video_translation.settings"
        import django  # noqa: PLC0415 (the environment has its settings)

        django.setup()
        from django.conf import settings  # noqa: PLC0415 (the same)
        from django.core.management import call_command  # noqa: PLC0415 (the same)
        from django.test import Client  # noqa: PLC0415 (the same)

        settings.DEBUG, settings.ALLOWED_HOSTS = False, ["*"]  # queries are not kept
        call_command("migrate", verbosity=0)
        yield Client(headers={"X-Api-Key": "benchmark"})


def _create(client: Any, seconds: int) -> str:
    body = {
        "video": {"type": "url", "url": f"https://sim.test/ok.mp4?duration={seconds}"},
        "output_languages": ["French"],
        "enable_caption": True,
        "simulation": {"outcome": "completed"},
    }
    response = client.post(_V3, body, content_type="application/json")
    job_id: str = response.json()["data"]["video_translation_ids"][0]
    return job_id


def _pairs(client: Any) -> dict[str, tuple[str, str, int]]:
    """Return pairs of paths to compare, and how often each is requested in a round."""
    client.patch(
        "/vid_trans_api/simulation/defaults",
        {"max_concurrent_jobs": 0},
        content_type="application/json",
    )
    pending, completed = _create(client, 86_400), _create(client, 0)
    ids = [_create(client, 86_400) for _ in range(LENGTH)]
    statuses = f"{_V3}/statuses?video_translation_ids={','.join(ids)}"
    return {
        "one translation, pending": (f"{_V3}/{pending}", f"{_OWN}/{pending}", 40),
        "one translation, completed": (f"{_V3}/{completed}", f"{_OWN}/{completed}", 40),
        f"statuses of {LENGTH}, to one translation": (statuses, f"{_V3}/{pending}", 8),
    }


def main() -> None:
    with _client() as client:
        rows = []
        for name, (path, other, count) in _pairs(client).items():
            times = [
                (_seconds(client, path, count), _seconds(client, other, count))
                for _ in range(ROUNDS)
            ]
            this, that = (median(column) * 1e6 for column in zip(*times, strict=True))
            ratio = median(first / second for first, second in times)
            rows.append((name, f"{this:.0f} µs", f"{that:.0f} µs", f"{ratio:.2f}"))
    table("Processor time of HeyGen's v3", ["request", "v3", "compared with", "ratio"], rows)


def _seconds(client: Any, path: str, count: int) -> float:
    start = time.process_time()
    for _ in range(count):
        assert client.get(path).status_code == HTTPStatus.OK
    return (time.process_time() - start) / count


if __name__ == "__main__":
    main()
