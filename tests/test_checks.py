"""The system checks of the settings."""

import pytest
from pymediainfo import MediaInfo

from vid_trans_api.checks import check_media_library, check_simulation


def test_default_settings_pass() -> None:
    assert check_simulation(None) == []


@pytest.mark.parametrize(
    ("name", "value", "check_id"),
    [
        ("MIN_DELAY", 16, "vid_trans_api.E001"),
        ("MIN_DELAY", -1, "vid_trans_api.E001"),
        ("MIN_DELAY", float("nan"), "vid_trans_api.E001"),
        ("MAX_DELAY", 86_401, "vid_trans_api.E001"),
        ("ERROR_PROBABILITY", 1.01, "vid_trans_api.E002"),
        ("ESTIMATE_NOISE", -0.1, "vid_trans_api.E003"),
        ("ESTIMATE_NOISE", float("inf"), "vid_trans_api.E003"),
        ("LONG_POLL_LIMIT", -1, "vid_trans_api.E004"),
        ("MAX_LONG_POLLS", -1, "vid_trans_api.E005"),
        ("JOURNAL_LENGTH", -1, "vid_trans_api.E006"),
        ("JOURNAL_LENGTH", 1_000_001, "vid_trans_api.E006"),
        ("MAX_UPLOAD_BYTES", 0, "vid_trans_api.E008"),
        ("MAX_WORKSPACE_UPLOAD_BYTES", 1, "vid_trans_api.E008"),
        ("MAX_ALL_UPLOADS_BYTES", 1, "vid_trans_api.E008"),
        ("SIGNED_URL_SECONDS", 0, "vid_trans_api.E009"),
        ("METRICS_PORT", 65_536, "vid_trans_api.E010"),
        ("METRICS_TOKEN", "guess", "vid_trans_api.E011"),
    ],
)
def test_setting_out_of_its_range_is_an_error(
    settings, name: str, value: float | str, check_id: str
) -> None:
    setattr(settings, name, value)

    errors = check_simulation(None)

    assert [(error.id, bool(error.hint)) for error in errors] == [(check_id, True)]


def test_library_that_cannot_be_loaded_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    before = check_media_library(None)
    monkeypatch.setattr(MediaInfo, "can_parse", lambda: False)

    after = check_media_library(None)

    assert (before, [message.id for message in after]) == ([], ["vid_trans_api.W001"])
