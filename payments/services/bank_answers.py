"""What a bank's word means for us, and what is done about it. Of which payment, file or prenote it speaks is found by ``bank_subjects``;
what it says of our account is booked by ``bank_bookings``.

Money is moved by ``outcomes``, which also lets the external account and the mandate learn from the code, and files are answered by
``settlement``; so hearing something again books nothing again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from flowlet.core.actors import Actor
from flowlet.core.money import Money, in_words
from payments import errors
from payments.choices import AttemptStatus, Direction, InboundKind, InboundState, PaymentStatus, Rail
from payments.models import AccountVerification, Batch, InboundItem, Payment, Recall
from payments.policies.account_values import Correction
from payments.providers import nacha
from payments.providers.iso20022 import reasons, reports
from payments.services import (
    bank_bookings,
    external_accounts,
    files,
    locks,
    outcomes,
    prenotes,
    recalls,
    settlement,
    steps,
    verification_runs,
)
from payments.services.bank_subjects import About
from payments.services.inbound_reading import Told

S = PaymentStatus


def book(told: Told, about: About, *, actor: Actor, at: datetime) -> str:
    """Do what follows, in the caller's transaction; answers it in words. Raises what services refuse, and InboundNeedsPerson."""
    return _BOOKS[told.kind](told, about, actor, at)


def _return(told: Told, about: About, actor: Actor, at: datetime) -> str:
    if about.verification is not None:
        return _verification_came_back(told, about, actor, at)
    assert about.payment is not None  # noqa: S101 - what is found is one of them
    payment = steps.locked(about.payment.pk)
    if payment.status == S.RETURNED:
        heard = InboundItem.objects.filter(payment=payment, kind=InboundKind.RETURN, state=InboundState.HANDLED)
        if heard.exists():
            raise errors.InboundRepeated("The payment was returned by another item already; ask the bank, or dishonor it (R67).")
        return "It was returned already."
    code, meaning = _why(told)
    outcomes.return_(
        payment_id=payment.pk,
        reason_code=code,
        reason=meaning,
        amount=told.amount,
        is_inside=False,  # the bank's word, whoever took its file in
        actor=actor,
        at=at,
    )
    return meaning


def _verification_came_back(told: Told, about: About, actor: Actor, at: datetime) -> str:
    entry = about.entry
    if entry is None:
        return _prenote_came_back(told, about.verification, actor, at)
    if told.amount is not None and told.amount.amount != entry.amount:
        raise errors.AmountDiffers(f"{entry.amount} were sent, the bank says {told.amount.amount}.")
    if entry.returned_at is not None:
        return "It had come back already."
    was = entry.verification.status
    verification_runs.come_back(entry_id=entry.pk, code=told.code, actor=actor, at=at)
    what = "micro-deposit" if entry.amount else "prenote"
    if was == AttemptStatus.VERIFIED:
        return f"The {what} came back after its account was verified; the account counts the return."
    return f"The {what} came back; the verification failed."


def _prenote_came_back(told: Told, attempt: AccountVerification, actor: Actor, at: datetime) -> str:
    if attempt.status == AttemptStatus.PENDING:
        prenotes.come_back(verification_id=attempt.pk, code=told.code, actor=actor, at=at)
        return "The prenote came back; the verification failed."
    if attempt.status == AttemptStatus.FAILED:
        return "The verification had failed already."
    raise errors.InboundNeedsPerson(f"The prenote came back after its verification was {attempt.get_status_display().lower()}.")


def _dishonored(told: Told, about: About, actor: Actor, at: datetime) -> str:
    payment = _payment(about)
    if told.amount is not None and payment.returned and told.amount.amount != payment.returned:
        raise errors.AmountDiffers(f"{payment.returned} were returned, the bank says {told.amount.amount}.")
    title = _title(told.code)
    outcomes.redeem(payment_id=payment.pk, reason_code=told.code, reason=title, actor=actor, at=at)
    return f"{title}: the return was taken back."


def _contested(told: Told, about: About, actor: Actor, at: datetime) -> str:
    raise errors.InboundNeedsPerson(f"{_title(told.code)}: the other bank insists on its return.")


def _change(told: Told, about: About, actor: Actor, at: datetime) -> str:
    account = (about.payment or about.verification).external_account
    wanted = nacha.correction(told.said)
    if wanted.needs_person or wanted.identification or wanted.foreign_institution:
        raise errors.InboundNeedsPerson(f"{nacha.CHANGE_CODES[wanted.code]}: nothing of it is kept here.")
    held_as = nacha.TRANSACTION_CODES[wanted.transaction_code].account_type if wanted.transaction_code else None
    external_accounts.apply_correction(
        external_account_id=account.pk,
        correction=Correction(
            code=wanted.code,
            routing_number=wanted.routing,
            account_number=wanted.account,
            account_type=held_as.name if held_as else "",
            owner_name=wanted.name,
        ),
        reference=told.reference,
        actor=actor,
        at=at,
    )
    return f"{nacha.CHANGE_CODES[wanted.code]}: corrected."


def _refused_change(told: Told, about: About, actor: Actor, at: datetime) -> str:
    title = nacha.REFUSED_CHANGE_CODES.get(told.code, "A code that is in no table")
    raise errors.InboundNeedsPerson(f"{title}: a notification of change was refused.")


def _file_status(told: Told, about: About, actor: Actor, at: datetime) -> str:
    """The bank's word on a whole file: rejected, its payments fail; accepted, it is acknowledged."""
    batch, said = _batch(about), told.said.outcome
    if said == reports.Outcome.REJECTED:
        settlement.answer(batch_id=batch.pk, accepted=False, text=_reasons(told), actor=actor, at=at)
        return "The file was rejected; its money is back."
    if said == reports.Outcome.UNKNOWN:
        raise errors.InboundNeedsPerson(f"{told.code} is a status that is in no table: ask the bank.")
    if said == reports.Outcome.WAITING:
        return "Received; nothing is decided."
    settlement.answer(batch_id=batch.pk, accepted=True, text=told.code, actor=actor, at=at)
    if said == reports.Outcome.SETTLED and batch.rail == Rail.WIRE:
        for payment in batch.payments.all():
            outcomes.settle(payment_id=payment.pk, actor=actor, at=at)
    return "The file was accepted."


def _group_status(told: Told, about: About, actor: Actor, at: datetime) -> str:
    """The bank's word on a group of a file; one that is rejected fails, the other groups stay."""
    batch, said = _batch(about), told.said.outcome
    members = files.members_of_group(batch, told.said.group_id)
    if not members:
        raise errors.InboundUnmatched("The file has no such group.")
    if said == reports.Outcome.REJECTED:
        for payment in locks.together(one.pk for one in members):
            _reject(payment, told, actor, at)
        return f"The group was rejected; {len(members)} payments failed."
    return _file_status(told, about, actor, at)


def _payment_status(told: Told, about: About, actor: Actor, at: datetime) -> str:
    payment, said = _payment(about), told.said.outcome
    if told.amount is not None and (told.amount.amount, told.amount.currency.code) != (payment.amount, payment.currency):
        raise errors.AmountDiffers(
            f"{in_words(Money(payment.amount, payment.currency))} was sent, the bank says {in_words(told.amount)}."
        )
    if said == reports.Outcome.REJECTED:
        return _reject(payment, told, actor, at)
    if said == reports.Outcome.SETTLED:
        outcomes.settle(payment_id=payment.pk, actor=actor, at=at)
        return "Settled."
    if said in {reports.Outcome.WAITING, reports.Outcome.ACCEPTED}:
        return said.label
    raise errors.InboundNeedsPerson(f"{told.code} says nothing of a single payment: ask the bank.")


def _reject(payment: Payment, told: Told, actor: Actor, at: datetime) -> str:
    """A rejection before settlement; of what counts as settled here already, it is a return."""
    payment = steps.locked(payment.pk)
    if payment.status in {S.FAILED, S.RETURNED}:
        return "It had failed already."
    code, meaning = _why(told)
    end = outcomes.return_ if payment.status == S.SETTLED else outcomes.fail
    end(payment_id=payment.pk, reason_code=code, reason=meaning, is_inside=False, actor=actor, at=at)
    return meaning


def _recall(told: Told, about: About, actor: Actor, at: datetime) -> str:
    """A bank wants a deposit back: it goes to the queue of recalls, where an officer decides."""
    payment, asked = _payment(about), told.said
    if payment.status == S.RETURNED:
        raise errors.InboundNeedsPerson("The deposit was sent back already (ARDT).")
    row = recalls.receive(payment_id=payment.pk, said=asked, item=about.item, actor=actor, at=at)
    return f"{row.public_id}: an officer decides until {row.due_on}."


def _recall_answer(told: Told, about: About, actor: Actor, at: datetime) -> str:
    """What the other bank says of our recall; the money comes by itself."""
    payment, verdict = _payment(about), told.said.verdict
    row = Recall.objects.filter(payment=payment, direction=Direction.OUT).order_by("-id").first()
    if row is None:
        raise errors.InboundUnmatched("Nobody recalled this payment.")
    if verdict is None:
        raise errors.InboundNeedsPerson(f"{told.code} is an answer that is in no table: ask the bank.")
    recalls.answered(recall_id=row.pk, verdict=verdict, code=told.cause, actor=actor, at=at)
    return f"{verdict.label}."


def _other(told: Told, about: About, actor: Actor, at: datetime) -> str:
    raise errors.InboundUnmatched


def _why(told: Told) -> tuple[str, str]:
    """Code and meaning of a return or rejection, by the rail's own table; never what a bank wrote freely."""
    if isinstance(told.said, reports.Status | reports.Returned):
        code = told.cause or told.code
        return code[:40], reasons.of(code).meaning
    return told.code[:40], _title(told.code)


def _title(code: str) -> str:
    known = nacha.RETURN_CODES.get(code)
    return known.title if known else "A code that is in no table"


def _reasons(told: Told) -> str:
    """Why a file was rejected: the codes and what they mean."""
    return "; ".join(f"{one.code}: {reasons.of(one.code).meaning}" for one in told.said.reasons) or told.code


def _payment(about: About) -> Payment:
    if about.payment is None:
        raise errors.InboundNeedsPerson("It speaks of a prenote, of which that cannot be said.")
    return about.payment


def _batch(about: About) -> Batch:
    assert about.batch is not None  # noqa: S101 - what is found for such an item is a file
    return about.batch


_BOOKS: Final[Mapping[InboundKind, Callable[[Told, About, Actor, datetime], str]]] = {
    InboundKind.RETURN: _return,
    InboundKind.DISHONORED: _dishonored,
    InboundKind.CONTESTED: _contested,
    InboundKind.CHANGE: _change,
    InboundKind.REFUSED_CHANGE: _refused_change,
    InboundKind.FILE_STATUS: _file_status,
    InboundKind.GROUP_STATUS: _group_status,
    InboundKind.PAYMENT_STATUS: _payment_status,
    InboundKind.RECALL: _recall,
    InboundKind.RECALL_ANSWER: _recall_answer,
    InboundKind.CREDIT: bank_bookings.credit,
    InboundKind.DEBIT: bank_bookings.debit,
    InboundKind.ANNOUNCED: bank_bookings.announced,
    InboundKind.OTHER: _other,
}
