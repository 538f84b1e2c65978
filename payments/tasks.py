"""Work that runs by itself."""

from celery import shared_task

from flowlet.core import actors, clock
from payments.services import consents


@shared_task(name="payments.sweep_consents", ignore_result=True)
def sweep_consents() -> int:
    """End consents whose time is over, and tell banks of those that ended here. May run twice without harm."""
    at = clock.now()
    ended = consents.sweep(at=at, actor=actors.system("payments.sweep_consents"))
    return ended + consents.tell_banks(at=at)


BEAT = {"payments.sweep-consents": {"task": "payments.sweep_consents", "schedule": 60.0}}
