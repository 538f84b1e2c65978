"""Letting a rule take effect, and ending one that does: one person asks, another decides, through ``flowlet.approvals``."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from flowlet.approvals import registry
from flowlet.approvals.errors import Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.core.actors import Actor
from flowlet.core.errors import FourEyesRequired
from flowlet.core.states import can_move, check_move
from flowlet.rules import selectors
from flowlet.rules.choices import RuleStatus
from flowlet.rules.models import Backtest, RuleVersion
from flowlet.rules.services import versions
from flowlet.rules.states import RULE_MOVES

RELEASE, RETIREMENT = "compliance.rule_release", "compliance.rule_retirement"
_TARGETS = {RELEASE: RuleStatus.LIVE, RETIREMENT: RuleStatus.RETIRED}


def register() -> None:
    """Say what can be asked for."""
    for name, label in ((RELEASE, "Let a rule take effect"), (RETIREMENT, "End a rule")):
        registry.kind(
            name,
            label=label,
            maker_permission="compliance.write_rule",
            checker_permission="compliance.approve_rule",
            execute=execute,
            describe=describe,
        )


@transaction.atomic
def request_release(*, ruleversion_id: UUID, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask for a version in shadow to take effect. Raises NoSuchRule, IllegalMove, and what approvals raise."""
    return _request(RELEASE, ruleversion_id, reason=reason, actor=actor, at=at)


@transaction.atomic
def request_retirement(*, ruleversion_id: UUID, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask for a version to be ended. Raises NoSuchRule, IllegalMove, and what approvals raise."""
    return _request(RETIREMENT, ruleversion_id, reason=reason, actor=actor, at=at)


@transaction.atomic
def retire(*, ruleversion_id: UUID, reason: str, actor: Actor, at: datetime) -> RuleVersion:
    """End a version that has no effect. Raises NoSuchRule, IllegalMove, and FourEyesRequired for a live one."""
    version = versions.locked(ruleversion_id)
    if version.status == RuleStatus.LIVE:
        raise FourEyesRequired("A live rule is ended by two people: ask for its end.")
    return versions.retire(ruleversion_id=ruleversion_id, actor=actor, at=at, reason=reason)


def _request(kind: str, ruleversion_id: UUID, *, reason: str, actor: Actor, at: datetime) -> Approval:
    version = versions.locked(ruleversion_id)
    check_move(RULE_MOVES, version.status, _TARGETS[kind])
    return requests.submit(
        kind=kind,
        payload={"rule": version.public_id, "digest": version.digest},
        subject=version.public_id,
        reason=reason,
        actor=actor,
        at=at,
    )


def execute(*, approval: Approval, actor: Actor, at: datetime) -> RuleVersion:
    """Carry an approved request out. Raises Obsolete when the version has moved on meanwhile."""
    version = versions.locked(RuleVersion.key(approval.subject))
    if not can_move(RULE_MOVES, version.status, _TARGETS[approval.kind]):
        raise Obsolete(f"{version.public_id} is {version.get_status_display().lower()} by now.")
    do = versions.release if approval.kind == RELEASE else versions.retire
    return do(ruleversion_id=version.pk, actor=actor, at=at, reason=approval.reason)


def describe(approval: Approval) -> Mapping[str, str]:
    """What the checker sees: the rule in words, and what its last backtest found."""
    version = RuleVersion.objects.select_related("rule_set").get(pk=RuleVersion.key(approval.subject))
    shown = {
        "Set": version.rule_set.label,
        "Rule": f"{version.title} ({version.name}, version {version.number})",
        "Written by": version.maker_label or version.maker_id,
        "Why": version.note,
        "Matches when": selectors.compiled(version).words,
    }
    tried = Backtest.objects.filter(version=version).order_by("-pk").first()
    if tried is not None:
        shown["Backtest"] = (
            f"{tried.hits:,} hits and {tried.unknown:,} unknown of {tried.judged:,}, {tried.since:%Y-%m-%d} to {tried.until:%Y-%m-%d}"
        )
    return shown
