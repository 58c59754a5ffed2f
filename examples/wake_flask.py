"""Flask: `flask --app wake_flask run --port 9000`."""

import os

from flask import Flask, request

from heygen_video_translation.client import InvalidWebhook, TranslationClient

app = Flask(__name__)
client = TranslationClient(dialect="heygen", webhooks=True)  # the one that waits for jobs


@app.post("/hook")
def receive() -> tuple[str, int]:
    try:
        client.receive(request.headers, request.get_data(), secret=os.environ["WEBHOOK_SECRET"])
    except InvalidWebhook:
        return "", 400
    return "", 204
