"""The files of batches: written by the rail's format, sealed, compared with their digest, written again byte by byte.

- ``ach``, ``sepa``, ``reversals`` and ``wires`` write; ``built`` has what they are given and what they give; ``sealed`` keeps the
  content; ``refusals`` says a format's refusal of the payment that it concerns.
- ``check`` tries a single payment when it is made, so that a file is not held up by it later: by the writers' own rules, without a file.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Final
from uuid import UUID

from accounts.models import Customer
from accounts.models.personal import Personal
from accounts.selectors.customers import personal_of
from payments import choices, errors
from payments.choices import Direction, Rail
from payments.models import Batch, Payment
from payments.policies import cutoffs, entry_classes, kinds
from payments.policies import mandates as mandate_policies
from payments.providers.iso20022 import direct_debits
from payments.selectors import mandates as mandate_selectors
from payments.selectors.external_accounts import details_of
from payments.services import gateways
from payments.services.files import ach, refusals, reversals, sepa, verification_entries, wires
from payments.services.files.ach import trace_of
from payments.services.files.built import Built, Material, identity_of, me
from payments.services.files.sealed import aad, content_of, digest_of, seal
from payments.services.files.sepa import batch_of_group
from payments.services.files.wires import addressed, imad_of
from payments.services.files.wires import route as wire_route
from payments.services.files.wires import settlement_day as wire_day
from payments.services.files.wires import uetr as uetr_of

__all__ = [
    "LARGEST",
    "Built",
    "aad",
    "addressed",
    "batch_of_group",
    "batch_of_message",
    "build",
    "check",
    "content_of",
    "digest_of",
    "fitting",
    "identity_of",
    "imad_of",
    "is_of_reversals",
    "me",
    "members_of_group",
    "message_of",
    "provider_of",
    "rebuild",
    "reversal_in",
    "seal",
    "trace_of",
    "traces",
    "uetr_of",
    "wire_day",
    "wire_route",
]

# So many payments in one file: ACH stays below 10,000 lines with them, and a wire is a message of its own.
LARGEST: Final[Mapping[Rail, int]] = {Rail.ACH: 5000, Rail.SEPA_CT: 5000, Rail.SEPA_DD: 5000, Rail.WIRE: 1}
# Rails whose messages name the customer for whom we pay.
TOLD: Final = frozenset({Rail.SEPA_CT, Rail.WIRE})
_WRITERS: Final[Mapping[tuple[Rail, Direction], Callable[[Batch, Material], Built]]] = {
    (Rail.ACH, Direction.IN): ach.write,
    (Rail.ACH, Direction.OUT): ach.write,
    (Rail.SEPA_CT, Direction.OUT): sepa.write_transfers,
    (Rail.SEPA_DD, Direction.IN): sepa.write_debits,
    (Rail.SEPA_DD, Direction.OUT): reversals.write,
    (Rail.WIRE, Direction.OUT): wires.write,
}
_CHECKS: Final[Mapping[tuple[Rail, Direction], Callable[[Batch, Material], None]]] = {
    (Rail.ACH, Direction.IN): ach.check,
    (Rail.ACH, Direction.OUT): ach.check,
    (Rail.SEPA_CT, Direction.OUT): sepa.check_transfers,
    (Rail.SEPA_DD, Direction.IN): sepa.check_debits,
    (Rail.SEPA_DD, Direction.OUT): reversals.check,
    (Rail.WIRE, Direction.OUT): wires.check,
}


def build(batch: Batch, payments: Sequence[Payment]) -> Built:
    """The batch's file; the same bytes for the same rows. Raises RailNotConfigured, KindNotOnRail where no file carries money that way,
    and what the format refuses, naming record and field.
    """
    write = _WRITERS.get((Rail(batch.rail), Direction(batch.direction)))
    if write is None:
        raise errors.KindNotOnRail(f"No file of {Rail(batch.rail).label} brings money in.", rails=[])
    return write(batch, _material(payments, mandate_selectors.places_of(payments)))


def rebuild(batch: Batch) -> Built:
    """The file built again from its payments, or its verification entries. Raises FileDiffers when that is not what was built."""
    if batch.is_verification:
        entries = batch.verification_entries.select_related("verification__external_account").order_by("trace")
        found = verification_entries.build(batch, list(entries))
    else:
        found = build(batch, list(batch.payments.select_related("external_account", "mandate", "original").order_by("pk")))
    if found.digest != batch.digest:
        raise errors.FileDiffers(digest=batch.digest, again=found.digest)
    return found


def check(payment: Payment, *, at: datetime) -> None:
    """Try the payment as the only one of a file, which is not written. ``payment`` need not be saved.

    Raises ExternalAccountUnfit (``unfit``: owner_name, owner_address, number, ...) and UnfitForRail for what its rail cannot carry,
    RailNotConfigured.
    """
    entry_classes.check_purpose(payment)
    rail, direction = Rail(payment.rail), Direction(payment.direction)
    if (rail, direction) not in _CHECKS:
        return
    if payment.external_account is None or payment.external_account.kind not in kinds.RAILS[rail].reaches:
        raise errors.ExternalAccountUnfit("The external account's kind does not fit.", param="external_account_id", unfit="kind")
    window = cutoffs.next_cutoff(rail, max(at, payment.due_at or at), same_day=payment.same_day)
    draft = Batch(
        partner=payment.partner,
        rail=rail,
        direction=payment.direction,
        currency=payment.currency,
        number=1,
        cutoff_at=window.cutoff_at,
        value_on=window.value_on,
        count=1,
        total=payment.amount,
        created_at=at,
    )
    alone = copy(payment)
    alone.trace = traces(rail, [1])[0]
    places = {}
    if payment.direction == Direction.IN and payment.mandate is not None:
        places[payment.pk] = mandate_policies.place_of_next(payment.mandate, is_final=payment.is_final)
    try:
        _CHECKS[rail, direction](draft, _material([alone], places))
    except refusals.FORMAT as refusal:
        raise refusals.of_payment(refusal, rail=rail, direction=payment.direction) from None


def fitting(rail: str, payments: Sequence[Payment]) -> list[Payment]:
    """As many of the payments, in their order, as one file of the rail carries; at least one. The others go with the next file."""
    found = list(payments[: LARGEST[Rail(rail)]])
    if not found:
        return found
    if rail == Rail.SEPA_DD and found[0].direction == Direction.OUT:
        return reversals.of_one_file(found)
    if rail == Rail.SEPA_DD:
        return sepa.usable_together(found, mandate_selectors.places_of(found))
    return ach.within_total(found) if rail == Rail.ACH else found


def batch_of_message(message_id: str) -> Batch | None:
    """The batch whose message has this id; None when it is not one of ours."""
    return sepa.batch_of_message(message_id) or wires.batch_of_message(message_id)


def message_of(batch: Batch) -> str:
    """What the batch's message is called."""
    if batch.rail == Rail.WIRE:
        return wires.imad(batch, identity_of(rail=batch.rail, partner_id=batch.partner_id)["aba"])
    return sepa.message_id(batch)


def is_of_reversals(batch: Batch) -> bool:
    """Whether the file takes collections back."""
    return batch.rail == Rail.SEPA_DD and batch.direction == Direction.OUT


def reversal_in(batch: Batch, *, end_to_end_id: str, instruction_id: str) -> Payment | None:
    """The refund in a file of reversals that a message names by the collection's references, or by its own."""
    rows = batch.payments.select_related("external_account", "mandate", "original")
    for name, value in (
        ("original__reference", end_to_end_id),
        ("reference", end_to_end_id),
        ("original__trace", instruction_id),
        ("trace", instruction_id),
    ):
        if value and (found := rows.filter(**{name: value}).first()) is not None:
            return found
    return None


def members_of_group(batch: Batch, group_id: str) -> list[Payment]:
    """The payments that stand in a group of the batch's message; none when it has no such group."""
    payments = list(batch.payments.select_related("external_account", "mandate", "original").order_by("pk"))
    if is_of_reversals(batch):
        return reversals.members(batch, payments).get(group_id, [])
    if batch.rail == Rail.SEPA_DD:
        return sepa.debit_groups(batch, payments, mandate_selectors.places_of(payments)).get(group_id, [])
    return payments if batch.rail == Rail.SEPA_CT and group_id == sepa.group_id(batch, 1) else []


def provider_of(rail: str) -> str:
    """What the rail's bank is called in our records."""
    return gateways.BANKS[Rail(rail)]


def traces(rail: str, numbers: Sequence[int]) -> list[str]:
    """A number for each payment of a file: ACH trace numbers, else instruction ids."""
    if rail == Rail.ACH:
        return [
            f"{number:07d}" for number in numbers
        ]  # the institution's eight digits are put before it when the file is written
    return [f"{gateways.BANKS[Rail(rail)].upper()}{number:010d}" for number in numbers]


def _material(payments: Sequence[Payment], places: Mapping[UUID, choices.Sequence]) -> Material:
    accounts = {
        payment.external_account_id: payment.external_account for payment in payments if payment.external_account is not None
    }
    opened = details_of(accounts.values())
    details = {payment.pk: opened[payment.external_account_id] for payment in payments}
    erased = [payment.public_id for payment in payments if details[payment.pk] is None]
    if erased:
        raise errors.ExternalAccountUnfit("The account's owner was erased.", payments=erased[:10], unfit="owner_name")
    return Material(
        payments=payments,
        details={key: held_by for key, held_by in details.items() if held_by is not None},
        payers=_payers(payments),
        places=places,
        amendments=_amendments(payments),
    )


def _payers(payments: Sequence[Payment]) -> dict[UUID, Personal]:
    """The customers whose money leaves over rails that tell the payee's bank for whom."""
    wanted = {
        payment.pk: payment.customer_id for payment in payments if payment.rail in TOLD and payment.direction == Direction.OUT
    }
    found = personal_of(Customer.objects.filter(pk__in=set(wanted.values()))) if wanted else {}
    return {key: person for key, customer_id in wanted.items() if (person := found.get(customer_id)) is not None}


def _amendments(payments: Sequence[Payment]) -> dict[UUID, direct_debits.Amendment]:
    """Of which changes of their mandates the collections tell; one that is only tried tells all that was not told."""
    told = mandate_selectors.amendments_of(payments)
    for payment in payments:
        if payment.mandate is not None and payment.batch_id is None:
            if untold := list(mandate_selectors.untold(payment.mandate).select_related("former_account").order_by("id")):
                told[payment.pk] = untold
    accounts = {row.former_account for rows in told.values() for row in rows if row.former_account is not None}
    accounts |= {rows[-1].mandate.external_account for rows in told.values()}
    details = details_of(accounts) if accounts else {}
    return {key: sepa.amendment(rows, details) for key, rows in told.items()}
