"""Django: add `path("hook", receive)` to the URLs of the project."""

import os

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from heygen_video_translation.client import InvalidWebhook, TranslationClient

client = TranslationClient(dialect="heygen", webhooks=True)  # the one that waits for jobs


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    try:
        client.receive(request.headers, request.body, secret=os.environ["WEBHOOK_SECRET"])
    except InvalidWebhook:
        return HttpResponse(status=400)
    return HttpResponse(status=204)
