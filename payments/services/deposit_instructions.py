"""Deposit instructions: the reference, and the virtual account where a bank gave one, by which money finds its wallet by itself."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.policies import check_reason
from flowlet.audit.services import log
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.events.services import outbox
from flowlet.vault.services import subjects
from payments import errors, events
from payments.choices import DepositInstructionStatus as Status
from payments.choices import Rail
from payments.models import DepositInstruction
from payments.models.account_details import number_index, tail_of
from payments.policies import deposit_instructions as policies
from payments.policies import references
from payments.services import files
from wallets import errors as wallet_errors
from wallets.choices import WalletStatus
from wallets.services import wallets

# Where money of a currency is received.
RAILS: Final[Mapping[str, Rail]] = {"EUR": Rail.SEPA_CT, "USD": Rail.WIRE}
# A reference of ours somewhere in what a payer wrote: with or without FLW, with blanks, hyphens or neither.
_TYPED = re.compile(r"(?:FLW[\s-]*)?(?:[0-9A-Z][\s-]*){12}[0-9A-Z](?![0-9A-Z])")
_NUMBER = re.compile(r"[A-Z0-9]{4,34}", re.ASCII)


@transaction.atomic
def issue(*, wallet_id: UUID, partner_id: UUID, actor: Actor, at: datetime) -> DepositInstruction:
    """The wallet's instruction: the same whenever it is asked for. Raises WalletNotFound, WalletClosed, DepositsNotTaken."""
    wallet = wallets.get(wallet_id, partner_id=partner_id)
    known = DepositInstruction.objects.filter(wallet=wallet).first()
    if known is not None:
        return known
    if wallet.status == WalletStatus.CLOSED:
        raise wallet_errors.WalletClosed(f"{wallet.public_id} is closed.")
    if wallet.currency not in RAILS:
        raise errors.DepositsNotTaken(param="wallet_id", currencies=sorted(RAILS))
    made = DepositInstruction(
        id=ids.uuid7(),
        partner_id=wallet.partner_id,
        customer_id=wallet.customer_id,
        wallet=wallet,
        reference=references.new(),
        created_at=at,
        updated_at=at,
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        if "wallet_id" not in str(error):
            raise
        return DepositInstruction.objects.get(wallet=wallet)  # a twin was faster
    _tell(made, events.DEPOSIT_INSTRUCTION_ISSUED, actor=actor, at=at)
    return made


@transaction.atomic
def assign_number(*, instruction_id: UUID, number: str, actor: Actor, at: datetime) -> DepositInstruction:
    """The virtual account (IBAN or number) that a bank gave us for the wallet. It stays the wallet's for good: payers keep old numbers.

    Raises DepositInstructionNotFound, VirtualAccountTaken, VirtualAccountGiven, MalformedVirtualAccount.
    """
    row = DepositInstruction.objects.select_for_update(no_key=True).filter(pk=instruction_id).first()
    if row is None:
        raise errors.DepositInstructionNotFound
    plain = "".join(number.split()).upper()
    if not _NUMBER.fullmatch(plain):
        raise errors.MalformedVirtualAccount(param="number")
    index = number_index(plain)
    if row.number_index == index:
        return row
    if row.number_index:
        raise errors.VirtualAccountGiven(param="number")
    row.personal = subjects.encrypt(row.customer_id, plain, aad=aad(row.pk))
    row.number_index, row.last_four, row.updated_at = index, tail_of(plain), at
    try:
        with transaction.atomic():
            row.save(update_fields=["personal", "number_index", "last_four", "updated_at"])
    except IntegrityError:
        raise errors.VirtualAccountTaken(param="number") from None
    _tell(row, events.VIRTUAL_ACCOUNT_ASSIGNED, actor=actor, at=at)
    return row


def get(instruction_id: UUID, *, partner_id: UUID | None = None) -> DepositInstruction:
    """The instruction, of this partner if one is named. Raises DepositInstructionNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    found = DepositInstruction.objects.filter(pk=instruction_id, **scope).select_related("wallet").first()
    if found is None:
        raise errors.DepositInstructionNotFound
    return found


def number_of(row: DepositInstruction) -> str:
    """The virtual account's number; "" without one, or where it was erased with the customer."""
    if row.personal is None or subjects.is_erased(row.customer_id):
        return ""
    return subjects.decrypt(row.customer_id, bytes(row.personal), aad=aad(row.pk))


def pay_to(row: DepositInstruction) -> dict[str, str]:
    """Our account at the bank to which payers send: name, iban and bic, or routing_number and account_number. Raises RailNotConfigured."""
    identity = files.identity_of(rail=RAILS[row.wallet.currency], partner_id=row.partner_id)
    if "iban" in identity:
        return {"name": identity["name"], "iban": identity["iban"], "bic": identity["bic"]}
    return {"name": identity["name"], "routing_number": identity["aba"], "account_number": identity["account"]}


def close(*, instruction_id: UUID, reason: str, actor: Actor, at: datetime) -> DepositInstruction:
    """Let no more money find the wallet by it: what names it lies in suspense until somebody looks.

    Raises DepositInstructionNotFound, IllegalMove, ReasonMissing.
    """
    return _move(instruction_id, Status.CLOSED, check_reason(reason), actor=actor, at=at)


def reopen(*, instruction_id: UUID, reason: str, actor: Actor, at: datetime) -> DepositInstruction:
    """Let money find the wallet by it again. Raises DepositInstructionNotFound, IllegalMove, ReasonMissing, and WalletClosed."""
    return _move(instruction_id, Status.ACTIVE, check_reason(reason), actor=actor, at=at)


@transaction.atomic
def _move(instruction_id: UUID, to: Status, reason: str, *, actor: Actor, at: datetime) -> DepositInstruction:
    rows = DepositInstruction.objects.select_for_update(no_key=True, of=("self",)).select_related("wallet")
    row = rows.filter(pk=instruction_id).first()
    if row is None:
        raise errors.DepositInstructionNotFound
    before, is_closed = Status(row.status), to == Status.CLOSED
    (policies.check_can_close if is_closed else policies.check_can_reopen)(row, actor)
    row.status, row.close_reason, row.closed_at = to, reason if is_closed else "", at if is_closed else None
    row.updated_at = at
    row.save(update_fields=["status", "close_reason", "closed_at", "updated_at"])
    fact = events.DEPOSIT_INSTRUCTION_CLOSED if is_closed else events.DEPOSIT_INSTRUCTION_REOPENED
    told: dict[str, Any] = {"partner_id": row.partner_id, "at": at}
    after = {"status": str(to)}
    log.record(action=fact, actor=actor, target=row.public_id, reason=reason, before={"status": str(before)}, after=after, **told)
    data = {"id": row.public_id, "wallet_id": row.wallet.public_id, **after}
    outbox.publish(type=fact, subject=row.public_id, data=data, **told)
    return row


def named(texts: Iterable[str], *, numbers: Iterable[str]) -> list[DepositInstruction]:
    """The instructions, closed ones too, that a virtual account's number or a reference in a payer's texts names, each once.

    A number says more than what the payer wrote: where it is somebody's, texts are not looked at.
    """
    indexes = [number_index(number) for number in numbers if number]
    found = DepositInstruction.objects.filter(number_index__in=indexes) if indexes else DepositInstruction.objects.none()
    wanted = found.select_related("wallet").order_by("pk")
    if not (rows := list(wanted)):
        typed = {name for text in texts for name in references_in(text)}
        rows = list(DepositInstruction.objects.filter(reference__in=typed).select_related("wallet").order_by("pk"))
    return rows


def references_in(text: str) -> list[str]:
    """Our references in a text, rightly typed, each once; what looks like one and fails its check symbol is none."""
    found, upper, at = [], text.upper(), 0
    while match := _TYPED.search(upper, at):
        at = match.start() + 1
        if (match.start() == 0 or not upper[match.start() - 1].isalnum()) and references.is_reference(match[0]):
            found.append(references.parse(match[0]))
            at = match.end()
    return list(dict.fromkeys(found))


def aad(instruction_id: UUID) -> str:
    """The place of the sealed number: table, column, row."""
    return f"payments_depositinstruction.personal:{instruction_id}"


def _tell(row: DepositInstruction, fact: str, *, actor: Actor, at: datetime) -> None:
    data = {"wallet": row.wallet.public_id, "reference": row.reference, "virtual_account_last_four": row.last_four or None}
    log.record(action=fact, actor=actor, at=at, target=row.public_id, partner_id=row.partner_id, after=data)
