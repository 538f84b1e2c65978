"""Alerts about hits: one per customer and sort of list, which grows with each hit that is new, open again, or changed while it is open.

What an alert was shown of a hit is in the key of its evidence: the hit, how often it was opened, and what both sides said. A decision about
the alert reaches a hit only as it was shown.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from compliance.choices import AlertKind, ListKind
from compliance.models import AlertEvidence, Hit, ScreeningSubject
from compliance.policies import hits as policies
from compliance.services import alerts
from compliance.services.alerts import Evidence
from payments.models import Payment


def raise_for(subject: ScreeningSubject, rows: Sequence[Hit], *, payment_id: str | None = None, at: datetime) -> None:
    """Tell of open hits of a subject, in the transaction that opened them. Names stand on the hits' own pages alone."""
    for kind in policies.SCENARIOS:
        found = [row for row in rows if row.list_kind == kind]
        if found:
            _raise(subject, kind, found, [_evidence(subject, row, payment_id=payment_id, at=at) for row in found], at=at)


def name_payment(rows: Sequence[Hit], payment: Payment, *, at: datetime) -> None:
    """Have the alerts of open hits name a payment that they stopped, once; that is no news, and no reason to decide anew."""
    told = AlertEvidence.objects.filter(payment=payment, alert__kind=AlertKind.SCREENING).values_list("key", flat=True)
    named = {hit_in(key) for key in told}
    for row in sorted(rows, key=lambda row: list(policies.SCENARIOS).index(ListKind(row.list_kind))):
        if row.public_id not in named:
            evidence = _evidence(row.subject, row, payment_id=payment.public_id, at=at)
            again = replace(evidence, key=f"{evidence.key}:{payment.public_id}", is_news=False)
            _raise(row.subject, row.list_kind, [row], [again], at=at)


def key_of(row: Hit) -> str:
    """What evidence about a hit as it is now is called."""
    return f"{row.public_id}:{row.opened}:{row.material}"


def hit_in(key: str) -> str:
    """The hit that evidence is about."""
    return key.partition(":")[0]


def shown_in(key: str) -> str:
    """What ``key_of`` said of the hit that evidence is about, be it that the evidence names a payment."""
    return key.partition(":pay_")[0]


def _raise(subject: ScreeningSubject, kind: str, rows: Sequence[Hit], evidence: Sequence[Evidence], *, at: datetime) -> None:
    alerts.raise_alert(
        partner_id=subject.partner_id,
        customer_id=subject.customer_id,
        kind=AlertKind.SCREENING,
        scenario=policies.SCENARIOS[ListKind(kind)],
        priority=policies.urgency(rows),
        headline=_headline(subject, rows, kind),
        evidence=evidence,
        at=at,
    )


def _headline(subject: ScreeningSubject, rows: Sequence[Hit], kind: str) -> str:
    best = max(row.match for row in rows)
    entries = f"{len(rows)} listed entries" if len(rows) > 1 else "a listed entry"
    return f"{subject.get_kind_display()} may be {entries} ({ListKind(kind).label.lower()}); the names match by {best:.0%}"


def _evidence(subject: ScreeningSubject, row: Hit, *, payment_id: str | None, at: datetime) -> Evidence:
    return Evidence(
        key=key_of(row),
        headline=f"{subject.get_kind_display()} and {row.entry}: the names match by {row.match:.0%}, priority {row.priority:.0%}",
        facts={
            "hit": row.public_id,
            "subject": subject.public_id,
            "of": subject.key,
            "entry": row.entry,
            "match": row.match,
            "priority": row.priority,
            "threshold": row.run.threshold,
        },
        happened_at=at,
        payment_id=payment_id,
    )
