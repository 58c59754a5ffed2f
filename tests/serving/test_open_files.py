"""How many long polls the limit on open files allows."""

import subprocess
import sys

import pytest

resource = pytest.importorskip("resource", reason="Windows has no limit on open files")

ALLOW = """
import resource, sys
from vid_trans_api.serving.open_files import allow_long_polls
soft, hard, wanted = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(allow_long_polls(wanted), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "allowed", "raised"),
    [
        pytest.param(256, 1000, 100, 700, id="the soft limit is raised"),
        pytest.param(256, 400, 40, 400, id="the hard limit allows fewer"),
        pytest.param(800, 1000, 100, 800, id="the limit is high enough"),
        pytest.param(100, 100, 0, 100, id="it allows none"),
    ],
)
def test_limit_is_raised_or_allows_fewer_long_polls(
    soft: int, hard: int, allowed: int, raised: int
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", ALLOW, str(soft), str(hard), "100"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout.split() == [str(each) for each in (allowed, raised, hard)]
