"""Work of the background: each task takes ids or nothing, and may run twice."""

import logging

from celery import Task, shared_task

from flowlet.core import actors, clock, ids
from flowlet.core.outbound import OutboundError
from payments.models import AccountVerification, BusinessDay, Dispute, InboundEvent, Payment
from payments.selectors.payments import is_sandbox
from payments.services import (
    balance_checks,
    bank_links,
    closings,
    consents,
    disputes,
    inbox,
    mandates,
    payee_verifications,
    payments,
    prenotes,
    recalls,
    recurring,
    sending,
    settlement,
    verifications,
)

log = logging.getLogger(__name__)


@shared_task(name="payments.send", ignore_result=True)
def send(*, payment_id: str) -> None:
    """Send one payment over a rail without files."""
    sending.send(payment_id=Payment.key(payment_id), actor=actors.system("payments.send"), at=clock.now())


@shared_task(name="payments.sweep_ready", ignore_result=True)
def sweep_ready() -> None:
    """Make recurring payments, decide scheduled ones, end those nobody decided, send those whose event was lost on the way."""
    actor, at = actors.system("payments.sweep_ready"), clock.now()
    payments.release_due(at=at, actor=actor)
    payments.expire_waiting(at=at, actor=actor)
    recurring.run_due(at=at, actor=actor)
    settlement.send_ready(at=at, actor=actor)


@shared_task(name="payments.ask", ignore_result=True)
def ask() -> None:
    """Ask providers what became of payments that are on their way."""
    sending.ask_due(at=clock.now(), actor=actors.system("payments.ask"))


@shared_task(name="payments.ask_one", ignore_result=True)
def ask_one(*, payment_id: str) -> None:
    """Ask about one payment, or do what there is to do for it now that its payer has authorised it."""
    sending.ask(payment_id=Payment.key(payment_id), actor=actors.system("payments.ask_one"), at=clock.now())


@shared_task(name="payments.answer_dispute", ignore_result=True)
def answer_dispute(*, dispute_id: str) -> None:
    """Send the evidence of a live partner's dispute to the acquirer, or give it up there."""
    row = disputes.get(Dispute.key(dispute_id))
    if not is_sandbox(row.partner_id):
        disputes.send(dispute_id=row.pk, actor=actors.system("payments.answer_dispute"), at=clock.now())


@shared_task(name="payments.disputes", ignore_result=True)
def sweep_disputes() -> None:
    """Tell the acquirer what it is still owed, and end the time of disputes that nobody answered."""
    disputes.sweep(at=clock.now(), actor=actors.system("payments.disputes"))


@shared_task(name="payments.settle", ignore_result=True)
def settle() -> None:
    """Gather, build, release, deliver and settle what is due."""
    settlement.run(at=clock.now(), actor=actors.system("payments.settle"))


@shared_task(name="payments.recalls", ignore_result=True)
def sweep_recalls() -> None:
    """Deliver requests and answers about money that is to go back, and end the waiting for answers that did not come."""
    at, actor = clock.now(), actors.system("payments.recalls")
    recalls.deliver_due(at=at, actor=actor)
    recalls.lapse_due(at=at, actor=actor)


@shared_task(name="payments.close_day", ignore_result=True, bind=True)
def close_day(self: Task, *, day_id: str) -> None:
    """Close a business day that somebody asked to close; how it goes is on its row."""
    closings.run(day_id=BusinessDay.key(day_id), claim=self.request.id or "", at=clock.now())


@shared_task(name="payments.sweep_closings", ignore_result=True)
def sweep_closings() -> None:
    """Hand out days that are to be closed and that nobody closes."""
    for day_id in closings.waiting(at=clock.now()):
        close_day.delay(day_id=ids.public_id(BusinessDay.PREFIX, day_id))


@shared_task(name="payments.ask_payee", ignore_result=True)
def ask_payee(*, verification_id: str) -> None:
    """Ask the payee's bank whose account it is; without an answer, the sweep asks again."""
    actor = actors.system("payments.ask_payee")
    try:
        payee_verifications.ask(verification_id=AccountVerification.key(verification_id), actor=actor, at=clock.now())
    except OutboundError as refusal:
        log.warning("%s: no answer about the payee: %s", verification_id, refusal.code)


@shared_task(name="payments.sweep_verifications", ignore_result=True)
def sweep_verifications() -> None:
    """Take prenotes as accepted whose days have passed, end what nobody answered in time, and ask again what has no answer."""
    actor, at = actors.system("payments.sweep_verifications"), clock.now()
    prenotes.accept_due(actor=actor, at=at)
    verifications.expire_due(actor=actor, at=at)
    for verification_id in payee_verifications.unanswered(at=at):
        ask_payee.delay(verification_id=verification_id)


@shared_task(name="payments.expire_mandates", ignore_result=True)
def expire_mandates() -> None:
    """End mandates that were not used for 36 months."""
    at = clock.now()
    mandates.expire_unused(on=at.date(), actor=actors.system("payments.expire_mandates"), at=at)


@shared_task(name="payments.sweep_consents", ignore_result=True)
def sweep_consents() -> None:
    """End consents at customers' banks whose time is over, and tell banks of those that ended here."""
    at = clock.now()
    consents.sweep(at=at, actor=actors.system("payments.sweep_consents"))
    consents.tell_banks(at=at)


@shared_task(name="payments.check_balance", ignore_result=True)
def check_balance(*, payment_id: str) -> None:
    """Ask the payer's bank for the balance before money is taken from a linked account."""
    balance_checks.check(payment_id=Payment.key(payment_id), actor=actors.system("payments.check_balance"), at=clock.now())


@shared_task(name="payments.sweep_bank_links", ignore_result=True)
def sweep_bank_links() -> None:
    """Read accounts of links that could not be read yet, and tell aggregators of links that ended here."""
    at = clock.now()
    bank_links.read_unread(at=at, actor=actors.system("payments.sweep_bank_links"))
    bank_links.tell_providers(at=at)


@shared_task(name="payments.handle_inbound", ignore_result=True)
def handle_inbound(*, inbound_id: str) -> None:
    """Handle one event of a provider."""
    inbox.handle(inbound_id=InboundEvent.key(inbound_id), actor=actors.system("payments.handle_inbound"), at=clock.now())


@shared_task(name="payments.sweep_inbound", ignore_result=True)
def sweep_inbound() -> None:
    """Hand out events of providers that failed before, or that nobody was told of: each asks a provider, which may take its time."""
    for inbound_id in inbox.due(at=clock.now()):
        handle_inbound.delay(inbound_id=ids.public_id(InboundEvent.PREFIX, inbound_id))


@shared_task(name="payments.forget_inbound_bodies", ignore_result=True)
def forget_inbound_bodies() -> None:
    """Erase what providers said about people long ago."""
    while inbox.forget_bodies(at=clock.now()):
        pass


BEAT = {
    "payments.sweep-inbound": {"task": "payments.sweep_inbound", "schedule": 30.0},
    "payments.forget-inbound-bodies": {
        "task": "payments.forget_inbound_bodies",
        "schedule": 21_600.0,
        "options": {"queue": "batch"},
    },
    "payments.sweep-ready": {"task": "payments.sweep_ready", "schedule": 60.0},
    "payments.ask": {"task": "payments.ask", "schedule": 60.0},
    "payments.disputes": {"task": "payments.disputes", "schedule": 300.0},
    "payments.recalls": {"task": "payments.recalls", "schedule": 300.0},
    "payments.settle": {"task": "payments.settle", "schedule": 300.0},
    "payments.sweep-closings": {"task": "payments.sweep_closings", "schedule": 60.0},
    "payments.sweep-verifications": {"task": "payments.sweep_verifications", "schedule": 60.0},
    "payments.expire-mandates": {"task": "payments.expire_mandates", "schedule": 3600.0},
    # Calls banks: not among what is critical.
    "payments.sweep-bank-links": {"task": "payments.sweep_bank_links", "schedule": 60.0, "options": {"queue": "default"}},
    "payments.sweep-consents": {"task": "payments.sweep_consents", "schedule": 60.0, "options": {"queue": "default"}},
}
