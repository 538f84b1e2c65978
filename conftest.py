"""What holds for the tests of every app; servers, databases and secrets are ``flowlet.runtime.pytest_plugin``'s."""

from collections.abc import Iterator

import pytest

from flowlet.decisions import registry


@pytest.fixture(scope="session", autouse=True)
def _unhurried() -> Iterator[None]:
    """Deciders have time: a payment may not wait for a person because the machine of the tests is busy."""
    with registry.unhurried():
        yield
