"""verifications: what the pages of verifications and of their levels do, from the command line."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from accounts.choices import CustomerKind
from accounts.management import arguments
from accounts.management.deeds import OPTIONAL, REQUIRED, Deed, DeedCommand, Option, line, option
from accounts.models import Customer
from compliance.choices import AskCode, DocumentType, ItemKind, RefusalCode, VerificationStatus
from compliance.choices.work import DECIDE
from compliance.management.work import LIMIT, WHOSE, narrowing, waiting, words
from compliance.models import BeneficialOwner, Document, RequirementSet, Verification, VerificationItem
from compliance.policies import requirements as levels
from compliance.policies import verifications as policies
from compliance.selectors import verifications as selectors
from compliance.selectors import work
from compliance.services import documents, requirement_sets, verification_decisions, verification_owners, verifications
from flowlet.core.actors import Actor

ASKED = [kind for kind in ItemKind.values if kind != ItemKind.DUPLICATE]
ITEMS = option("--items", required=True, nargs="+", choices=ASKED, help="all that it is to ask for")
TERMS = (
    ITEMS,
    option("--valid-months", type=int, default=60),
    option("--two-people", keyword="needs_two", action="store_true", help="two people approve"),
)


def open_for(*, customer: str, level: str, actor: Actor, at: datetime) -> Verification:
    """By the customer's public id."""
    return verifications.open(customer_id=Customer.key(customer), level=level, actor=actor, at=at)


def accept(*, verification_id: UUID, item: str, **said: Any) -> Verification:
    """By the item's public id."""
    return verification_decisions.accept_item(verification_id=verification_id, item_id=VerificationItem.key(item), **said)


def ask_again(*, verification_id: UUID, items: Sequence[str], **said: Any) -> Verification:
    """By the items' public ids."""
    keys = [VerificationItem.key(item) for item in items]
    return verification_decisions.ask_again(verification_id=verification_id, item_ids=keys, **said)


def add(*, verification_id: UUID, file: Path, zone: str, item: str | None, **told: Any) -> Document:
    """With the content of a file."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
    told |= {"item_id": VerificationItem.key(item) if item else None, "zone": zone.replace("/", "\n")}
    return documents.take(verification_id=verification_id, content=content, **told)


def nobody(*, verification_id: UUID, **said: Any) -> Verification:
    """An empty list of owners says so."""
    return verification_owners.give(verification_id=verification_id, owners=[], **said)


def correct(*, verification_id: UUID, owner: str, **said: Any) -> Verification:
    """By the owner's public id."""
    return verification_owners.correct(verification_id=verification_id, owner_id=BeneficialOwner.key(owner), **said)


def remove(*, verification_id: UUID, owner: str, **said: Any) -> Verification:
    """By the owner's public id."""
    return verification_owners.remove(verification_id=verification_id, owner_id=BeneficialOwner.key(owner), **said)


def _owner(*, required: bool) -> tuple[Option, ...]:
    """What is told of one; ``Decimal`` refuses what is no number."""
    return (
        option("--name", required=required),
        option("--born-on", type=date.fromisoformat, required=required, metavar="DAY"),
        option("--country", required=required, metavar="CC", help="of residence"),
        option("--share", type=arguments.amount, required=required, metavar="PER-CENT", help="0 for control by other means"),
    )


def request_change(*, requirementset_id: UUID, items: Sequence[str], **said: Any) -> Any:
    """Other requirements in the place of these."""
    row = RequirementSet.objects.get(pk=requirementset_id)
    kept = {each["kind"]: each for each in row.items}
    place = {"level": row.level, "kind": row.kind, "country": row.country}
    return requirement_sets.request_change(items=[kept.get(kind) or levels.item(kind) for kind in items], **place, **said)


def request_new(*, items: Sequence[str], **said: Any) -> Any:
    """Requirements of a country that had none of its own."""
    return requirement_sets.request_change(items=[levels.item(kind) for kind in items], **said)


def _decide(name: str, service: Any, policy: Any, text: str, *options: Any, reason: str = REQUIRED) -> Deed:
    return Deed(
        name=name,
        model=Verification,
        permission=DECIDE,
        service=service,
        policy=policy,
        reason=reason,
        options=options,
        help=text,
        is_atomic=name != "add-document",
    )


class Command(DeedCommand):
    help = (
        "List, take and give verifications, open them, add documents, accept items, ask again, approve and refuse;"
        " tell of owners; ask for other requirements."
    )
    shows = Verification
    list_options = (
        option("--status", choices=VerificationStatus.values, type=str.upper, help="those, instead of a queue"),
        WHOSE,
        *narrowing(Verification),
        LIMIT,
    )
    deeds = (
        Deed(
            name="open",
            permission=DECIDE,
            service=open_for,
            options=(
                option("customer", metavar="cus_…"),
                option("--level", required=True, choices=[str(level) for level in levels.LEVELS], type=str.upper),
            ),
            help="begin to know a customer to a level",
        ),
        _decide("submit", verifications.submit, policies.check_can_submit, "everything is given", reason=""),
        _decide(
            "add-document",
            add,
            policies.check_can_collect,
            "take a file in",
            option("--type", required=True, choices=DocumentType.values, type=str.upper),
            option("--file", required=True, type=Path),
            option("--item", metavar="vit_…", help="default: the one that asks for the type"),
            option("--number", default=""),
            option("--zone", default="", help="the machine-readable zone, its lines parted by /"),
            option("--issued-on", type=date.fromisoformat),
            option("--expires-on", type=date.fromisoformat),
            reason="",
        ),
        _decide(
            "add-owner",
            verification_owners.add,
            policies.check_can_tell_owners,
            "tell of one more owner of a business",
            *_owner(required=True),
            reason="",
        ),
        _decide(
            "correct-owner",
            correct,
            policies.check_has_owners,
            "other values for one owner; what is not given stays",
            option("--owner", required=True, metavar="ubo_…"),
            *_owner(required=False),
        ),
        _decide(
            "remove-owner",
            remove,
            policies.check_has_owners,
            "somebody is no owner",
            option("--owner", required=True, metavar="ubo_…"),
        ),
        _decide("no-owners", nobody, policies.check_can_tell_owners, "nobody owns over 25 %% or controls it"),
        _decide(
            "accept-item",
            accept,
            policies.check_can_accept,
            "accept an item in spite of what checks found",
            option("--item", required=True, metavar="vit_…"),
        ),
        _decide(
            "ask-again",
            ask_again,
            policies.check_can_ask_again,
            "have single items given again",
            option("--items", required=True, nargs="+", metavar="vit_…"),
            option(
                "--code", keyword="ask_code", required=True, choices=AskCode.values, type=str.upper, help="the partner sees it"
            ),
        ),
        _decide("approve", verification_decisions.approve, policies.check_can_approve, "approve, or propose it", reason=OPTIONAL),
        _decide(
            "refuse",
            verification_decisions.refuse,
            policies.check_can_refuse,
            "refuse it",
            option(
                "--code",
                keyword="reason_code",
                required=True,
                choices=RefusalCode.values,
                type=str.upper,
                help="the partner sees it",
            ),
        ),
        *words(Verification),
        Deed(
            name="request-change",
            model=RequirementSet,
            permission=requirement_sets.REQUEST,
            service=request_change,
            reason=REQUIRED,
            options=TERMS,
            help="ask for other requirements of a level",
        ),
        Deed(
            name="request-new",
            permission=requirement_sets.REQUEST,
            service=request_new,
            reason=REQUIRED,
            options=(
                option("--level", required=True, choices=[str(level) for level in levels.LEVELS], type=str.upper),
                option("--kind", required=True, choices=CustomerKind.values, type=str.upper),
                option("--country", required=True, metavar="CC"),
                *TERMS,
            ),
            help="ask for requirements of a country's own",
        ),
    )

    def listed(self, *, status: str | None, **asked: Any) -> Iterable[str]:
        """The most urgent first."""
        rows = waiting(Verification, **asked)
        if status:
            rows = Verification.objects.filter(status=status).order_by(*work.ORDER)[: asked["limit"]]
        for row in rows.select_related("customer", "partner"):
            second = "second person" if row.proposed_by else ""
            yield line(row.public_id, row.customer.public_id, row.level, row.get_status_display().lower(), second, row.partner)

    def described(self, row: Verification) -> Iterable[tuple[str, Any]]:
        """Without what is personal: that is shown on its page, with a reason."""
        row = selectors.get(row.pk)
        failed = {one.pk for one in policies.undecided(row)}
        yield "Verification", row.public_id
        yield "Customer", row.customer.public_id
        yield "Level", row.level
        yield "State", row.get_status_display()
        yield "Asks for", row.requirement_set
        yield "Proposed by", row.proposed_by
        yield "Decided by", row.decided_by
        yield "Code for the partner", row.reason_code
        yield "Until", row.expires_at
        for item in row.items.all():
            yield (
                item.public_id,
                line(item.get_kind_display(), item.get_status_display().lower(), "to decide" if item.pk in failed else ""),
            )
        for owner in row.owners.order_by("pk"):
            yield owner.public_id, f"owner of {owner.share.normalize():f} %"
        for check in row.checks.filter(round=row.round):
            yield f"Check {check.code}", check.outcome
