"""The admin in tests: a logged-in superuser, and readers of its pages."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client

from vid_trans_api.models import Job

JOBS = "/admin/vid_trans_api/job/"


@pytest.fixture
def admin(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("ada"))
    return client


def details_of(job: Job) -> str:
    """Return the path of the job's details."""
    return f"{JOBS}{job.number}/change/"


def titles(response: HttpResponse) -> list[str]:
    """Return the titles in a list of jobs, in order."""
    return re.findall(r'class="field-title">([^<]*)<', response.text)


def run_action(client: Client, action: str, *jobs: Job, **fields: Any) -> list[str]:
    """Run an action on these jobs, and return the messages."""
    response = client.post(
        JOBS, {"action": action, "_selected_action": [job.number for job in jobs], **fields}
    )
    return [str(message) for message in get_messages(response.wsgi_request)]
