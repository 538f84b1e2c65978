"""What tests of payments share."""

import os
from pathlib import Path

import pytest

from accounts.models import User
from flowlet.backoffice.testing import signed_in
from flowlet.core.actors import Actor, ActorKind
from payments.tests.standins.plaid import PlaidStandIn
from payments.tests.standins.server import running
from payments.tests.standins.stripe import StripeStandIn


@pytest.fixture
def iso20022_data(settings):
    """The folder of reference messages, whose schemas are then in use."""
    data = os.environ.get("FLOWLET_REFERENCE_DATA", "")
    if not data:
        pytest.skip("FLOWLET_REFERENCE_DATA is not set")
    settings.ISO20022_SCHEMAS = str(Path(data) / "iso20022" / "xsd")
    return Path(data) / "iso20022"


@pytest.fixture
def stripe(settings):
    """A stand-in for Stripe, set up for live partners."""
    with running(StripeStandIn) as found:
        settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
        settings.STRIPE_API_KEY, settings.STRIPE_BASE_URL = found.api_key, found.url
        settings.STRIPE_WEBHOOK_SECRETS = ["whsec_older", found.webhook_secret]
        yield found


@pytest.fixture
def plaid(settings):
    """A stand-in for Plaid, set up for live partners."""
    with running(PlaidStandIn) as found:
        settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
        settings.PLAID_CLIENT_ID, settings.PLAID_SECRET, settings.PLAID_BASE_URL = found.client_id, found.secret, found.url
        yield found


@pytest.fixture
def sit(db):
    """Signs somebody with the role in to the back office; ``client.actor`` is who that is."""

    def make(role, email=""):
        email = email or f"{role.lower()}@flowlet.test"
        user = User.objects.filter(email=email).first()
        user = user or User.objects.create_user(email, name="Somebody", is_staff=True, roles=[role])
        client = signed_in(user)
        client.actor = Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role_labels)
        return client

    return make
