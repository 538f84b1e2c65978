"""A little of everything that has a page in the back office, made through the real services.

``build`` is called once a test; a model without a row here has only its list tested, and ``test_every_page_has_a_row`` names it.
"""

import hmac
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth import authenticate
from django.db import transaction
from django.test import RequestFactory, override_settings
from django_otp.plugins.otp_totp.models import TOTPDevice
from moneyed import Money

from accounts.choices import Role
from accounts.models import Customer, Partner, User
from accounts.services import api_keys, customers, partners
from accounts.tests.authentication_world import device, passed
from compliance.models import DueDiligence, Duty, MonitoringRun
from compliance.policies.risk_model import SHIPPED
from compliance.providers.fincen import storing
from compliance.services import (
    alerts,
    cases,
    documents,
    due_diligence,
    duties,
    legal_holds,
    queues,
    ratings,
    report_batches,
    reports,
    retention,
    rights,
    risk_models,
    risk_overrides,
    rule_trials,
    screening,
    verifications,
    watchlist_imports,
    work_notes,
)
from compliance.services.watchlist_imports import SourceFile
from compliance.tests.kyc import person as known_person
from compliance.tests.kyc_papers import picture, zone
from compliance.tests.reports_made import CTR, SAR
from flowlet.approvals.services import requests
from flowlet.core import actors, clock
from flowlet.core.actors import Actor, ActorKind
from flowlet.decisions import facts as fact_sheets
from flowlet.decisions import registry as points
from flowlet.decisions.services import decisions
from flowlet.rules.services import versions
from ledger.choices import AccountMode
from ledger.models import Account, Book, Break, Verification
from ledger.services import (
    accounts,
    bank_accounts,
    bank_statements,
    books,
    break_documents,
    charts,
    journals,
    periods,
    rates,
    reconciliation,
)
from ledger.services.journals import Leg
from payments.choices import PaymentKind, Rail
from payments.models import BusinessDay, Dispute
from payments.policies import fees
from payments.policies.rail_limits import RailLimits
from payments.providers.openbanking.vocabulary import Visitor
from payments.services import (
    bank_links,
    consents,
    deposit_instructions,
    disputes,
    external_accounts,
    fee_schedules,
    inbound_files,
    inbox,
    mandates,
    outcomes,
    payments,
    rail_limits,
    recalls,
    receipts,
    recurring,
    sending,
    settlement,
)
from payments.services.suspense_rows import Arrival, Payer
from payments.tests.bank_files import refusal_of
from wallets.models import FxSpread, Wallet
from wallets.services import conversions, holds, quotes, refunds, top_ups, transfers, wallets

SYSTEM = actors.system("tests")


@dataclass(frozen=True)
class Question:
    """What a verdict of this world is about."""

    country: str
    name: str = fact_sheets.personal(default="")


points.point("office_world.question", facts=Question)


@dataclass(frozen=True)
class World:
    """What there is."""

    at: datetime
    live: Partner
    sandbox: Partner
    book: Book
    wallet: Account
    customer: Customer
    staff: dict[str, User]


def person(role: str, email: str = "") -> User:
    """A member of staff with one role."""
    email = email or f"{role.lower()}@flowlet.test"
    return User.objects.create_user(email, name=Role(role).label, is_staff=True, roles=[role])


def actor(user: User) -> Actor:
    """The actor a person is."""
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role_labels)


def fund(book: Book, wallet: Account, amount: str, *, at: datetime, **fields: Any) -> Any:
    """Money from the bank into a wallet."""
    cash = accounts.system_account(book_id=book.pk, line=charts.SAFEGUARDING, currency=wallet.currency, actor=SYSTEM, at=at)
    money = Money(amount, wallet.currency)
    legs = [Leg(cash.pk, "DEBIT", money), Leg(wallet.pk, "CREDIT", money)]
    return journals.post(book_id=book.pk, kind="funding", legs=legs, actor=SYSTEM, **fields)


def open_wallet(book: Book, currency: str, code: str, *, at: datetime) -> Account:
    """A customer's account."""
    return accounts.open(
        book_id=book.pk,
        line=charts.CUSTOMER_WALLETS,
        currency=currency,
        mode=AccountMode.STRICT,
        floor=Decimal(0),
        code=code,
        actor=SYSTEM,
        at=at,
    )


def book_of(partner: Partner, *, at: datetime) -> Book:
    """The partner's book: the one it has, else a new one."""
    known = Book.objects.filter(partner=partner).first()
    return known or books.create(partner=partner, actor=SYSTEM, at=at, opened_on=date(2020, 1, 1))


def play(partner: Partner, customer: Customer, *, at: datetime) -> None:
    """In the sandbox: two wallets, a top-up, a transfer, a refund, a hold."""
    book_of(partner, at=at)
    common = {"partner_id": partner.pk, "actor": SYSTEM, "at": at}
    customers.set_kyc_tier(customer_id=customer.pk, kyc_tier="PREMIUM", reason="papers seen", actor=SYSTEM, at=at)
    source, target = (wallets.create(customer_id=customer.pk, currency="USD", **common) for _ in range(2))
    top_ups.simulate(wallet_id=source.pk, amount=Money("100.00", "USD"), **common)
    sent = transfers.make(source_id=source.pk, target_id=target.pk, amount=Money("10.00", "USD"), **common)
    refunds.make(transfer_id=sent.transfer.pk, amount=Money("1.00", "USD"), **common)
    holds.place(wallet_id=source.pk, amount=Money("5.00", "USD"), **common)
    rates.add(rates=[rates.NewRate(base="EUR", quote="USD", valid_on=at.date(), rate=Decimal("1.1"))], source="ECB", at=at)
    euros = wallets.create(customer_id=customer.pk, currency="EUR", **common)
    sides = {"sell_currency": "USD", "buy_currency": "EUR", "amount": Money("11.00", "USD")}
    quote = quotes.create(customer_id=customer.pk, **sides, **common)
    conversions.execute(source_id=source.pk, target_id=euros.pk, quote_id=quote.pk, **common)
    FxSpread.objects.create(partner=partner, pair="EURUSD", basis_points=40, updated_at=at)
    account = external_accounts.create(
        customer_id=customer.pk,
        kind="IBAN",
        currency="EUR",
        owner_name="Ada Lovelace",
        iban="DE89370400440532013000",
        **common,
    )
    bank_links.connect(customer_id=customer.pk, public_token="public-sandbox-Ada_Lovelace", **common)
    consents.create(customer_id=customer.pk, bank="sandbox", scopes=["BALANCES"], visitor=Visitor(ip="198.51.100.7"), **common)
    mandates.create(
        external_account_id=account.pk,
        scheme="SEPA_CORE",
        creditor_id="DE98ZZZ09999999999",
        signed_on=at.date(),
        **common,
    )
    told = deposit_instructions.issue(wallet_id=source.pk, **common)
    deposit_instructions.assign_number(instruction_id=told.pk, number="000987654321", actor=SYSTEM, at=at)
    passed(device(customer, at), at)
    pay(source, **common)


def pay(wallet: Wallet, *, partner_id: UUID, actor: Actor, at: datetime) -> None:
    """A payment that is on its way in a delivered file."""
    account = external_accounts.create(
        partner_id=partner_id,
        customer_id=wallet.customer_id,
        kind="US_BANK",
        relation="THIRD_PARTY",
        currency="USD",
        owner_name="Grace Hopper",
        routing_number="011401533",
        account_number="4111222333",
        account_type="CHECKING",
        actor=actor,
        at=at,
    )
    payments.create(
        partner_id=partner_id,
        kind=PaymentKind.TRANSFER,
        rail=Rail.ACH,
        amount=Money("2.00", "USD"),
        wallet_id=wallet.pk,
        external_account_id=account.pk,
        actor=actor,
        at=at,
    )
    far = external_accounts.create(
        partner_id=partner_id,
        customer_id=wallet.customer_id,
        kind="US_BANK",
        relation="THIRD_PARTY",
        currency="USD",
        owner_name="Grace Hopper",
        owner_address={"street": "Main Street", "building_number": "1", "town": "New York", "country": "US"},
        routing_number="011401533",
        account_number="4111222444",
        account_type="CHECKING",
        actor=actor,
        at=at,
    )
    wire = payments.create(
        partner_id=partner_id,
        kind=PaymentKind.TRANSFER,
        rail=Rail.WIRE,
        amount=Money("3.00", "USD"),
        wallet_id=wallet.pk,
        external_account_id=far.pk,
        actor=actor,
        at=at,
    )
    settlement.run(at=at, actor=actor, partner_id=partner_id, early=True)
    recalls.request(payment_id=wire.pk, reason="DUPL", actor=actor, at=at)
    dispute(wallet, partner_id=partner_id, actor=actor, at=at)
    receipts.take_in(
        partner_id=partner_id,
        rail=Rail.WIRE,
        amount=Money("4.00", "USD"),
        wallet_id=None,
        provider="bank",
        provider_reference="for nobody",
        arrival=Arrival(payer=Payer(name="Grace Hopper", account="4111222555")),
        actor=actor,
        at=at,
    )
    owe(wallet, partner_id=partner_id, actor=actor, at=at)
    answer = refusal_of("nobody-1")
    file = inbound_files.take(name="answer.xml", content=answer, actor=actor, at=at)
    inbound_files.handle(file_id=file.pk, actor=actor, at=at)
    recurring.create(
        partner_id=partner_id,
        kind=PaymentKind.TRANSFER,
        rail=Rail.ACH,
        amount=Money("2.00", "USD"),
        wallet_id=wallet.pk,
        external_account_id=account.pk,
        rule={"starts_on": at.date().isoformat(), "frequency": "MONTHLY"},
        actor=actor,
        at=at,
    )
    BusinessDay.objects.create(
        book=Book.objects.get(partner_id=partner_id), day=at.date() - timedelta(days=1), created_at=at, updated_at=at
    )


def owe(wallet: Wallet, *, partner_id: UUID, actor: Actor, at: datetime) -> None:
    """A credit that is taken back after its wallet was frozen, so that its customer owes it."""
    frozen = wallets.create(partner_id=partner_id, customer_id=wallet.customer_id, currency="USD", actor=actor, at=at)
    credit = receipts.take_in(
        partner_id=partner_id,
        rail=Rail.ACH,
        amount=Money("6.00", "USD"),
        wallet_id=frozen.pk,
        provider="bank",
        provider_reference="taken back",
        actor=actor,
        at=at,
    )
    wallets.freeze(wallet_id=frozen.pk, reason="Looked at", actor=actor, at=at)
    outcomes.return_(payment_id=credit.pk, reason_code="R06", actor=actor, at=at)


def dispute(wallet: Wallet, *, partner_id: UUID, actor: Actor, at: datetime) -> None:
    """A card payment that its holder disputes, answered with evidence."""
    card = external_accounts.create(
        partner_id=partner_id,
        customer_id=wallet.customer_id,
        kind="CARD",
        currency="USD",
        owner_name="Ada Lovelace",
        card_token="tok_100000001",
        card_brand="visa",
        card_last_four="4242",
        actor=actor,
        at=at,
    )
    paid = payments.create(
        partner_id=partner_id,
        kind=PaymentKind.CARD_PAYMENT,
        rail=Rail.CARD,
        amount=Money("7.00", "USD"),
        wallet_id=wallet.pk,
        external_account_id=card.pk,
        actor=actor,
        at=at,
    )
    sending.send(payment_id=paid.pk, actor=actor, at=at)
    outcomes.dispute(payment_id=paid.pk, reason_code="fraudulent", actor=actor, at=at)
    row = Dispute.objects.get(payment=paid)
    disputes.answer(dispute_id=row.pk, evidence={"uncategorized_text": "Signed for by the buyer."}, actor=actor, at=at)


def tell(*, at: datetime) -> None:
    """A provider tells us something."""
    body = b'{"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "created": 1700000000, "livemode": true,'
    body += b' "data": {"object": {"id": "pi_1", "name": "Ada Lovelace"}}}'
    moment = int(at.timestamp())
    signature = hmac.digest(b"whsec_x", f"{moment}.".encode() + body, "sha256").hex()
    with override_settings(STRIPE_WEBHOOK_SECRETS=["whsec_x"]):
        inbox.receive(provider="stripe", body=body, headers={"stripe-signature": f"t={moment},v1={signature}"}, at=at)


def reconcile(book: Book, *, at: datetime) -> None:
    """A statement of one matched line, and one that is a break."""
    nostro = accounts.system_account(book_id=book.pk, line=charts.SAFEGUARDING, currency="USD", actor=SYSTEM, at=at)
    today = at.date()
    declared = bank_accounts.declare(code="bank-usd", account_ids=[nostro.pk], starts_on=today, actor=SYSTEM, at=at)
    mapping = bank_statements.mapping_from(
        {
            "columns": {"booked_on": "day", "amount": "amount", "reference": "ref", "counterparty": "party"},
            "opening": "0.00",
            "closing": "105.00",
            "currency": "USD",
        }
    )
    content = f"day,amount,ref,party\n{today},100.00,OPENING,Ada Lovelace\n{today},5.00,UNKNOWN,Bob\n".encode()
    given = {"bank_account_id": declared.pk, "actor": SYSTEM, "at": at}
    bank_statements.take_in(content=content, name="today.csv", mapping=mapping, **given)
    reconciliation.run(**given)
    row = Break.objects.first()
    break_documents.attach(break_id=row.pk, name="advice.pdf", content=b"%PDF-1.7 Bob", actor=SYSTEM, at=at)


def list_names(*, at: datetime) -> None:
    """A watchlist of our own with a refused row, and its update."""
    heading = "id,kind,name\n"
    for rows in ("h-1,person,Sample Person\nh-2,comet,Halley\n", "h-1,person,Sample Renamed\n"):
        file = SourceFile("list", "own-world.csv", f"{heading}{rows}".encode())
        watchlist_imports.bring_in(code="own-world", files=[file], title="Of the small world", actor=SYSTEM, at=at)


def find_hit(partner: Partner, *, at: datetime) -> None:
    """Somebody who may be on the list: a hit and its alert."""
    somebody = customers.create(partner_id=partner.pk, kind="PERSON", name="Sample Renamed", country="GB", actor=SYSTEM, at=at)
    screening.screen_customer(customer=somebody, actor=SYSTEM, at=at)


def rate_customer(customer: Customer, staff: dict[str, User], *, at: datetime) -> None:
    """Another risk model, and a customer of high risk by it, whom an override lowers."""
    officer, manager = actor(staff[Role.COMPLIANCE_OFFICER]), actor(staff[Role.COMPLIANCE_MANAGER])
    content = {**SHIPPED.content, "busy_payments": 300}
    model = risk_models.request_change(content=content, reason="after the audit", actor=officer, at=at)
    requests.approve(approval_id=model.pk, actor=manager, at=at)
    given = {"channel": "REMOTE", "profession": "ARMS", "is_exposed": False}
    ratings.declare(customer_id=customer.pk, **given, reason="as they told us", actor=officer, at=at)
    until = at + timedelta(days=30)
    asked = risk_overrides.request(customer_id=customer.pk, band="LOW", until=until, reason="known well", actor=officer, at=at)
    requests.approve(approval_id=asked.pk, actor=manager, at=at)
    row = DueDiligence.objects.get(customer=customer)
    due_diligence.answer(
        duediligence_id=row.pk, key="PURPOSE", answer="SATISFIED", words="to pay suppliers", actor=officer, at=at
    )


def verify(partner: Partner, *, at: datetime) -> None:
    """Somebody who waits to be verified by an officer, with a passport."""
    row = verifications.open(customer_id=known_person(partner).pk, level="ENHANCED", actor=SYSTEM, at=at)
    for kind, more in (("PASSPORT", {"zone": zone()}), ("SELFIE", {})):
        documents.take(verification_id=row.pk, type=kind, content=picture(), actor=SYSTEM, at=at, **more)
    verifications.submit(verification_id=row.pk, actor=SYSTEM, at=at)


def work_alert(customer: Customer, staff: dict[str, User], *, at: datetime) -> None:
    """An alert in a case, with a note and a file."""
    seen = alerts.Evidence(
        key="seen", headline="5 deposits just below 10,000 USD", facts={"count": 5, "limit": 4}, happened_at=at
    )
    alert = alerts.raise_alert(
        partner_id=customer.partner_id,
        customer_id=customer.pk,
        kind="MONITORING",
        scenario="structuring",
        priority=60,
        headline=seen.headline,
        evidence=[seen],
        at=at,
    )
    officer = actor(staff[Role.COMPLIANCE_OFFICER])
    case = cases.open_case(title="Deposits below the threshold", alert_ids=[alert.pk], actor=officer, at=at)
    for item in (alert, case):
        work_notes.note(item=item, text="Asked for the invoice", actor=officer, at=at)
        work_notes.attach(item=item, name="invoice.pdf", content=b"%PDF-1.7", actor=officer, at=at)
    queues.set_skills(person=staff[Role.COMPLIANCE_OFFICER], kinds=["MONITORING"], most_open=50, actor=officer, at=at)


def watch(staff: dict[str, User], *, at: datetime) -> None:
    """A rule that somebody wants to see tried, and a day whose run broke off."""
    given = {"actor": actor(staff[Role.COMPLIANCE_OFFICER]), "at": at}
    versions.open_set(name="compliance.activity", vocabulary="compliance.activity", label="Activities of a day", **given)
    rule = {
        "title": "Cash",
        "note": "To see it.",
        "condition": {"op": "eq", "left": {"fact": "is_cash"}, "right": {"value": True}},
    }
    version = versions.draft(rule_set="compliance.activity", name="cash", **rule, **given)
    rule_trials.request(ruleversion_id=version.pk, since=at - timedelta(days=1), until=at, **given)
    MonitoringRun.objects.create(
        day=at.date() - timedelta(days=1), steps={}, started_at=at, problem="activities: OperationalError", actor=str(SYSTEM)
    )


def report(staff: dict[str, User], *, at: datetime) -> None:
    """A draft of suspicious activity, and a filed report of cash."""
    officer, manager = actor(staff[Role.COMPLIANCE_OFFICER]), actor(staff[Role.COMPLIANCE_MANAGER])
    for kind, told in (("SAR", SAR), ("CTR", replace(CTR, transacted_on=at.date() - timedelta(days=2)))):
        content = {name: value for name, value in storing.to_json(told).items() if name not in reports.OWN}
        row = reports.draft(kind=kind, content=content, determined_on=at.date(), actor=officer, at=at)
    reports.propose(report_id=row.pk, actor=officer, at=at)
    reports.approve(report_id=row.pk, actor=manager, at=at)
    report_batches.file(kind="CTR", actor=manager, at=at)


def keep_and_delete(partner: Partner, customer: Customer, staff: dict[str, User], *, at: datetime) -> None:
    """A legal hold, and somebody of long ago who was deleted."""
    officer, manager = actor(staff[Role.COMPLIANCE_OFFICER]), actor(staff[Role.COMPLIANCE_MANAGER])
    asked = legal_holds.request(customer_id=customer.pk, authority="Court", reason="pending suit", actor=officer, at=at)
    requests.approve(approval_id=asked.pk, actor=manager, at=at)
    long_ago = at - timedelta(days=6 * 366)
    given = {"kind": "PERSON", "name": "Grace Hopper", "country": "US", "actor": SYSTEM, "at": long_ago}
    gone = customers.create(partner_id=partner.pk, **given)
    customers.close(customer_id=gone.pk, actor=SYSTEM, at=long_ago)
    retention.purge(actor=SYSTEM, at=at)
    asked_for = rights.receive(customer_id=customer.pk, kind="ACCESS", actor=SYSTEM, at=at)
    rights.answer(rightsrequest_id=asked_for.pk, actor=SYSTEM, at=at)
    duties.bring_in(actor=SYSTEM, at=at)
    duties.fulfil(duty_id=Duty.objects.get(code="sanctions-lists").pk, reason="lists are fresh", actor=manager, at=at)


def build() -> World:
    """Two siblings, a book with a journal, a customer, a key, a request for approval, one person of each role."""
    at = clock.now()
    staff = {role: person(role) for role in Role.values}
    pair = partners.create(name="Acme", country="US", actor=SYSTEM, at=at)
    partners.request_activation(partner_id=pair.live.pk, reason="papers are complete", actor=actor(staff[Role.OPERATIONS]), at=at)
    api_keys.issue(partner_id=pair.sandbox.pk, name="first", scopes=["wallets:read"], actor=SYSTEM, at=at)
    customer = customers.create(
        partner_id=pair.sandbox.pk, kind="PERSON", name="Ada Lovelace", country="GB", email="ada@example.com", actor=SYSTEM, at=at
    )
    book = book_of(pair.live, at=at)
    wallet = open_wallet(book, "USD", "wallet-1", at=at)
    fund(book, wallet, "100.00", at=at)
    periods.define_months(book_id=book.pk, through=date(2020, 3, 31), actor=SYSTEM, at=at)
    rates.add(rates=[rates.NewRate(base="EUR", quote="USD", valid_on=at.date(), rate=Decimal("1.1"))], source="ECB", at=at)
    Verification.objects.create(started_at=at, finished_at=at, is_clean=True, journals=1, entries=2)
    play(pair.sandbox, customer, at=at)
    tell(at=at)
    with transaction.atomic():
        decisions.decide(
            point="office_world.question",
            facts=Question(country="GB", name="Ada Lovelace"),
            subject=customer.public_id,
            partner_id=pair.sandbox.pk,
            at=at,
            person_id=customer.pk,
        )
    fee = fee_schedules.request_change(
        partner_id=pair.live.pk,
        currency="USD",
        terms=fees.flat(Money("0.25", "USD")),
        reason="as in the contract",
        actor=actor(staff[Role.OPERATIONS]),
        at=at,
    )
    requests.approve(approval_id=fee.pk, actor=actor(staff[Role.FINANCE]), at=at)
    limit = rail_limits.request_change(
        partner_id=pair.live.pk,
        rail="ach",
        direction="OUT",
        currency="USD",
        limits=RailLimits(maximum=Decimal(25_000), customer_daily_count=100, partner_daily=Decimal(1_000_000)),
        reason="as in the contract",
        actor=actor(staff[Role.OPERATIONS]),
        at=at,
    )
    requests.approve(approval_id=limit.pk, actor=actor(staff[Role.FINANCE]), at=at)
    reconcile(book, at=at)
    list_names(at=at)
    find_hit(pair.sandbox, at=at)
    verify(pair.sandbox, at=at)
    rate_customer(customer, staff, at=at)
    work_alert(customer, staff, at=at)
    watch(staff, at=at)

    report(staff, at=at)
    keep_and_delete(pair.sandbox, customer, staff, at=at)
    TOTPDevice.objects.create(user=staff[Role.AUDITOR], name="Authenticator app", confirmed=True)
    authenticate(RequestFactory().post("/admin/login/"), username=staff[Role.AUDITOR].email, password="not this one")
    return World(at=at, live=pair.live, sandbox=pair.sandbox, book=book, wallet=wallet, customer=customer, staff=staff)
