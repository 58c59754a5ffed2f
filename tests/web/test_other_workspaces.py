"""The workspaces that were used last: who sees them on the page of jobs, and may open them."""

import html
import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from tests.conftest import Api, SetClock
from tests.starting import shown_titles, start
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import Workspace, digest_of
from vid_trans_api.operations import recent
from vid_trans_api.web import workspaces

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def debug(settings: Any) -> None:
    settings.DEBUG = True


def use(key: str, *, title: str = "", user_agent: str = "") -> Workspace:
    """Create a job with this key, as a program does; return the workspace."""
    headers = {"User-Agent": user_agent} if user_agent else {}
    Api(api_key=key).post("/jobs", {"title": title}, **headers)
    journal.flush()
    return Workspace.objects.get(key_digest=digest_of(key))


def listed(response: Any) -> list[str]:
    """Return the texts of the listed workspaces."""
    rows = re.findall(r'<li id="workspace-\d+">(.*?)<form', response.text, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in rows]


def titles(browser: Any) -> list[str]:
    """Return the titles of the jobs that the browser sees."""
    return shown_titles(browser.get("/"))


def press(browser: Client, workspace: Workspace, **environ: Any) -> Any:
    return browser.post("/workspaces/open", {"workspace": workspace.pk}, **environ)


def test_empty_page_lists_the_workspaces_used_last(browser: Client, clock: SetClock) -> None:
    first = use("test", title="Talk", user_agent="heygen-sdk/1.0")
    clock.advance(30)
    use("another")
    clock.advance(5)

    response = browser.get("/")

    assert "<h2>No jobs here</h2>" in response.text
    assert listed(response) == [
        f"Unknown program used 5 s ago · newest job: {_newest('another')}",
        f"heygen-sdk/1.0 used 35 s ago · newest job: Talk {_newest('test')}",
    ]
    assert f'name="workspace" value="{first.pk}"' in response.text


def _newest(key: str) -> str:
    job = Workspace.objects.get(key_digest=digest_of(key)).jobs.order_by("-number").first()
    assert job is not None
    return job.short_id


def test_open_workspace_is_not_listed(browser: Client, clock: SetClock) -> None:
    start(title="mine")
    workspace = use("test", title="Talk")

    before = browser.get("/")
    press(browser, workspace)
    after = browser.get("/")

    assert [len(listed(each)) for each in (before, after)] == [1, 1]
    assert "Other workspaces that were used last" in before.text
    assert listed(after) == [f"No key used 0 s ago · newest job: mine {_newest('')}"]


def test_page_contains_no_part_of_a_key(browser: Client, clock: SetClock) -> None:
    use("secret-key")

    text = browser.get("/").text

    assert "secret-key" not in text
    assert digest_of("secret-key")[:8] not in text


def test_button_opens_the_workspace_with_a_new_cookie(browser: Client, clock: SetClock) -> None:
    cookies = []
    for key in ("test", "another"):
        response = press(browser, use(key, title=key))
        cookies.append(browser.cookies["sessionid"].value)

    assert response["Location"] == "/"
    assert cookies[0] != cookies[1]
    assert titles(browser) == ["another"]
    assert Session.objects.count() == 1


def test_button_opens_the_default_workspace(browser: Client, clock: SetClock) -> None:
    default = start(title="mine").workspace
    press(browser, use("test"))

    press(browser, default)

    assert titles(browser) == ["mine"]
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("changed", "environ"),
    [
        ({"DEBUG": False}, {}),
        ({"API_KEYS": ["test"]}, {}),
        ({"API_KEY_SECRET": "s1"}, {}),
        ({"BEHIND_PROXY": True}, {}),
        ({}, {"REMOTE_ADDR": "192.0.2.1"}),
        ({}, {"REMOTE_ADDR": ""}),
        ({}, {"REMOTE_ADDR": "2001:db8::1"}),
        ({}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}),
        ({}, {"HTTP_FORWARDED": "for=127.0.0.1"}),
    ],
    ids=lambda each: " ".join(f"{name}={value}" for name, value in each.items()),
)
def test_others_see_no_workspace_and_open_none(
    browser: Client, clock: SetClock, settings: Any, changed: Any, environ: Any
) -> None:
    workspace = use("test")
    for name, value in changed.items():
        setattr(settings, name, value)

    page, opening = browser.get("/", **environ), press(browser, workspace, **environ)

    assert "workspaces/open" not in page.text
    assert opening.status_code == 404
    assert "sessionid" not in opening.cookies
    assert not Session.objects.exists()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1"])
def test_every_loopback_address_may_open_it(browser: Client, clock: SetClock, address: str) -> None:
    workspace = use("test")

    page = browser.get("/", REMOTE_ADDR=address)

    assert len(listed(page)) == 1
    assert press(browser, workspace, REMOTE_ADDR=address).status_code == 302


@pytest.mark.parametrize("number", ["", "x", "0", "-1", "²", "9" * 20, "9" * 5_000])
def test_unknown_workspace_is_not_found(browser: Client, number: str) -> None:
    assert browser.post("/workspaces/open", {"workspace": number}).status_code == 404


def test_workspace_opens_by_a_form_of_this_site_only(clock: SetClock) -> None:
    workspace = use("test")
    browser = Client(enforce_csrf_checks=True)

    assert press(browser, workspace).status_code == 403
    assert browser.get("/workspaces/open").status_code == 405


def test_opened_workspace_closes_with_the_first_key(
    browser: Client, clock: SetClock, settings: Any
) -> None:
    press(browser, use("test"))

    settings.API_KEY_SECRET = "s1"

    assert browser.get("/")["Location"] == "/key?next=%2F"


def test_use_of_another_workspace_changes_the_etag(browser: Client, clock: SetClock) -> None:
    etags = [browser.get("/")["ETag"]]
    use("test")
    etags.append(browser.get("/")["ETag"])
    Api(api_key="test").get("/status")
    journal.flush()
    etags.append(browser.get("/")["ETag"])
    clock.advance(5)

    assert len(set(etags)) == 3
    assert browser.get("/", headers={"If-None-Match": etags[-1]}).status_code == 304


def test_number_of_workspaces_is_limited(
    browser: Client, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspaces, "MOST_SHOWN", 2)
    for key in ("", "a", "b", "c"):
        use(key, user_agent=f"program-{key}")
        clock.advance(1)

    response = browser.get("/")

    assert [each.split()[0] for each in listed(response)] == ["program-c", "program-b"]


def test_without_a_journal_the_newest_jobs_tell(
    browser: Client, clock: SetClock, settings: Any
) -> None:
    settings.JOURNAL_LENGTH = 0
    for key in ("a", "b"):
        use(key, title=key)
        clock.advance(1)

    response = browser.get("/")

    assert listed(response) == [
        f"Unknown program used 1 s ago · newest job: b {_newest('b')}",
        f"Unknown program used 2 s ago · newest job: a {_newest('a')}",
    ]


def test_workspace_without_a_job_is_listed_by_its_requests(
    browser: Client, clock: SetClock
) -> None:
    Api(api_key="test").set_defaults(scenario="ok")
    Api(api_key="test").get("/jobs")
    journal.flush()

    assert listed(browser.get("/")) == ["Unknown program used 0 s ago · no job"]


def test_workspace_of_a_busy_time_is_found_by_its_job(
    browser: Client, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "SEARCHED", 2)
    use("a", title="a")
    use("b", title="b")
    for _ in range(3):
        Api(api_key="b").get("/jobs")
    journal.flush()

    assert [each.split()[-2] for each in listed(browser.get("/"))] == ["b", "a"]


def test_default_workspace_has_its_user_agent_too(browser: Client, clock: SetClock) -> None:
    use("", user_agent="program")
    press(browser, use("test"))

    assert listed(browser.get("/")) == [
        f"No key · program used 0 s ago · newest job: {_newest('')}"
    ]


def test_user_agent_is_escaped(browser: Client, clock: SetClock) -> None:
    use("test", user_agent="<script>alert(1)</script>")

    assert "<script>alert" not in browser.get("/").text
