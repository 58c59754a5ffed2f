"""A program written for v2."""

import pytest

from tests.heygen.versions import V2, Heygen


@pytest.fixture
def v2(db: None) -> Heygen:
    return Heygen(V2)
