"""Who is screened: enrolled, changed when what is compared changes, ended, forgotten.

Each kind has its own way to a profile (``enrol_customer`` and the like); who knows a further kind calls ``enrol`` with its own.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from accounts.choices import CustomerKind
from accounts.models import Customer
from accounts.models.personal import Personal, name_words
from accounts.selectors import customers as customer_selectors
from compliance.choices import HitState, ItemKind, ItemStatus, SubjectKind
from compliance.models import Hit, ScreeningSubject, Verification, VerificationItem
from compliance.policies.screening import blocking
from compliance.policies.screening.blocking import Reach
from compliance.policies.screening.profiles import Profile
from compliance.providers.watchlists.entries import EntryKind, Identifier, PartialDate
from compliance.selectors.verifications import owner_values
from compliance.services import standings
from flowlet.core import crypto, ids
from flowlet.vault.services import subjects
from payments.models import ExternalAccount, Payment
from payments.models.account_details import AccountDetails
from payments.selectors import deposit_payers
from payments.selectors import external_accounts as account_selectors

ENTRY_KINDS: Final[dict[str, EntryKind]] = {CustomerKind.PERSON: EntryKind.PERSON, CustomerKind.BUSINESS: EntryKind.ORGANISATION}

PAYER: Final = "pyr_"
# Up to so many keys an index is asked for; beyond, everybody's are read, which is cheaper then.
_KEYS_BY_INDEX: Final = 20_000
_ALL: Final = (
    "DECLARE subjects_with_keys CURSOR FOR SELECT id, block_keys FROM compliance_screeningsubject WHERE ended_at IS NULL"
)
_WITH_KEYS: Final = f"{_ALL} AND block_keys && %s::bigint[]"


def enrol(*, kind: str, key: str, customer: Customer, profile: Profile, at: datetime) -> ScreeningSubject:
    """The subject that stands for ``key``, with this profile; its row is locked. What is kept of it changes only with the profile.

    Personal data are sealed under the customer's key. Raises SubjectErased when that is gone.
    """
    found = ScreeningSubject.objects.select_for_update(no_key=True).filter(kind=kind, key=key).first()
    plain = profile.dump()
    digest = digest_of(plain)
    if found is not None and found.digest == digest:
        if found.ended_at is not None:
            found.ended_at, found.screened_at, found.updated_at = None, None, at
            found.save(update_fields=["ended_at", "screened_at", "updated_at"])
        return found
    row = found or ScreeningSubject(
        id=ids.uuid7(), kind=kind, key=key, partner_id=customer.partner_id, customer=customer, created_at=at
    )
    row.sealed = subjects.encrypt(customer.pk, plain, aad=aad(row.pk))
    row.digest, row.block_keys = digest, blocks_of(blocking.of_profile(profile))
    row.screened_at, row.ended_at, row.updated_at = None, None, at
    try:
        with transaction.atomic():
            row.save(force_insert=found is None)
    except IntegrityError:
        if found is not None:
            raise
        return enrol(kind=kind, key=key, customer=customer, profile=profile, at=at)  # somebody else has enrolled it meanwhile
    return row


def enrol_customer(*, customer: Customer, at: datetime) -> ScreeningSubject | None:
    """The customer as a subject; None of one who is erased."""
    personal = customer_selectors.personal_of([customer])[customer.pk]
    if personal is None:
        return None
    return enrol(
        kind=SubjectKind.CUSTOMER, key=customer.public_id, customer=customer, profile=of_customer(customer, personal), at=at
    )


def of_customer(customer: Customer, personal: Personal) -> Profile:
    """What is compared of a customer."""
    number = personal.registration_number
    countries = (customer.country, *((personal.address.country,) if personal.address else ()))
    return Profile(
        names=(personal.name,),
        kind=ENTRY_KINDS[customer.kind],
        born=(PartialDate.of(personal.born_on),) if personal.born_on else (),
        countries=tuple(dict.fromkeys(countries)),
        identifiers=(Identifier("Registration number", number, customer.country),) if number else (),
    )


@transaction.atomic
def enrol_owners(*, customer: Customer, at: datetime) -> list[ScreeningSubject]:
    """The beneficial owners of a business, as its newest verification tells them; those whom it tells no more are screened no more."""
    said = VerificationItem.objects.filter(
        verification=OuterRef("pk"), kind=ItemKind.OWNERS, status__in=[ItemStatus.PROVIDED, ItemStatus.ACCEPTED]
    )
    newest = Verification.objects.filter(Exists(said), customer=customer).order_by("-pk").first()  # be it that nobody is one
    box = subjects.boxes_for([customer.pk]).get(customer.pk)
    if box is None:
        return []
    told = [owner_values(one, box) for one in (newest.owners.order_by("pk") if newest is not None else ())]
    keyed = {owner_key(customer, values): of_owner(values) for values in told}
    gone = ScreeningSubject.objects.filter(kind=SubjectKind.OWNER, customer=customer, ended_at=None).exclude(key__in=keyed)
    if _end(gone, at=at):
        standings.touch_customer(customer.pk, at=at)
    return [enrol(kind=SubjectKind.OWNER, key=key, customer=customer, profile=keyed[key], at=at) for key in sorted(keyed)]


def owner_key(customer: Customer, values: Mapping[str, Any]) -> str:
    """What an owner is called: the same in each verification that tells the same name and birth of them."""
    who = "|".join((str(customer.pk), values["name"], values.get("born_on") or ""))
    return f"own_{crypto.blind_index(who, purpose='screening.owner')}"


def of_owner(values: Mapping[str, Any]) -> Profile:
    """What is compared of a beneficial owner."""
    born = values.get("born_on")
    return Profile(
        names=(values["name"],),
        kind=EntryKind.PERSON,
        born=(PartialDate.of(date.fromisoformat(born)),) if born else (),
        countries=(values["country"],) if values.get("country") else (),
    )


def enrol_counterparty(*, account: ExternalAccount, at: datetime) -> ScreeningSubject | None:
    """Whoever holds an account outside, with the bank; None where the customer is erased."""
    details = account_selectors.details_of([account])[account.pk]
    if details is None:
        return None
    profile = of_counterparty(account, details)
    return enrol(kind=SubjectKind.COUNTERPARTY, key=account.public_id, customer=account.customer, profile=profile, at=at)


def of_counterparty(account: ExternalAccount, details: AccountDetails) -> Profile:
    """What is compared of an account's holder."""
    address = details.owner_address
    return Profile(
        names=(details.owner_name,),
        kind=ENTRY_KINDS[account.holder_kind],
        countries=tuple(dict.fromkeys(filter(None, (address.country if address else "", account.country)))),
        bic=account.bic,
    )


def enrol_payer(*, payment: Payment, at: datetime) -> ScreeningSubject | None:
    """Whoever sent a deposit, as the bank told; the same name on the same account is one subject of a customer.

    None where nothing is known.
    """
    told = deposit_payers.of(payment)
    if told is None or not told.name or payment.customer is None:
        return None
    who = "|".join((str(payment.customer_id), told.index, *sorted(name_words(told.name))))
    key = f"{PAYER}{crypto.blind_index(who, purpose='screening.payer')}"
    profile = Profile(names=(told.name,), countries=(told.country,) if told.country else ())
    return enrol(kind=SubjectKind.COUNTERPARTY, key=key, customer=payment.customer, profile=profile, at=at)


def enrol_message(*, payment: Payment, at: datetime) -> ScreeningSubject | None:
    """The text of a payment; None where there is none, or nobody whose it is."""
    customer = Customer.objects.filter(pk=payment.customer_id).first()
    if customer is None or not payment.description:
        return None
    return enrol(kind=SubjectKind.MESSAGE, key=payment.public_id, customer=customer, profile=of_text(payment.description), at=at)


def of_text(text: str) -> Profile:
    """What is compared of a text."""
    return Profile(names=(text,), is_text=True)


@transaction.atomic
def end(*, customer_id: UUID, at: datetime) -> None:
    """The customer's subjects are not screened any more; what was open about them stands no more."""
    _end(ScreeningSubject.objects.filter(customer_id=customer_id, ended_at=None), at=at)


def _end(rows: QuerySet[ScreeningSubject], *, at: datetime) -> int:
    """Answers how many have ended."""
    Hit.objects.filter(subject__in=rows, state=HitState.OPEN).update(state=HitState.LAPSED, updated_at=at)
    return rows.update(ended_at=at, updated_at=at)


@transaction.atomic
def end_one(*, key: str, at: datetime) -> None:
    """The same of what one subject stands for."""
    _end(ScreeningSubject.objects.filter(key=key, ended_at=None), at=at)


@transaction.atomic
def forget(*, customer_id: UUID, at: datetime) -> None:
    """The customer was erased: nothing leads to the subjects any more. Figures, entries and decisions stay."""
    end(customer_id=customer_id, at=at)
    rows = ScreeningSubject.objects.filter(customer_id=customer_id)
    rows.update(block_keys=[], digest="", updated_at=at)
    digests = rows.filter(Q(kind=SubjectKind.OWNER) | Q(key__startswith=PAYER))  # of who they are
    digests.update(key=Cast("pk", CharField()))


def profiles_of(rows: Iterable[ScreeningSubject]) -> dict[UUID, Profile]:
    """What is compared of the subjects, by key, with one query; those of erased customers are absent."""
    rows = list(rows)
    boxes = subjects.boxes_for({row.customer_id for row in rows})
    return {
        row.pk: Profile.load(box.decrypt(bytes(row.sealed), aad=aad(row.pk)))
        for row in rows
        if (box := boxes.get(row.customer_id)) is not None
    }


def blocks_of(keys: Iterable[str]) -> list[int]:
    """Keyed digests of blocking keys, in the order of their values."""
    return sorted(set(map(block_of, keys)))


def block_of(key: str) -> int:
    """The keyed digest of one blocking key."""
    return int.from_bytes(bytes.fromhex(crypto.blind_index(key, purpose="screening.block")[:16]), signed=True)


def concerned(reach: Reach) -> set[UUID]:
    """The subjects whom entries may concern, told from their digests alone."""
    keys = reach.keys
    found: set[UUID] = set()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(*((_WITH_KEYS, [keys]) if len(keys) <= _KEYS_BY_INDEX else (_ALL,)))
        while True:
            cursor.execute("FETCH 2000 FROM subjects_with_keys")
            if not (rows := cursor.fetchall()):
                break
            found.update(subject_id for subject_id, kept in rows if reach.concerns(kept))
        cursor.execute("CLOSE subjects_with_keys")
    return found


def digest_of(text: str) -> str:
    """A keyed digest of what is compared."""
    return crypto.blind_index(text, purpose="screening.material")


def aad(subject_id: UUID) -> str:
    """The place that a subject's sealed profile belongs to."""
    return f"compliance_screeningsubject.sealed:{subject_id}"
