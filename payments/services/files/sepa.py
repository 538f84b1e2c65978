"""SEPA files: credit transfers (pain.001) in one group, direct debits (pain.008) in a group for each scheme, sequence and creditor."""

import re
from collections.abc import Mapping
from collections.abc import Sequence as Several
from typing import Any
from uuid import UUID

from schwifty import IBAN

from flowlet.core.money import Money
from payments import choices
from payments.choices import MandateScheme, Sequence
from payments.models import Batch, MandateAmendment, Payment
from payments.models.account_details import AccountDetails
from payments.providers.iso20022 import credit_transfers, direct_debits, parts, scheme
from payments.services.files.built import Built, Material, me, our_party, payer, remittance, their_party

_MESSAGE = re.compile(r"FLW([0-9]{12})", re.ASCII)
_GROUP = re.compile(r"([0-9]{10})-[0-9]+", re.ASCII)
_INSTRUMENTS = {MandateScheme.SEPA_CORE: direct_debits.Instrument.CORE, MandateScheme.SEPA_B2B: direct_debits.Instrument.B2B}


def message_id(batch: Batch) -> str:
    """What the message is called, and by which name its status report speaks of it."""
    return f"FLW{batch.number:012d}"


def batch_of_message(name: str) -> Batch | None:
    """The batch whose message is called so."""
    found = _MESSAGE.fullmatch(name)
    rails = (choices.Rail.SEPA_CT, choices.Rail.SEPA_DD)
    return Batch.objects.filter(rail__in=rails, number=int(found[1])).first() if found else None


def batch_of_group(name: str) -> Batch | None:
    """The batch in whose message a group is called so."""
    found = _GROUP.fullmatch(name)
    rails = (choices.Rail.SEPA_CT, choices.Rail.SEPA_DD)
    return Batch.objects.filter(rail__in=rails, number=int(found[1])).first() if found else None


def group_id(batch: Batch, place: int) -> str:
    """What the group at a place in the batch's message is called, counted from 1."""
    return f"{batch.number:010d}-{place}"


def write_transfers(batch: Batch, material: Material) -> Built:
    """The credit transfers. Raises ExternalAccountUnfit, BreaksScheme, NotWritable."""
    written = credit_transfers.write(**_transfers(batch, material))
    return Built(f"SCT-{batch.created_at:%Y%m%d}-{batch.number:08d}.xml", written.message, written.content)


def check_transfers(batch: Batch, material: Material) -> None:
    """Refuse what ``write_transfers`` refuses."""
    credit_transfers.check(**_transfers(batch, material))


def write_debits(batch: Batch, material: Material) -> Built:
    """The direct debits. Raises ExternalAccountUnfit, BreaksScheme, NotWritable."""
    written = direct_debits.write(**_debits(batch, material))
    return Built(f"SDD-{batch.created_at:%Y%m%d}-{batch.number:08d}.xml", written.message, written.content)


def check_debits(batch: Batch, material: Material) -> None:
    """Refuse what ``write_debits`` refuses."""
    direct_debits.check(**_debits(batch, material))


def _transfers(batch: Batch, material: Material) -> dict[str, Any]:
    """What the message of credit transfers is made of."""
    identity = me(batch)
    us = our_party(identity)
    group = credit_transfers.Group(
        id=group_id(batch, 1),
        execute_on=batch.value_on,
        debtor=us,
        debtor_account=parts.Account(iban=identity["iban"]),
        debtor_agent=parts.Agent(bic=identity["bic"]),
        transfers=tuple(
            credit_transfers.Transfer(
                end_to_end_id=payment.reference,
                instruction_id=payment.trace,
                amount=Money(payment.amount, payment.currency),
                creditor=their_party(material.details[payment.pk], name_width=scheme.NAME),
                creditor_account=parts.Account(iban=material.details[payment.pk].number),
                creditor_agent=_agent(payment),
                ultimate_debtor=payer(material, payment, name_width=scheme.NAME),
                remittance=remittance(payment),
            )
            for payment in material.payments
        ),
    )
    return {"message_id": message_id(batch), "created_at": batch.created_at, "initiator": us, "groups": [group]}


def _debits(batch: Batch, material: Material) -> dict[str, Any]:
    """What the message of direct debits is made of."""
    identity = me(batch)
    us = our_party(identity)
    groups = [
        direct_debits.Group(
            id=name,
            collect_on=batch.value_on,
            instrument=_INSTRUMENTS[MandateScheme(members[0].mandate.scheme)],
            sequence=direct_debits.SequenceType(material.places[members[0].pk]),
            creditor=us,
            creditor_account=parts.Account(iban=identity["iban"]),
            creditor_agent=parts.Agent(bic=identity["bic"]),
            creditor_id=members[0].mandate.creditor_id,
            debits=tuple(_debit(payment, material) for payment in members),
        )
        for name, members in debit_groups(batch, material.payments, material.places).items()
    ]
    return {"message_id": message_id(batch), "created_at": batch.created_at, "initiator": us, "groups": groups}


def debit_groups(
    batch: Batch, payments: list[Payment] | tuple[Payment, ...], places: Mapping[UUID, choices.Sequence]
) -> dict[str, list[Payment]]:
    """The collections by the name of the group in which they stand: one for each scheme, sequence and creditor identifier."""
    found: dict[tuple[str, str, str], list[Payment]] = {}
    for payment in payments:
        key = (payment.mandate.scheme, places[payment.pk], payment.mandate.creditor_id)
        found.setdefault(key, []).append(payment)
    return {group_id(batch, place): members for place, (_, members) in enumerate(sorted(found.items()), start=1)}


def usable_together(payments: list[Payment], places: Mapping[UUID, choices.Sequence]) -> list[Payment]:
    """Without those whose mandate stands in the message already: a first, last or only collection is the mandate's one of a message."""
    seen: set[str] = set()
    found = []
    for payment in payments:
        mandate = payment.mandate.reference_key
        if places[payment.pk] != Sequence.RCUR:
            if mandate in seen:
                continue
            seen.add(mandate)
        found.append(payment)
    return found


def amendment(rows: Several[MandateAmendment], details: Mapping[UUID, AccountDetails | None]) -> direct_debits.Amendment:
    """Several changes told at once: of each value, what the bank knew before the first of them.

    An account at the same bank is told by its IBAN, one at another bank by SMNDA (EPC130-08, AT-24).
    """
    account = next((row.former_account for row in rows if row.former_account is not None), None)
    former = details.get(account.pk) if account is not None else None
    now = details.get(rows[-1].mandate.external_account_id)
    is_same_bank = former is not None and now is not None and _bank(former.number) == _bank(now.number)
    return direct_debits.Amendment(
        mandate_id=next((row.former_reference for row in rows if row.former_reference), ""),
        creditor_id=next((row.former_creditor_id for row in rows if row.former_creditor_id), ""),
        debtor_account=parts.Account(iban=former.number) if former is not None and is_same_bank else None,
        is_debtor_at_new_bank=account is not None and not is_same_bank,
    )


def _bank(iban: str) -> tuple[str, str]:
    found = IBAN(iban)
    return found.country_code, found.bank_code


def _agent(payment: Payment) -> parts.Agent | None:
    return parts.Agent(bic=payment.external_account.bic) if payment.external_account.bic else None


def _debit(payment: Payment, material: Material) -> direct_debits.Debit:
    held_by = material.details[payment.pk]
    return direct_debits.Debit(
        end_to_end_id=payment.reference,
        instruction_id=payment.trace,
        amount=Money(payment.amount, payment.currency),
        mandate=direct_debits.Mandate(
            id=payment.mandate.reference,
            signed_on=payment.mandate.signed_on,
            amendment=material.amendments.get(payment.pk),
        ),
        debtor=their_party(held_by, name_width=scheme.NAME),
        debtor_account=parts.Account(iban=held_by.number),
        debtor_agent=_agent(payment),
        remittance=remittance(payment),
    )
