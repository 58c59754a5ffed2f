"""The receivers that tests of webhooks share."""

import pytest

from tests.webhooks.sending import Receivers


@pytest.fixture
def receivers() -> Receivers:
    return Receivers()
