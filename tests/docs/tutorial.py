"""The steps of the tutorial as programs and tests."""

import re

from tests.docs.pages import files

PAGE = "docs/tutorial.md"
STEPS = files(PAGE)
POLLER, TESTS, VERDICT_TEST = (text for name, text in STEPS if name.endswith(".py"))
LOOP_END, PAUSE = (text for name, text in STEPS if not name.endswith(".py"))


def robust() -> str:
    """Return the poller with the end of its loop replaced, as step 5 says."""
    start = POLLER.index(LOOP_END.splitlines()[0])
    return POLLER[:start] + LOOP_END + POLLER[POLLER.index("    return job") :]


def impatient() -> str:
    """Return the robust poller with the line that computes the pause replaced, as step 6 says."""
    return re.sub(r"^ +pause = .*\n", PAUSE, robust(), flags=re.MULTILINE)
