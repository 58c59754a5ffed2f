"""What is said about a PostgreSQL database that cannot be reached."""

from pathlib import Path

import pytest
from django.db.utils import ConnectionHandler

from heygen_video_translation.database_url import read_database_url
from vid_trans_api.database_errors import UnusableDatabase
from vid_trans_api.models.database import check_access

URL = "postgres://ada:secret@127.0.0.1:1/jobs"


def test_error_names_the_database_but_no_password() -> None:
    settings = read_database_url(URL, root=Path("/"), pool_size=1)
    connection = ConnectionHandler({"default": settings}).create_connection("default")

    with pytest.raises(UnusableDatabase) as raised:
        check_access(connection)

    assert str(raised.value).startswith(
        "The database jobs at 127.0.0.1 cannot be used: connection failed: "
    )
    assert "secret" not in str(raised.value)
