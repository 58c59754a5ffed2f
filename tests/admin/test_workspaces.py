"""The admin's pages of workspaces."""

import pytest

from tests.admin.conftest import JOBS, titles
from tests.starting import start

pytestmark = pytest.mark.django_db

WORKSPACES = "/admin/vid_trans_api/workspace/"


def test_workspace_links_to_its_page(admin, clock):
    workspace = start().workspace

    response = admin.get(WORKSPACES)

    assert f'href="/?workspace={workspace.pk}"' in response.text
    assert f'href="{JOBS}?workspace__id__exact={workspace.pk}"' in response.text


def test_jobs_can_be_filtered_by_workspace(admin, clock):
    number = start().workspace_id

    own, other = (admin.get(f"{JOBS}?workspace__id__exact={n}") for n in (number, number + 1))

    assert (titles(own), titles(other)) == (["Talk"], [])


def test_workspace_shows_its_options(admin, clock):
    workspace = start().workspace
    workspace.set_defaults(defaults={"duration": 3})

    response = admin.get(f"{WORKSPACES}{workspace.pk}/change/")

    assert "{&quot;duration&quot;: 3}" in response.text


def test_workspace_cannot_be_deleted(admin, clock):
    number = start().workspace.pk

    response = admin.post(f"{WORKSPACES}{number}/delete/")

    assert response.status_code == 403
