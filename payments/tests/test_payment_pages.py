"""The pages of payments: what is on them, what each button does, what opens next, and what the list finds."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction

from accounts.choices import Role
from accounts.models import Partner
from flowlet.audit.models import Record
from flowlet.backoffice import cells, site
from flowlet.backoffice.testing import at_most, press
from flowlet.core.errors import DomainError
from payments.choices import PaymentStatus, Rail
from payments.models import Payment
from payments.policies import payments as policies
from payments.services import outcomes, payments, sandbox_bank
from payments.tests import standings
from payments.tests.standings import card_payment, sent
from payments.tests.world import OTHER, STAFF, PaymentWorld, books_are_sound, fresh_world
from wallets.tests.conftest import new_partner

REASON = "the customer's papers are complete"
S = PaymentStatus
LIST = cells.admin_url(Payment, "changelist")


@pytest.fixture
def world(db):
    return fresh_world()


@pytest.fixture
def doubts(db):
    with standings.doubts():
        yield


def page_of(client, obj, **params):
    answer = client.get(cells.admin_url(obj), params)
    assert answer.status_code == 200
    return answer.content.decode()


def listed(client, **params):
    answer = client.get(LIST, params)
    assert answer.status_code == 200, params
    return [row.pk for row in answer.context["cl"].result_list]


def buttons(client, obj):
    answer = client.get(cells.admin_url(obj))
    return {button["transition"].name: button["refusal"] for button in answer.context["buttons"]}


def status(payment):
    payment.refresh_from_db()
    return payment.status


# The page


def test_a_page_shows_the_timeline_with_who_and_the_journal_and_no_number(sit, world):
    wallet = world.wallet("100.00")
    payment = sent(world, wallet)
    outcomes.return_(payment_id=payment.pk, reason_code="R03", reason="No account", actor=OTHER, at=world.at)
    page = page_of(sit(Role.OPERATIONS), payment)
    for shown in (
        "Payment sent",
        "Payment returned",
        "No account or unable to locate it",
        payment.reference,
        payment.trace,
        payment.external_account.public_id,
        f"••••{payment.external_account.last_four}",
        wallet.public_id,
        "Partner&#x27;s API key",
    ):
        assert shown in page, shown
    payment.refresh_from_db()
    assert payment.batch.public_id in page
    assert page.count("/admin/ledger/journal/jrn_") == payment.moves.exclude(journal_id=None).count() == 2
    assert "Hopper" not in page


def test_a_page_says_what_is_in_suspense_and_what_is_owed(sit, world):
    client = sit(Role.OPERATIONS)
    lost = world.credit(None, "12.00", name="c-1")
    assert "the money went to suspense" in page_of(client, lost)
    wallet = world.wallet()
    came = world.credit(wallet, "30.00", name="c-2")
    world.pay(wallet, "25.00", to=world.bank(wallet))
    outcomes.return_(payment_id=came.pk, reason_code="R10", actor=STAFF, at=world.at)
    assert "the customer owes 25.00 USD of it" in page_of(client, came)


def test_the_verdict_is_shown_with_its_reasons_to_those_who_may_see_verdicts(sit, world, doubts):
    payment = world.pay(wallet := world.wallet("100.00"), "10.00", to=world.bank(wallet))
    shown = page_of(sit(Role.COMPLIANCE_OFFICER), payment)
    assert "Looks odd." in shown and "/flowlet_decisions/verdict/vdt_" in shown
    assert "/flowlet_decisions/verdict/vdt_" not in page_of(sit(Role.FINANCE), payment)


def test_the_page_costs_the_same_whatever_has_happened(sit, world):
    payment = sent(world, world.wallet("100.00"))
    client = sit(Role.COMPLIANCE_OFFICER)
    page_of(client, payment)
    with at_most(site._registry[Payment].page_budget):
        page_of(client, payment)


# Buttons


def test_a_payment_in_review_is_released_with_a_reason_and_approved_by_another(sit, world, doubts):
    payment = world.pay(wallet := world.wallet("100.00"), "10.00", to=world.bank(wallet))
    client = sit(Role.COMPLIANCE_OFFICER)
    assert press(client, payment, "release").status_code == 400
    assert status(payment) == S.REVIEW
    press(client, payment, "release", reason=REASON)
    assert status(payment) == S.APPROVAL
    record = Record.objects.filter(target=payment.public_id, action="payment.approval").get()
    assert (record.reason, record.actor_id) == (REASON, client.actor.id)
    assert buttons(client, payment)["approve"] == "Another person has to decide this"
    press(sit(Role.COMPLIANCE_MANAGER), payment, "approve")
    assert status(payment) == S.HELD


def test_an_approval_needs_somebody_else_than_who_asked(sit, world, settings):
    settings.PAYMENT_APPROVAL_ABOVE = {"USD": Decimal(5)}
    maker, checker = sit(Role.FINANCE, "maker@flowlet.test"), sit(Role.FINANCE, "checker@flowlet.test")
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet), actor=maker.actor)
    assert buttons(maker, payment)["approve"] == "Another person has to decide this"
    assert press(maker, payment, "approve").status_code == 403
    assert status(payment) == S.APPROVAL
    assert buttons(checker, payment)["approve"] == ""
    press(checker, payment, "approve")
    assert (status(payment), payment.approved_by) == (S.HELD, str(checker.actor))


@pytest.mark.parametrize(
    ("button", "role", "ends"), [("reject", Role.FRAUD_ANALYST, S.REJECTED), ("cancel", Role.OPERATIONS, S.CANCELED)]
)
def test_a_payment_is_refused_or_taken_back(sit, world, doubts, button, role, ends):
    payment = world.pay(wallet := world.wallet("100.00"), "10.00", to=world.bank(wallet))
    press(sit(role), payment, button, reason=REASON)
    assert (status(payment), payment.reason) == (ends, REASON)
    assert world.funds(wallet) == (Decimal(100), Decimal(0))


def test_what_the_bank_says_on_the_telephone_is_booked(sit, world):
    client, wallet = sit(Role.OPERATIONS), world.wallet("100.00")
    done, failed = sent(world, wallet), sent(world, wallet, "20.00")
    press(client, done, "settle", reason="their portal shows it")
    assert status(done) == S.SETTLED
    assert done.moves.get(went_to=S.SETTLED).reason == "their portal shows it"
    press(client, done, "return", reason_code="R03")
    assert (status(done), done.reason_code) == (S.RETURNED, "R03")
    press(client, done, "redeem", reason="dishonored, R69")
    assert status(done) == S.SETTLED
    press(client, failed, "fail", reason_code="bank.refused", reason="they called")
    assert (status(failed), failed.reason_code) == (S.FAILED, "bank.refused")
    books_are_sound()


def test_only_return_codes_of_the_rail_are_taken(sit, world):
    payment = sent(world, world.wallet("100.00"))
    client = sit(Role.OPERATIONS)
    page = page_of(client, payment)
    assert "R03 No account or unable to locate it" in page
    assert "R01 Insufficient funds" not in page  # a credit needs no money there
    assert press(client, payment, "return", reason_code="AC04").status_code == 400
    assert status(payment) == S.SUBMITTED


def test_a_dispute_is_opened_and_ends(sit, world):
    client = sit(Role.OPERATIONS)
    for button, end in (("dispute_won", S.SETTLED), ("dispute_lost", S.RETURNED)):
        payment = card_payment(world)
        assert status(payment) == S.SETTLED
        press(client, payment, "dispute", reason_code="fraudulent")
        assert status(payment) == S.DISPUTED
        assert f"{payment.disputes.get().due_at:%Y-%m-%d %H:%M:%S}" in page_of(client, payment).partition("Evidence until")[2]
        press(client, payment, button, reason="the acquirer's letter")
        assert status(payment) == end
    books_are_sound()


@pytest.mark.django_db(transaction=True)
def test_the_provider_is_asked_again_outside_of_a_transaction_and_that_is_audited(sit, world, monkeypatch):
    payment = card_payment(world, fault="LOSE_ANSWER")
    assert payment.status == S.UNKNOWN
    monkeypatch.setattr(sandbox_bank, "NAME", "somebody else")  # so that the service insists on no transaction
    client = sit(Role.OPERATIONS)
    press(client, payment, "ask")
    assert status(payment) == S.SETTLED
    assert Record.objects.get(action="payment.asked_again").actor_id == client.actor.id


def test_buttons_are_those_of_the_state_and_of_the_role(sit, world):
    waits, left = standings.make(world, S.REVIEW), sent(world)
    assert set(buttons(sit(Role.COMPLIANCE_OFFICER), waits)) == {"release", "reject", "cancel"}
    assert set(buttons(sit(Role.OPERATIONS), left)) == {"settle", "fail", "return"}
    assert set(buttons(sit(Role.AUDITOR), left)) == set()


PAIRS = {
    policies.check_can_release: lambda at: partial(payments.release, reason=REASON, actor=OTHER, at=at),
    policies.check_can_approve: lambda at: partial(payments.approve, actor=OTHER, at=at),
    policies.check_can_reject: lambda at: partial(payments.reject, reason=REASON, actor=OTHER, at=at),
    policies.check_can_cancel: lambda at: partial(payments.cancel, reason=REASON, actor=OTHER, at=at),
    policies.check_can_book_settled: lambda at: partial(outcomes.settle, actor=OTHER, at=at),
    policies.check_can_book_failed: lambda at: partial(outcomes.fail, reason_code="bank.refused", actor=OTHER, at=at),
    policies.check_can_book_returned: lambda at: partial(outcomes.return_, reason_code="R03", actor=OTHER, at=at),
    policies.check_can_redeem: lambda at: partial(outcomes.redeem, actor=OTHER, at=at),
    policies.check_can_dispute: lambda at: partial(outcomes.dispute, reason_code="fraudulent", actor=OTHER, at=at),
    policies.check_is_disputed: lambda at: partial(outcomes.dispute_won, actor=OTHER, at=at),
}
# What services do that people are not offered: the machine and the simulations book these, or another button does.
WIDER = {policies.check_can_book_settled, policies.check_can_book_failed, policies.check_can_book_returned}


@pytest.mark.parametrize("state", standings.ALL)
def test_what_a_button_offers_its_service_does_and_what_it_refuses_the_service_refuses_too(world, state):
    payment = standings.make(world, state)
    assert payment.status == state
    for check, service in PAIRS.items():
        with transaction.atomic():
            payment.refresh_from_db()
            allowed = agrees(lambda check=check: check(payment, OTHER))
            done = agrees(lambda service=service: service(world.at)(payment_id=payment.pk))
            payment.refresh_from_db()
            moved = done and payment.status != state
            assert moved == allowed or (check in WIDER and not allowed), check.__name__
            transaction.set_rollback(True)


def agrees(work):
    """Whether it is done without a refusal."""
    try:
        with transaction.atomic():
            work()
    except DomainError:
        return False
    return True


# What opens next


def test_after_a_decision_the_next_that_waits_opens(sit, world, doubts):
    wallet = world.wallet("100.00")
    first, second = (world.pay(wallet, amount, to=world.bank(wallet)) for amount in ("1.00", "2.00"))
    client = sit(Role.COMPLIANCE_OFFICER)
    assert press(client, first, "release", reason=REASON)["Location"] == cells.admin_url(second)
    page = client.get(cells.admin_url(second)).content.decode()
    assert "That was 1.00 USD · Transfer to a third party · ACH. This is the next one that waits." in page
    assert press(client, second, "reject", reason=REASON)["Location"] == cells.admin_url(second)


def test_what_opens_next_is_of_the_same_mode_and_no_own_request(sit, world, settings):
    settings.PAYMENT_APPROVAL_ABOVE = {"USD": Decimal(5)}
    checker = sit(Role.FINANCE)
    other = PaymentWorld(partner=new_partner("Other"), at=world.at)
    wallets = [world.wallet("100.00"), other.wallet("100.00")]
    first = world.pay(wallets[0], "10.00", to=world.bank(wallets[0]))
    world.pay(wallets[0], "11.00", to=world.bank(wallets[0]), actor=checker.actor)
    live = other.pay(wallets[1], "12.00", to=other.bank(wallets[1]))
    Partner.objects.filter(pk=other.partner.pk).update(mode="LIVE", name="Another")
    assert press(checker, first, "approve")["Location"] == cells.admin_url(first)
    assert status(live) == S.APPROVAL


# The list


def test_the_list_finds_by_a_reference_as_typed_and_by_what_a_payment_belongs_to(sit, world):
    wallet, other = world.wallet("100.00"), world.wallet("100.00")
    payment = sent(world, wallet, external_id="order-7")
    world.pay(other, "1.00", to=world.bank(other))
    client = sit(Role.OPERATIONS)
    typed = payment.reference.replace("-", " ").lower()
    for term in (
        typed,
        payment.reference.removeprefix("FLW-"),
        payment.public_id,
        "order-7",
        payment.trace,
        wallet.public_id,
        payment.external_account.public_id,
        payment.batch.public_id,
    ):
        assert listed(client, q=term) == [payment.pk], term
    for term in ("FLW-0000-0000-0000-1", "wal_nonsense", "nothing"):
        assert listed(client, q=term) == [], term


def test_the_list_is_filtered_by_what_people_ask_for(sit, world):
    wallet = world.wallet("100.00")
    small, large = world.pay(wallet, "1.00", to=world.bank(wallet)), world.pay(wallet, "20.00", to=world.bank(wallet))
    came = world.credit(wallet, "5.00", name="c-1", rail=Rail.WIRE)
    earlier = world.at - timedelta(days=3)
    old = world.pay(wallet, "2.00", to=world.bank(wallet), at=earlier)
    client = sit(Role.OPERATIONS)
    day = f"{earlier:%Y-%m-%d}"
    cases = [
        ({"status": "HELD"}, [old, large, small]),
        ({"kind": "DEPOSIT"}, [came]),
        ({"rail": "wire"}, [came]),
        ({"direction": "IN"}, [came]),
        ({"mode": "LIVE"}, []),
        ({"mode": "SANDBOX", "partner": world.partner.public_id}, [old, came, large, small]),
        ({"partner": "nobody"}, []),
        ({"amount_from": "5", "amount_to": "20.00"}, [came, large]),
        ({"amount_from": "a lot"}, []),
        ({"amount_from": "NaN"}, []),
        ({"from": day, "to": day}, [old]),
        ({"from": "yesterday"}, []),
        ({"status": "NONSENSE"}, []),
    ]
    for params, expected in cases:
        assert listed(client, **params) == [one.pk for one in expected], params


def test_queues_hold_what_waits_the_oldest_first(sit, world):
    made = {state: standings.make(world, state) for state in (S.REVIEW, S.APPROVAL, S.UNKNOWN, S.RETURNED, S.DISPUTED)}
    again = standings.make(world, S.REVIEW)
    long_ago = sent(world)
    outcomes.return_(payment_id=long_ago.pk, reason_code="R03", actor=STAFF, at=world.at - timedelta(days=31))
    client = sit(Role.OPERATIONS)
    expected = {
        "review": [made[S.REVIEW], again],
        "approval": [made[S.APPROVAL]],
        "unknown": [made[S.UNKNOWN]],
        "returns": [made[S.RETURNED]],
        "disputes": [made[S.DISPUTED]],
        "nonsense": [],
    }
    for queue, rows in expected.items():
        assert listed(client, queue=queue) == [one.pk for one in rows], queue


def test_held_up_is_what_was_stopped_or_missed_its_cutoff(sit, world):
    wallet = world.wallet("100.00")
    late, stopped, fine = (world.pay(wallet, "1.00", to=world.bank(wallet)) for _ in range(3))
    Payment.objects.filter(pk=late.pk).update(cutoff_at=world.at - timedelta(hours=2))
    Payment.objects.filter(pk=stopped.pk).update(reason_code="wallet.frozen")
    assert listed(sit(Role.OPERATIONS), queue="held_up") == [late.pk, stopped.pk]
    assert fine.status == S.HELD


def test_pages_of_wallet_customer_and_account_show_their_payments(sit, world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "1.00", to=world.bank(wallet))
    client = sit(Role.OPERATIONS)
    for owner in (wallet, wallet.customer, payment.external_account):
        assert payment.public_id in page_of(client, owner), owner


def test_money_in_the_book_is_returned_by_nobody(sit, world):
    wallet, target = world.wallet("100.00"), world.wallet()
    payment = world.pay(wallet, "1.00", rail=Rail.BOOK, target_wallet_id=target.pk)
    assert payment.status == S.SETTLED
    assert buttons(sit(Role.OPERATIONS), payment) == {}


@pytest.mark.parametrize("modes", [("LIVE",), ("LIVE", "SANDBOX")])
def test_the_first_page_has_the_work_of_the_modes_that_officers_work_on(sit, world, settings, modes):
    """The sandbox is the partners' own; in the demo its business day is on the first page too."""
    settings.WORKED_MODES = modes
    standings.make(world, S.UNKNOWN)
    page = sit(Role.OPERATIONS).get("/admin/").content.decode()
    assert ("Outcome unknown" in page) == ("SANDBOX" in modes)
    if "SANDBOX" in modes:
        assert "queue=unknown&amp;" in page and "mode=LIVE" not in page
