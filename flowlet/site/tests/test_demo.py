"""The demo: what seed_demo leaves behind, and one transfer that is everywhere at once."""

import json
import stat
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4

import phonenumbers
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.models import Max, Min, Sum
from django.test import Client, override_settings

from accounts.choices import CustomerKind, Mode, PartnerStatus, Role
from accounts.models import Customer, Partner, User
from accounts.selectors.customers import personal_of
from compliance.choices import VerificationStatus
from compliance.models import Alert, Case, CustomerRisk, Report
from compliance.models import Verification as KycVerification
from compliance.selectors import watchlists
from compliance.services import reports, screening, screening_subjects, standing_index
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.models import Approval
from flowlet.audit import witnesses
from flowlet.backoffice import cells
from flowlet.backoffice.testing import signed_in
from flowlet.core import clock
from flowlet.events.models import Event
from flowlet.rules.models import RuleVersion
from flowlet.runtime import demo as card
from flowlet.runtime import fixtures
from flowlet.site.demo import listed, month, seed, suspects
from flowlet.site.demo.purses import Limits
from ledger.choices import PeriodStatus
from ledger.models import (
    Account,
    Balance,
    BankAccount,
    BankAccountMember,
    Book,
    Break,
    Entry,
    Journal,
    Period,
    ReconciliationItem,
    Verification,
)
from ledger.selectors import position, rates, reconciliation
from ledger.services import seals, verification
from payments.choices import BatchStatus, ExternalAccountStatus, PaymentStatus, Rail
from payments.models import Batch, ExternalAccount, Payment
from payments.services import days, files, sending, settlement
from wallets.choices import HoldStatus, WalletStatus
from wallets.models import Conversion, FxQuote, FxSpread, Hold, Transfer, Usage, Wallet

pytestmark = [pytest.mark.bulk, pytest.mark.django_db, pytest.mark.xdist_group("demo")]
SCALE = 0.05


@dataclass
class Seeded:
    """What the command made, and said."""

    demo: Any
    credentials: Path
    said: str


@pytest.fixture(scope="module")
def seeded(django_db_setup, django_db_blocker, tmp_path_factory):
    """By the command, once for the module, in the clone that is made anew afterwards; with the thresholds that the demo has."""
    two_people = {"USD": Decimal(10_000), "EUR": Decimal(10_000)}
    file, said, told, run = tmp_path_factory.mktemp("demo") / "credentials.json", StringIO(), [], seed.run
    with django_db_blocker.unblock(), override_settings(PAYMENT_APPROVAL_ABOVE=two_people, FILE_TWO_PEOPLE_ABOVE=two_people):
        try:
            with mock.patch.object(seed, "run", lambda **options: told.append(run(**options)) or told[0]):
                call_command("seed_demo", scale=SCALE, credentials=file, stdout=said)
            yield Seeded(told[0], file, said.getvalue())
        finally:
            fixtures._renew()


@pytest.fixture(scope="module")
def demo(seeded):
    return seeded.demo


def test_the_command_writes_private_credentials_and_refuses_a_second_time(seeded):
    assert stat.S_IMODE(seeded.credentials.stat().st_mode) == 0o600
    content = json.loads(seeded.credentials.read_text())
    assert (len(content["users"]), len(content["partners"])) == (8, 2)
    assert "verified clean" in seeded.said
    with pytest.raises(CommandError, match="partners already"):
        call_command("seed_demo", scale=SCALE)


def test_every_decision_of_the_demo_stands_as_the_audit_tells_of_it(demo):
    decided = (Approval, Case, CustomerRisk, RuleVersion)
    assert all(model.objects.exists() for model in decided)
    assert list(witnesses.differences()) == []


def test_the_month_is_there_with_its_currencies_kinds_and_days(demo):
    today = clock.now().date()
    journals = Journal.objects.exclude(kind__in=[month.CAPITAL, month.EQUIPMENT, month.BUFFER, month.BOUGHT])
    span = journals.aggregate(first=Min("effective_on"), last=Max("effective_on"))
    assert 29 <= (span["last"] - span["first"]).days <= 31
    assert abs((today - span["last"]).days) <= 1
    assert set(journals.values_list("kind", flat=True)) >= {
        "wallets.transfer",
        "wallets.capture",
        "wallets.refund",
        "wallets.top_up",
        "bank.transfer_in",
        "bank.payroll_funding",
        "fees.merchant",
        "fees.sweep",
        "costs.bank",
        "reversal",
    }
    assert set(Wallet.objects.values_list("currency", flat=True)) == {"USD", "EUR", "GBP", "JPY", "KWD"}
    assert seed.JOURNALS * SCALE * 0.6 < journals.count() < seed.JOURNALS * SCALE * 2.5
    assert set(Hold.objects.values_list("status", flat=True)) == set(HoldStatus.values)


def test_people_converted_and_the_books_were_revalued_every_week(demo):
    assert Conversion.objects.count() > 5
    assert Conversion.objects.exclude(quote=None).exists() and FxQuote.objects.filter(conversion=None).exists()
    assert set(FxSpread.objects.values_list("pair", "basis_points")) == {("", 45)}
    zones = dict(Book.objects.values_list("partner_id", "time_zone"))
    journals = dict(Journal.objects.values_list("id", "effective_on"))
    for conversion in Conversion.objects.all():
        assert clock.day_of(conversion.created_at, zone=zones[conversion.partner_id]) == journals[conversion.journal_id]
    for founded in demo.partners:
        assert Journal.objects.filter(book=founded.live.book, kind="ledger.fx_revaluation").exists()


def test_a_watchlist_with_invented_names_is_in_force_in_its_second_version(demo):
    version = watchlists.in_force("ofac-sdn")
    assert (version.number, version.entries, version.added, version.changed, version.renamed, version.removed) == (
        2,
        13,
        2,
        1,
        1,
        1,
    )
    assert (version.refused, version.not_understood) == (0, {})
    entries = watchlists.by_id(version)
    assert all(int(one.removeprefix("ofac-")) > 9_000_000 for one in entries)
    assert [name.text for name in entries["ofac-9000009"].names] == ["OKAFOR, Chidi Chukwuemeka", "OKAFOUR, Chidi"]
    assert entries["ofac-9000001"].addresses == ("Calle 9 No. 12, Culiacan, Mexico",)


def test_namesakes_of_who_is_listed_are_hits_and_less_urgent_when_born_on_another_day(demo):
    standing = standing_index.current()
    for partner in Partner.objects.filter(mode=Mode.LIVE):
        people = personal_of(customers := list(Customer.objects.filter(partner=partner, kind=CustomerKind.PERSON)))
        urgency = {}
        for customer in customers:
            if (people[customer.pk].name, people[customer.pk].born_on) in listed.NAMESAKES:
                found = screening.screen(profile=screening_subjects.of_customer(customer, people[customer.pk]), standing=standing)
                urgency[people[customer.pk].name] = max(hit.priority for hit in found.hits)
        assert set(urgency) == {name for name, _ in listed.NAMESAKES}
        assert urgency["Hiroshi Tanaka"] < min(value for name, value in urgency.items() if name != "Hiroshi Tanaka")


def test_every_moment_of_a_transfer_lies_on_the_day_it_counts_for(demo):
    zones = dict(Book.objects.values_list("partner_id", "time_zone"))
    journals = dict(Journal.objects.values_list("id", "effective_on"))
    for transfer in Transfer.objects.exclude(journal_id=None):
        assert clock.day_of(transfer.completed_at, zone=zones[transfer.partner_id]) == journals[transfer.journal_id]


def test_the_past_kept_to_the_limits_of_its_days(demo):
    limits = Limits().rows
    by_day = Usage.objects.values("allowance__customer__kyc_tier", "allowance__currency", "allowance", "day").annotate(
        used=Sum("used")
    )
    assert by_day.count() > 100
    for row in by_day:
        tier, currency = row["allowance__customer__kyc_tier"], row["allowance__currency"]
        assert row["used"] <= max(limits[tier, currency][1], limits[tier, currency][1] / Decimal("1.2"))


def test_partners_are_pairs_with_keys_that_work(demo):
    assert sorted(Partner.objects.values_list("mode", "status")) == [
        (Mode.LIVE, PartnerStatus.ACTIVE),
        (Mode.LIVE, PartnerStatus.ACTIVE),
        (Mode.SANDBOX, PartnerStatus.ACTIVE),
        (Mode.SANDBOX, PartnerStatus.ACTIVE),
    ]
    for partner in demo.credentials()["partners"]:
        for side in ("live", "sandbox"):
            answer = Client().get("/v1/wallets?limit=1", headers={"authorization": f"Bearer {partner[side]['api_key']}"})
            assert (answer.status_code, len(answer.json()["data"])) == (200, 1)


def test_staff_of_every_role_can_sign_in_with_the_credentials(demo):
    users = demo.credentials()["users"]
    assert {user["role"] for user in users} == {role.label for role in Role if role != Role.PARTNER_DEVELOPER}
    for user in users:
        known = User.objects.get(email=user["email"])
        assert known.check_password(user["password"])
        assert known.totpdevice_set.get().verify_token(int(card.one_time_code(user["totp_secret"])))


def test_people_are_believable(demo):
    customers = list(Customer.objects.all())
    found = personal_of(customers)
    # Namesakes of who is listed are the same people at both companies.
    assert len({(customer.partner_id, found[customer.pk].email) for customer in customers}) == len(customers)
    for customer in customers:
        personal = found[customer.pk]
        assert personal.email.rpartition("@")[2] in {"example.com", "example.org", "example.net"}
        assert personal.address.country == customer.country
        assert not personal.phone or phonenumbers.is_valid_number(phonenumbers.parse(personal.phone))
    assert {customer.kind for customer in customers} == set(CustomerKind.values)
    # In the US and Kuwait the numbers kept for fiction are not valid ones.
    assert sum(bool(personal.phone) for personal in found.values()) > len(customers) / 3


def test_there_is_something_to_do_for_everybody(demo):
    statuses = set(Approval.objects.values_list("kind", "status"))
    assert {
        ("wallets.limit_change", status) for status in (ApprovalStatus.PENDING, ApprovalStatus.APPROVED, ApprovalStatus.REJECTED)
    } | {("ledger.manual_journal", ApprovalStatus.PENDING)} <= statuses
    assert Wallet.objects.filter(status=WalletStatus.FROZEN).count() == 2
    assert Customer.objects.filter(status="FROZEN").count() == 2
    assert Journal.objects.filter(kind="reversal").count() == 2
    assert set(Period.objects.values_list("status", flat=True)) == {PeriodStatus.SOFT_CLOSED, PeriodStatus.OPEN}


def test_the_books_are_rolled_up_sealed_and_verified_and_no_event_waits(demo):
    assert Verification.objects.latest("pk").is_clean
    assert seals.head() is not None
    assert not Event.objects.filter(relayed_at=None).exists()
    assert verification.verify().is_clean


def test_safeguarded_money_and_positions_are_what_wallets_hold_and_the_earnings_not_yet_collected(demo):
    for founded in demo.partners:
        book = founded.live.book
        held = dict(Balance.objects.filter(book=book).values_list("currency").annotate(total=Sum("posted")).order_by())
        safe, exchanged = _line(book, "1010"), _line(book, "1900")
        put_in = Entry.objects.filter(journal__kind__in=[month.BUFFER, month.BOUGHT], account__book=book)
        moved = put_in.filter(account__line__code__in=["1010", "1900"]).values_list("account__currency", "side", "amount")
        own = Counter()
        for currency, side, amount in moved:
            own[currency] += amount if side == "DEBIT" else -amount
        waived = Entry.objects.filter(journal__kind="reversal", account__line__code="4010", account__book=book)
        for currency, amount in waived.values_list("account__currency", "amount"):
            own[currency] -= amount  # collected before, and kept back from what is collected next
        earned = {c: safe[c] + exchanged.get(c, 0) - held[c] - own[c] for c in held}
        assert all(0 <= value < held[currency] / 20 for currency, value in earned.items()), earned


def test_no_company_owes_customers_more_of_a_currency_than_its_banks_keep_for_them(demo):
    """Whoever exchanges takes money of one currency and leaves another: the house has put its own beside customers' money."""
    for founded in demo.partners:
        book = founded.live.book
        safe, owed = _line(book, "1010"), _line(book, "2010")
        assert {currency for currency in owed if safe[currency] < owed[currency]} == set()
        assert all(amount > 0 for amount in _line(book, "1020").values())
    assert {one.currency for one in position.by_currency() if one.gap.amount < 0} == set()


def test_the_sandboxes_had_a_business_day_with_the_banks(demo):
    for founded, collected in zip(demo.partners, ({Rail.ACH, Rail.SEPA_DD}, {Rail.SEPA_DD}), strict=True):
        made = Payment.objects.filter(partner=founded.sandbox.partner)
        for status in ("REVIEW", "APPROVAL", "UNKNOWN", "DISPUTED", "SUBMITTED", "SETTLED"):
            assert made.filter(status=status).exists(), status
        returned = set(made.filter(status=PaymentStatus.RETURNED).values_list("kind", "rail"))
        assert {("COLLECTION", rail) for rail in collected} <= returned
        assert ("TRANSFER", Rail.SEPA_CT) in returned
        assert made.filter(kind="DEPOSIT", wallet=None).exists(), "a credit that nobody can be named for"
        accounts = ExternalAccount.objects.filter(partner=founded.sandbox.partner)
        assert accounts.filter(status=ExternalAccountStatus.BLOCKED, block_origin="RAIL").exists()
    batches = Batch.objects.all()
    assert {batch.rail for batch in batches} == {Rail.ACH, Rail.SEPA_CT, Rail.SEPA_DD}
    waiting = [batch for batch in batches if batch.status != BatchStatus.DELIVERED]
    assert [(batch.status, batch.needs_two, batch.count) for batch in waiting] == [(BatchStatus.BUILT, True, 1)] * 2
    for batch in batches:
        assert files.rebuild(batch).content == files.content_of(batch)
    assert not Payment.objects.filter(partner__mode=Mode.LIVE).exists()


def test_the_banks_statements_prove_the_day_but_for_one_break_each_with_an_owner(demo):
    today = clock.now()
    for founded in demo.partners:
        book = founded.sandbox.book
        banks = list(BankAccount.objects.filter(members__account__book=book).distinct())
        assert len(banks) == 2
        found = list(Break.objects.filter(bank_account__in=banks))
        assert [(row.type, row.owner.email, row.remarks.count()) for row in found] == [
            ("MISSING_OURS", "operations@flowlet.example", 1)
        ]
        for bank in banks:
            proof = reconciliation.proof(bank_account=bank, on=clock.day_of(today, zone=book.time_zone))
            assert proof.difference == (found[0].amount if bank == found[0].bank_account else 0)
            assert proof.is_proven, proof.missing


def test_the_live_sides_bank_accounts_are_declared_and_their_statement_matches_line_by_line(demo):
    for founded in demo.partners:
        book = founded.live.book
        day = clock.day_of(clock.now(), zone=book.time_zone) - timedelta(days=1)
        banks = list(BankAccount.objects.filter(members__account__book=book))
        accounts = Account.objects.filter(book=book, line__code__in=["1010", "1020"])
        assert set(BankAccountMember.objects.filter(bank_account__in=banks).values_list("account_id", flat=True)) == set(
            accounts.values_list("pk", flat=True)
        )
        for bank in banks:
            proof = reconciliation.proof(bank_account=bank, on=day)
            assert (proof.missing, proof.difference, proof.open_theirs, proof.open_ours) == ((), 0, 0, 0)
        lines = ReconciliationItem.objects.filter(bank_account__in=banks, side="THEIRS")
        assert set(lines.values_list("state", flat=True)) == {"MATCHED"}
        assert lines.count() > 5


def test_who_asks_the_bank_about_the_unknown_payment_learns_what_became_of_it(demo):
    payment = Payment.objects.filter(status=PaymentStatus.UNKNOWN).first()
    assert payment.ask_at > clock.now()
    asked = sending.ask(payment_id=payment.pk, actor=demo.partners[0].sandbox.backend, at=clock.now())
    assert asked.status == PaymentStatus.SETTLED


def test_every_currency_translates_to_the_reporting_currency_on_every_day(demo):
    today = clock.now().date()
    for back in (0, 1, 15, 31):
        found = rates.rates_to(quote="USD", bases=["EUR", "GBP", "JPY", "KWD"], on=today - timedelta(days=back))
        assert all(rate > 0 for rate in found.values())


def test_a_transfer_over_the_api_is_in_the_admin_the_statement_and_the_trial_balance_at_once(demo):
    side = demo.partners[0].live
    auth = {"authorization": f"Bearer {side.key}"}
    payer = Wallet.objects.filter(
        partner=side.partner,
        currency="USD",
        status=WalletStatus.OPEN,
        customer__kind="PERSON",
        customer__status="ACTIVE",
        customer__kyc_tier="ENHANCED",
    ).order_by("-account__balance__posted")[0]
    payee = Wallet.objects.filter(partner=side.partner, currency="USD", status=WalletStatus.OPEN, customer__kind="BUSINESS")[0]
    before = _turnover(side, auth)

    answer = Client().post(
        "/v1/transfers",
        {
            "source_wallet_id": payer.public_id,
            "target_wallet_id": payee.public_id,
            "amount": {"amount": "1.37", "currency": "USD"},
            "description": "Seen everywhere",
        },
        content_type="application/json",
        headers={**auth, "idempotency-key": uuid4().hex},
    )

    assert answer.status_code == 201, answer.content
    transfer = Transfer.fetch(answer.json()["id"])
    balances = {balance["wallet_id"]: balance["total"]["amount"] for balance in answer.json()["balances"]}
    month = clock.day_of(clock.now(), zone=side.book.time_zone).strftime("%Y-%m")
    statement = Client().get(f"/v1/wallets/{payer.public_id}/statement?month={month}", headers=auth).json()
    assert (statement["lines"][-1]["cause_id"], statement["lines"][-1]["description"]) == (transfer.public_id, "Seen everywhere")
    assert statement["closing"]["amount"] == balances[payer.public_id]

    one = Decimal("1.37")
    wanted = {**before, "2010": tuple(figure + one for figure in before.get("2010", (Decimal(0), Decimal(0))))}
    assert _turnover(side, auth) == wanted

    officer = signed_in(User.objects.get(email="finance@flowlet.example"))
    journal = Journal.objects.get(pk=transfer.journal_id)
    page = officer.get(cells.admin_url(journal)).content.decode()
    assert "Seen everywhere" not in page, "it stands in the transfer, to which the journal leads"
    assert transfer.public_id in page
    assert "Seen everywhere" in officer.get(cells.admin_url(transfer)).content.decode()
    assert page.count("1.37") >= 2
    assert journal.public_id in officer.get(cells.admin_url(Journal, "changelist")).content.decode()
    wallet_page = officer.get(cells.admin_url(payer)).content.decode()
    assert journal.public_id in wallet_page
    assert f"{Decimal(balances[payer.public_id]):,}" in wallet_page


def _turnover(side, auth):
    """Today's debits and credits in dollars, per chart code."""
    today = clock.day_of(clock.now(), zone=side.book.time_zone)
    answer = Client().get(f"/v1/reports/trial_balance?from={today}&as_of={today}", headers=auth)
    assert answer.status_code == 200, answer.content
    report = answer.json()
    assert report["foots"] is True
    keys = [column["key"] for column in report["columns"]]
    return {
        row["key"]: tuple(Decimal(row["amounts"][keys.index(key)]["amount"]) for key in ("debits", "credits"))
        for row in report["rows"]
        if row["kind"] == "LINE" and row["currency"] == "USD"
    }


def _line(book, code):
    from ledger.models import ChartLine
    from ledger.selectors import balances

    line = ChartLine.objects.get(book=book, code=code)
    return {
        row.currency: row.natural(line.normal_side) for row in balances.line_totals(book_id=book.pk) if row.line_id == line.pk
    }


def test_every_book_closes_yesterday_by_the_command(demo, capsys):
    call_command("close_day", "--json")
    told = {day["book"]: day for day in json.loads(capsys.readouterr().out)["days"]}
    for founded in demo.partners:
        for side in (founded.live, founded.sandbox):
            day = told.pop(side.book.public_id)
            assert (day["status"], day["missing"]) == ("CLOSED", [])
            count = BankAccount.objects.filter(members__account__book=side.book).count()
            assert {step["step"]: step["outcome"] for step in day["steps"]}["prove"] == f"bank accounts proven: {count}"
            assert count >= 2
    assert told == {}


def test_nothing_stands_in_the_way_of_closing_the_whole_business_day_with_the_banks_but_that_it_is_not_over(
    demo, capsys, monkeypatch
):
    """Deposits, payouts, returns, a card dispute, an exchange, statements: every line matched, or a break with an owner. The command, the
    next morning, goes through all of its steps; the last word has the database, whose clock cannot be moved.
    """
    for founded in demo.partners:
        book = founded.sandbox.book
        made = Payment.objects.filter(partner=founded.sandbox.partner)
        assert set(made.values_list("kind", flat=True)) >= {"DEPOSIT", "TRANSFER", "WITHDRAWAL", "COLLECTION", "CARD_PAYMENT"}
        assert made.filter(status="DISPUTED").exists() and made.filter(status="RETURNED").exists()
        assert Conversion.objects.filter(partner=founded.sandbox.partner).count() == 1
        items = ReconciliationItem.objects.filter(bank_account__members__account__book=book, side="THEIRS")
        unsettled = items.exclude(state__in=["MATCHED", "MATCHED_WITH_DIFFERENCE"])
        assert [item.state for item in unsettled] == ["UNMATCHED_THEIRS"]
        named = Break.objects.get(bank_account__members__account__book=book)
        assert (named.item, named.owner.email) == (unsettled.get(), "operations@flowlet.example")
        assert items.count() > 10
    finance = next(member for member in demo.members if member.role == Role.FINANCE)
    for batch in Batch.objects.filter(status=BatchStatus.BUILT):
        settlement.release(batch_id=batch.pk, actor=finance.actor, at=clock.now())
    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    gone = []
    monkeypatch.setattr(days, "STEPS", tuple((name, _noted(name, step, gone)) for name, step in days.STEPS))
    for founded in demo.partners:
        with pytest.raises(IntegrityError, match="only days that are over can be closed"), transaction.atomic():
            call_command("close_day", founded.sandbox.book.public_id, "--json")
    assert gone == [name for name, _ in days.STEPS] * 2


def _noted(name, step, gone):
    def done(*given):
        outcome = step(*given)
        gone.append(name)
        return outcome

    return done


def test_planted_launderers_are_alerts_and_decoys_are_none(demo):
    for partner in Partner.objects.filter(mode=Mode.LIVE):
        found = Alert.objects.filter(partner=partner, kind="MONITORING")
        assert set(found.values_list("scenario", flat=True)) >= {name for plot in suspects.PLOTS for name in plot.scenarios}
        texts = {leg[4] for plot in suspects.PLOTS if not plot.scenarios for leg in plot.legs}
        decoys = Transfer.objects.filter(partner=partner, description__in=texts)
        people = {key for pair in decoys.values_list("source__customer_id", "target__customer_id") for key in pair}
        assert len(people) == sum(len(plot.cast) for plot in suspects.PLOTS if not plot.scenarios)
        assert not found.filter(customer_id__in=people).exists()
    assert KycVerification.objects.filter(status=VerificationStatus.IN_REVIEW).exists()
    (case,), (report,) = Case.objects.all(), Report.objects.all()
    assert [alert.scenario for alert in case.alerts.all()] == ["structuring"]
    assert (report.kind, report.state, len(reports.content_of(report)["subjects"])) == ("SAR", "DRAFT", 1)
    assert not CustomerRisk.objects.filter(rating=None).exists()
