"""Which format an error has: that of the dialect to which its path belongs."""

from collections.abc import Iterator

import pytest
from django.http import HttpResponse, JsonResponse

from tests.conftest import Api
from vid_trans_api.http.errors import ErrorInfo, register_error_writer
from vid_trans_api.http.problems import write_problem


@pytest.fixture
def _other_dialect() -> Iterator[None]:
    """Register another error format for paths below /other/."""

    def write(info: ErrorInfo) -> HttpResponse:
        return JsonResponse({"message": info.detail}, status=info.status)

    register_error_writer("/other/", write)
    yield
    register_error_writer("/other/", write_problem)


@pytest.mark.usefixtures("_other_dialect")
@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/other/nope", "application/json"),
        ("/nope", "application/problem+json"),
        ("/vid_trans_api/nope", "application/problem+json"),
    ],
)
def test_path_decides_the_format_of_an_error(api: Api, path: str, content_type: str) -> None:
    response = api.client.get(path)

    assert (response.status_code, response["Content-Type"]) == (404, content_type)
