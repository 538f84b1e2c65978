"""Rules as files: a set in JSON, to be kept, compared and carried to another platform."""

from datetime import datetime
from typing import Any

from django.db import transaction

from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.rules import parsing
from flowlet.rules.choices import RuleStatus
from flowlet.rules.errors import MalformedRule, NoSuchRule, RuleUnchanged
from flowlet.rules.models import RuleSet, RuleVersion
from flowlet.rules.services import versions

FORM = "flowlet.rules/1"
_HEAD, _RULE = {"form", "set", "vocabulary", "label", "rules"}, {"name", "title", "note", "condition", "effect"}
MOST_RULES = 1_000


def export(*, rule_set: str) -> dict[str, Any]:
    """The newest version of each rule of the set that is not retired. Raises NoSuchRule."""
    found = RuleSet.objects.filter(name=rule_set).first()
    if found is None:
        raise NoSuchRule(f"There is no set called {rule_set[:60]!r}.", param="rule_set")
    newest = (
        RuleVersion.objects.filter(rule_set=found).exclude(status=RuleStatus.RETIRED).order_by("name", "-number").distinct("name")
    )
    return {
        "form": FORM,
        "set": found.name,
        "vocabulary": found.vocabulary,
        "label": found.label,
        "rules": [
            {
                "name": version.name,
                "title": version.title,
                "note": version.note,
                "condition": version.condition,
                "effect": version.effect,
            }
            for version in newest
        ],
    }


@transaction.atomic
def take(*, content: str | bytes, actor: Actor, at: datetime) -> tuple[list[RuleVersion], int]:
    """Write a draft of each rule of the file that says something new; answers the drafts, and how many rules say what they said.

    All or nothing. Raises MalformedRule and what ``versions.draft`` raises, whose path begins with the rule's place in the file.
    """
    document = parsing.load(content, most=parsing.LARGEST_TEXT * 16)
    _check(document, _HEAD, "$")
    if document["form"] != FORM:
        raise MalformedRule(f"$.form: this reads {FORM}.", param="$.form")
    rules = document["rules"]
    if not isinstance(rules, list) or not 0 < len(rules) <= MOST_RULES:
        raise MalformedRule(f"$.rules: a list of 1 to {MOST_RULES:,} rules.", param="$.rules")
    for name in ("set", "vocabulary", "label"):
        _check_text(document[name], f"$.{name}")
    versions.open_set(name=document["set"], vocabulary=document["vocabulary"], label=document["label"], actor=actor, at=at)
    made, same, seen = [], 0, set()
    for number, rule in enumerate(rules):
        path = f"$.rules[{number}]"
        _check(rule, _RULE, path)
        for name in ("name", "title", "note"):
            _check_text(rule[name], f"{path}.{name}")
        if rule["name"] in seen:
            raise MalformedRule(f"{path}.name: {rule['name'][:60]} stands there twice.", param=f"{path}.name")
        seen.add(rule["name"])
        try:
            made.append(versions.draft(rule_set=document["set"], **rule, actor=actor, at=at))
        except RuleUnchanged:
            same += 1
        except DomainError as refused:
            refused.message = f"{path}: {refused.message}"
            refused.param = f"{path}: {refused.param}"
            raise
    return made, same


def _check(raw: Any, names: set[str], path: str) -> None:
    if not isinstance(raw, dict) or set(raw) != names:
        raise MalformedRule(f"{path}: an object with {', '.join(sorted(names))}.", param=path)


def _check_text(raw: Any, path: str) -> None:
    if not isinstance(raw, str):
        raise MalformedRule(f"{path}: a text.", param=path)
