"""A bank as the carrier of open banking payments: initiated, authorised by the payer at the bank, submitted, asked for.

What is kept in between is a ``Session``, as JSON. Nothing is initiated or submitted twice: in the UK both carry an idempotency key that
follows from our reference; a Berlin Group bank has no such key, so an initiation whose answer was lost stays unknown for a person to
look at.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flowlet.core import clock
from flowlet.core.errors import Invalid
from flowlet.core.outbound import NotAuthorized, NotThere, Refused, Throttled
from payments.errors import BankAnswerMalformed, ConsentLapsed
from payments.providers.gateway import Answer, Instruction, State
from payments.providers.openbanking.registry import Bank
from payments.providers.openbanking.vocabulary import (
    AccountNumber,
    Initiated,
    PaymentFacts,
    PaymentState,
    Product,
    Scheme,
    Session,
    Visitor,
)

AUTHORISED_WITHIN = timedelta(days=1)
REJECTED = "open_banking.rejected"
NOT_AUTHORISED, LAPSED = "open_banking.not_authorised", "open_banking.lapsed"
_STATES = {
    PaymentState.PENDING: State.ACCEPTED,
    PaymentState.SETTLED: State.PAID,
    PaymentState.REJECTED: State.REFUSED,
    PaymentState.UNKNOWN: State.UNCLEAR,
}
_AUTHORISED, _ASKED_AT = "authorised", "asked_at"
# Of these banks the payment is made by the payer's authorisation; of the others by our submission.
_MADE_BY_AUTHORISATION = frozenset({"BERLIN_1_3_11"})


class OpenBankingGateway:
    """Carries payments out of accounts at one bank."""

    def __init__(self, bank: Bank) -> None:
        if bank.creditor is None:
            raise ValueError(f"{bank.name}: payments are not offered; creditor_number and creditor_name are missing")
        self._bank, self._client = bank, bank.client
        self.name = bank.name[:24]

    def submit(self, instruction: Instruction) -> Answer:
        """Initiate: the bank knows the payment, and waits for the payer at ``redirect_url``. Raises OutcomeUnknown, Unavailable."""
        if instruction.session:
            return self._go_on(Session.load(instruction.session), instruction)
        if instruction.details.get("asked") and self._bank.standard in _MADE_BY_AUTHORISATION:
            return Answer(state=State.UNCLEAR)  # no key makes the bank take it once
        at = clock.now()
        try:
            begun: Initiated = self._client.initiate(payment=self._facts(instruction), state=instruction.details["state"], at=at)
        except (NotAuthorized, Throttled):
            raise
        except Refused as refusal:
            return Answer(state=State.REFUSED, reason_code=refusal.provider_code or refusal.code)
        except Invalid as refusal:
            return Answer(state=State.REFUSED, reason_code=refusal.code)
        except BankAnswerMalformed:
            return Answer(state=State.UNCLEAR)
        session = begun.session or Session(reference=begun.reference, state=instruction.details["state"])
        session = session.having(details={**session.details, _ASKED_AT: at.timestamp()})
        return Answer(
            state=_STATES[begun.status],
            provider_reference=begun.reference,
            redirect_url=begun.redirect_url,
            session=session.dump(),
            reason_code=_reason(begun.status),
        )

    def find(self, instruction: Instruction) -> Answer:
        """What became of it; NOT_FOUND when the answer to its initiation was lost. Raises OutcomeUnknown, Unavailable."""
        if not instruction.session:
            return Answer(state=State.NOT_FOUND)
        return self._go_on(Session.load(instruction.session), instruction)

    def authorise(self, session: str, callback: Mapping[str, str], *, at: datetime) -> str:
        """The payer is back with ``callback``: the session to be kept now. Raises CallbackRefused, ConsentRefused, and what calls raise."""
        done: Session = self._client.authorise(session=Session.load(session), callback=callback, at=at)
        return done.having(details={**done.details, _AUTHORISED: True}).dump()

    def _go_on(self, session: Session, instruction: Instruction) -> Answer:
        """The next thing there is to do: wait for the payer, submit, or ask."""
        at = clock.now()
        reference = instruction.provider_reference or session.reference
        if reference != session.reference:
            return self._stands(reference, at=at)
        if not session.details.get(_AUTHORISED):
            return self._waits(session, at=at)
        try:
            done = self._client.submit(session=session, at=at)
        except NotAuthorized:
            # The payer's token has ended: nothing can be made with it any more, and the bank knows whether something was.
            if not 0 < session.token_expires_at < at.timestamp():
                raise
            found = self._stands(reference, at=at)
            return Answer(state=State.REFUSED, reason_code=LAPSED) if found.state == State.ACCEPTED else found
        except Throttled:
            raise
        except (BankAnswerMalformed, ConsentLapsed):
            return Answer(state=State.UNCLEAR)
        except Refused as refusal:
            # The bank may refuse because it has made the payment before, and we lost its answer: only it can say.
            found = self._stands(reference, at=at)
            if found.state in (State.PAID, State.UNCLEAR):
                return found
            return Answer(state=State.REFUSED, reason_code=refusal.provider_code or refusal.code)
        return Answer(state=_STATES[done.status], provider_reference=done.reference, reason_code=_reason(done.status))

    def _waits(self, session: Session, *, at: datetime) -> Answer:
        found = self._stands(session.reference, at=at)
        over = at.timestamp() - float(session.details.get(_ASKED_AT, 0)) > AUTHORISED_WITHIN.total_seconds()
        if found.state == State.ACCEPTED and over and self._bank.standard not in _MADE_BY_AUTHORISATION:
            return Answer(state=State.REFUSED, reason_code=NOT_AUTHORISED)
        return found

    def _stands(self, reference: str, *, at: datetime) -> Answer:
        try:
            status = self._client.status(reference=reference, at=at)
        except (NotThere, BankAnswerMalformed):
            return Answer(state=State.UNCLEAR)
        return Answer(state=_STATES[status], provider_reference=reference, reason_code=_reason(status))

    def _facts(self, instruction: Instruction) -> PaymentFacts:
        details = instruction.details
        creditor: Any = self._bank.creditor
        in_euros = instruction.amount.currency.code == "EUR"
        number = details.get("number", "")
        return PaymentFacts(
            key=instruction.reference,
            amount=instruction.amount,
            creditor_name=self._bank.creditor_name,
            creditor=creditor,
            end_to_end_id=details["end_to_end_id"],
            product=Product.SEPA if in_euros else Product.DOMESTIC,
            debtor=AccountNumber(scheme=Scheme.IBAN, number=number) if number else None,
            debtor_name=details.get("owner_name", ""),
            remittance=instruction.description,
            visitor=Visitor(ip=details.get("ip", ""), user_agent=details.get("user_agent", "")),
        )


def _reason(status: PaymentState) -> str:
    return REJECTED if status == PaymentState.REJECTED else ""
