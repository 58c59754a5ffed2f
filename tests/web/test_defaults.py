"""A workspace's defaults, fault rules and limits on the page of jobs."""

import re

import pytest

from tests.starting import found, start
from vid_trans_api.models import Job, Workspace

pytestmark = pytest.mark.django_db

IN_FORCE = [
    ("Default duration", "5 to 20"),
    ("Default scenario", "flaky"),
    ("Fault", "503 on any request, after the first 2, with a probability of 0.3"),
    ("Rate limit", "5/10s"),
    ("Requests left", "0"),
]


@pytest.fixture
def defaults(api, clock):
    rule = {"on": "any", "fault": 503, "after": 2, "probability": 0.3}
    changes = {"duration": [5, 20], "scenario": "flaky", "faults": [rule], "rate_limit": "5/10s"}
    api.set_defaults(**changes, requests_left=0)


def shown(response):
    panel = re.search(r'(?s)<section class="panel defaults".*?</section>', response.text)
    return panel and re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", panel[0])


def test_what_is_in_force_is_shown_above_the_form(browser, defaults):
    response = browser.get("/")

    assert shown(response) == IN_FORCE
    assert response.text.index('id="defaults"') < response.text.index('id="create"')


def test_nothing_is_shown_if_nothing_is_in_force(browser):
    response = browser.get("/")

    assert shown(response) == []
    assert 'aria-labelledby="defaults-title" hidden>' in response.text


def test_button_clears_what_is_in_force(browser, defaults):
    response = browser.post("/defaults/clear", {"next": "/?status=pending"})

    workspace = Workspace.objects.get()
    assert (workspace.defaults, workspace.faults, workspace.rate_limit) == (None, None, None)
    assert workspace.requests_left is None
    assert response["Location"] == "/?status=pending"


def test_staff_see_and_clear_what_is_in_force_elsewhere(staff, clock):
    workspace = start(key="secret").workspace
    workspace.set_defaults(defaults={"seed": 1})
    path = f"/?workspace={workspace.pk}"

    before = staff.get(path)
    action = found(r'action="(/defaults/clear[^"]*)"', before)
    staff.post(action)

    assert shown(before) == [("Default seed", "1")]
    assert shown(staff.get(path)) == []


def test_browser_cannot_clear_another_workspace(browser, clock):
    workspace = start(key="secret").workspace

    response = browser.post(f"/defaults/clear?workspace={workspace.pk}")

    assert response.status_code == 404


def test_rate_limit_applies_to_the_form(browser, api, clock):
    api.patch("/simulation/defaults", {"rate_limit": "1/m"})
    browser.post("/", {"title": "first"})

    response = browser.post("/", {"title": "second"})

    assert response.status_code == 400
    assert "This workspace admits 1/m requests; wait 60 s." in response.text
    assert 'name="title" value="second"' in response.text
    assert [job.title for job in Job.objects.all()] == ["first"]


def test_form_says_that_no_requests_are_left(browser, api, clock):
    api.set_defaults(requests_left=0)

    response = browser.post("/", {"title": "kept"})

    assert response.status_code == 410
    assert "This workspace has no requests left" in response.text
    assert 'name="title" value="kept"' in response.text
    assert not Job.objects.exists()


def test_fault_that_replaces_the_request_is_a_sentence(browser, api, clock):
    api.patch("/simulation/defaults", {"faults": [{"on": "create", "fault": 503, "times": 1}]})

    responses = [browser.post("/", {}) for _ in range(2)]

    assert [each.status_code for each in responses] == [400, 302]
    sentence = "The simulated fault 503 applied, so no job was created."
    assert sentence in responses[0].text
    assert "Correct the fields" not in responses[0].text


def test_fault_that_corrupts_the_response_is_named(browser, api, clock):
    api.patch("/simulation/defaults", {"faults": [{"on": "create", "fault": "garbage"}]})

    response = browser.post("/", {}, follow=True)

    assert Job.objects.count() == 1
    assert "A program would have got the simulated fault garbage." in response.text


def test_form_and_api_count_attempts_of_the_same_creation(browser, api, clock):
    rule = {"on": "create", "fault": 503, "times": 1}
    options = {"duration": 3.0}
    api.patch("/simulation/defaults", {"faults": [rule]})

    refused = api.post("/jobs", {"simulation": options, "target_language": "Spanish"})
    accepted = browser.post("/", {"duration": "3", "target_language": "Spanish"})

    assert (refused.status_code, accepted.status_code) == (503, 302)


def test_form_is_not_recorded(browser, api, clock):
    browser.post("/", {})

    assert api.get("/simulation/report").json()["request_count"] == 0


def test_clearing_stores_no_workspace(browser):
    response = browser.post("/defaults/clear")

    assert response.status_code == 302
    assert not Workspace.objects.exists()
