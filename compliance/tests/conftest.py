"""What tests of compliance share."""

import os
from pathlib import Path

import pytest

from accounts.choices import Role
from accounts.models import User
from flowlet.backoffice.testing import signed_in
from flowlet.core.actors import Actor, ActorKind


@pytest.fixture
def reference_data():
    """The folder of reference data."""
    data = os.environ.get("FLOWLET_REFERENCE_DATA", "")
    if not data:
        pytest.skip("FLOWLET_REFERENCE_DATA is not set")
    return Path(data)


@pytest.fixture
def staff_of(db):
    """A member of staff with the role."""

    def make(role):
        email = f"{role.lower()}@flowlet.test"
        known = User.objects.filter(email=email).first()
        return known or User.objects.create_user(email, name="Somebody", is_staff=True, roles=[role])

    return make


@pytest.fixture
def officer(staff_of):
    """A compliance officer."""
    return staff_of(Role.COMPLIANCE_OFFICER)


@pytest.fixture
def actor(officer):
    """A compliance officer, acting."""
    return Actor(kind=ActorKind.STAFF, id=officer.public_id, label=officer.role_labels)


@pytest.fixture
def sit(staff_of):
    """Signs somebody with the role in to the back office."""
    return lambda role: signed_in(staff_of(role))


@pytest.fixture
def bsa_schemas(settings, reference_data):
    """The folder of FinCEN's schemas, which are then in use."""
    settings.BSA_SCHEMAS = str(reference_data / "fincen")
    return reference_data / "fincen"
