"""What levels ask for: changed by two people, version by version."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from accounts.choices import CustomerKind, KycTier
from accounts.policies import check_reason
from compliance import errors, events
from compliance.choices import ItemKind
from compliance.models import RequirementSet
from compliance.policies import requirements as policies
from compliance.selectors import verifications as selectors
from flowlet.approvals import registry
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.services import log
from flowlet.core import countries
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid

CHANGE: Final = "compliance.requirement_change"
REQUEST, APPROVE = "compliance.request_requirement_change", "compliance.approve_requirement_change"


def register() -> None:
    """Say what can be asked for."""
    registry.kind(
        CHANGE,
        label="Change what a level asks for",
        maker_permission=REQUEST,
        checker_permission=APPROVE,
        execute=execute_change,
        describe=describe_change,
    )


def request_change(
    *,
    level: str,
    kind: str,
    country: str = "",
    items: Sequence[Mapping[str, Any]],
    valid_months: int,
    needs_two: bool,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Approval:
    """Ask for other requirements; another person approves. Verifications that are open keep theirs.

    Raises MalformedRequirements, RequirementsUnchanged, UnknownCountry, ReasonMissing, and approvals' MayNot and AlreadyPending.
    """
    if level not in policies.LEVELS or kind not in CustomerKind.values:
        raise Invalid(f"Use {', '.join(policies.LEVELS)} and {', '.join(CustomerKind.values)}.", param="level")
    if not 1 <= valid_months <= 60:
        raise errors.MalformedRequirements("An approval holds 1 to 60 months.", param="valid_months")
    wanted = {
        "level": str(level),
        "kind": str(kind),
        "country": countries.check(country) if country else "",
        "items": policies.checked(items, kind=kind),
        "valid_months": valid_months,
        "needs_two": needs_two,
    }
    _check_steps(wanted)
    now = RequirementSet.objects.filter(level=level, kind=kind, country=country).order_by("-number").first()
    if now is not None and all(getattr(now, name) == value for name, value in wanted.items()):
        raise errors.RequirementsUnchanged()
    return requests.submit(
        kind=CHANGE, payload=wanted, subject=f"{level}.{kind}.{country or '*'}", reason=check_reason(reason), actor=actor, at=at
    )


@transaction.atomic
def execute_change(*, approval: Approval, actor: Actor, at: datetime) -> RequirementSet:
    """Carry an approved request out: a new version. Raises MalformedRequirements when the levels beside it have moved on."""
    wanted = approval.payload
    _check_steps(wanted)
    place = {name: wanted[name] for name in ("level", "kind", "country")}
    before = RequirementSet.objects.filter(**place).order_by("-number").first()
    row = RequirementSet.objects.create(
        **wanted,
        number=before.number + 1 if before else 1,
        note=approval.reason,
        created_by=f"{approval.maker_kind}:{approval.maker_id}",
        created_at=at,
    )
    log.record(
        action=events.REQUIREMENTS_CHANGED,
        actor=actor,
        at=at,
        target=row.public_id,
        reason=approval.reason,
        before=shown(before) if before else None,
        after={**shown(row), "approval": approval.public_id},
    )
    return row


def describe_change(approval: Approval) -> dict[str, str]:
    """What the checker sees: old and new side by side."""
    wanted = approval.payload
    now = selectors.requirements(level=wanted["level"], kind=wanted["kind"], country=wanted["country"])
    return {
        "Level": KycTier(wanted["level"]).label,
        "For": f"{CustomerKind(wanted['kind']).label}, {countries.name(wanted['country']) if wanted['country'] else 'any country'}",
        "Asks for": f"{in_words(now.items) if now else 'nothing'} → {in_words(wanted['items'])}",
        "Holds": f"{now.valid_months if now else '—'} → {wanted['valid_months']} months",
        "Two people": f"{_yes(now.needs_two) if now else '—'} → {_yes(wanted['needs_two'])}",
    }


def in_words(items: Sequence[Mapping[str, Any]]) -> str:
    """The items by their labels."""
    return ", ".join(ItemKind(each["kind"]).label.lower() for each in items)


def shown(row: RequirementSet) -> dict[str, Any]:
    """What a set asks for, and for whom: what the audit keeps of it."""
    names = ("level", "kind", "country", "number", "items", "valid_months", "needs_two")
    return {name: getattr(row, name) for name in names}


def _check_steps(wanted: Mapping[str, Any]) -> None:
    """In each country for which the set will count: of one for all countries, in those too that have another level of their own."""
    place = policies.LEVELS.index(KycTier(wanted["level"]))
    sets = RequirementSet.objects.filter(kind=wanted["kind"]).exclude(country="")
    own = set(sets.filter(level=wanted["level"]).values_list("country", flat=True))
    others = set() if wanted["country"] else set(sets.values_list("country", flat=True)) - own
    for country in (wanted["country"], *sorted(others)):
        beside = {
            level: {each["kind"] for each in found.items}
            for level in policies.LEVELS
            if (found := selectors.requirements(level=level, kind=wanted["kind"], country=country))
        }
        below = beside.get(policies.LEVELS[place - 1], set()) if place else set()
        above = beside.get(policies.LEVELS[place + 1]) if place + 1 < len(policies.LEVELS) else None
        policies.check_steps(wanted["items"], below=below, above=above, where=countries.name(country) if country else "")


def _yes(value: bool) -> str:
    return "yes" if value else "no"
