"""Backtests that somebody asked for on a page: written down at once, run by a worker, kept with what they found."""

import json
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from accounts.selectors import staff
from compliance import events
from compliance.choices import TrialState
from compliance.models import RuleTrial
from compliance.services import monitoring, rule_backtests
from compliance.states import TRIAL_MOVES
from flowlet.audit.services import log
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import DomainError
from flowlet.core.states import check_move
from flowlet.db import locks
from flowlet.events.services import outbox
from flowlet.rules.choices import RuleStatus
from flowlet.rules.services import backtests, versions
from flowlet.rules.states import RULE_MOVES

TAKEN_UP_AFTER = timedelta(minutes=10)
_TO_DO = (TrialState.WAITING, TrialState.RUNNING)


@transaction.atomic
def request(
    *, ruleversion_id: UUID, since: datetime, until: datetime, measures: bool = False, actor: Actor, at: datetime
) -> RuleTrial:
    """Have a version tried on what happened from ``since`` on and before ``until``. Raises NoSuchRule, IllegalMove, MalformedRule."""
    backtests.check_time(since=since, until=until)
    version = versions.locked(ruleversion_id)
    if version.status == RuleStatus.RETIRED:
        check_move(RULE_MOVES, version.status, RuleStatus.BACKTESTED)
    row = RuleTrial.objects.create(version=version, since=since, until=until, measures=measures, asked_by=str(actor), asked_at=at)
    what = {"trial": row.public_id, "since": since, "until": until}
    log.record(action=events.TRIAL_ASKED, actor=actor, at=at, target=version.public_id, after=what)
    outbox.publish(type=events.TRIAL_ASKED, partner_id=None, subject=row.public_id, data={}, at=at)
    return row


def run(*, trial_id: UUID, at: datetime) -> RuleTrial:
    """Do it, in the name of who asked. What is done, and what somebody else is at, is left alone; one that broke off is begun again."""
    with locks.alone(f"compliance.rule_trial:{trial_id}") as is_ours:
        row = RuleTrial.objects.select_related("version__rule_set").get(pk=trial_id)
        if not is_ours or row.state not in _TO_DO:
            return row
        if row.state == TrialState.WAITING:
            _move(row, TrialState.RUNNING)
        try:
            # In no transaction of its own: what the backtest writes would hold back the commit horizon while customers are counted.
            row.backtest, judged = rule_backtests.run(
                ruleversion_id=row.version_id,
                since=row.since,
                until=row.until,
                measure=row.measures,
                progress=_teller(row),
                actor=_asker(row),
                at=at,
            )
            row.by_customer = json.loads(json.dumps(judged.as_dict(), cls=DjangoJSONEncoder))
            row.sample = rule_backtests.sample(row.version, judged.newest)
            _move(row, TrialState.DONE)
        except Exception as error:
            row.backtest, row.by_customer, row.sample, row.state = None, {}, [], TrialState.RUNNING
            row.problem = monitoring.told(error)[:500]
            with transaction.atomic():
                _move(row, TrialState.FAILED)
                log.record(
                    action=events.TRIAL_FAILED,
                    actor=_asker(row),
                    at=at,
                    target=row.version.public_id,
                    after={"trial": row.public_id, "problem": row.problem},
                )
            if not isinstance(error, DomainError):
                raise
    return row


def left(*, at: datetime) -> list[str]:
    """Those that nobody did in time: their message was lost, or their worker."""
    rows = RuleTrial.objects.filter(state__in=_TO_DO, asked_at__lt=at - TAKEN_UP_AFTER).order_by("id")
    return [row.public_id for row in rows]


def _teller(row: RuleTrial) -> rule_backtests.Progress:
    """Writes down how far it is, for the page that looks again; at most once a second of each step."""
    last: tuple[str, float] = ("", 0.0)

    def tell(step: str, done: int, of: int) -> None:
        nonlocal last
        if step == last[0] and monotonic() - last[1] < 1:
            return
        last = (step, monotonic())
        RuleTrial.objects.filter(pk=row.pk).update(step=step, percent=done * 100 // of)

    return tell


def _move(row: RuleTrial, state: TrialState) -> None:
    check_move(TRIAL_MOVES, row.state, state)
    row.state = state
    row.save(update_fields=["state", "backtest", "by_customer", "sample", "problem"])


def _asker(row: RuleTrial) -> Actor:
    kind, _, name = row.asked_by.partition(":")
    user = staff.behind([row.asked_by]).get(row.asked_by)
    return Actor(kind=ActorKind(kind), id=name, label=user.role_labels if user else "")
