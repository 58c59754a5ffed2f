"""Which websites' requests are accepted, and what CORS tells a browser about the others."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from tests.conftest import API, Api

RESET = f"{API}/simulation/reset"
FOREIGN = "https://evil.example"
CONFIGURED = "https://app.example.com"
LOCAL = ["http://localhost:3000", "https://127.0.0.1:5173", "http://[::1]:8080", "http://localhost"]


@pytest.fixture
def production(settings: LazySettings) -> None:
    """Admit only a configured origin, as without DEBUG."""
    settings.CORS_ALLOWED_ORIGINS = [CONFIGURED]
    settings.CORS_ALLOWED_ORIGIN_REGEXES = []


@pytest.fixture
def development(settings: LazySettings) -> None:
    """Admit local origins, as with DEBUG; tests run without it."""
    settings.CORS_ALLOWED_ORIGIN_REGEXES = [
        r"^https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?$"
    ]


def status_of(method: str, path: str, **headers: str) -> int:
    response: Any = Client().generic(
        method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    return int(response.status_code)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": FOREIGN, "Sec_Fetch_Site": "cross-site"},
        {"Origin": FOREIGN},
        {"Origin": "null"},
        {"Origin": "http://[half"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://testserver:81"},
        {"Origin": "http://api.example.com", "Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", RESET), ("POST", f"{API}/jobs"), ("DELETE", f"{API}/jobs/a"), ("PUT", f"{API}/a")],
)
def test_unsafe_request_of_a_foreign_website_is_refused(
    db: None, production: None, method: str, path: str, headers: dict[str, str]
) -> None:
    assert status_of(method, path, **headers) == 403


def test_refused_request_of_a_foreign_website_changes_nothing(api: Api) -> None:
    api.create()

    response = api.post("/simulation/reset", Origin=FOREIGN)

    assert response.json()["detail"] == (
        "CORS_ALLOWED_ORIGINS does not list the origin of this request, https://evil.example."
    )
    assert len(api.get("/jobs").json()["results"]) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://testserver"},
        {"Origin": "https://testserver", "Sec_Fetch_Site": "same-origin"},
        {"Origin": "https://public.example.com", "Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": CONFIGURED, "Sec_Fetch_Site": "cross-site"},
    ],
)
def test_unsafe_request_of_an_admitted_client_is_accepted(
    db: None, production: None, headers: dict[str, str]
) -> None:
    assert status_of("POST", RESET, **headers) == 200


def test_safe_request_of_a_foreign_website_is_accepted(db: None, production: None) -> None:
    assert status_of("GET", f"{API}/jobs", Origin=FOREIGN, Sec_Fetch_Site="cross-site") == 200


def test_forms_of_pages_are_left_to_their_tokens(client: Client, db: None) -> None:
    response = client.post("/key", {"key": "mine"}, headers={"Origin": FOREIGN})

    assert response.status_code == 302  # Django's test client is exempt from the token


@pytest.mark.parametrize("origin", LOCAL)
def test_local_websites_are_admitted_in_development(
    db: None, development: None, origin: str
) -> None:
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    response = Client().generic("POST", RESET, headers=headers)

    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, origin)


@pytest.mark.parametrize(
    "origin",
    ["http://localhost.evil.example", "http://127.0.0.10", "http://localhost:3000.evil.example"],
)
def test_websites_with_local_sounding_names_are_foreign(
    db: None, development: None, origin: str
) -> None:
    assert status_of("POST", RESET, Origin=origin) == 403


@pytest.mark.parametrize("origin", LOCAL)
def test_local_websites_are_foreign_in_production(db: None, production: None, origin: str) -> None:
    assert status_of("POST", RESET, Origin=origin) == 403


def test_response_exposes_the_headers_that_clients_need(db: None, production: None) -> None:
    response = Client().get(f"{API}/jobs", headers={"Origin": CONFIGURED})

    assert response["Access-Control-Expose-Headers"] == (
        "Retry-After, Location, Preference-Applied, Idempotent-Replayed, Simulated-Fault,"
        " X-Request-Id"
    )
    assert "Access-Control-Allow-Credentials" not in response


def test_error_can_be_read_by_an_admitted_website(db: None, production: None) -> None:
    response = Client().get(f"{API}/nothing", headers={"Origin": CONFIGURED})

    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (404, CONFIGURED)


def test_preflight_allows_the_headers_and_methods_of_the_api(db: None, production: None) -> None:
    response = Client().options(
        f"{API}/jobs",
        headers={"Origin": CONFIGURED, "Access-Control-Request-Method": "POST"},
    )

    allowed = set(response["Access-Control-Allow-Headers"].split(", "))
    assert allowed >= {"authorization", "content-type", "idempotency-key", "prefer", "x-api-key"}
    assert response["Access-Control-Allow-Methods"] == "GET, HEAD, POST, PUT, PATCH, DELETE"


def test_preflight_of_a_foreign_website_allows_nothing(db: None, production: None) -> None:
    response = Client().options(
        f"{API}/jobs", headers={"Origin": FOREIGN, "Access-Control-Request-Method": "POST"}
    )

    assert "Access-Control-Allow-Origin" not in response


def test_pages_cannot_be_read_by_other_websites(db: None, production: None) -> None:
    response = Client().get("/", headers={"Origin": CONFIGURED})

    assert "Access-Control-Allow-Origin" not in response


def test_response_that_caches_may_keep_varies_by_origin(db: None, production: None) -> None:
    response = Client().get(f"{API}/schema")

    assert "origin" in response["Vary"].lower()


def test_response_that_nobody_may_keep_does_not_vary(db: None, production: None) -> None:
    response = Client().get(f"{API}/jobs")

    assert "Vary" not in response
