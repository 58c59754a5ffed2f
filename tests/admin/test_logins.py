"""Log-ins of staff are throttled and logged."""

import logging

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/?next=/admin/"
THROTTLED = "Too many log-ins have failed. Try again in 15 minutes."


@pytest.fixture(autouse=True)
def no_failures(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ada() -> User:
    return User.objects.create_superuser("ada", password="right")


def log_in(client: Client, password: str, *, name: str = "ada", address: str = "10.0.0.1"):
    return client.post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=address)


def test_sixth_guess_is_refused_even_if_it_is_right(client, ada):
    for _ in range(5):
        log_in(client, "wrong")

    response = log_in(client, "right")

    assert response.status_code == 200
    assert THROTTLED in response.text


def test_name_is_throttled_for_the_guessing_address_only(client, ada):
    for _ in range(5):
        log_in(client, "wrong")

    response = log_in(client, "right", address="10.0.0.2")

    assert response["Location"] == "/admin/"


def test_address_that_guesses_names_is_throttled_for_all_names(client, ada):
    for number in range(20):
        log_in(client, "wrong", name=f"guess{number}")

    response = log_in(client, "right")

    assert THROTTLED in response.text


def test_log_in_resets_the_failures_of_the_name(client, ada):
    for password in ["wrong"] * 4 + ["right"] + ["wrong"] * 4:
        log_in(client, password)

    response = log_in(client, "right")

    assert response["Location"] == "/admin/"


def test_proxy_names_the_address(client, ada, settings):
    settings.USE_X_FORWARDED_HOST = True
    for number in range(5):
        client.post(
            LOGIN,
            {"username": "ada", "password": "wrong"},
            headers={"X-Forwarded-For": f"1.1.1.{number}, 10.0.0.9"},
        )

    other, same = (
        client.post(
            LOGIN,
            {"username": "ada", "password": "right"},
            headers={"X-Forwarded-For": address},
        )
        for address in ("10.0.0.8", "10.0.0.9")
    )

    assert other["Location"] == "/admin/"
    assert THROTTLED in same.text


def test_log_ins_are_logged(client, ada, caplog):
    caplog.set_level(logging.INFO, logger="vid_trans_api.admin.logins")

    log_in(client, "wrong", name="eve\nforged line")
    log_in(client, "right")
    client.post("/admin/logout/")

    assert [record.getMessage() for record in caplog.records] == [
        r"Log-in of 'eve\nforged line' from 10.0.0.1 failed.",
        "'ada' logged in from 10.0.0.1.",
        "'ada' logged out from 127.0.0.1.",
    ]
