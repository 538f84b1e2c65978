"""What levels may ask for, and what they ask for where nobody has changed it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from accounts.choices import CustomerKind, KycTier
from compliance import errors
from compliance.choices import DocumentType, ItemKind

LEVELS: Final = (KycTier.BASIC, KycTier.ENHANCED, KycTier.PREMIUM)
# Read from the customer's own record.
RECORDED: Final = {
    ItemKind.NAME: "name",
    ItemKind.BIRTH_DATE: "born_on",
    ItemKind.ADDRESS: "address",
    ItemKind.CONTACT: "contact",
    ItemKind.REGISTRATION_NUMBER: "registration_number",
    ItemKind.INCORPORATION_DATE: "incorporated_on",
}
IDENTITY: Final = (DocumentType.PASSPORT, DocumentType.ID_CARD, DocumentType.DRIVING_LICENCE)
DOCUMENTS: Final[dict[str, tuple[DocumentType, ...]]] = {
    ItemKind.IDENTITY_DOCUMENT: IDENTITY,
    ItemKind.OWNER_IDENTITY: IDENTITY,
    ItemKind.SELFIE: (DocumentType.SELFIE,),
    ItemKind.PROOF_OF_ADDRESS: (DocumentType.PROOF_OF_ADDRESS,),
    ItemKind.COMPANY_REGISTER: (DocumentType.COMPANY_REGISTER,),
}
OF_KIND: Final[dict[str, frozenset[str]]] = {
    CustomerKind.PERSON: frozenset(
        {"NAME", "BIRTH_DATE", "ADDRESS", "CONTACT", "IDENTITY_DOCUMENT", "SELFIE", "PROOF_OF_ADDRESS"}
    ),
    CustomerKind.BUSINESS: frozenset(
        {"NAME", "REGISTRATION_NUMBER", "INCORPORATION_DATE", "ADDRESS", "CONTACT", "OWNERS", "COMPANY_REGISTER"}
        | {"OWNER_IDENTITY", "PROOF_OF_ADDRESS"}
    ),
}
# Owners of more than this are told of (31 CFR 1010.230(d)(1): 25 per cent or more; AMLR (EU) 2024/1624 Art. 52).
OWNER_SHARE: Final = 25


def item(kind: str, *any_of: str, max_age_days: int | None = None) -> dict[str, Any]:
    """One thing asked for; of documents every kind that can serve, unless some are named."""
    return {"kind": str(kind), "any_of": [str(one) for one in any_of or DOCUMENTS.get(kind, ())], "max_age_days": max_age_days}


def _shipped(*names: str) -> list[dict[str, Any]]:
    return [item(name, max_age_days=90 if name in {"PROOF_OF_ADDRESS", "COMPANY_REGISTER"} else None) for name in names]


# As the migration wrote them, in its order; of all countries, for sixty months, and PREMIUM by two people.
_PERSON = ("NAME", "BIRTH_DATE", "ADDRESS", "CONTACT")
_BUSINESS = ("NAME", "ADDRESS", "CONTACT", "REGISTRATION_NUMBER", "INCORPORATION_DATE")
SHIPPED: Final = {
    (CustomerKind.PERSON, KycTier.BASIC): _shipped(*_PERSON),
    (CustomerKind.PERSON, KycTier.ENHANCED): _shipped(*_PERSON, "IDENTITY_DOCUMENT", "SELFIE"),
    (CustomerKind.PERSON, KycTier.PREMIUM): _shipped(*_PERSON, "IDENTITY_DOCUMENT", "SELFIE", "PROOF_OF_ADDRESS"),
    (CustomerKind.BUSINESS, KycTier.BASIC): _shipped(*_BUSINESS),
    (CustomerKind.BUSINESS, KycTier.ENHANCED): _shipped(*_BUSINESS, "OWNERS", "COMPANY_REGISTER"),
    (CustomerKind.BUSINESS, KycTier.PREMIUM): _shipped(
        *_BUSINESS, "OWNERS", "PROOF_OF_ADDRESS", "COMPANY_REGISTER", "OWNER_IDENTITY"
    ),
}
SHIPPED_MONTHS: Final = 60


def checked(items: Sequence[Mapping[str, Any]], *, kind: str) -> list[dict[str, Any]]:
    """The items as they are kept, in the order of the vocabulary. Raises MalformedRequirements."""
    found: dict[str, dict[str, Any]] = {}
    for each in items:
        name, wanted, age = each.get("kind"), list(each.get("any_of") or ()), each.get("max_age_days")
        if set(each) - {"kind", "any_of", "max_age_days"} or name not in OF_KIND[kind] or name in found:
            raise errors.MalformedRequirements(f"{str(name)[:40]!r} is unknown here, or stands twice.", param="items")
        known = [str(one) for one in DOCUMENTS.get(name, ())]
        if not set(wanted) <= set(known):
            raise errors.MalformedRequirements(f"{name} is shown by {', '.join(known) or 'no document'}.", param="items")
        if age is not None and (type(age) is not int or not 1 <= age <= 3650 or not known):
            raise errors.MalformedRequirements("The age of a document is 1 to 3650 days.", param="items")
        found[name] = {"kind": name, "any_of": wanted or known, "max_age_days": age}
    if "NAME" not in found:
        raise errors.MalformedRequirements("Every level asks for the name.", param="items")
    if "OWNER_IDENTITY" in found and "OWNERS" not in found:
        raise errors.MalformedRequirements("Who asks for owners' documents asks for the owners.", param="items")
    return [found[name] for name in ItemKind.values if name in found]


def check_steps(
    items: Iterable[Mapping[str, Any]], *, below: Iterable[str], above: Iterable[str] | None, where: str = ""
) -> None:
    """Levels stand one above the other: nothing that the level below asks for is left out, be it in one country (``where``) alone.

    Raises MalformedRequirements.
    """
    there = f", in {where}" if where else ""
    names = {each["kind"] for each in items}
    if lacking := sorted(set(below) - names):
        raise errors.MalformedRequirements(f"The level below asks for {', '.join(lacking)} too{there}.", param="items")
    if above is not None and (more := sorted(names - set(above))):
        raise errors.MalformedRequirements(f"The level above does not ask for {', '.join(more)}{there}.", param="items")
