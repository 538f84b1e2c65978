"""Versions of rules: written, tried, watched, released by another person, retired. Each step is audited in its transaction."""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.errors import FourEyesRequired
from flowlet.core.states import check_move
from flowlet.rules import engine, registry
from flowlet.rules.choices import RuleStatus
from flowlet.rules.errors import MalformedRule, NoSuchRule, RuleUnchanged
from flowlet.rules.models import RuleSet, RuleVersion
from flowlet.rules.states import RULE_MOVES
from flowlet.rules.vocabulary import check_name

LONGEST_TITLE, LONGEST_NOTE, LARGEST_EFFECT = 200, 2_000, 10_000


@transaction.atomic
def open_set(*, name: str, vocabulary: str, label: str, actor: Actor, at: datetime) -> RuleSet:
    """The set of this name, made if it is not there. Raises UnknownName for its vocabulary, MalformedRule if there is one over another."""
    registry.find(vocabulary)
    _check_name(name)
    found, is_new = RuleSet.objects.get_or_create(
        name=name, defaults={"vocabulary": vocabulary, "label": label.strip() or name, "created_at": at}
    )
    if found.vocabulary != vocabulary:
        raise MalformedRule(f"The set {name} speaks of {found.vocabulary}.", param="vocabulary")
    if is_new:
        log.record(
            action="rule.set.opened", actor=actor, at=at, target=found.public_id, after={"name": name, "vocabulary": vocabulary}
        )
    return found


@transaction.atomic
def draft(
    *,
    rule_set: str,
    name: str,
    title: str,
    note: str,
    condition: Any,
    effect: dict[str, Any] | None = None,
    actor: Actor,
    at: datetime,
) -> RuleVersion:
    """Write the next version of the rule ``name`` in the set of this name; it does nothing yet.

    Raises NoSuchRule, what reading a rule raises (``parsing.parse``), what the vocabulary's limits raise, MalformedRule for the rest,
    RuleUnchanged when the newest version says the same.
    """
    # Two drafts of one rule take their numbers one after the other.
    found = RuleSet.objects.select_for_update(no_key=True).filter(name=rule_set).first()
    if found is None:
        raise NoSuchRule(f"There is no set called {rule_set[:60]!r}.", param="rule_set")
    _check_name(name)
    title, note, effect = _texts(title, note, effect)
    rule = engine.compile_rule(condition, registry.find(found.vocabulary))
    registry.check_limits(found.vocabulary, rule.condition, effect)
    digest = digest_of(found.vocabulary, rule.document, effect)
    versions = RuleVersion.objects.filter(rule_set=found, name=name)
    newest = versions.order_by("-number").first()
    if newest is not None and newest.digest == digest and newest.status != RuleStatus.RETIRED:
        raise RuleUnchanged(f"Version {newest.number} of {name} says the same.", version=newest.public_id)
    made = RuleVersion.objects.create(
        rule_set=found,
        name=name,
        number=(versions.aggregate(Max("number"))["number__max"] or 0) + 1,
        title=title,
        note=note,
        condition=rule.document,
        effect=effect,
        digest=digest,
        maker_kind=str(actor.kind),
        maker_id=actor.id,
        maker_label=actor.label,
        created_at=at,
        moved_at=at,
    )
    log.record(
        action="rule.drafted",
        actor=actor,
        at=at,
        target=made.public_id,
        reason=note,
        before=None if newest is None else {"version": newest.number, "digest": newest.digest},
        after={"rule": name, "set": rule_set, "version": made.number, "digest": digest},
    )
    return made


@transaction.atomic
def start_shadow(*, ruleversion_id: UUID, actor: Actor, at: datetime) -> RuleVersion:
    """Let a backtested version be asked beside the live one, without effect; the one in shadow before it is retired.

    Raises NoSuchRule, IllegalMove.
    """
    version = locked(ruleversion_id)
    check_move(RULE_MOVES, version.status, RuleStatus.SHADOW)
    _retire_others(version, RuleStatus.SHADOW, actor=actor, at=at)
    return move(version, RuleStatus.SHADOW, actor=actor, at=at)


@transaction.atomic
def release(*, ruleversion_id: UUID, actor: Actor, at: datetime, reason: str) -> RuleVersion:
    """Let a version that was in shadow take effect; the live one before it is retired. ``actor`` is the checker.

    Raises NoSuchRule, IllegalMove, and FourEyesRequired when the checker wrote it; that somebody else had asked is the caller's part.
    """
    version = locked(ruleversion_id)
    check_move(RULE_MOVES, version.status, RuleStatus.LIVE)
    if actor.id == version.maker_id:
        raise FourEyesRequired("Whoever wrote a rule does not release it.")
    _retire_others(version, RuleStatus.LIVE, actor=actor, at=at)
    version.checker_kind, version.checker_id, version.checker_label = str(actor.kind), actor.id, actor.label
    return move(version, RuleStatus.LIVE, actor=actor, at=at, reason=reason)


@transaction.atomic
def retire(*, ruleversion_id: UUID, actor: Actor, at: datetime, reason: str) -> RuleVersion:
    """End a version for good. That a live one takes two people is the caller's part. Raises NoSuchRule, IllegalMove."""
    return move(locked(ruleversion_id), RuleStatus.RETIRED, actor=actor, at=at, reason=reason)


def locked(ruleversion_id: UUID) -> RuleVersion:
    """The version, with its set locked first: two moves in a set wait for each other. Raises NoSuchRule."""
    found = RuleVersion.objects.filter(pk=ruleversion_id).values_list("rule_set_id", flat=True).first()
    if found is None:
        raise NoSuchRule
    RuleSet.objects.select_for_update(no_key=True).get(pk=found)
    return RuleVersion.objects.select_related("rule_set").get(pk=ruleversion_id)


def move(version: RuleVersion, status: RuleStatus, *, actor: Actor, at: datetime, reason: str = "") -> RuleVersion:
    """One move by the table, with its record. Raises IllegalMove."""
    before = version.status
    check_move(RULE_MOVES, before, status)
    version.status, version.moved_at = status, at
    version.save(update_fields=["status", "moved_at", "checker_kind", "checker_id", "checker_label"])
    log.record(
        action=f"rule.{status.lower()}",
        actor=actor,
        at=at,
        target=version.public_id,
        reason=reason,
        before={"status": before},
        after={"status": status, "rule": version.name, "version": version.number, "digest": version.digest},
    )
    return version


def _retire_others(version: RuleVersion, status: RuleStatus, *, actor: Actor, at: datetime) -> None:
    for other in RuleVersion.objects.filter(rule_set_id=version.rule_set_id, name=version.name, status=status).exclude(
        pk=version.pk
    ):
        move(other, RuleStatus.RETIRED, actor=actor, at=at, reason=f"Version {version.number} takes its place.")


def digest_of(vocabulary: str, condition: Mapping[str, Any], effect: Mapping[str, Any]) -> str:
    """What the digest of a version that says this has to be. Raises MalformedRule for what no version can say."""
    try:
        rule = engine.digest_of(vocabulary, condition)
    except TypeError:
        raise MalformedRule("This is not JSON.", param="condition") from None
    return sha256(f"{rule}:{_canonical(effect)}".encode()).hexdigest()


def _check_name(name: str) -> None:
    try:
        check_name(name)
    except (ValueError, AttributeError, TypeError) as wrong:
        raise MalformedRule(str(wrong)[:200], param="name") from None


def _texts(title: str, note: str, effect: Any) -> tuple[str, str, dict[str, Any]]:
    title, note, effect = title.strip(), note.strip(), {} if effect is None else effect
    if not title or len(title) > LONGEST_TITLE:
        raise MalformedRule(f"A title of at most {LONGEST_TITLE} characters.", param="title")
    if not note or len(note) > LONGEST_NOTE:
        raise MalformedRule(f"Say why, in at most {LONGEST_NOTE:,} characters.", param="note")
    if not isinstance(effect, dict) or len(_canonical(effect)) > LARGEST_EFFECT or _has_float(effect):
        raise MalformedRule(f"An object of at most {LARGEST_EFFECT:,} characters, without floats.", param="effect")
    return title, note, effect


def _canonical(effect: Any) -> str:
    try:
        return json.dumps(effect, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise MalformedRule("This is not JSON.", param="effect") from None


def _has_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_float(item) for item in value.values())
    return isinstance(value, float) or (isinstance(value, list) and any(_has_float(item) for item in value))
