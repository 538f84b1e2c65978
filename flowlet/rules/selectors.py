"""Find rules, ready to be asked."""

from dataclasses import dataclass
from functools import lru_cache

import orjson

from flowlet.core.errors import DomainError
from flowlet.rules import engine, registry
from flowlet.rules.choices import RuleStatus
from flowlet.rules.engine import Rule
from flowlet.rules.models import RuleVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A version that is asked, compiled; one in shadow is asked without effect."""

    version: RuleVersion
    rule: Rule

    @property
    def has_effect(self) -> bool:
        """Whether it is live."""
        return self.version.status == RuleStatus.LIVE


def running(rule_set: str) -> list[Running]:
    """The live versions of the set and those in shadow, by name. One query; compiled once in each process."""
    found = (
        RuleVersion.objects.select_related("rule_set")
        .filter(rule_set__name=rule_set, status__in=[RuleStatus.LIVE, RuleStatus.SHADOW])
        .order_by("name", "number")
    )
    return [Running(version=version, rule=compiled(version)) for version in found]


def version_in(rule_set: str, name: str, status: RuleStatus) -> RuleVersion | None:
    """The version of the rule that has this status, where there can be one."""
    return RuleVersion.objects.filter(rule_set__name=rule_set, name=name, status=status).order_by("-number").first()


def compiled(version: RuleVersion) -> Rule:
    """The version's rule. Raises what reading a rule raises when the vocabulary has changed under it."""
    return _compiled(version.rule_set.vocabulary, orjson.dumps(version.condition))


def problem_with(version: RuleVersion) -> str:
    """Why the version cannot be asked any more, since its vocabulary has changed; "" when it can."""
    try:
        compiled(version)
    except DomainError as refused:
        return refused.message
    return ""


@lru_cache(maxsize=4096)
def _compiled(vocabulary: str, condition: bytes) -> Rule:
    return engine.compile_rule(orjson.loads(condition), registry.find(vocabulary))
