"""Ask whether something may happen, and write down what was answered."""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from psycopg2.errors import QueryCanceled

from flowlet.decisions import facts as fact_sheets
from flowlet.decisions import registry
from flowlet.decisions.choices import Outcome, worst
from flowlet.decisions.errors import DeciderMissing
from flowlet.decisions.models import Verdict
from flowlet.decisions.opinions import Opinion, Reason, review
from flowlet.decisions.registry import Decider
from flowlet.vault.services import subjects

logger = logging.getLogger(__name__)


class _OutOfTime(Exception):
    """The decider's time is over; raised at its next statement."""


def decide(
    *, point: str, facts: Any, subject: str, partner_id: UUID | None, at: datetime, person_id: UUID | None = None
) -> Verdict:
    """Ask all deciders of ``point`` about ``subject`` (a public id) and record the verdict: the worst opinion.

    ``facts`` is of the type that the point was declared with (else TypeError). Its personal values are sealed under the key of
    ``person_id``, which they need (else ValueError); of somebody erased they are not kept. BLOCK is an answer, not an exception:
    the caller saves what was asked for as refused, and so the verdict with it. Raises DeciderMissing when the settings require a
    decider that is not there, and TransactionManagementError outside a transaction, where the verdict could outlive its subject.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("Decide inside transaction.atomic: the verdict belongs to what it is about.")
    asked = registry.find(point)
    if type(facts) is not asked.facts:
        raise TypeError(f"{point} takes {asked.facts.__name__}, not {type(facts).__name__}.")
    missing = registry.missing_at(point)
    if missing:
        raise DeciderMissing(point=point, missing=missing)
    shown, personal = fact_sheets.split(facts)
    if personal and person_id is None:
        raise ValueError("Personal facts need person_id: they are encrypted under that person's key.")
    opinions = _opinions(registry.deciders_at(point), facts, budget_ms=asked.budget_ms)
    outcome = worst(Outcome(opinion["outcome"]) for opinion in opinions)
    verdict = Verdict(
        point=point,
        subject=subject,
        partner_id=partner_id,
        at=at,
        outcome=outcome,
        reasons=[
            {"decider": opinion["decider"], **reason}
            for opinion in opinions
            if opinion["outcome"] == outcome
            for reason in opinion["reasons"]
        ],
        facts=shown,
        opinions=opinions,
    )
    if not opinions:
        verdict.reasons = [{"decider": "", "code": "decision.nobody_asked", "text": "Nobody decides here, and nobody has to."}]
    if personal:
        try:
            verdict.personal = subjects.encrypt(person_id, orjson.dumps(personal).decode(), aad=verdict.personal_aad)
            verdict.person_id = person_id
        except subjects.SubjectErased:
            logger.info("Personal facts of %s are not kept: the person was erased", verdict.public_id)
    verdict.save(force_insert=True)
    return verdict


def check_release(*, point: str, row: Any, verdict_id: UUID | None) -> None:
    """Before a person lets go what waits in review: raise what a veto of the point raises. ``row`` is the asker's."""
    vetoes = registry.vetoes_at(point)
    verdict = Verdict.objects.filter(pk=verdict_id).first() if vetoes and verdict_id else None
    for veto in vetoes:
        veto(row, verdict)


def _opinions(deciders: list[Decider], facts: Any, *, budget_ms: int) -> list[dict[str, Any]]:
    """Each decider's opinion with the time it took; together they have ``budget_ms``."""
    found, end = [], time.monotonic() + registry.seconds(budget_ms)
    for decider in deciders:
        began = time.monotonic()
        opinion = _ask(decider, facts, until=min(began + registry.seconds(decider.budget_ms), end))
        found.append(
            {
                "decider": decider.name,
                "outcome": opinion.outcome.value,
                "reasons": [reason._asdict() for reason in opinion.reasons],
                "details": opinion.details,
                "milliseconds": round((time.monotonic() - began) * 1_000, 1),
            }
        )
    return found


def _ask(decider: Decider, facts: Any, *, until: float) -> Opinion:
    """The decider's opinion, or REVIEW when it failed or took longer than until ``until``; what it thought by then still counts."""
    late = review(Reason("decision.out_of_time", f"{decider.name} did not answer in its time."))
    if time.monotonic() >= until:
        return late
    try:
        opinion = _run(decider, facts, until=until)
    except _OutOfTime:
        return late
    except Exception as error:
        if isinstance(error.__cause__, QueryCanceled):
            return late
        logger.exception("Decider %s failed", decider.name)
        return review(Reason("decision.decider_failed", f"{decider.name} failed ({type(error).__name__})."))
    if time.monotonic() < until:
        return opinion
    return Opinion(
        outcome=worst([opinion.outcome, late.outcome]), reasons=(*late.reasons, *opinion.reasons), details=opinion.details
    )


def _run(decider: Decider, facts: Any, *, until: float) -> Opinion:
    """Run it in a savepoint that may only read and is always rolled back, the time-out and the read-only state with it."""

    def in_time(execute: Callable[..., Any], *statement: Any) -> Any:
        if time.monotonic() >= until:
            raise _OutOfTime
        return execute(*statement)

    with transaction.atomic():
        # Zero would switch the time-out off.
        left_ms = max(1, round((until - time.monotonic()) * 1_000))
        with connection.cursor() as cursor:
            cursor.execute(f"SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = {left_ms}")
        with connection.execute_wrapper(in_time):
            opinion = decider.run(facts)
        transaction.set_rollback(True)
    if not isinstance(opinion, Opinion):
        raise TypeError(f"{decider.name} answered with {type(opinion).__name__}, not with an Opinion.")
    return Opinion(
        outcome=opinion.outcome, reasons=opinion.reasons, details=orjson.loads(orjson.dumps(dict(opinion.details), default=str))
    )
