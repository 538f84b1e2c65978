"""What a bank has booked on an account of ours, booked here: deposits, what came back, what was executed.

A deposit has one name, the bank's own of it within the account, or its UETR where it has one, so that notices, wires and repeated files
make one deposit of it. What the statement says later of the same money is matched with the journal by the same names.
"""

from datetime import datetime
from decimal import Decimal

from flowlet.core.actors import Actor
from flowlet.core.money import Money, in_words
from payments import errors
from payments.choices import Direction, InboundState, PaymentStatus, Rail, SuspenseCause
from payments.models import Batch, InboundItem, Payment
from payments.policies import reversals
from payments.providers.iso20022 import reasons, scheme
from payments.providers.iso20022.notices import Booking
from payments.providers.iso20022.reading import ReceivedWire
from payments.services import files, outcomes, receipts, steps
from payments.services.bank_subjects import About, deposit_named, reversal_sent
from payments.services.inbound_reading import Told
from payments.services.suspense_rows import Arrival, Payer

S = PaymentStatus
PROVIDER = "bank"
ON_ITS_WAY = frozenset({S.SUBMITTED, S.UNKNOWN})
# ISO 20022 external code set, bank transaction sub-families that ACH has.
_RETURNS = ("RRTN", "RPCR", "PRRT")  # returned credit transfers
_REVERSED, _UNPAID = "-PRDD", ("-UPDD", "-RCDD")  # direct debits: by the creditor's reversal; unpaid, or called back by a bank
_ACH = frozenset({"ATXN", "DMCT", "SALA"})


def announced(told: Told, about: About, actor: Actor, at: datetime) -> str:
    """A report, or what is only pending: nothing is booked."""
    return "Announced only; nothing is booked."


def credit(told: Told, about: About, actor: Actor, at: datetime) -> str:
    """Money that came: a payment of ours that came back, a collection that was paid, or a deposit. Raises InboundNeedsPerson,
    InboundUnmatched, InboundRepeated, and what ``outcomes`` and ``receipts`` refuse.
    """
    if about.payment is not None:
        if about.payment.direction == Direction.IN:
            return _executed(told, about.payment, actor, at)
        return _came_back(told, about.payment, actor, at)
    if about.batch is not None:
        return _batch(told, about.batch, Direction.IN, actor, at)
    if isinstance(told.said, Booking) and told.said.is_reversal:
        raise errors.InboundNeedsPerson("The bank takes back a booking that no payment of ours explains.")
    if isinstance(told.said, Booking) and told.cause:
        raise errors.InboundNeedsPerson(f"{told.cause}: money that came back, and no payment of ours has its reference.")
    return _deposit(told, about, actor, at)


def debit(told: Told, about: About, actor: Actor, at: datetime) -> str:
    """Money that went: a payment of ours that was executed, or a collection that was taken back. Raises as ``credit``."""
    if about.payment is not None:
        if about.payment.direction == Direction.OUT:
            return _executed(told, about.payment, actor, at)
        reversal = reversal_sent(about.payment)
        if reversal is not None and _is_ours(told):
            about.payment = reversal
            return _executed(told, reversal, actor, at)
        return _came_back(told, about.payment, actor, at)
    if about.batch is not None:
        return _batch(told, about.batch, Direction.OUT, actor, at)
    deposit = deposit_named(told.names, told.amount) if told.said.is_reversal or told.cause or told.names else None
    if deposit is not None and deposit.status == S.RETURNED:
        about.payment = deposit
        return "The deposit was sent back already; the bank has executed it."
    if told.said.is_reversal or told.cause:
        raise errors.InboundNeedsPerson("The bank takes back a credit: find the deposit, and book its return.")
    raise errors.InboundUnmatched("The bank took money that no payment of ours explains.")


def _deposit(told: Told, about: About, actor: Actor, at: datetime) -> str:
    amount, said = _amount(told), told.said
    if about.partner_id is None:
        raise errors.InboundUnmatched("Nothing names a wallet, and several partners or none have money on this account.")
    if isinstance(said, ReceivedWire):
        if said.wire.receiver.aba != files.identity_of(rail=Rail.WIRE, partner_id=about.partner_id)["aba"]:
            raise errors.InboundNeedsPerson("The wire is for another bank.")
        rail, name, value_on, text = Rail.WIRE, said.wire.uetr, said.wire.settle_on, _text(said)
        named = {"trace_number": said.wire.uetr, "bank_reference": said.message_id, "end_to_end_id": said.wire.end_to_end_id}
    else:
        if not said.name and not said.uetr:
            raise errors.InboundNeedsPerson("The bank gives the credit no reference of its own, so it could be booked twice.")
        account = about.bank_account.public_id if about.bank_account else ""
        rail, name, value_on, text = (
            _rail(said),
            said.uetr or f"{account}:{said.name}",
            said.value_on or said.booked_on,
            said.text,
        )
        named = {"bank_reference": said.name, "end_to_end_id": said.end_to_end_id, "trace_number": said.uetr}
    if not name:
        raise errors.InboundNeedsPerson("The wire has no UETR, so it could be booked twice.")
    is_known = Payment.objects.filter(provider=PROVIDER, provider_reference=name).exists()
    payment = receipts.take_in(
        partner_id=about.partner_id,
        rail=rail,
        amount=amount,
        wallet_id=about.wallet.pk if about.wallet else None,
        provider=PROVIDER,
        provider_reference=name,
        description=_printable(text),
        value_on=value_on,
        named={key: value for key, value in named.items() if value},
        arrival=Arrival(payer=_payer(said), cause=about.cause),
        actor=actor,
        at=at,
    )
    if None not in {payment.value_on, value_on} and payment.value_on != value_on:
        raise errors.InboundNeedsPerson(f"The bank has used the reference before, for money of {payment.value_on}.")
    about.payment = payment
    if is_known:
        return "It was booked already."
    if payment.wallet_id is None:
        is_closed = about.cause == SuspenseCause.ENDED
        return f"Booked to suspense: {'the instruction that is named was closed' if is_closed else 'nothing names one wallet'}."
    stood_open = not payment.moves.filter(details__in_suspense=True).exists()
    return "Booked to its wallet." if stood_open else "Booked to suspense: its wallet takes no money."


def _came_back(told: Told, payment: Payment, actor: Actor, at: datetime) -> str:
    """A payment of ours comes back in whole, whichever message says so first."""
    payment = steps.locked(payment.pk)
    if payment.direction == Direction.OUT and not told.cause and not told.code.endswith(_RETURNS):
        # Whoever was paid knows our reference, and may have put it on a payment of their own.
        raise errors.InboundNeedsPerson("A credit with the reference of a payment of ours that does not say that it is a return.")
    if payment.status == S.RETURNED:
        _check_is_no_second(told, payment)
        return "It was returned already."
    code = told.cause or "NARR"
    meaning = reasons.of(code).meaning
    outcomes.return_(
        payment_id=payment.pk,
        reason_code=code[:40],
        reason=meaning,
        amount=told.amount,
        is_inside=False,
        actor=actor,
        at=at,
    )
    return meaning


def _is_ours(told: Told) -> bool:
    """Whether money that a bank takes for a reversed collection is our reversal, and not a return by the debtor's bank.

    Raises InboundNeedsPerson where both look alike.
    """
    if told.code.endswith(_REVERSED) or not (told.cause or told.code.endswith(_UNPAID)):
        return True
    if told.cause in scheme.REVERSAL_REASONS and not told.code.endswith(_UNPAID):
        raise errors.InboundNeedsPerson(
            f"{told.cause}: it is our reversal, or a return by the debtor's bank; ask the bank which."
        )
    return False


def _executed(told: Told, payment: Payment, actor: Actor, at: datetime) -> str:
    """The bank has booked what we asked for."""
    if (told.said.is_reversal or told.cause) and not reversals.is_reversal(payment):
        raise errors.InboundNeedsPerson("The bank books it the other way round.")
    if payment.status in {S.FAILED, S.RETURNED}:
        raise errors.InboundNeedsPerson(f"The payment is {payment.get_status_display().lower()}, and the bank has executed it.")
    if told.amount is not None and told.amount != Money(payment.amount, payment.currency):
        raise errors.AmountDiffers(
            f"{in_words(Money(payment.amount, payment.currency))} was sent, the bank says {in_words(told.amount)}."
        )
    _check_is_no_second(told, payment)
    outcomes.settle(payment_id=payment.pk, amount=told.amount, actor=actor, at=at)
    return "The bank has executed it."


def _check_is_no_second(told: Told, payment: Payment) -> None:
    """Raises InboundRepeated when the bank has booked the same way under another name before: money may have moved twice."""
    heard = InboundItem.objects.filter(payment=payment, kind=told.kind, state=InboundState.HANDLED)
    if heard.exclude(reference=told.reference[:40]).exists():
        raise errors.InboundRepeated("The bank has booked it once before, under another name; ask the bank.")


def _batch(told: Told, batch: Batch, direction: str, actor: Actor, at: datetime) -> str:
    """A file of ours, or a group of it, in one sum."""
    if batch.direction != direction:
        raise errors.InboundNeedsPerson("The bank books the file the other way round.")
    members = files.members_of_group(batch, told.said.group_id) or list(batch.payments.order_by("pk"))
    executed = [payment for payment in members if payment.status not in {S.FAILED, S.CANCELED}]
    total = sum((payment.amount for payment in executed), Decimal(0))
    if total != _amount(told).amount:
        raise errors.AmountDiffers(f"{total} {batch.currency} is in the file, the bank says {_amount(told)}.")
    left = [payment.pk for payment in executed if payment.status in ON_ITS_WAY]
    if direction == Direction.OUT:
        for start in range(0, len(left), outcomes.CHUNK):
            outcomes.settle_many(payment_ids=left[start : start + outcomes.CHUNK], actor=actor, at=at)
    else:
        for key in left:
            outcomes.settle(payment_id=key, actor=actor, at=at)
    return f"The bank has executed the file; {len(left)} payments were settled."


def _rail(said: Booking) -> Rail:
    """The rail of a credit: SEPA in euro; in dollars ACH where the bank's code says so, else a wire."""
    if said.amount.currency.code == "EUR":
        return Rail.SEPA_CT
    return Rail.ACH if said.code.rpartition("-")[2] in _ACH else Rail.WIRE


def _text(said: ReceivedWire) -> str:
    note = said.wire.remittance
    return " ".join(filter(None, (note.text, note.reference, note.document_number))) if note else ""


def _payer(said: Booking | ReceivedWire) -> Payer:
    if isinstance(said, ReceivedWire):
        party, account = said.wire.debtor, said.wire.debtor_account
    else:
        party, account = said.counterparty, said.counterparty_account
    number = account.iban or account.number if account else ""
    return Payer(name=_printable(party.name) if party else "", account=_printable(number))


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)[:140].strip()


def _amount(told: Told) -> Money:
    assert told.amount is not None  # noqa: S101 - bookings have one
    return told.amount
