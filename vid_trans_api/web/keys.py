"""The page that asks for an API key."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from vid_trans_api.http.authentication import is_accepted
from vid_trans_api.web import sessions
from vid_trans_api.web.links import next_path
from vid_trans_api.web.pages import Page, render_page


class KeyPage(Page):
    """Opens the workspace of a key in this browser, and closes it again."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return _render(request, next_url=request.GET.get("next", ""))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        if "close" in request.POST:
            sessions.close_session(request)
            return HttpResponseRedirect(next_path(request, reverse("jobs")))
        key = request.POST.get("key", "").strip()
        if not is_accepted(key):
            error = "This server does not know this API key." if key else "Enter an API key."
            return _render(request, next_url=request.POST.get("next", ""), error=error)
        if key:
            sessions.open_session(request, key)
        else:
            sessions.close_session(request)
        return HttpResponseRedirect(next_path(request, reverse("jobs")))


def _render(request: HttpRequest, *, next_url: str, error: str = "") -> HttpResponse:
    return render_page(
        request,
        "key",
        is_required=not is_accepted(""),
        next_url=next_url,
        error=error,
        status=HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK,
    )
