"""The envelope of v1."""

from typing import Any, Final

from django.http import HttpResponse

from vid_trans_api.heygen.base import json_response

SUCCESS: Final = 100


def respond(data: Any) -> HttpResponse:
    return json_response({"code": SUCCESS, "data": data, "message": None})
