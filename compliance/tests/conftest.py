"""What tests of compliance share."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def reference_data():
    """The folder of reference data."""
    data = os.environ.get("FLOWLET_REFERENCE_DATA", "")
    if not data:
        pytest.skip("FLOWLET_REFERENCE_DATA is not set")
    return Path(data)


@pytest.fixture
def bsa_schemas(settings, reference_data):
    """The folder of FinCEN's schemas, which are then in use."""
    settings.BSA_SCHEMAS = str(reference_data / "fincen")
    return reference_data / "fincen"
