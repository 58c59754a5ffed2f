"""What the views of v2 share: its envelope, and the header that says that it was retired."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from vid_trans_api.heygen.base import HeygenView, json_response
from vid_trans_api.heygen.v2.errors import DEPRECATION


class V2View(HeygenView):
    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response.setdefault(*DEPRECATION)
        return super().finalize_response(request, response, *args, **kwargs)


def respond(data: Any) -> HttpResponse:
    return json_response({"error": None, "data": data})
