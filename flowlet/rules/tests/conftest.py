"""What the tests of the rule engine share."""

import pytest

from flowlet.rules.tests import shop


@pytest.fixture(autouse=True)
def rows():
    """The rows that a test lays down, forgotten afterwards."""
    shop.ROWS.clear()
    shop.ASKED.clear()
    yield shop.ROWS
    shop.ROWS.clear()
