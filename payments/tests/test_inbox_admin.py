"""The page of providers' events: what is on it, who may have one tried again, what is written down."""

import pytest

from accounts.choices import Role
from accounts.models import User
from flowlet.audit.models import Record
from flowlet.backoffice import cells
from flowlet.backoffice.testing import press, reveal, signed_in
from flowlet.core import clock
from payments.choices import InboundStatus
from payments.models import InboundEvent
from payments.services import inbox
from payments.tests.test_inbound_door import event

REASON = "the fault was mended"
pytestmark = pytest.mark.django_db


@pytest.fixture
def sit():
    def make(role):
        user = User.objects.create_user(f"{role.lower()}@flowlet.test", name="Somebody", is_staff=True, roles=[role])
        return signed_in(user)

    return make


@pytest.fixture
def dead(stripe):
    body = event()
    inbox.receive(provider="stripe", body=body, headers={"stripe-signature": stripe.sign(body)}, at=clock.now())
    InboundEvent.objects.update(
        status=InboundStatus.DEAD, handled_at=clock.now(), next_attempt_at=None, attempts=11, error="ValueError: no"
    )
    return InboundEvent.objects.get()


def test_the_first_page_and_the_event_s_own_say_what_was_given_up_and_name_nobody(sit, dead):
    client = sit(Role.OPERATIONS)
    assert "events given up" in client.get("/admin/").content.decode()
    page = client.get(cells.admin_url(dead)).content.decode()
    for text in ("Given up", "ValueError: no", "tests.happened", "secret 2 of 2", dead.digest):
        assert text in page
    assert "Lovelace" not in page


def test_an_officer_has_it_tried_again_and_it_is_written_down(sit, dead):
    press(sit(Role.OPERATIONS), dead, "retry", reason=REASON)
    dead.refresh_from_db()
    assert (dead.status, dead.attempts) == (InboundStatus.RECEIVED, 0)
    assert Record.objects.get(action="payments.inbound.retried").reason == REASON


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.FRAUD_ANALYST, Role.ADMINISTRATOR])
def test_others_may_not(sit, dead, role):
    assert press(sit(role), dead, "retry", reason=REASON).status_code == 403
    dead.refresh_from_db()
    assert dead.status == InboundStatus.DEAD


def test_what_was_handled_stays_handled(sit, dead):
    InboundEvent.objects.update(status=InboundStatus.RECEIVED, handled_at=None, next_attempt_at=clock.now())
    InboundEvent.objects.update(status=InboundStatus.HANDLED, handled_at=clock.now(), next_attempt_at=None)
    press(sit(Role.OPERATIONS), dead, "retry", reason=REASON)
    dead.refresh_from_db()
    assert dead.status == InboundStatus.HANDLED
    assert not Record.objects.filter(action="payments.inbound.retried").exists()


def test_the_body_is_shown_with_a_reason_only(sit, dead):
    client = sit(Role.COMPLIANCE_OFFICER)
    shown = reveal(client, dead, reason=REASON).content.decode()
    assert "Data.object.name" in shown and "Ada Lovelace" in shown
    assert Record.objects.filter(target=dead.public_id, reason=REASON).exists()
