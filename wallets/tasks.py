"""Work that runs by itself."""

from celery import shared_task

from flowlet.core import clock
from wallets.services import lapses


@shared_task(name="wallets.expire_holds", ignore_result=True)
def expire_holds() -> int:
    """End holds whose time is over. May run twice without harm."""
    return lapses.sweep(at=clock.now())


BEAT = {"wallets.expire-holds": {"task": "wallets.expire_holds", "schedule": 60.0}}
