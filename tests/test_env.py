"""How values are read from the environment."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from heygen_video_translation import env


@pytest.mark.parametrize(
    ("value", "words"), [("", []), ("a", ["a"]), (" a, b ,,c", ["a", "b", "c"])]
)
def test_list_is_separated_by_commas(
    monkeypatch: pytest.MonkeyPatch, value: str, words: list[str]
) -> None:
    monkeypatch.setenv("API_KEYS", value)

    assert env.words("API_KEYS") == words


@pytest.mark.parametrize(("value", "expected"), [("TRUE", True), ("on", True), ("", False)])
def test_boolean_has_several_spellings(
    monkeypatch: pytest.MonkeyPatch, value: str, *, expected: bool
) -> None:
    monkeypatch.setenv("DEBUG", value)

    assert env.boolean("DEBUG", default=not expected) is expected


def test_whole_number_is_not_a_fraction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_LONG_POLLS", "2.0")

    with pytest.raises(ImproperlyConfigured):
        env.whole_number("MAX_LONG_POLLS", 1)


def test_origins_have_a_scheme_and_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    origins = "https://app.example.com, http://localhost:3000,http://[::1]:8080"
    monkeypatch.setenv("CORS_ALLOWED_ORIGINS", origins)

    assert env.origins("CORS_ALLOWED_ORIGINS") == origins.replace(" ", "").split(",")


@pytest.mark.parametrize("origin", ["app.example.com", "https://a.example/", "*", "null"])
def test_other_words_are_no_origins(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    monkeypatch.setenv("CORS_ALLOWED_ORIGINS", origin)

    with pytest.raises(ImproperlyConfigured, match=r"CORS_ALLOWED_ORIGINS lists .*, such as https"):
        env.origins("CORS_ALLOWED_ORIGINS")
