"""The pages of disputes: the queue by deadline, evidence under seal, what each button does and who sees it."""

from datetime import timedelta

import pytest

from accounts.choices import Role
from accounts.models import Partner
from flowlet.audit.models import Record
from flowlet.backoffice import cells, site
from flowlet.backoffice.testing import at_most, press, reveal
from flowlet.core import clock
from flowlet.core.outbound import Unavailable
from payments.admin import disputes as page
from payments.choices import DisputeState, PaymentStatus
from payments.models import Dispute
from payments.services import disputes, outcomes
from payments.tests import standings
from payments.tests.world import OTHER, books_are_sound, fresh_world

D, S = DisputeState, PaymentStatus
LIST = cells.admin_url(Dispute, "changelist")
REASON = "the acquirer's letter of today"


@pytest.fixture
def world(db):
    return fresh_world()


def opened(world, days=7):
    payment = standings.card_payment(world)
    due_at = world.at + timedelta(days=days)
    outcomes.dispute(payment_id=payment.pk, reason_code="fraudulent", due_at=due_at, actor=OTHER, at=world.at)
    return Dispute.objects.get(payment=payment)


def page_of(client, row):
    answer = client.get(cells.admin_url(row))
    assert answer.status_code == 200
    return answer.content.decode()


def listed(client, **params):
    return [row.pk for row in client.get(LIST, params).context["cl"].result_list]


def buttons(client, row):
    return {button["transition"].name for button in client.get(cells.admin_url(row)).context["buttons"]}


def test_the_queue_begins_with_what_ends_first_and_shows_the_clock(sit, world):
    late, soon, calm = opened(world, days=9), opened(world, days=1), opened(world, days=30)
    client = sit(Role.OPERATIONS)
    assert listed(client) == [soon.pk, late.pk, calm.pk]
    press(client, late, "accept", reason=REASON)
    assert listed(client) == [soon.pk, calm.pk]
    assert listed(client, work="ended") == [late.pk]
    assert listed(client, work="answer", q=soon.payment.public_id) == [soon.pk]
    assert listed(client, q="pay_nonsense") == []
    at = world.at
    assert "1 d 0 h" in page.left(soon, at) and "fl-warn" in page.left(soon, at)
    assert "59 min" in page.left(soon, at + timedelta(hours=23)) or "1 h 0 min" in page.left(soon, at + timedelta(hours=23))
    assert "fl-bad" in page.left(soon, at + timedelta(hours=23))
    assert "time is over" in page.left(soon, at + timedelta(days=2))


def test_evidence_is_given_once_sealed_and_seen_only_with_a_reason(sit, world):
    row, client = opened(world), sit(Role.OPERATIONS)
    assert "Reveal" not in page_of(client, row)
    assert press(client, row, "answer").status_code == 400
    row.refresh_from_db()
    assert row.state == D.OPEN
    press(client, row, "answer", shipping_tracking_number="1Z9", uncategorized_text="Signed for by the buyer.")
    row.refresh_from_db()
    assert (row.state, row.answered_by) == (D.ANSWERED, str(client.actor))
    assert "1Z9" not in page_of(client, row)
    shown = reveal(client, row, "evidence", reason="the acquirer asks about it").content.decode()
    assert "1Z9" in shown and "Signed for by the buyer." in shown
    assert Record.objects.get(action="payments.dispute.evidence_revealed").reason == "the acquirer asks about it"
    assert reveal(sit(Role.AUDITOR), row, "evidence").status_code == 403
    assert buttons(client, row) == {"won", "lost"}


def test_a_dispute_is_given_up_with_a_reason(sit, world):
    row, client = opened(world), sit(Role.FRAUD_ANALYST)
    assert press(client, row, "accept").status_code == 400
    press(client, row, "accept", reason=REASON)
    row.refresh_from_db()
    assert (row.state, row.payment.status, row.payment.reason) == (D.LOST, S.RETURNED, REASON)
    assert Record.objects.get(action="payments.dispute.accepted").reason == REASON
    books_are_sound()


@pytest.mark.parametrize(("button", "state", "status"), [("won", D.WON, S.SETTLED), ("lost", D.LOST, S.RETURNED)])
def test_what_the_acquirer_decides_is_booked_with_its_payment(sit, world, button, state, status):
    row, client = opened(world), sit(Role.OPERATIONS)
    press(client, row, button, reason=REASON)
    row.refresh_from_db()
    assert (row.state, row.payment.status) == (state, status)
    assert buttons(client, row) == set()
    other = "lost" if button == "won" else "won"
    assert press(client, row, other, reason=REASON).status_code == 409
    books_are_sound()


def test_the_page_leads_to_the_payment_and_its_journals_and_the_payment_leads_back(sit, world):
    row, client = opened(world), sit(Role.OPERATIONS)
    shown = page_of(client, row)
    assert row.payment.public_id in shown and "Dispute opened" in shown
    assert shown.count("/admin/ledger/journal/jrn_") == 3  # expected, acquired, disputed
    assert row.public_id in page_of(client, row.payment)
    with at_most(site._registry[Dispute].page_budget):
        page_of(client, row)


def test_buttons_are_those_of_the_role(sit, world):
    row = opened(world)
    assert buttons(sit(Role.OPERATIONS), row) == {"answer", "accept", "won", "lost"}
    assert buttons(sit(Role.FRAUD_ANALYST), row) == {"answer", "accept"}
    assert buttons(sit(Role.AUDITOR), row) == set()


def owed(world, **values):
    """A live dispute that was given up, and that the acquirer was not told of yet."""
    row = opened(world)
    Dispute.objects.filter(pk=row.pk).update(state=D.ACCEPTED, tell_at=clock.now(), **values)
    row.refresh_from_db()
    return row


def test_what_the_acquirer_is_owed_stands_on_the_page_with_its_last_refusal(sit, world):
    row, client = owed(world, provider_id="dp_1", told=3, refusal="provider.unavailable"), sit(Role.OPERATIONS)
    shown = page_of(client, row)
    assert "Given up, to be told" in shown and "not yet: told 3 times" in shown and "provider.unavailable" in shown
    assert listed(client, work="answered") == [row.pk]
    assert buttons(client, row) == {"tell", "won", "lost"}
    assert "its event has not come" in page_of(client, owed(world))


@pytest.mark.django_db(transaction=True)
def test_an_officer_has_the_acquirer_told_at_once(sit, world, monkeypatch):
    row, client = owed(world, provider_id="dp_1"), sit(Role.FRAUD_ANALYST)
    tried = []

    class Away:
        def accept_dispute(self, dispute_id, *, key):
            tried.append((dispute_id, key))
            raise Unavailable(provider="stripe", operation="disputes.close")

    monkeypatch.setattr(disputes.registry, "stripe", Away)
    assert press(client, row, "tell").status_code == 503
    row.refresh_from_db()
    assert (tried, row.state, row.told, row.refusal) == ([("dp_1", row.public_id)], D.ACCEPTED, 1, "provider.unavailable")
    assert Record.objects.get(action="payments.dispute.sent_again").actor_id == client.actor.id
    assert press(client, opened(world), "tell").status_code == 409


def test_the_first_page_counts_live_disputes_and_warns_of_the_last_day(sit, world, rf):
    row = opened(world, days=2)
    assert page.to_answer(rf.get("/")) is None  # a sandbox's own
    Partner.objects.filter(pk=world.partner.pk).update(mode="LIVE", name="Another")
    found = page.to_answer(rf.get("/"))
    assert (found.count, found.is_late) == (1, False)
    Dispute.objects.filter(pk=row.pk).update(due_at=clock.now() + timedelta(hours=5))
    assert page.to_answer(rf.get("/")).is_late
    assert listed(sit(Role.OPERATIONS), work="answer", mode="LIVE") == [row.pk]
