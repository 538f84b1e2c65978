"""Rules tried on the past: how often a version would have been true, day by day, and how that compares with the live one."""

import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.states import check_move
from flowlet.rules import selectors
from flowlet.rules.choices import RuleStatus
from flowlet.rules.errors import MalformedRule
from flowlet.rules.models import Backtest, RuleVersion
from flowlet.rules.services import versions
from flowlet.rules.states import RULE_MOVES

LONGEST = timedelta(days=3660)
PATIENCE_SECONDS = 900  # of one statement


@transaction.atomic
def run(*, ruleversion_id: UUID, since: datetime, until: datetime, actor: Actor, at: datetime) -> Backtest:
    """Ask a version about everything that happened from ``since`` on and before ``until``; a draft is backtested thereby.

    Raises NoSuchRule, IllegalMove for a retired version, MalformedRule for the time, and what reading a rule raises when the
    vocabulary has changed under it.
    """
    check_time(since=since, until=until)
    version = RuleVersion.objects.select_related("rule_set").filter(pk=ruleversion_id).first()
    if version is None or version.status == RuleStatus.RETIRED:
        version = versions.locked(ruleversion_id)
        check_move(RULE_MOVES, version.status, RuleStatus.BACKTESTED)
    live = selectors.version_in(version.rule_set.name, version.name, RuleStatus.LIVE)
    live = None if live is None or live.pk == version.pk else live
    # Nothing is written or locked before the long statements: a transaction with an id would hold back the commit horizon.
    began = time.monotonic()
    query = selectors.compiled(version).query()
    counted = _rows(*query.per_day(since=since, until=until))
    live_hits = both = None
    if live is not None:
        other = selectors.compiled(live).query(prefix="live_")
        ((live_hits, both),) = _rows(*query.compared_with(other, since=since, until=until))
    made = Backtest.objects.create(
        version=version,
        since=since,
        until=until,
        judged=sum(judged for _, judged, _, _ in counted),
        hits=sum(hits for _, _, hits, _ in counted),
        unknown=sum(unknown for _, _, _, unknown in counted),
        per_day={day.isoformat(): hits for day, _, hits, _ in counted if hits},
        live_version=live,
        live_hits=live_hits,
        both=both,
        milliseconds=round((time.monotonic() - began) * 1_000),
        actor_kind=str(actor.kind),
        actor_id=actor.id,
        created_at=at,
    )
    log.record(
        action="rule.backtest.ran",
        actor=actor,
        at=at,
        target=version.public_id,
        after={"backtest": made.public_id, "since": since, "until": until, "judged": made.judged, "hits": made.hits},
    )
    version = versions.locked(ruleversion_id)
    if version.status == RuleStatus.DRAFT:
        versions.move(version, RuleStatus.BACKTESTED, actor=actor, at=at)
    return made


def check_time(*, since: datetime, until: datetime) -> None:
    """Raise MalformedRule unless the one moment lies before the other, and not too long."""
    if since.utcoffset() is None or until.utcoffset() is None or not timedelta(0) < until - since <= LONGEST:
        raise MalformedRule(f"From a moment to a later one, at most {LONGEST.days:,} days.", param="since")


def _rows(statement: str, params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        # For these statements only: the transaction goes on with what it had.
        cursor.execute(
            "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)", [f"{PATIENCE_SECONDS}s"]
        )
        before = cursor.fetchone()[0]
        cursor.execute(statement, params)
        found = cursor.fetchall()
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
        return found
