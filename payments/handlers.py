"""What payments do when something has happened."""

from accounts.models import Customer
from flowlet.core import actors
from flowlet.events import registry
from flowlet.events.models import Event
from ledger import events as ledger_events
from payments import events, tasks
from payments.choices import AttemptStatus, Direction, PaymentStatus, Rail, VerificationMethod
from payments.events import INBOUND_RECEIVED
from payments.models import ExternalAccount
from payments.policies import kinds
from payments.selectors import external_accounts as account_selectors
from payments.services import bank_links, external_accounts, proofs, traces


@registry.handler("payments.send_ready", types=("payment.held", "payment.approved"))
def send_ready(event: Event) -> None:
    """A payment on a rail without files is ready: send it (out when its money is held, in when it is approved)."""
    data = event.data
    if kinds.RAILS[Rail(data["rail"])].has_files or data["rail"] == Rail.BOOK:
        return
    ready = PaymentStatus.HELD if data["direction"] == Direction.OUT else PaymentStatus.APPROVED
    if data["status"] == ready:
        tasks.send.delay(payment_id=event.subject)


@registry.handler("payments.go_on", types=(events.PAYER_AUTHORISED,))
def go_on(event: Event) -> None:
    """The payer has authorised a payment at their bank: submit it, outside of this transaction."""
    tasks.ask_one.delay(payment_id=event.subject)


@registry.handler("payments.check_balance", types=("payment.approved",))
def check_balance(event: Event) -> None:
    """Money is to be taken from an account: where the bank can be asked, ask whether there is enough, outside of this transaction."""
    data = event.data
    if data["direction"] == Direction.IN and data["external_account_id"]:
        if account_selectors.is_linked(ExternalAccount.key(data["external_account_id"])):
            tasks.check_balance.delay(payment_id=event.subject)


@registry.handler("payments.handle_inbound", types=(INBOUND_RECEIVED,))
def handle_inbound(event: Event) -> None:
    """A provider told us something: handle it, outside of this transaction."""
    tasks.handle_inbound.delay(inbound_id=event.subject)


@registry.handler("payments.ask_payee", types=("external_account.verification_started",))
def ask_payee(event: Event) -> None:
    """A name is to be compared with the bank's: ask, outside of this transaction."""
    pending = event.data["verification_status"] == AttemptStatus.PENDING
    if pending and event.data["method"] == VerificationMethod.PAYEE_VERIFICATION:
        tasks.ask_payee.delay(verification_id=event.data["verification_id"])


@registry.handler("payments.close_external_accounts", types=("customer.closed",))
def close_external_accounts(event: Event) -> None:
    """Who is served no more has no accounts to be paid on."""
    external_accounts.close_all(
        customer_id=Customer.key(event.subject),
        reason="The customer was closed",
        actor=actors.system("payments.close_external_accounts"),
        at=event.created_at,
    )


@registry.handler("payments.end_bank_links", types=("customer.closed",))
def end_bank_links(event: Event) -> None:
    """Who is served no more has no bank to be read."""
    bank_links.end_all(
        customer_id=Customer.key(event.subject),
        reason="The customer was closed",
        actor=actors.system("payments.end_bank_links"),
        at=event.created_at,
    )


@registry.handler("payments.forget_external_accounts", types=("customer.erased",))
def forget_external_accounts(event: Event) -> None:
    """Whose data was erased cannot be found by them."""
    external_accounts.forget(
        customer_id=Customer.key(event.subject),
        actor=actors.system("payments.forget_external_accounts"),
        at=event.created_at,
    )


@registry.handler("payments.forget", types=("customer.erased",))
def forget(event: Event) -> None:
    """Whose data was erased is not named by their payments, nor by what belongs to them."""
    traces.forget(customer_id=Customer.key(event.subject), actor=actors.system("payments.forget"), at=event.created_at)


@registry.handler("payments.reconciled", types=(ledger_events.ENTRIES_MATCHED,))
def reconciled(event: Event) -> None:
    """The bank's statement proves journals of payments: remember the day on which the bank booked them."""
    for match in proofs.standing(event.data["matches"]):
        proofs.prove(journals=match["journals"], booked_on=match["booked_on"])


@registry.handler("payments.unreconciled", types=(ledger_events.ENTRIES_UNMATCHED,))
def unreconciled(event: Event) -> None:
    """A match was taken back, and the proof with it."""
    proofs.withdraw(journals=proofs.unproven(name for match in event.data["matches"] for name in match["journals"]))


@registry.handler("payments.answer_dispute", types=(events.DISPUTE_READY, events.DISPUTE_ACCEPTED))
def answer_dispute(event: Event) -> None:
    """Evidence was given, or the dispute was given up: tell the acquirer. The sandbox has heard of it already."""
    tasks.answer_dispute.delay(dispute_id=event.subject)


@registry.handler("payments.close_day", types=(events.DAY_CLOSING_ASKED,))
def close_day(event: Event) -> None:
    """Somebody wants a business day closed: that takes a while, so a worker does it."""
    tasks.close_day.delay(day_id=event.subject)
