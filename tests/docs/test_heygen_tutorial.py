"""The programs of the tutorial about HeyGen's API pass its tests, and fail them if changed."""

import pytest

from tests.docs.pages import append, files
from tests.testing.conftest import Project

PAGE = "docs/tutorial-heygen.md"


def run(project: Project, *changes: tuple[str, str], tests: str = ".") -> str:
    """Run the tests of the page after changes of its programs; return what pytest prints."""
    blocks = files(PAGE)
    for old, new in changes:
        assert sum(old in text for _, text in blocks) == 1
        blocks = [(name, text.replace(old, new)) for name, text in blocks]
    append(project.folder, blocks)
    return project.pytest(tests).stdout


def test_programs_pass_their_tests(project: Project) -> None:
    output = run(project)

    assert " 11 passed in " in output, output


@pytest.mark.parametrize(
    ("tests", "old", "new", "failing"),
    [
        (
            "test_dub.py",
            'if "video_url" in job:',
            'if job["status"] == "completed":',
            "KeyError: 'video_url'",
        ),
        (
            "test_dub.py",
            "            document = response.json()\n",
            "            response.raise_for_status()\n            document = response.json()\n",
            "[masked-error]",
        ),
        ("test_dub.py", "in {400, 402, 403}:", "in {400, 403}:", "ConnectionError: http"),
        ("test_hook.py", "if signature not in self.seen:", "if True:", "test_job_ends_once"),
        (
            "test_hook.py",
            "return 401\n        if sig",
            "pass\n        if sig",
            "test_signature_is_verified",
        ),
    ],
    ids=["late-url", "masked-error", "no-credit", "duplicate", "forged"],
)
def test_mistakes_that_the_page_names_are_found(
    project: Project, tests: str, old: str, new: str, failing: str
) -> None:
    output = run(project, (old, new), tests=tests)

    assert failing in output
    assert " failed" in output
