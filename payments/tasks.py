"""Work of the background: each task takes ids or nothing, and may run twice."""

from celery import shared_task

from flowlet.core import actors, clock
from payments.models import Payment
from payments.services import consents, payments, sending, settlement


@shared_task(name="payments.send", ignore_result=True)
def send(*, payment_id: str) -> None:
    """Send one payment over a rail without files."""
    sending.send(payment_id=Payment.key(payment_id), actor=actors.system("payments.send"), at=clock.now())


@shared_task(name="payments.sweep_ready", ignore_result=True)
def sweep_ready() -> None:
    """Decide scheduled payments that are due, and send those whose event was lost on the way."""
    actor, at = actors.system("payments.sweep_ready"), clock.now()
    payments.release_due(at=at, actor=actor)
    settlement.send_ready(at=at, actor=actor)


@shared_task(name="payments.ask", ignore_result=True)
def ask() -> None:
    """Ask providers what became of payments that are on their way."""
    sending.ask_due(at=clock.now(), actor=actors.system("payments.ask"))


@shared_task(name="payments.settle", ignore_result=True)
def settle() -> None:
    """Gather, build, release, deliver and settle what is due."""
    settlement.run(at=clock.now(), actor=actors.system("payments.settle"))


@shared_task(name="payments.sweep_consents", ignore_result=True)
def sweep_consents() -> None:
    """End consents at customers' banks whose time is over, and tell banks of those that ended here."""
    at = clock.now()
    consents.sweep(at=at, actor=actors.system("payments.sweep_consents"))
    consents.tell_banks(at=at)


BEAT = {
    "payments.sweep-ready": {"task": "payments.sweep_ready", "schedule": 60.0},
    "payments.ask": {"task": "payments.ask", "schedule": 60.0},
    "payments.settle": {"task": "payments.settle", "schedule": 300.0},
    "payments.sweep-consents": {"task": "payments.sweep_consents", "schedule": 60.0},
}
