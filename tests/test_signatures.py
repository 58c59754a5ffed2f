"""Signed URLs of files."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from vid_trans_api.ids import new_id
from vid_trans_api.signatures import EXTENSIONS, FileKind, read_token, sign, signed_url

NOW = datetime(2030, 1, 1, tzinfo=UTC)
ID = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def _lifetime(settings):
    settings.SIGNED_URL_SECONDS = 100


@pytest.mark.parametrize("kind", FileKind)
def test_token_says_what_was_signed_and_until_when(kind):
    signed = read_token(sign(kind, ID, NOW))

    assert signed is not None
    assert (signed.kind, signed.public_id) == (kind, ID)
    assert not signed.has_expired(NOW + timedelta(seconds=99))
    assert signed.has_expired(NOW + timedelta(seconds=100))


def test_each_position_of_a_token_is_signed():
    token = sign(FileKind.VIDEO, ID, NOW)

    for index, letter in enumerate(token):
        other = "a" if letter != "a" else "b"
        assert read_token(token[:index] + other + token[index + 1 :]) is None


@pytest.mark.parametrize("token", ["", "v", f"v{ID}0-", "é", sign(FileKind.SRT, ID, NOW)[:-1]])
def test_text_that_is_no_token_is_refused(token):
    assert read_token(token) is None


def test_token_of_another_secret_is_refused(settings):
    token = sign(FileKind.VIDEO, ID, NOW)

    settings.SECRET_KEY = "another"

    assert read_token(token) is None


def test_url_is_below_its_root_and_ends_with_its_extension():
    url = signed_url("https://a.example/files", FileKind.VTT, ID, NOW)

    assert re.fullmatch(r"/files/[A-Za-z0-9_-]+/" + ID + r"\.vtt", urlsplit(url).path)
    assert signed_url("", FileKind.ASSET, ID, NOW, extension="png").endswith(f"/{ID}.png")


def test_every_kind_has_an_extension():
    assert set(EXTENSIONS) == set(FileKind)


def test_ids_fit_into_tokens():
    public_id = new_id()

    signed = read_token(sign(FileKind.VIDEO, public_id, datetime.max.replace(tzinfo=UTC)))

    assert signed is not None
    assert signed.public_id == public_id
