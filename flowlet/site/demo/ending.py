"""How the story ends: requests that wait for a checker, a frozen wallet and customer, a reversal, a soft-closed month; then the proofs."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from accounts.choices import KycTier, Role
from accounts.models import Customer
from accounts.services import customers
from compliance.services import rating_runs
from flowlet.approvals.services import requests
from flowlet.audit.services import seals as audit_seals
from flowlet.core import actors, clock
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from flowlet.db import transactions
from flowlet.events.services import relay
from flowlet.site.demo.companies import Founded
from flowlet.site.demo.month import FEE, Month
from ledger.choices import Side
from ledger.models import Entry, Journal
from ledger.services import accounts as ledger_accounts
from ledger.services import charts, journals, manual, periods, seals, snapshots, verification
from ledger.services.journals import Leg
from wallets.models import TierLimit, Transfer, Wallet
from wallets.services import limits, spreads, wallets
from wallets.services.limits import Limits

if TYPE_CHECKING:
    from flowlet.site.demo.seed import Progress


class NotProven(Exception):
    """The books of the demo do not verify: a bug, and no demo."""


def leave(who: Mapping[Role, Actor], founded: Founded, month: Month, *, at: datetime) -> None:
    """What one company has left to do for everybody: a frozen wallet and customer, a fee reversed, a journal and a
    spread to be checked, a month soft-closed.
    """
    person = month.cast.persons[3]
    wallets.freeze(
        wallet_id=person[0].wallet_id,
        reason="Reported stolen phone; waiting for the customer's call",
        actor=who[Role.FRAUD_ANALYST],
        at=at - timedelta(hours=6),
    )
    reversed_fee = (
        Journal.objects.filter(
            book=month.book, kind=FEE, effective_on__gte=clock.day_of(at, zone=month.book.time_zone).replace(day=1)
        )
        .order_by("id")
        .first()
    )
    reversed_fee = reversed_fee or Journal.objects.filter(book=month.book, kind=FEE).order_by("-id").first()
    if reversed_fee is not None:
        journals.reverse(
            book_id=month.book.pk,
            journal_id=reversed_fee.pk,
            reason="Fee waived for a late settlement",
            actor=who[Role.FINANCE],
        )
    _journal(month, who[Role.OPERATIONS], at)
    _close(month, who[Role.FINANCE], at)
    _spreads(who, founded, month, at)
    customers.freeze(
        customer_id=month.cast.persons[5][0].sender.customer_id,
        partner_id=founded.live.partner.pk,
        reason="Disputed identity document",
        actor=founded.live.backend,
        at=at - timedelta(hours=3),
    )


def _spreads(who: Mapping[Role, Actor], founded: Founded, month: Month, at: datetime) -> None:
    """The company's own exchange spread was approved today, and one for a pair waits."""
    wish = {"partner_id": founded.live.partner.pk, "actor": who[Role.OPERATIONS]}
    agreed = spreads.request_change(
        currencies=None, basis_points=45, reason="As in the contract of this year", at=at - timedelta(hours=7), **wish
    )
    requests.approve(approval_id=agreed.pk, actor=who[Role.FINANCE], at=at - timedelta(hours=6))
    other = "USD" if month.main == "EUR" else "EUR"
    spreads.request_change(
        currencies=(month.main, other),
        basis_points=35,
        reason="Most of their volume is in this pair",
        at=at - timedelta(hours=3),
        **wish,
    )


def ask(who: Mapping[Role, Actor], *, wallet_id: UUID, at: datetime) -> None:
    """Changes of limits: two requests wait, one of them for the wallet; one was approved, one rejected."""
    now = {(row.tier, row.currency): row for row in TierLimit.objects.all()}

    def ask(tier: str, currency: str, times: str, reason: str, moment: datetime) -> object:
        row = now[tier, currency]
        wanted = Limits(*(value * Decimal(times) for value in (row.per_transaction, row.daily, row.monthly)))
        return limits.request_tier_change(
            tier=tier, currency=currency, limits=wanted, reason=reason, actor=who[Role.OPERATIONS], at=moment
        ).pk

    approved = ask(KycTier.ENHANCED, "EUR", "1.2", "Two partners asked for it; losses are low", at - timedelta(days=6))
    requests.approve(approval_id=approved, actor=who[Role.COMPLIANCE_MANAGER], at=at - timedelta(days=5, hours=20))
    rejected = ask(KycTier.UNVERIFIED, "USD", "5", "Sign-ups drop off before verification", at - timedelta(days=4))
    requests.reject(
        approval_id=rejected,
        actor=who[Role.COMPLIANCE_MANAGER],
        at=at - timedelta(days=4) + timedelta(hours=3),
        reason="Not without a verified identity",
    )
    ask(KycTier.BASIC, "GBP", "1.5", "Rents in London do not fit the limit", at - timedelta(hours=26))
    limits.request_wallet_change(
        wallet_id=wallet_id,
        limits=Limits(per_transaction=Decimal(50), daily=Decimal(100), monthly=Decimal(500)),
        reason="The customer asked for a lower limit after a scam",
        actor=who[Role.COMPLIANCE_OFFICER],
        at=at - timedelta(hours=2),
    )


def _journal(month: Month, maker: Actor, at: datetime) -> None:
    """A manual journal waits for finance: charges that the bank took and no program knows of."""
    amount = Money(Decimal("37.50"), month.main)
    accounts = {
        line: ledger_accounts.system_account(book_id=month.book.pk, line=line, currency=month.main, actor=maker, at=at)
        for line in (charts.PROVIDER_COSTS, charts.OPERATING_BANK)
    }
    manual.submit(
        book_id=month.book.pk,
        legs=[
            Leg(accounts[charts.PROVIDER_COSTS].pk, Side.DEBIT, amount),
            Leg(accounts[charts.OPERATING_BANK].pk, Side.CREDIT, amount),
        ],
        description="Charges of the bank for paper statements",
        reason="On the bank's invoice of this week; no rail reports it",
        actor=maker,
        at=at - timedelta(hours=4),
    )


def _close(month: Month, finance: Actor, at: datetime) -> None:
    """The month before this one takes adjustments only."""
    today = clock.day_of(at, zone=month.book.time_zone)
    periods.define_months(book_id=month.book.pk, through=today, actor=finance, at=at)
    last = today.replace(day=1) - timedelta(days=1)
    if last >= month.book.opened_on:
        periods.close_through(book_id=month.book.pk, through=last, soft=True, actor=finance, at=at)


def prove(progress: "Progress") -> None:
    """Rate the customers (all at once, for their events would do it one by one), hand out the events, roll the days up, seal books and
    audit, and read the books aloud. Raises NotProven.
    """
    rating_runs.run(actor=actors.system("demo"), at=clock.now())
    while (tally := relay.run()).fanned_out or tally.delivered:
        progress("events", tally.fanned_out, 0)
    transactions.wait_for_horizon(timeout_seconds=10)
    snapshots.roll_up()
    seals.seal(progress=lambda count: progress("seals", count, 0))
    for sealed in audit_seals.seal_all(at=clock.now()):
        progress("audit seals", sealed.count, 0)
    report = verification.verify(progress=_step(progress))
    if not report.is_clean:
        raise NotProven("; ".join(f"{finding.check}: {finding.where}: {finding.message}" for finding in report.findings[:5]))


def _step(progress: "Progress") -> Callable[[str], None]:
    return lambda name: progress("checks", 1, len(verification.names()))


def counts() -> dict[str, int]:
    """How much there is now."""
    return {
        "customers": Customer.objects.count(),
        "wallets": Wallet.objects.count(),
        "transfers": Transfer.objects.count(),
        "journals": Journal.objects.count(),
        "entries": Entry.objects.count(),
    }
