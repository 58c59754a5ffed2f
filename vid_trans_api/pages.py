"""The pages for people: the jobs, live, a form to start one, and one job's own page."""

from django.http import HttpRequest, HttpResponse
from django.views.generic import View


class JobsPage(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("jobs")


class KeyPage(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("key")


def status(request: HttpRequest) -> HttpResponse:
    return HttpResponse("status")
