"""Input that is cheap to send must be cheap to refuse."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from rest_framework.exceptions import APIException, ParseError, ValidationError

from tests.conftest import Api
from vid_trans_api.http.fields import VideoUrlField, hint, number_in
from vid_trans_api.http.parsing import (
    LARGEST_LIMIT,
    body_of,
    idempotency_key_of,
    listing_of,
    wait_of,
)
from vid_trans_api.languages import LANGUAGES
from vid_trans_api.simulation.rate_limits import RateLimit
from vid_trans_api.web.forms import JobForm

MOST_SECONDS = 1.0
"""Far more than a linear pattern needs, and far less than a quadratic one."""

SIZE = 50_000
BLANKS = " " * SIZE


def seconds_of(function: Callable[[], Any]) -> float:
    """Return the processor time that a call takes, whether or not it refuses its input."""
    started_at = time.process_time()
    with contextlib.suppress(APIException, ValueError):
        function()
    return time.process_time() - started_at


def post(content: bytes) -> Any:
    return RequestFactory().post("/", content, content_type="application/json")


@pytest.mark.parametrize(
    "text",
    [
        "1" + BLANKS + "x",
        BLANKS,
        "1-" * SIZE,
        "1 -" * SIZE,
        "." * SIZE,
        "1" + BLANKS + "-" + BLANKS,
    ],
)
def test_forms_duration_is_read_in_linear_time(text: str) -> None:
    form = JobForm({"duration": text})

    assert seconds_of(form.is_valid) < MOST_SECONDS


def test_forms_duration_with_many_blanks_is_a_range() -> None:
    form = JobForm({"duration": "5    -    15"})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["request"].options["simulation"].duration == (5, 15)


@pytest.mark.parametrize(
    "header",
    [
        "wait" + BLANKS + "x",
        "wait=1" + BLANKS + "x",
        "wait=" + BLANKS,
        "wait=1;" * SIZE,
        "," * SIZE,
        "wait=" + "9" * SIZE,
    ],
)
def test_prefer_header_is_read_in_linear_time(header: str) -> None:
    assert seconds_of(lambda: wait_of(header)) < MOST_SECONDS


@pytest.mark.parametrize("header", ['"' + "\\" * SIZE, '"' + "\\\\" * SIZE + "x", BLANKS + "x"])
def test_idempotency_key_is_read_in_linear_time(header: str) -> None:
    request = RequestFactory().post("/", headers={"Idempotency-Key": header})

    assert seconds_of(lambda: idempotency_key_of(request)) < MOST_SECONDS


@pytest.mark.parametrize(
    "read",
    [
        number_in,
        RateLimit.parse,
        lambda text: VideoUrlField().run_validation(text),
        lambda text: hint(text, [*LANGUAGES]),
    ],
)
@pytest.mark.parametrize("text", ["1" * SIZE, BLANKS + "x", "http://" + "a." * SIZE, "1/" * SIZE])
def test_texts_of_a_request_are_read_in_linear_time(read: Callable[[str], Any], text: str) -> None:
    assert seconds_of(lambda: read(text)) < MOST_SECONDS


def test_duplicate_key_is_found_in_linear_time() -> None:
    keys = [f'"{number}":0' for number in range(20_000)]
    content = "{" + ",".join([*keys, keys[-1]]) + "}"

    assert seconds_of(lambda: body_of(post(content.encode()))) < MOST_SECONDS


def test_duplicate_key_is_named() -> None:
    with pytest.raises(ParseError, match="'b' occurs twice in one object"):
        body_of(post(b'{"a": 1, "b": 2, "b": 3, "a": 4}'))


@pytest.mark.parametrize(
    "text",
    ["00000000130000", "000000001" + "9" * 20, "0" * 5_000 + "1", "101", "0", "-1", "\u0661"],
)
def test_limit_beyond_the_largest_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match=f"a whole number from 1 to {LARGEST_LIMIT}"):
        listing_of(QueryDict(f"limit={text}"))


@pytest.mark.parametrize("text", ["1", "100", "0100"])
def test_limit_within_bounds_is_accepted(text: str) -> None:
    assert listing_of(QueryDict(f"limit={text}")).limit == int(text)


def test_limit_with_zeros_in_front_of_a_large_number_is_refused(api: Api) -> None:
    response = api.get("/jobs?limit=00000000130000")

    assert response.status_code == 400
