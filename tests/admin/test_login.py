"""The admin's login page, which explains how to create the first user."""

import pytest
from django.contrib.auth.models import User

from vid_trans_api.web.security import POLICY

pytestmark = pytest.mark.django_db


def test_login_without_users_explains_how_to_create_one(client, settings):
    settings.DEBUG = True

    response = client.get("/admin/login/")

    assert "<code>make admin</code>" in response.text


def test_login_with_a_user_explains_nothing(client, settings):
    settings.DEBUG = True
    User.objects.create_user("ada")

    response = client.get("/admin/login/")

    assert "make admin" not in response.text


def test_login_in_production_explains_nothing(client):
    response = client.get("/admin/login/")

    assert "make admin" not in response.text


def test_admin_runs_only_its_own_scripts_and_styles(client):
    response = client.get("/admin/login/")

    assert response["Content-Security-Policy"] == POLICY
