"""The pages of wallets: what is on them, what each button does, refuses, and records. Roles and budgets are tested for all pages at once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from moneyed import Money

from accounts.choices import Role
from accounts.models import User
from flowlet.approvals.models import Approval
from flowlet.audit.models import Record
from flowlet.backoffice import cells
from flowlet.backoffice.testing import at_most, press, signed_in
from wallets.admin.wallets import frozen_waiting
from wallets.models import FxSpread, Hold, TierLimit, Transfer, Wallet
from wallets.services import wallets
from wallets.tests.conftest import KEY
from wallets.tests.test_conversions import ask, convert, pair, publish

REASON = "customer called about it"


@pytest.fixture
def sit(db):
    def make(role):
        user = User.objects.create_user(f"{role.lower()}@flowlet.test", name="Somebody", is_staff=True, roles=[role])
        return signed_in(user)

    return make


@pytest.fixture
def busy(world):
    a, b = world.wallet("100", name="Main"), world.wallet()
    world.hold(a, "20", description="hotel")
    world.send(a, b, "30", description="lunch")
    return a, b


def text_of(client, obj):
    answer = client.get(cells.admin_url(obj))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_of_a_wallet_shows_all_that_a_decision_needs(sit, busy):
    a, b = busy
    page = text_of(sit(Role.COMPLIANCE_OFFICER), a)
    hold, transfer = Hold.objects.get(), Transfer.objects.get()
    for shown in (
        "70.00", "50.00", "20.00", "<svg", "hotel", a.public_id, b.public_id, hold.public_id, transfer.public_id,
        "Customer (Premium)", "99,950.00", ">Created<", "statement/?month=",
    ):  # fmt: skip
        assert shown in page, shown


def test_the_history_of_a_wallet_leads_to_the_audit_for_those_who_may_read_it(sit, busy):
    a, _ = busy
    record = Record.objects.get(target=a.public_id, action="wallet.created")
    assert f'href="{cells.admin_url(record)}">Created</a>' in text_of(sit(Role.AUDITOR), a)
    assert cells.admin_url(record) not in text_of(sit(Role.FINANCE), a)


def test_the_page_of_a_customer_shows_their_wallets_to_those_who_may_see_money(sit, world, busy):
    a, stranger = busy
    second = world.wallet("7", customer=a.customer)
    page = text_of(sit(Role.COMPLIANCE_OFFICER), a.customer)
    for shown in (a.public_id, "50.00", "20.00", second.public_id, "7.00"):
        assert shown in page, shown
    assert stranger.public_id not in page
    assert a.public_id not in text_of(sit(Role.ADMINISTRATOR), a.customer)


def test_a_list_aligns_its_figures(sit, busy):
    page = sit(Role.FINANCE).get(cells.admin_url(Wallet, "changelist")).content.decode()
    style = page[page.index("<style>@media") :].partition("</style>")[0]
    for name in ("#result_list .column-available", "#result_list .field-available", "#result_list .field-held_"):
        assert name in style
    assert "field-available" in page.partition('id="result_list"')[2]


def test_the_queue_of_frozen_wallets_is_as_old_as_the_oldest_freeze_whatever_was_renamed_since(sit, world, busy):
    a, b = busy
    hour = timedelta(hours=1)
    wallets.freeze(wallet_id=a.pk, reason="lost phone", actor=KEY, at=world.at - 9 * hour)
    wallets.unfreeze(wallet_id=a.pk, reason="found", actor=KEY, at=world.at - 8 * hour)
    wallets.freeze(wallet_id=a.pk, reason="lost again", actor=KEY, at=world.at - 5 * hour)
    wallets.freeze(wallet_id=b.pk, reason="lost phone", actor=KEY, at=world.at - 3 * hour)
    wallets.update(wallet_id=a.pk, changes={"name": "Lost"}, actor=KEY, at=world.at)
    waiting = frozen_waiting(None)
    assert (waiting.count, waiting.oldest_at) == (2, world.at - 5 * hour)


def test_limits_stand_in_the_form_as_somebody_would_type_them(sit):
    row = TierLimit.objects.get(tier="PREMIUM", currency="USD")
    form = sit(Role.COMPLIANCE_OFFICER).get(f"{cells.admin_url(row).removesuffix('change/')}do/request_change/").content.decode()
    assert 'value="100000"' in form and 'value="500000"' in form
    assert "E+" not in form


def test_the_page_of_a_transfer_shows_its_journals_and_refunds(sit, world, busy):
    transfer = Transfer.objects.get()
    refund = world.refund(transfer, "5", reason="cold soup").refund
    page = text_of(sit(Role.AUDITOR), transfer)
    for shown in ("Transfer", "Refund", "cold soup", refund.public_id, "30.00", "5.00"):
        assert shown in page, shown


def test_freezes_and_unfreezes_with_a_reason(sit, busy):
    a, _ = busy
    client = sit(Role.FRAUD_ANALYST)
    assert press(client, a, "freeze").status_code == 400
    assert Wallet.objects.get(pk=a.pk).status == "OPEN"
    assert press(client, a, "freeze", reason=REASON).status_code == 302
    a.refresh_from_db()
    assert (a.status, a.freeze_origin, a.freeze_reason) == ("FROZEN", "PLATFORM", REASON)
    assert Record.objects.get(target=a.public_id, action="wallet.frozen").reason == REASON
    assert press(client, a, "freeze", reason=REASON).status_code == 409
    assert press(client, a, "unfreeze", reason=REASON).status_code == 302
    assert Wallet.objects.get(pk=a.pk).status == "OPEN"


def test_a_stale_page_decides_nothing(sit, world, busy):
    a, _ = busy
    client = sit(Role.FRAUD_ANALYST)
    wallets.freeze(wallet_id=a.pk, reason="lost phone", actor=KEY, at=world.at)
    assert press(client, a, "freeze", version="old", reason=REASON).status_code == 409
    assert Wallet.objects.get(pk=a.pk).freeze_origin == "PARTNER"


def test_closes_only_what_is_empty(sit, busy):
    a, b = busy
    client = sit(Role.OPERATIONS)
    assert press(client, a, "close", reason=REASON).status_code == 409
    assert press(sit(Role.FRAUD_ANALYST), a, "close", reason=REASON).status_code == 403
    assert Wallet.objects.get(pk=a.pk).status == "OPEN"


def test_closes_an_empty_wallet(sit, world):
    a = world.wallet()
    assert press(sit(Role.OPERATIONS), a, "close", reason=REASON).status_code == 302
    assert Wallet.objects.get(pk=a.pk).status == "CLOSED"


def test_releases_a_hold_and_voids_a_transfer(sit, world, busy):
    a, b = busy
    client, hold = sit(Role.OPERATIONS), Hold.objects.get()
    assert press(client, hold, "release", reason=REASON).status_code == 302
    assert press(client, hold, "release", reason=REASON).status_code == 409
    transfer = world.authorize(a, b, "10").transfer
    assert press(client, transfer.hold, "release", reason=REASON).status_code == 409
    assert press(client, transfer, "void", reason=REASON).status_code == 302
    transfer.refresh_from_db()
    assert (transfer.status, world.balance(a)) == ("VOIDED", ("70", "0"))


def test_asks_for_limits_and_changes_none(sit, busy):
    a, _ = busy
    client, row = sit(Role.OPERATIONS), TierLimit.objects.get(tier="BASIC", currency="USD")
    figures = {"per_transaction": "10", "daily": "20", "monthly": "30", "reason": REASON}
    assert press(client, row, "request_change", **figures).status_code == 302
    assert press(client, a, "request_limits", **figures | {"monthly": ""}).status_code == 302
    new = {**figures, "tier": "BASIC", "currency": "CHF"}
    assert client.post(reverse("admin:wallets_tierlimit_do_list", args=["request_new"]), new).status_code == 302
    assert client.post(reverse("admin:wallets_tierlimit_do_list", args=["request_new"]), new | {"daily": "5"}).status_code == 400
    assert sorted(Approval.objects.values_list("subject", flat=True)) == sorted([a.public_id, "BASIC.CHF", "BASIC.USD"])
    row.refresh_from_db()
    assert (row.daily, Wallet.objects.get(pk=a.pk).limit_daily) == (1000, None)


def test_exports_statements_and_records_who_took_them(sit, world, busy):
    a, _ = busy
    url = reverse("admin:wallets_wallet_statement", args=[a.public_id])
    month = f"{world.at:%Y-%m}"
    client = sit(Role.OPERATIONS)
    assert client.get(f"{url}?month={month}&format=pdf").content.startswith(b"%PDF")
    assert b"CLOSING" in client.get(f"{url}?month={month}&format=csv").content
    records = Record.objects.filter(target=a.public_id, action="wallet.statement_exported")
    assert sorted(record.after["format"] for record in records) == ["csv", "pdf"]
    for bad in (f"month={month}&format=exe", "month=x&format=csv", "month=2999-01&format=csv", ""):
        assert client.get(f"{url}?{bad}").status_code == 404
    assert sit(Role.FRAUD_ANALYST).get(f"{url}?month={month}&format=csv").status_code == 403
    assert records.count() == 2


def test_lists_are_searched_by_id_and_external_id_and_take_few_queries(sit, world):
    a = world.wallet("10", external_id="w-77")
    for _ in range(30):
        world.hold(a, "0.01", expires_at=world.at + timedelta(days=1))
    client = sit(Role.AUDITOR)
    for term in (a.public_id, "w-77"):
        page = client.get(cells.admin_url(Wallet, "changelist"), {"q": term}).content.decode()
        assert a.public_id in page
    for model in (Wallet, Hold, Transfer):
        client.get(cells.admin_url(model, "changelist"))
        with at_most(8):
            client.get(cells.admin_url(model, "changelist"))


def test_the_page_of_a_conversion_shows_its_price_and_its_journal(sit, world):
    publish()
    FxSpread.objects.create(partner=world.partner, pair="", basis_points=100, updated_at=world.at)
    source, target = pair(world, "GBP", "JPY")
    quote = ask(world, source, target, Money("100.00", "GBP"))
    made = convert(world, source, target, quote=quote, description="Trip").conversion
    page = text_of(sit(Role.FINANCE), made)
    for shown in (
        "100.00 GBP → 20,859 JPY", "21,070", "1.00 %", "210.69801", "208.59103", "EUR/GBP", "0.8338", "ECB", "1910.GBP Position in GBP at cost",
        quote.public_id, source.public_id, target.public_id, "Trip",
    ):  # fmt: skip
        assert shown in page, shown
    asked = text_of(sit(Role.AUDITOR), quote)
    for shown in (">Used<", made.public_id, "20,859", "211"):
        assert shown in asked, shown


def test_a_spread_is_asked_for_on_its_page_and_approved_by_another(sit, world):
    maker, where = sit(Role.OPERATIONS), reverse("admin:wallets_fxspread_do_list", args=["request_new"])
    wish = {"partner": world.partner.public_id, "first": "USD", "second": "EUR", "basis_points": "80", "reason": REASON}
    assert maker.post(where, wish | {"second": ""}).status_code == 400
    assert maker.post(where, wish).status_code == 302
    asked = Approval.objects.get(kind="wallets.spread_change")
    assert asked.payload == {"partner": world.partner.public_id, "pair": "EURUSD", "basis_points": 80}
    assert press(maker, asked, "approve").status_code == 403
    assert press(sit(Role.FINANCE), asked, "approve").status_code == 302
    row = FxSpread.objects.get()
    assert row.basis_points == 80
    assert "EUR/USD" in text_of(maker, row)
    assert press(maker, row, "request_change", basis_points="90", reason=REASON).status_code == 302
    assert Approval.objects.filter(kind="wallets.spread_change", status="PENDING").count() == 1
