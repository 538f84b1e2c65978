"""Which fees count, and how two people change them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from moneyed import Money

from accounts.choices import Role
from accounts.errors import ReasonMissing
from accounts.models import User
from accounts.services import partners
from flowlet.approvals import registry
from flowlet.approvals.errors import AlreadyPending, FourEyesRequired, MayNot
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core import actors, money
from flowlet.core.actors import Actor, ActorKind
from flowlet.events.models import Event
from payments.errors import FeesUnchanged, MalformedFees
from payments.models import FeeSchedule
from payments.policies import fees
from payments.services import fee_schedules

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ROBOT = actors.system("tests")


def usd(text):
    return Money(text, "USD")


def flat(text):
    return fees.flat(usd(text))


@pytest.fixture
def pair(db):
    return partners.create(name="Acme", country="US", actor=ROBOT, at=AT)


@pytest.fixture
def partner(pair):
    return pair.sandbox


@pytest.fixture
def person(db):
    def make(role):
        user = User.objects.create_user(f"p{User.objects.count()}@flowlet.test", name="Somebody", is_staff=True, roles=[role])
        return Actor(kind=ActorKind.STAFF, id=user.public_id, label=role)

    return make


@pytest.fixture
def ask(person):
    maker = person(Role.OPERATIONS)

    def _ask(terms, *, partner=None, currency="USD", at=AT, actor=maker, reason="new contract", **scope):
        return fee_schedules.request_change(
            partner_id=partner and partner.pk,
            currency=currency,
            terms=terms,
            reason=reason,
            actor=actor,
            at=at,
            **scope,
        )

    return _ask


@pytest.fixture
def change(ask, person):
    """Ask and approve at one moment; gives the new schedule."""
    checker = person(Role.FINANCE)

    def _change(terms, *, at=AT, **scope):
        approval = ask(terms, at=at, **scope)
        requests.approve(approval_id=approval.pk, actor=checker, at=at, reason="")
        return FeeSchedule.objects.get(approval_id=approval.pk)

    return _change


def cost(partner, *, rail="ach", kind="WITHDRAWAL", amount="100.00", currency="USD", at=AT):
    return fee_schedules.fee_for(partner_id=partner.pk, rail=rail, kind=kind, amount=Money(amount, currency), at=at).amount


def test_nothing_is_charged_where_no_schedule_counts(partner, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert fee_schedules.fee_for(partner_id=partner.pk, rail="ach", kind="WITHDRAWAL", amount=usd("1.00"), at=AT) == usd(
            "0.00"
        )
    assert fee_schedules.breakdown_for(partner_id=partner.pk, rail="ach", kind="DEPOSIT", amount=usd("1.00"), at=AT) is None


def test_fees_and_refunds_cost_nothing_themselves_whatever_all_kinds_cost(partner, change):
    change(flat("1.00"))
    assert [cost(partner, rail="book", kind=kind) for kind in ("FEE", "REFUND", "TRANSFER")] == [0, 0, 1]


def test_the_more_particular_schedule_counts_and_the_partners_own_before_all(pair, partner, change):
    change(flat("1.00"))
    assert (cost(partner), cost(pair.live)) == (Decimal("1.00"), Decimal("1.00"))
    change(flat("2.00"), kind="WITHDRAWAL")
    change(flat("3.00"), rail="ach")
    change(flat("4.00"), rail="ach", kind="WITHDRAWAL")
    assert cost(partner) == Decimal("4.00")
    assert cost(partner, kind="DEPOSIT") == Decimal("3.00")
    assert cost(partner, rail="wire") == Decimal("2.00")
    assert cost(partner, rail="wire", kind="DEPOSIT") == Decimal("1.00")
    change(flat("5.00"), partner=partner)
    assert (cost(partner), cost(pair.live)) == (Decimal("5.00"), Decimal("4.00"))
    assert cost(partner, currency="EUR") == 0


def test_without_terms_the_more_general_schedule_counts_again(partner, change):
    change(flat("1.00"))
    change(flat("5.00"), partner=partner)
    change(None, partner=partner, at=AT + DAY)
    assert cost(partner, at=AT) == Decimal("5.00")
    assert cost(partner, at=AT + DAY) == Decimal("1.00")


def test_fees_begin_when_they_are_to_begin_and_never_before_their_approval(partner, change):
    change(flat("1.00"))
    change(flat("2.00"), valid_from=AT + 3 * DAY)
    late = change(flat("3.00"), valid_from=AT - DAY, rail="ach", at=AT + DAY)
    assert late.valid_from == AT + DAY
    assert cost(partner, rail="wire", at=AT + 2 * DAY) == Decimal("1.00")
    assert cost(partner, rail="wire", at=AT + 3 * DAY) == Decimal("2.00")
    assert (cost(partner, at=AT), cost(partner, at=AT + DAY)) == (Decimal("1.00"), Decimal("3.00"))


def test_the_fee_is_what_the_terms_say(partner, change):
    change(fees.percent("USD", Decimal("290"), minimum=Decimal("0.50")), partner=partner)
    assert cost(partner, amount="100.00") == Decimal("2.90")
    found = fee_schedules.breakdown_for(partner_id=partner.pk, rail="ach", kind="WITHDRAWAL", amount=usd("1.00"), at=AT)
    assert (found.total, found.bound, found.exact) == (usd("0.50"), "minimum", Decimal("0.029"))


def test_nothing_changes_until_another_person_has_approved(partner, ask, person):
    both = person(Role.FINANCE)
    approval = ask(flat("1.00"), partner=partner, actor=both)
    with pytest.raises(FourEyesRequired):
        requests.approve(approval_id=approval.pk, actor=both, at=AT, reason="")
    assert cost(partner) == 0
    with pytest.raises(MayNot):
        requests.approve(approval_id=approval.pk, actor=person(Role.OPERATIONS), at=AT, reason="")
    assert not FeeSchedule.objects.exists()
    requests.approve(approval_id=approval.pk, actor=person(Role.FINANCE), at=AT, reason="")
    assert cost(partner) == Decimal("1.00")


def test_a_change_is_audited_and_told_to_whom_it_concerns(partner, change):
    first = change(flat("1.00"), partner=partner, rail="ach")
    second = change(flat("2.00"), partner=partner, rail="ach", at=AT + DAY)
    record = Record.objects.filter(action="payments.fees_changed").latest("id")
    assert (record.target, record.partner_id, record.reason) == (second.public_id, partner.pk, "new contract")
    assert record.before["id"] == first.public_id
    assert record.after["terms"]["tiers"] == [{"above": "0.00", "flat": "2.00", "basis_points": "0"}]
    event = Event.objects.filter(type="payments.fees_changed").latest("id")
    assert (event.partner_id, event.subject) == (partner.pk, second.public_id)
    assert event.data == {
        "id": second.public_id,
        "rail": "ach",
        "kind": None,
        "currency": "USD",
        "valid_from": (AT + DAY).isoformat(),
        "terms": {
            "mode": "GRADUATED",
            "tiers": [{"above": "0.00", "flat": "2.00", "basis_points": "0"}],
            "minimum": None,
            "maximum": None,
        },
    }


def test_the_checker_sees_old_and_new(partner, change, ask):
    change(flat("1.00"), partner=partner, rail="ach")
    approval = ask(None, partner=partner, rail="ach", valid_from=AT + DAY)
    assert registry.find(fee_schedules.CHANGE).describe(approval) == {
        "Partner": partner.public_id,
        "Rail": "ACH",
        "Kind": "all",
        "Currency": "USD",
        "From": (AT + DAY).isoformat(),
        "Fees": "1.00 USD → as the more general fees",
    }


def test_fees_that_are_yet_to_come_are_not_what_stands_now(partner, change, ask):
    change(flat("1.00"), partner=partner)
    change(flat("2.00"), partner=partner, valid_from=AT + 30 * DAY)
    for same in ({"fees": flat("1.00")}, {"fees": flat("2.00"), "valid_from": AT + 30 * DAY}):
        with pytest.raises(FeesUnchanged):
            ask(same.pop("fees"), partner=partner, **same)
    row = change(flat("2.00"), partner=partner, valid_from=AT + DAY)
    before = Record.objects.get(action="payments.fees_changed", target=row.public_id).before
    assert before["valid_from"] == AT.isoformat()


def test_what_cannot_be_is_refused_before_anybody_is_asked(partner, change, ask, person):
    change(flat("1.00"), partner=partner)
    for refusal, asking in [
        (FeesUnchanged, lambda: ask(flat("1.00"), partner=partner)),
        (FeesUnchanged, lambda: ask(None)),
        (MalformedFees, lambda: ask(flat("1.00"), rail="pigeon")),
        (MalformedFees, lambda: ask(flat("1.00"), kind="GIFT")),
        (MalformedFees, lambda: ask(flat("1.00"), currency="EUR")),
        (money.UnknownCurrency, lambda: ask(None, currency="XXX")),
        (ReasonMissing, lambda: ask(flat("2.00"), reason=" ")),
        (MayNot, lambda: ask(flat("2.00"), actor=person(Role.AUDITOR))),
    ]:
        with pytest.raises(refusal):
            asking()
    ask(flat("2.00"), partner=partner)
    with pytest.raises(AlreadyPending):
        ask(flat("3.00"), partner=partner)
    assert FeeSchedule.objects.count() == 1


def test_the_database_changes_no_schedule_and_takes_none_backwards(partner, change):
    row = change(flat("1.00"))
    for sql in ("UPDATE payments_feeschedule SET valid_from = now()", "DELETE FROM payments_feeschedule"):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    with pytest.raises(IntegrityError, match="fees_are_not_changed_backwards"), transaction.atomic():
        FeeSchedule.objects.create(
            currency="USD", valid_from=AT - DAY, created_at=AT, terms=row.terms, reason="x", approval_id=uuid4()
        )


def test_not_even_the_owner_changes_a_schedule(superuser_connection):
    with pytest.raises(Exception, match="payments_feeschedule is append-only"), superuser_connection.cursor() as cursor:
        cursor.execute("UPDATE payments_feeschedule SET currency = 'EUR'")
