"""Payers who authorise a payment at their own bank: what is kept in between, where they are sent, and that they are back.

The payment itself is sent and asked for by ``sending``, which hands on what is kept here (``told``) and brings what is to be kept
(``keep``). A bank is called before any row is locked. Payers by card are sent to their bank by the acquirer (``payer_visits``).
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from accounts.errors import PersonalDataErased
from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.states import check_move
from flowlet.events.services import outbox
from flowlet.vault.services import subjects
from flowlet.vault.services.subjects import SubjectErased
from payments import errors, events
from payments.choices import AuthorisationStandard, AuthorisationStatus, BankStandard, PaymentStatus, Rail
from payments.models import Authorisation, Payment
from payments.providers.gateway import Answer
from payments.providers.openbanking import registry
from payments.providers.openbanking.gateway import REJECTED, OpenBankingGateway
from payments.providers.openbanking.registry import Bank
from payments.providers.openbanking.vocabulary import Session, Visitor
from payments.selectors.payments import is_sandbox
from payments.services import outcomes, steps
from payments.services.authorisation_rows import of
from payments.states import AUTHORISATION_MOVES

ON_ITS_WAY = frozenset({PaymentStatus.SUBMITTED, PaymentStatus.UNKNOWN})
# Which currency a standard's payments are in; the sandbox's bank takes both.
CURRENCY = {BankStandard.UK_OB_4_0: "GBP", BankStandard.BERLIN_1_3_11: "EUR"}


def check(rail: Rail, bank: str, visitor: Visitor | None, *, sandbox: bool, currency: str) -> Bank | None:
    """The bank that a payment is authorised at; None for rails without, and in the sandbox, which also plays a bank that asks nobody.

    Raises Invalid, BankNotOffered, RailNotConfigured, CurrencyNotOnRail.
    """
    if rail != Rail.OPEN_BANKING:
        if bank or visitor is not None:
            raise Invalid("Only an open banking payment is authorised at a bank.", param="bank" if bank else "visitor")
        return None
    if not bank:
        if not sandbox:
            raise Invalid("Name the payer's bank; /v1/banks lists them.", param="bank")
        return None
    if visitor is None:
        raise Invalid("The bank wants to know where the payer is.", param="visitor")
    found = registry.bank(bank, sandbox=sandbox)
    if found.creditor is None:
        raise errors.RailNotConfigured(f"{found.label} is not set up for payments.", param="bank", rail=rail.value)
    wanted = CURRENCY.get(BankStandard(found.standard), currency)
    if currency != wanted:
        raise errors.CurrencyNotOnRail(f"{found.label} makes payments in {wanted}.", param="amount.currency", currencies=[wanted])
    return found


def begin(payment: Payment, bank: Bank, visitor: Visitor, *, at: datetime) -> Authorisation:
    """The payer is to authorise the payment at this bank. Raises PersonalDataErased."""
    row = Authorisation(payment=payment, bank=bank.name, standard=bank.standard, created_at=at, updated_at=at)
    _seal(
        row,
        {
            "ip": visitor.ip,
            "user_agent": visitor.user_agent,
            "state": f"{payment.public_id}.{secrets.token_urlsafe(24)}",
            "session": "",
            "redirect_url": "",
        },
    )
    row.save(force_insert=True)
    return row


def begin_card(payment: Payment, return_url: str, *, at: datetime) -> Authorisation:
    """The card's bank may want to see the payer, who comes back to ``return_url``. Raises PersonalDataErased."""
    row = Authorisation(payment=payment, standard=AuthorisationStandard.THREE_D_SECURE, created_at=at, updated_at=at)
    _seal(row, {"return_url": return_url, "session": "", "redirect_url": ""})
    row.save(force_insert=True)
    return row


def gateway_of(payment: Payment) -> OpenBankingGateway | None:
    """The bank that carries the payment; None when nobody authorises it, or the acquirer carries it. Raises BankNotOffered."""
    row = of(payment)
    return None if row is None or is_card(row) else _gateway(row)


def is_card(row: Authorisation) -> bool:
    """Whether a card's bank asks for its holder."""
    return row.standard == AuthorisationStandard.THREE_D_SECURE


def told(payment: Payment) -> dict[str, str]:
    """What the bank has to be told besides the payment, and ``session``, which was kept for it. Empty when nobody authorises it."""
    row = of(payment)
    if row is None:
        return {}
    kept = _opened(row)
    if is_card(row):
        return {"return_url": kept.get("return_url", "")}
    return {
        "session": kept["session"],
        "ip": kept["ip"],
        "user_agent": kept["user_agent"],
        "state": kept["state"],
        "end_to_end_id": payment.reference.replace("-", "")[:35],
        "asked": "yes" if row.is_asked else "",
    }


def note_asked(payment: Payment) -> None:
    """The bank is about to be asked; written before it is."""
    Authorisation.objects.filter(payment=payment).update(is_asked=True)


def keep(payment: Payment, answer: Answer, *, actor: Actor, at: datetime) -> None:
    """Keep what the bank gave for a locked payment, and tell the partner when the payer may go there."""
    if payment.status not in ON_ITS_WAY or not (answer.session or answer.redirect_url):
        return
    row = Authorisation.objects.select_for_update(no_key=True).filter(payment=payment).first()
    if row is None or row.sealed is None or row.status != AuthorisationStatus.ASKING:
        return
    _seal(row, {**_opened(row), "session": answer.session, "redirect_url": answer.redirect_url})
    _move(row, payment, AuthorisationStatus.AWAITING, events.AUTHORISATION_NEEDED, actor=actor, at=at)


def complete(
    *, payment_id: UUID, partner_id: UUID | None = None, callback: Mapping[str, str], actor: Actor, at: datetime
) -> Payment:
    """The payer came back with ``callback``, the parameters of the address. AUTHORISED: the payment is submitted in the background, once.
    Rejected: the payment fails.

    Raises PaymentNotFound, NotAuthorisedThere, IllegalMove when it was authorised before, CallbackRefused when the answer is not this
    payment's, and what calls to banks raise.
    """
    payment, row = waiting(payment_id, partner_id)
    check_awaits(row)
    refused = ""
    try:
        session = _gateway(row).authorise(_opened(row)["session"], callback, at=at)
    except errors.ConsentRefused as refusal:
        session, refused = "", str(refusal.details.get("provider_code", "")) or REJECTED
    with transaction.atomic():
        payment = steps.locked(payment_id)
        row = Authorisation.objects.select_for_update(no_key=True).get(payment=payment)
        if payment.status not in ON_ITS_WAY or row.sealed is None:
            raise errors.NotAuthorisedThere(status=payment.status)
        if refused:
            _move(row, payment, AuthorisationStatus.REJECTED, events.AUTHORISATION_REJECTED, actor=actor, at=at)
            return outcomes.fail(payment_id=payment_id, reason_code=REJECTED, reason=refused[:100], actor=actor, at=at)
        _seal(row, {**_opened(row), "session": session})
        _authorised(row, payment, actor=actor, at=at)
    return payment


def check_awaits(row: Authorisation) -> None:
    """Raises IllegalMove unless the payer is waited for."""
    check_move({AuthorisationStatus.AWAITING: {AuthorisationStatus.AUTHORISED}}, row.status, AuthorisationStatus.AUTHORISED)


def note_authorised(payment: Payment, *, actor: Actor, at: datetime) -> None:
    """The payer of a locked card payment was at their bank, and the acquirer still works on it."""
    row = Authorisation.objects.select_for_update(no_key=True).get(payment=payment)
    if row.status == AuthorisationStatus.AWAITING:
        _authorised(row, payment, actor=actor, at=at)


def _authorised(row: Authorisation, payment: Payment, *, actor: Actor, at: datetime) -> None:
    row.authorised_at = at
    payment.asked, payment.ask_at = 0, at  # from now on there is something to do, and to ask
    payment.save(update_fields=["asked", "ask_at"])
    _move(row, payment, AuthorisationStatus.AUTHORISED, events.PAYER_AUTHORISED, actor=actor, at=at)


def simulate_visit(*, payment_id: UUID, partner_id: UUID, approves: bool) -> dict[str, str]:
    """In the sandbox: the payer went to the bank and decided. Answers what their browser brings back, for ``complete``.

    Raises SandboxOnly, PaymentNotFound, NotAuthorisedThere.
    """
    if not is_sandbox(partner_id):
        raise errors.SandboxOnly
    _, row = waiting(payment_id, partner_id)
    kept = _opened(row)
    if not kept["session"]:
        raise errors.NotAuthorisedThere(status=row.status)
    return registry.bank(row.bank, sandbox=True).client.visit(Session.load(kept["session"]), approves=approves)


def redirect_of(row: Authorisation) -> str:
    """Where the payer is to be sent now, "" when nowhere."""
    return _opened(row)["redirect_url"] if row.status == AuthorisationStatus.AWAITING and row.sealed is not None else ""


def aad(payment_id: UUID) -> str:
    """The place that a row's sealed document belongs to: table, column, row."""
    return f"payments_authorisation.sealed:{payment_id}"


def waiting(payment_id: UUID, partner_id: UUID | None = None) -> tuple[Payment, Authorisation]:
    """A payment on its way whose payer authorises it, with what is kept of that. Raises PaymentNotFound, NotAuthorisedThere."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    payment = Payment.objects.filter(pk=payment_id, **scope).first()
    if payment is None:
        raise errors.PaymentNotFound()
    row = of(payment)
    if row is None or row.sealed is None or payment.status not in ON_ITS_WAY:
        raise errors.NotAuthorisedThere(status=payment.status)
    return payment, row


def _gateway(row: Authorisation) -> OpenBankingGateway:
    return OpenBankingGateway(registry.bank(row.bank, sandbox=row.standard == BankStandard.SANDBOX))


def _move(row: Authorisation, payment: Payment, to: AuthorisationStatus, fact: str, *, actor: Actor, at: datetime) -> None:
    check_move(AUTHORISATION_MOVES, AuthorisationStatus(row.status), to)
    before, row.status, row.updated_at = row.status, to, at
    row.save()
    data = {"id": payment.public_id, "bank": row.bank, "authorisation_status": row.status}
    log.record(
        action=fact,
        actor=actor,
        at=at,
        target=payment.public_id,
        partner_id=payment.partner_id,
        before={"authorisation_status": before},
        after=data,
    )
    outbox.publish(type=fact, partner_id=payment.partner_id, subject=payment.public_id, data=data, at=at)


def _opened(row: Authorisation) -> dict[str, Any]:
    if row.sealed is None:
        return {"ip": "", "user_agent": "", "state": "", "session": "", "redirect_url": ""}
    try:
        return orjson.loads(subjects.decrypt(_subject(row), bytes(row.sealed), aad=aad(row.payment_id)))
    except SubjectErased:
        raise PersonalDataErased() from None


def _seal(row: Authorisation, kept: Mapping[str, Any]) -> None:
    try:
        row.sealed = subjects.encrypt(_subject(row), orjson.dumps(dict(kept)).decode(), aad=aad(row.payment_id))
    except SubjectErased:
        raise PersonalDataErased() from None


def _subject(row: Authorisation) -> UUID:
    return row.payment.customer_id
