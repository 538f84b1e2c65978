"""Versions of rules that officers write on a page: other numbers for the same rule, or another condition; always a draft."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from compliance.policies import rule_parameters, scenarios
from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.rules import selectors
from flowlet.rules.errors import MalformedRule
from flowlet.rules.models import RuleSet, RuleVersion
from flowlet.rules.services import files, versions


@transaction.atomic
def change(
    *,
    ruleversion_id: UUID,
    values: Mapping[str, str],
    priority: int | None = None,
    outcome: str = "",
    reason: str,
    actor: Actor,
    at: datetime,
) -> RuleVersion:
    """A draft that says what this version says, with other numbers: ``values`` are texts by the names of its parameters.

    Raises NoSuchRule, UnknownName, MalformedRule, ParameterOutOfBounds (``param`` is the parameter's name), RuleUnchanged.
    """
    version = versions.locked(ruleversion_id)
    condition = selectors.compiled(version).condition
    return save(
        rule_set=version.rule_set.name,
        name=version.name,
        title=version.title,
        condition=rule_parameters.changed(version.condition, condition, values),
        effect=version.effect,
        priority=priority,
        outcome=outcome,
        reason=reason,
        actor=actor,
        at=at,
    )


@transaction.atomic
def save(
    *,
    rule_set: str,
    name: str,
    title: str,
    condition: Any,
    effect: Mapping[str, Any] | None = None,
    priority: int | None = None,
    outcome: str = "",
    reason: str,
    actor: Actor,
    at: datetime,
) -> RuleVersion:
    """The next version of the rule of this name, as a draft; ``priority`` and ``outcome`` replace those of ``effect`` where given.

    Raises NoSuchRule, what reading a rule raises, ParameterOutOfBounds (``param`` is the path in its JSON), RuleUnchanged.
    """
    effect = dict(effect or {})
    if priority is not None:
        effect["priority"] = priority
    if outcome:
        if rule_set != scenarios.GATE:
            raise MalformedRule(f"One of {', '.join(rule_parameters.OUTCOMES)}, of rules before money leaves.", param="outcome")
        effect["outcome"] = outcome
    return versions.draft(
        rule_set=rule_set, name=name, title=title, note=reason, condition=condition, effect=effect, actor=actor, at=at
    )


@transaction.atomic
def export(*, rule_set: str, actor: Actor, at: datetime) -> dict[str, Any]:
    """The set in the form of a file, which the audit hears of. Raises NoSuchRule."""
    found = files.export(rule_set=rule_set)
    log.record(action="rule.set.exported", actor=actor, at=at, target=RuleSet.objects.get(name=rule_set).public_id)
    return found
