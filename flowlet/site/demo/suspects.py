"""The demo's suspects: patterns of laundering planted over each company's own wallets in its last days, beside decoys that look like them.

``Plot`` says who is in it and who sends what to whom, hours before the evening of the last day: it is made with the same services as all
else. ``watch`` puts the shipped scenarios in force by two people, monitors the last days, submits verifications, and begins a case with
the draft of a report, so that officers' queues are real work from the first minute.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from accounts.choices import CustomerKind, KycTier, Mode, Role
from accounts.models import Customer
from accounts.selectors import customers
from compliance.choices import DocumentType, ReportKind
from compliance.models import Alert, Verification
from compliance.services import (
    activities,
    cases,
    documents,
    monitoring,
    report_drafts,
    rule_releases,
    scenarios,
    verifications,
    work_notes,
)
from flowlet.approvals.services import requests
from flowlet.core import actors
from flowlet.core.actors import Actor
from flowlet.rules.choices import RuleStatus
from flowlet.rules.models import RuleVersion
from flowlet.rules.services import backtests, versions
from flowlet.site.demo import listed, papers
from flowlet.site.demo.month import Month
from flowlet.site.demo.people import Crowd
from flowlet.site.demo.purses import Purse, money, price
from wallets.services import transfers

ROBOT: Final = actors.system("compliance.monitor")
NEWCOMERS: Final = 3  # per company, whose verification waits for an officer
CASH: Final = {"cash": "true"}
# payer, payee (places in the cast), US dollars, hours before the evening of the last day, text
Leg = tuple[int, int, int, int, str]


@dataclass(frozen=True, slots=True)
class Plot:
    """``cast`` is a letter each, P for a person and B for a business. ``scenarios`` are those that find it: none for a decoy."""

    name: str
    cast: str
    legs: tuple[Leg, ...]
    scenarios: frozenset[str] = frozenset()
    is_cash: bool = False


def _each(payers: range, payee: int, dollars: tuple[int, ...], text: str) -> tuple[Leg, ...]:
    return tuple(
        (payer, payee, amount, 60 - 9 * place, text) for place, (payer, amount) in enumerate(zip(payers, dollars, strict=True))
    )


PLOTS: Final = (
    Plot(
        "deposits below the threshold",
        "PB",
        (
            (1, 0, 8500, 120, "Cash deposit"),
            (1, 0, 8300, 96, "Cash deposit"),
            (1, 0, 8450, 50, "Cash deposit"),
            (1, 0, 8400, 4, "Cash deposit"),
        ),
        frozenset({"structuring"}),
        is_cash=True,
    ),
    Plot("a shop's takings", "BB", tuple((1, 0, 4300, hours, "Takings") for hours in (120, 96, 50, 4)), is_cash=True),
    Plot(
        "in and out at once",
        "PBPP",
        ((1, 0, 12000, 9, "Consulting"), (0, 2, 5900, 6, "Loan"), (0, 3, 5800, 4, "Loan")),
        frozenset({"pass_through"}),
    ),
    Plot("a salary and the rent", "PBB", ((1, 0, 3400, 9, "Salary"), (0, 2, 1250, 4, "Rent"))),
    Plot(
        "many senders",
        "PPPPPPP",
        _each(range(1, 7), 0, (1000, 980, 990, 1000, 970, 995), "As agreed"),
        frozenset({"fan_in"}),
    ),
    Plot("a wedding", "PPPPPPP", _each(range(1, 7), 0, (50, 200, 120, 80, 300, 25), "All the best")),
    Plot(
        "many receivers",
        "PPPPPPP",
        tuple((0, payee, 1200 + 10 * payee, 30 - 4 * payee, "Help") for payee in range(1, 7)),
        frozenset({"fan_out"}),
    ),
    Plot(
        "a ring",
        "PPP",
        ((0, 1, 4000, 70, "Invoice 1"), (1, 2, 3900, 46, "Invoice 2"), (2, 0, 3800, 5, "Invoice 3")),
        frozenset({"ring"}),
    ),
)


def plant(month: Month, crowd: Crowd, *, at: datetime) -> None:
    """Let all plots happen to new customers of the company; newcomers come, and namesakes of who is listed."""
    for _ in range(NEWCOMERS):
        crowd.newcomer()
    for name, born_on in listed.NAMESAKES:
        crowd.namesake(name, born_on)
    zone = ZoneInfo(month.book.time_zone)
    last: date = at.astimezone(zone).date() - timedelta(days=1)
    evening = datetime.combine(last, time(20), tzinfo=zone)
    for plot in PLOTS:
        cast = [crowd.somebody(is_business=letter == "B") for letter in plot.cast]
        sums = {
            payer: sum(price(leg[2], month.main) for leg in plot.legs if leg[0] == payer)
            for payer in {leg[0] for leg in plot.legs}
        }
        got = {payee for _, payee, *_ in plot.legs}
        month.bring_in(
            [(cast[payer], amount) for payer, amount in sorted(sums.items()) if payer not in got or plot.name == "a ring"], last
        )
        month.bring_in([(cast[payer], price(100, month.main)) for payer in sorted(got & set(sums))], last)
        for payer, payee, dollars, hours, text in sorted(plot.legs, key=lambda leg: -leg[3]):
            _send(
                month,
                cast[payer],
                cast[payee],
                price(dollars, month.main),
                text,
                is_cash=plot.is_cash,
                at=evening - timedelta(hours=hours),
            )


def _send(month: Month, payer: Purse, payee: Purse, amount: Decimal, text: str, *, is_cash: bool, at: datetime) -> None:
    transfers.make(
        partner_id=month.book.partner_id,
        source_id=payer.wallet_id,
        target_id=payee.wallet_id,
        amount=money(amount, payer.currency),
        description=text,
        metadata=CASH if is_cash else {},
        effective_on=at.date(),
        actor=month.backend,
        at=at,
    )
    month.tick(1)


def watch(who: Mapping[Role, Actor], *, began: datetime, at: datetime) -> None:
    """What compliance has in place by the end: scenarios in force, the last days monitored, verifications to decide, a
    case with a report in the making.
    """
    activities.take_in(since=began, until=at, step=timedelta(days=7))
    _put_in_force(who, at=at)
    for on in sorted({(at - timedelta(days=days)).date() for days in (1, 2)}):
        monitoring.run(on=on, actor=ROBOT, at=at)
    people = Customer.objects.filter(partner__mode=Mode.LIVE, kind=CustomerKind.PERSON, kyc_tier=KycTier.UNVERIFIED)
    for number, customer in enumerate(people.order_by("-pk")[: 2 * NEWCOMERS]):
        key = actors.system("demo")
        level = KycTier.BASIC if number % NEWCOMERS else KycTier.ENHANCED
        opened = verifications.open(customer_id=customer.pk, level=level, actor=key, at=at - timedelta(hours=9))
        if level == KycTier.ENHANCED:
            _show_papers(customer, opened, number=number, actor=key, at=at - timedelta(hours=9))
        verifications.submit(verification_id=opened.pk, actor=key, at=at - timedelta(hours=8))
    _report(who[Role.COMPLIANCE_OFFICER], at=at - timedelta(hours=1))


def _show_papers(customer: Customer, opened: Verification, *, number: int, actor: Actor, at: datetime) -> None:
    """A passport with its zone, and a selfie."""
    personal = customers.personal_of([customer])[customer.pk]
    if personal is None:
        return
    picture, zone = papers.passport(
        personal, country=customer.country, number=f"D0{number}4711{number}", expires=date(at.year + 6, 5, 1)
    )
    given: dict[str, Any] = {"verification_id": opened.pk, "actor": actor, "at": at}
    documents.take(type=DocumentType.PASSPORT, content=picture, zone=zone, issued_on=date(at.year - 4, 5, 2), **given)
    documents.take(type=DocumentType.SELFIE, content=papers.selfie(), **given)


def _report(officer: Actor, *, at: datetime) -> None:
    """The officer has opened a case about deposits below the threshold and begun to write about it."""
    alert = Alert.objects.filter(partner__mode=Mode.LIVE, partner__country="US", scenario="structuring").order_by("pk").first()
    if alert is None:
        return
    case = cases.open_case(title="Deposits below the threshold", alert_ids=[alert.pk], actor=officer, at=at)
    text = "Four deposits in a week, each a little below 10,000 USD. The customer gave no reason for cash."
    work_notes.note(item=case, text=text, actor=officer, at=at)
    report_drafts.from_case(case_id=case.pk, kind=ReportKind.SAR, day=at.date(), actor=officer, at=at)


def _put_in_force(who: Mapping[Role, Actor], *, at: datetime) -> None:
    """The shipped scenarios, drafted, tried and asked for by an officer, approved by the manager."""
    officer, manager = who[Role.COMPLIANCE_OFFICER], who[Role.COMPLIANCE_MANAGER]
    scenarios.draft_shipped(actor=officer, at=at - timedelta(days=9))
    for version in RuleVersion.objects.filter(status=RuleStatus.DRAFT).order_by("pk"):
        began = at - timedelta(days=8)
        backtests.run(ruleversion_id=version.pk, since=began - timedelta(hours=1), until=began, actor=officer, at=began)
        versions.start_shadow(ruleversion_id=version.pk, actor=officer, at=began)
        asked = rule_releases.request_release(
            ruleversion_id=version.pk, reason="As shipped; watched for a week", actor=officer, at=at - timedelta(days=1)
        )
        requests.approve(approval_id=asked.pk, actor=manager, at=at - timedelta(hours=20))
