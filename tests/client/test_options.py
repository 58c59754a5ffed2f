"""Which options a client refuses."""

import pytest


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": "localhost:8000"},
        {"base_url": "ftp://host"},
        {"base_url": "http://127.0.0.1:99999"},
        {"base_url": "http://127.0.0.1:0"},
        {"base_url": "http://127.0.0.1:port"},
        {"base_url": "http://[::1"},
        {"base_url": "http://127.0.0.1/?page=1"},
        {"base_url": "http://127.0.0.1/#top"},
        {"base_url": "http://127.0.0.1 "},
        {"min_polling_interval": 0},
        {"min_polling_interval": 2, "max_polling_interval": 1},
        {"max_polling_interval": float("inf")},
        {"max_retries": -1},
        {"timeout": -1},
        {"timeout": float("nan")},
        {"request_timeout": 0},
        {"long_poll": -1},
        {"api_key": ""},
        {"api_key": "a\nb"},
    ],
    ids=str,
)
def test_invalid_option_is_refused_by_name(connect, options):
    with pytest.raises(ValueError, match=next(iter(options))):
        connect(**options)
