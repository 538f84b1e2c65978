"""What tests of payments share."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def iso20022_data(settings):
    """The folder of reference messages, whose schemas are then in use."""
    data = os.environ.get("FLOWLET_REFERENCE_DATA", "")
    if not data:
        pytest.skip("FLOWLET_REFERENCE_DATA is not set")
    settings.ISO20022_SCHEMAS = str(Path(data) / "iso20022" / "xsd")
    return Path(data) / "iso20022"
