"""The pages of fee schedules: what they say, and how a change is asked for."""

from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.choices import Role
from accounts.models import User
from accounts.services import partners
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.backoffice import cells
from flowlet.backoffice.testing import press, signed_in
from flowlet.core import actors, clock
from flowlet.core.actors import Actor, ActorKind
from payments.models import FeeSchedule
from payments.policies import fees
from payments.policies.fees import Fees, Tier, TierMode
from payments.services import fee_schedules

REASON = "as in the contract"


@pytest.fixture
def people(db):
    return {
        role: User.objects.create_user(f"{role.lower()}@flowlet.test", name="Somebody", is_staff=True, roles=[role])
        for role in (Role.OPERATIONS, Role.FINANCE, Role.AUDITOR)
    }


@pytest.fixture
def partner(db):
    return partners.create(name="Acme", country="US", actor=actors.system("tests"), at=clock.now()).live


@pytest.fixture
def approve(people):
    def _approve():
        checker = Actor(kind=ActorKind.STAFF, id=people[Role.FINANCE].public_id, label="finance")
        return requests.approve(approval_id=Approval.objects.get(status="PENDING").pk, actor=checker, at=clock.now())

    return _approve


NEW = reverse("admin:payments_feeschedule_do_list", args=["request_new"])


def test_first_fees_are_asked_for_and_count_once_another_person_has_approved(people, partner, approve):
    client = signed_in(people[Role.OPERATIONS])
    sent = client.post(
        NEW,
        {
            "partner": partner.public_id,
            "rail": "ach",
            "kind": "",
            "currency_code": "USD",
            "tiers": "0; 0.30; 2.9\n\n 1000 ; 0 ; 0.5",
            "mode": "VOLUME",
            "minimum": "0.50",
            "maximum": "",
            "reason": REASON,
        },
    )
    assert sent.status_code == 302
    assert not FeeSchedule.objects.exists()
    approve()
    row = FeeSchedule.objects.get()
    assert (row.partner_id, row.rail, row.kind, row.reason) == (partner.pk, "ach", "", REASON)
    assert fee_schedules.fees_of(row) == Fees(
        currency="USD",
        tiers=(
            Tier(flat=Decimal("0.30"), basis_points=Decimal("290")),
            Tier(above=Decimal("1000.00"), basis_points=Decimal("50")),
        ),
        mode=TierMode.VOLUME,
        minimum=Decimal("0.50"),
    )
    page = signed_in(people[Role.AUDITOR]).get(cells.admin_url(row)).content.decode()
    for shown in ("Acme (Live)", "0.30 USD + 2.9 %", "3.20", "29.30", "50.00", "the smallest fee", REASON):
        assert shown in page, shown
    listed = client.get(cells.admin_url(FeeSchedule, "changelist")).content.decode()
    assert "Acme (Live)" in listed and "2.9 %" in listed


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"tiers": ""}, "Name a tier"),
        ({"tiers": "0; 0.30"}, "Line 1: three figures"),
        ({"tiers": "0; 0.30; NaN"}, "Line 1: three figures"),
        ({"tiers": "0; 0.305; 1"}, "USD has 2 decimals."),
        ({"tiers": "5; 0.30; 1"}, "The first tier starts at zero"),
        ({"minimum": "2", "maximum": "1"}, "The smallest fee is not more than the largest."),
        ({"currency_code": "usd"}, "Enter a valid value."),
        ({"currency_code": "XXX"}, "cannot be held as money"),
        ({"partner": "par_nobody"}, "par_… was expected."),
        ({"reason": ""}, "This field is required."),
    ],
    ids=str,
)
def test_what_does_not_make_a_schedule_is_said_and_nothing_is_asked(people, changes, complaint):
    given = {"currency_code": "USD", "tiers": "0; 0.30; 2.9", "mode": "GRADUATED", "reason": REASON, **changes}
    answer = signed_in(people[Role.OPERATIONS]).post(NEW, given)
    assert answer.status_code in {400, 404}
    assert complaint in answer.content.decode()
    assert not Approval.objects.exists()


def test_a_change_starts_from_what_there_is_and_may_take_the_fees_away(people, partner, approve):
    maker = Actor(kind=ActorKind.STAFF, id=people[Role.OPERATIONS].public_id, label="operations")
    fee_schedules.request_change(
        partner_id=partner.pk,
        currency="JPY",
        terms=fees.percent("JPY", Decimal("12.5"), maximum=Decimal("100")),
        reason=REASON,
        actor=maker,
        at=clock.now(),
    )
    approve()
    row = FeeSchedule.objects.get()
    client = signed_in(people[Role.OPERATIONS])
    form = client.get(f"{cells.admin_url(row).removesuffix('change/')}do/request_change/").content.decode()
    assert "0; 0; 0.125" in form and 'value="100"' in form
    assert press(client, row, "request_change", mode="GRADUATED", is_withdrawn="on", reason=REASON).status_code == 302
    approve()
    newest = FeeSchedule.objects.latest("id")
    assert (newest.terms, newest.currency, newest.partner_id) == (None, "JPY", partner.pk)
    page = client.get(cells.admin_url(newest)).content.decode()
    assert "as the more general fees" in page and row.public_id in page
    assert press(client, newest, "request_change", mode="GRADUATED", is_withdrawn="on", reason=REASON).status_code == 409
    assert press(signed_in(people[Role.AUDITOR]), newest, "request_change", mode="GRADUATED", reason=REASON).status_code == 403
