"""One path with a page for browsers and JSON for programs."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from tests.starting import start
from vid_trans_api.http.negotiation import html_or_json

VIEW = html_or_json(
    html=lambda _: HttpResponse(headers={"View": "page"}),
    json=lambda _: HttpResponse(headers={"View": "document"}),
)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/html,*/*;q=0.8", "page"),
        ("text/html;q=0.5,application/json", "document"),
        ("application/json", "document"),
        ("*/*", "document"),
        ("text/csv", "document"),
        ("a", "document"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_accept_header_selects_the_view(method, accept, expected):
    request = RequestFactory().generic(method, "/", headers={"Accept": accept})

    response = VIEW(request)

    assert response["View"] == expected
    assert response["Vary"] == "Accept"


def test_other_methods_go_to_the_json_view():
    request = RequestFactory().post("/", headers={"Accept": "text/html"})

    response = VIEW(request)

    assert response["View"] == "document"


@pytest.mark.django_db
def test_status_is_json_for_a_program(client, clock):
    job = start()

    response = client.get(f"/vid_trans_api/status?job_id={job.public_id}")

    assert response.json()["id"] == job.public_id
    assert "Accept" in response["Vary"]
