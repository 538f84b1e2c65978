"""Of what a bank speaks: the payment, file, prenote or account of ours, found by the references that the message repeats."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from flowlet.core.money import Money
from ledger.models import BankAccount
from ledger.services import charts
from payments import errors
from payments.choices import (
    DepositInstructionStatus,
    Direction,
    InboundKind,
    PaymentStatus,
    Rail,
    SuspenseCause,
    VerificationMethod,
)
from payments.models import AccountVerification, Batch, InboundItem, Payment, Recall, VerificationEntry
from payments.providers.iso20022 import notices, reports, scheme
from payments.providers.iso20022.notices import Booking
from payments.providers.iso20022.parts import Account
from payments.providers.iso20022.reading import ReceivedWire
from payments.providers.iso20022.recalls import Answered, Requested
from payments.services import deposit_instructions, files, verification_runs
from payments.services.inbound_reading import Told
from wallets.models import Wallet

ISO_RAILS: Final = (Rail.SEPA_CT, Rail.SEPA_DD, Rail.WIRE)
LONGEST_TEXT: Final = 2000  # of what a payer wrote, looked through for a reference
AHEAD: Final = timedelta(days=10)  # an operator may return an entry before the day on which it was to settle


@dataclass(slots=True, kw_only=True)
class About:
    """What an item speaks of: at most one payment, batch or verification (with its entry); and for what a bank says of our account, that
    account, with the wallet that is named (or why none is) and the partner in whose book it is; the deposit made of it is added.
    """

    payment: Payment | None = None
    batch: Batch | None = None
    verification: AccountVerification | None = None
    entry: VerificationEntry | None = None
    bank_account: BankAccount | None = None
    partner_id: UUID | None = None
    wallet: Wallet | None = None
    cause: SuspenseCause = SuspenseCause.NOBODY
    item: InboundItem | None = None  # of what the bank's file says

    def __bool__(self) -> bool:
        return any((self.payment, self.batch, self.verification, self.bank_account, self.partner_id))


def find(told: Told, *, at: datetime) -> About:
    """What the item speaks of; empty when nothing of ours has the reference."""
    if isinstance(told.said, Booking):
        return _find_booking(told.said)
    if isinstance(told.said, ReceivedWire):
        return _find_wire(told.said)
    if isinstance(told.said, Requested):
        return About(payment=deposit_named(told.names, told.amount))
    if isinstance(told.said, Answered):
        return _find_recalled(told.said)
    if isinstance(told.said, reports.Status | reports.Returned):
        return _find_iso(told)
    if told.kind == InboundKind.OTHER:
        return About()
    payment = _by_trace(told.reference, on=told.on or at.date())
    if payment is not None:
        return About(payment=payment)
    entry = verification_runs.find(told.reference)
    if entry is not None:
        return About(verification=entry.verification, entry=entry)
    return About(verification=_prenote(told.reference))


def _by_trace(trace: str, *, on: date) -> Payment | None:
    """The newest ACH payment with the trace number, of the institution that its first eight digits name."""
    rows = Payment.objects.filter(rail=Rail.ACH, trace=trace[-7:], value_on__lte=on + AHEAD).exclude(batch=None)
    for payment in rows.select_related("external_account", "mandate").order_by("-value_on")[:5]:
        try:
            if files.trace_of(files.identity_of(rail=Rail.ACH, partner_id=payment.partner_id)["odfi"], payment) == trace:
                return payment
        except errors.RailNotConfigured:
            continue
    return None


def _prenote(trace: str) -> AccountVerification | None:
    rows = AccountVerification.objects.filter(method=VerificationMethod.PRENOTE, reference=trace, sent_at__isnull=False)
    return rows.select_related("external_account").order_by("-id").first() if trace else None


def _find_iso(told: Told) -> About:
    if told.kind in {InboundKind.FILE_STATUS, InboundKind.GROUP_STATUS}:
        return About(batch=files.batch_of_message(told.said.message_id))
    return About(
        payment=_reversal_of(told.said) or _sent(told.said.end_to_end_id, told.said.instruction_id) or _wire_of(told.said)
    )


def _reversal_of(said: reports.Status | reports.Returned) -> Payment | None:
    """The refund that takes a collection back, when the bank speaks of the message that asked for it: by the collection's references."""
    batch = files.batch_of_message(said.message_id) if said.message_id else None
    if batch is None or not files.is_of_reversals(batch):
        return None
    return files.reversal_in(batch, end_to_end_id=said.end_to_end_id, instruction_id=said.instruction_id)


def reversal_sent(collection: Payment) -> Payment | None:
    """The refund that has left to take the collection back; None when there is none."""
    if collection.rail != Rail.SEPA_DD:
        return None
    rows = Payment.objects.filter(original=collection, rail=Rail.SEPA_DD).exclude(batch=None)
    return rows.exclude(status__in=[PaymentStatus.FAILED, PaymentStatus.RETURNED]).order_by("-pk").first()


def _sent(end_to_end_id: str, instruction_id: str) -> Payment | None:
    """The payment of ours that a message names as we did."""
    sent = Payment.objects.filter(rail__in=ISO_RAILS).exclude(batch=None).select_related("external_account", "mandate")
    payment = sent.filter(reference=end_to_end_id).first() if end_to_end_id else None
    if payment is None and instruction_id:
        payment = sent.filter(trace=instruction_id).order_by("-value_on").first()
    return payment


def _wire_of(said: reports.Status | reports.Returned) -> Payment | None:
    """The wire that stands alone in the message of this IMAD. Fedwire's own answers repeat that and the UETR, and nothing else."""
    batch = files.batch_of_message(said.message_id) if said.message_id else None
    if batch is None or batch.rail != Rail.WIRE:
        return None
    payment = batch.payments.select_related("external_account", "mandate").first()
    return payment if payment is not None and said.uetr in {"", files.uetr_of(payment)} else None


def _find_booking(said: Booking) -> About:
    accounts = BankAccount.objects.filter(identification=said.account, currency=said.amount.currency.code)
    account = accounts.exclude(identification="").first()
    if account is None or not said.is_booked:
        return About(bank_account=account)
    partners = _partners_of(account)
    payment = _sent(said.end_to_end_id, said.instruction_id)
    if payment is not None and payment.partner_id in partners:
        return About(payment=payment, bank_account=account)
    batch = _batch_of(said)
    if batch is not None and batch.partner_id in partners:
        return About(batch=batch, bank_account=account)
    if not said.is_credit or said.is_reversal:
        return About(bank_account=account)
    texts = (said.creditor_reference, said.end_to_end_id, said.text[:LONGEST_TEXT])
    return _place(account, partners, texts, {said.paid_to, said.account})


def _find_wire(said: ReceivedWire) -> About:
    wire = said.wire
    number = notices.plain(_number(wire.creditor_account))
    account = BankAccount.objects.filter(identification=number, currency=wire.amount.currency.code).first() if number else None
    note = wire.remittance
    if account is None:  # whose it is only a virtual account can say: what a payer wrote may name anybody, in the sandbox too
        return _place(None, None, (), {number})
    texts = (note.reference, note.text[:LONGEST_TEXT], note.document_number) if note else ()
    return _place(account, _partners_of(account), (*texts, wire.end_to_end_id), {number})


def deposit_named(names: Iterable[str], amount: Money | None) -> Payment | None:
    """The one deposit of this amount that a bank told us of under one of these names; None when there is none, or there are several."""
    rows = InboundItem.objects.filter(
        kind=InboundKind.CREDIT, payment__isnull=False, names__overlap=[name[:40] for name in names]
    )
    if amount is not None:
        rows = rows.filter(amount=amount.amount, currency=amount.currency.code)
    found = list(rows.order_by("payment_id").values_list("payment_id", flat=True).distinct()[:2])
    return Payment.objects.get(pk=found[0]) if len(found) == 1 else None


def _find_recalled(said: Answered) -> About:
    """The payment whose recall has this case, or which the answer names as we did; where both are there, they are of one payment."""
    rows = Recall.objects.filter(case_id=said.case_id, direction=Direction.OUT).select_related("payment")
    recall = rows.first() if said.case_id else None
    if recall is not None and said.original.end_to_end_id in {"", scheme.NOT_PROVIDED, recall.payment.reference}:
        return About(payment=recall.payment)
    return About(payment=_sent(said.original.end_to_end_id, said.original.instruction_id))


def _place(account: BankAccount | None, partners: set[UUID] | None, texts: Iterable[str], numbers: set[str]) -> About:
    """Whose the money is: the one wallet that is named, if its book has money on this bank account; else the one partner who has."""
    named = deposit_instructions.named(texts, numbers=numbers)
    fitting = [row for row in named if partners is None or row.partner_id in partners]
    cause = SuspenseCause.SEVERAL if len(fitting) > 1 else SuspenseCause.NOBODY
    if len(fitting) == 1:
        if fitting[0].status == DepositInstructionStatus.ACTIVE:
            return About(bank_account=account, wallet=fitting[0].wallet, partner_id=fitting[0].partner_id)
        cause = SuspenseCause.ENDED
    owners = {row.partner_id for row in fitting} or partners or set()
    only = next(iter(owners)) if len(owners) == 1 else None
    return About(bank_account=account, partner_id=only, cause=cause)


def _partners_of(account: BankAccount) -> set[UUID]:
    """In whose books money on the bank account stands as customers' money."""
    lines = account.members.filter(account__line__code=charts.SAFEGUARDING)
    return set(lines.values_list("account__book__partner_id", flat=True))


def _batch_of(said: Booking) -> Batch | None:
    """Our file that the bank booked in one sum."""
    if said.end_to_end_id:
        return None
    found = files.batch_of_message(said.message_id) if said.message_id else None
    return found or (files.batch_of_group(said.group_id) if said.group_id else None)


def _number(account: Account | None) -> str:
    return "" if account is None else account.iban or account.number
