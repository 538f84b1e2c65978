"""Work of every queue for tests, made through the services."""

from typing import Any

from accounts.choices import Role
from accounts.models import User
from compliance.choices import CaseOutcome
from compliance.models import CustomerRisk
from compliance.providers.fincen import storing
from compliance.selectors import work
from compliance.services import alerts, cases, queues, ratings, reports
from compliance.tests import kyc
from compliance.tests.alert_world import AT, World, person, world
from compliance.tests.reports_made import SAR

FIRSTS = ("alerts", "cases", "verifications", "reviews", "reports")  # the queue of first decisions of each model
_TEXT = {name: value for name, value in storing.to_json(SAR).items() if name not in reports.OWN}


def maker() -> Any:
    """Who proposed what waits for a second person."""
    return person("maker", Role.COMPLIANCE_MANAGER)


def made(queue: str, count: int, *, company: str = "Acme") -> list[Any]:
    """So many pieces of work that wait in the queue and that nobody has, of this partner; each is more urgent than the one before."""
    model = work.queue(queue).model
    rows = _MAKERS[queue](count, company)
    for n, row in enumerate(rows):
        model.objects.filter(pk=row.pk).update(priority=50 + n)
    return [model.objects.get(pk=row.pk) for row in rows]


def _alerts(count: int, company: str, **more: Any) -> list[Any]:
    return world(company).alerts(count, **more)


def _hits(count: int, company: str) -> list[Any]:
    return _alerts(count, company, kind="SCREENING")


def _proposed(count: int, company: str) -> list[Any]:
    how = {"disposition": "CONFIRMED", "reason_code": "NO_EXPLANATION", "actor": maker(), "at": AT}
    return [alerts.decide(alert_id=row.pk, **how) for row in _alerts(count, company)]


def _escalated(count: int, company: str) -> list[Any]:
    return [alerts.escalate(alert_id=row.pk, reason="Too large for me", actor=maker(), at=AT) for row in _alerts(count, company)]


def _case(here: World, n: int) -> Any:
    alert = here.alert(f"seen-{n}", scenario=f"scenario_{n}")
    alerts.decide(alert_id=alert.pk, disposition="EXPLAINED", reason_code="FUNDS_PROVEN", actor=maker(), at=AT)
    return cases.open_case(title=f"Deposits {n}", alert_ids=[alert.pk], actor=maker(), at=AT)


def _cases(count: int, company: str) -> list[Any]:
    here = world(company)
    rows = [_case(here, n) for n in range(count)]
    return [queues.assign(item_id=row.pk, model=type(row), person=None, actor=maker(), at=AT) for row in rows]


def _closings(count: int, company: str) -> list[Any]:
    how = {"outcome": CaseOutcome.REPORT, "words": "Nothing explains it", "actor": maker(), "at": AT}
    return [cases.close(case_id=row.pk, **how) for row in _cases(count, company)]


def _people(count: int, company: str) -> list[Any]:
    partner = kyc.company(company)
    return [
        kyc.person(partner, name=f"Person {n} Lovelace", email=f"person-{n}@example.com", phone=f"+4420794600{n:02}")
        for n in range(10, 10 + count)
    ]


def _verifications(count: int, company: str) -> list[Any]:
    return [kyc.submitted(customer) for customer in _people(count, company)]


def _reviews(count: int, company: str) -> list[Any]:
    people = _people(count, company)
    ratings.rate(customer_ids=[one.pk for one in people], cause="FIRST", actor=kyc.SYSTEM, at=AT)
    CustomerRisk.objects.update(review_on=AT.date())
    return [CustomerRisk.objects.get(customer=one) for one in people]


def _reports(count: int, company: str) -> list[Any]:
    how = {"kind": "SAR", "content": _TEXT, "determined_on": AT.date(), "actor": maker(), "at": AT}
    return [reports.draft(**how) for _ in range(count)]


def _filings(count: int, company: str) -> list[Any]:
    return [reports.propose(report_id=row.pk, actor=maker(), at=AT) for row in _reports(count, company)]


_MAKERS = {
    "alerts": _alerts,
    "hits": _hits,
    "second": _proposed,
    "escalated": _escalated,
    "cases": _cases,
    "closings": _closings,
    "verifications": _verifications,
    "reviews": _reviews,
    "reports": _reports,
    "filings": _filings,
}


def user(actor: Any) -> User:
    """The row of who acts."""
    return User.fetch(actor.id)
