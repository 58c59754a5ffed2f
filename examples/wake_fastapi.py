"""FastAPI: `uvicorn wake_fastapi:app --port 9000`."""

import os

from fastapi import FastAPI, Request, Response

from heygen_video_translation.client import AsyncTranslationClient, InvalidWebhook

app = FastAPI()
client = AsyncTranslationClient(dialect="heygen", webhooks=True)  # the one that waits for jobs


@app.post("/hook")
async def receive(request: Request) -> Response:
    try:
        client.receive(request.headers, await request.body(), secret=os.environ["WEBHOOK_SECRET"])
    except InvalidWebhook:
        return Response(status_code=400)
    return Response(status_code=204)
