"""The panels of an alert's screen: why, what did it, the profile, the flow of money, what was before, who is linked."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest

from accounts.models import Customer
from compliance.admin import pictures, work_panels
from compliance.choices import AlertKind, AlertState, Disposition
from compliance.events import WRITTEN_READ
from compliance.models import Activity, Alert, AlertEvidence, Hit
from compliance.policies.work import called
from compliance.selectors import alerts as questions
from flowlet.backoffice import cells, panels
from flowlet.core import ids
from flowlet.core.money import Money
from payments.choices import Direction
from payments.models import Payment
from wallets.models import Transfer

_LONG = ("why", "transactions", "customers")
_PAIRS = (("amount", "threshold"), ("value", "threshold"), ("sum", "threshold"), ("match", "threshold"), ("count", "limit"))
_MODELS = {"pay": Payment, "trf": Transfer, "cus": Customer, "hit": Hit}


def link_of(text: Any) -> Any:
    """A public id as a link to its page, where it has one; other values as they are."""
    prefix, _, body = str(text).rpartition("_")
    if prefix in _MODELS and len(body) == ids.LENGTH:
        row = _MODELS[prefix](pk=ids.parse(prefix, str(text)))
        return cells.link(row, row.public_id)
    return text


def _facts(facts: Mapping[str, Any]) -> list[tuple[str, Any]]:
    shown = []
    for name, value in facts.items():
        if name in _LONG or value in (None, "", [], {}):
            continue
        shown.append(
            (cells.spelled(name.replace("_", " ")), ", ".join(map(str, value)) if isinstance(value, list) else link_of(value))
        )
    return shown


def _bar(facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """The figure beside its threshold, where the facts have both."""
    for name, against in _PAIRS:
        try:
            value, limit = Decimal(str(facts[name])), Decimal(str(facts[against]))
        except (KeyError, InvalidOperation):
            continue
        most = max(value, limit)
        if value.is_finite() and limit.is_finite() and value >= 0 and limit > 0:
            text = f"{name} {value.normalize():,f} against {against} {limit.normalize():,f}"
            return {"value": round(float(value / most) * 100, 1), "limit": round(float(limit / most) * 99.4, 1), "text": text}
    return None


def _evidence(one: AlertEvidence) -> dict[str, Any]:
    return {
        "headline": one.headline,
        "at": cells.moment(one.happened_at),
        "why": [text for text in one.facts.get("why") or () if text not in one.headline],
        "facts": _facts(one.facts),
        "bar": _bar(one.facts),
    }


def why(alert: Alert, request: HttpRequest) -> dict[str, Any]:
    """Why it fired, in sentences, with figures beside their thresholds; and the lock."""
    lock = request.fl_work_admin.lock_of(request, alert)
    return {
        "sentence": alert.headline,
        "evidence": [_evidence(one) for one in questions.evidence_of(alert)],
        **lock,
    }


def facts_of(alert: Alert) -> list[tuple[str, Any]]:
    """What it is, whose it is, and how it ended."""
    who = work_panels.named([alert.decided_by, alert.checked_by])
    decided = alert.state in (AlertState.PROPOSED, AlertState.CLOSED)
    optional = [
        ("Case", cells.link(alert.case, alert.case.title) if alert.case else "", alert.case),
        ("Ends as" if alert.is_open else "Ended as", cells.choice(alert, "disposition", Disposition), decided),
        ("Because", alert.get_reason_code_display(), alert.reason_code),
        ("In words", alert.words, alert.words),
        ("Decided by", who.get(alert.decided_by), alert.decided_by),
        ("Confirmed by", who.get(alert.checked_by), alert.checked_by),
        ("Closed", alert.closed_at, alert.closed_at),
    ]
    return [
        ("Customer", cells.link(alert.customer, alert.customer.public_id) if alert.customer else cells.DASH),
        ("Partner", cells.link(alert.partner, str(alert.partner))),
        ("Kind", AlertKind(alert.kind).label),
        ("Scenario", cells.code(alert.scenario)),
        ("Priority", alert.priority),
        ("Opened", alert.opened_at),
        ("Due", alert.due_at),
        ("Whose", called(alert.assignee) if alert.assignee else cells.DASH),
        *panels.known(optional),
    ]


def customer_of(alert: Alert) -> list[tuple[str, Any]]:
    """Who the customer is, without what is personal."""
    found = alert.customer
    if found is None:
        return []
    return [
        ("Kind", found.get_kind_display()),
        ("Country", found.country),
        ("Level", found.get_kyc_tier_display()),
        ("State", found.get_status_display()),
        ("Customer since", found.created_at.date()),
    ]


def transactions_of(alert: Alert) -> list[tuple[Any, ...]]:
    """The movements that did it, as the customer saw them."""
    moved, stopped = questions.transactions_of(alert, questions.evidence_of(alert))
    rows = [
        (
            row.happened_at,
            link_of(row.reference),
            _way(row.direction),
            _kind(row),
            _other(row),
            Money(row.amount, row.currency),
            row.worth,
        )
        for row in moved
    ]
    rows += [
        (
            row.created_at,
            cells.link(row),
            _way(row.direction),
            f"{row.get_kind_display()}, {row.get_status_display().lower()}",
            cells.DASH,
            Money(row.amount, row.currency),
            None,
        )
        for row in stopped
    ]
    return [(*row[:6], f"{row[6]:,.2f}" if row[6] is not None else cells.DASH) for row in rows]


def _way(direction: str) -> Any:
    return cells.badge("In", "good") if direction == Direction.IN else cells.badge("Out", "info")


def _kind(row: Activity) -> str:
    marks = [
        row.kind.replace("_", " ").capitalize(),
        row.rail,
        "cash" if row.is_cash else "",
        "new" if row.is_new_counterparty else "",
    ]
    return ", ".join(mark for mark in marks if mark)


def _other(row: Activity) -> Any:
    if row.counterparty is None:
        return cells.DASH
    return cells.code(row.counterparty.hex[-6:]) if row.source == "PAYMENT" else link_of(ids.public_id("cus", row.counterparty))


def profile(alert: Alert, request: HttpRequest) -> dict[str, Any] | None:
    """Ninety days of money in and out."""
    if alert.customer_id is None:
        return None
    days = questions.days_of(alert)
    return {"picture": pictures.profile(days, last=alert.evidence_at.date(), monthly=questions.expected_monthly(alert))}


def flow(alert: Alert, request: HttpRequest) -> dict[str, Any] | None:
    """Who it came from and went to."""
    if alert.customer_id is None:
        return None
    return {"picture": pictures.flow(questions.parties_of(alert), centre=f"…{alert.customer.public_id[-8:]}")}


def earlier(alert: Alert) -> list[tuple[Any, ...]]:
    """Other alerts of the customer, and how they ended."""
    found = list(questions.earlier(alert)[: work_panels.SHOWN])
    return [
        (
            one.opened_at,
            cells.link(one, one.headline),
            AlertKind(one.kind).label,
            cells.choice(one, "disposition", Disposition) if one.disposition else cells.choice(one, "state", AlertState),
            one.get_reason_code_display() or cells.DASH,
        )
        for one in found
    ]


def linked(alert: Alert) -> list[tuple[Any, ...]]:
    """Customers who share something with this one."""
    if alert.customer is None:
        return []
    rows = questions.linked(alert.customer)
    known = Customer.objects.select_related("partner").in_bulk({key for key, _ in rows})
    return [
        (cells.link(known[key], known[key].public_id), label, str(known[key].partner), known[key].get_status_display())
        for key, label in rows
        if key in known
    ]


PANELS = (
    panels.Custom(title="Why it fired", name="why", wide=True, page="compliance/why.html", load=why),
    panels.Facts(title="Alert", rows=facts_of),
    panels.Facts(title="Customer", rows=customer_of),
    panels.Table(
        title="Transactions that did it",
        columns=("When", "What", "Way", "Kind", "Other side", "Amount", "USD"),
        figures=("Amount", "USD"),
        rows=transactions_of,
        empty="The evidence names none.",
    ),
    panels.Custom(title="Ninety days", name="profile", wide=True, page="compliance/profile.html", load=profile),
    panels.Custom(title="Flow of money", name="flow", wide=True, page="compliance/flow.html", load=flow),
    panels.Table(
        title="Earlier alerts",
        columns=("Opened", "Why", "Kind", "Ended", "Because"),
        rows=earlier,
        empty="The customer had none.",
    ),
    panels.Table(
        title="Linked customers",
        columns=("Customer", "Same", "Partner", "State"),
        rows=linked,
        empty="Nobody shares anything.",
        wide=False,
    ),
    work_panels.NOTES,
    work_panels.FILES,
    panels.History(without=(WRITTEN_READ,)),
)
