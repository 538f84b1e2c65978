"""Screening in the background."""

from celery import shared_task

from accounts.models import Customer
from accounts.selectors import customers
from compliance.models import WatchlistVersion
from compliance.services import screening, screening_hits, screening_runs
from flowlet.core import actors, clock
from payments.models import ExternalAccount, Payment

BEAT = {
    "compliance-sweep-screening": {"task": "compliance.sweep_screening", "schedule": 300.0},
}


@shared_task(name="compliance.screen_customer", ignore_result=True)
def screen_customer(*, customer_id: str) -> None:
    """Screen one customer against all lists."""
    customer = customers.get(Customer.key(customer_id))
    screening.screen_customer(customer=customer, actor=actors.system("compliance.screen_customer"), at=clock.now())


@shared_task(name="compliance.screen_owners", ignore_result=True)
def screen_owners(*, customer_id: str) -> None:
    """Screen the beneficial owners of one customer."""
    customer = customers.get(Customer.key(customer_id))
    screening.screen_owners(customer=customer, actor=actors.system("compliance.screen_owners"), at=clock.now())


@shared_task(name="compliance.screen_counterparty", ignore_result=True)
def screen_counterparty(*, external_account_id: str) -> None:
    """Screen the holder of an account outside, and the bank."""
    account = ExternalAccount.objects.select_related("customer").get(pk=ExternalAccount.key(external_account_id))
    screening.screen_counterparty(account=account, actor=actors.system("compliance.screen_counterparty"), at=clock.now())


@shared_task(name="compliance.screen_payment", ignore_result=True)
def screen_payment(*, payment_id: str) -> None:
    """Screen the people of a payment that was stopped, or came by itself, and its text."""
    payment = Payment.objects.select_related("external_account__customer", "customer", "target_wallet").get(
        pk=Payment.key(payment_id)
    )
    screening.screen_payment(payment=payment, actor=actors.system("compliance.screen_payment"), at=clock.now())


@shared_task(name="compliance.screen_change", ignore_result=True)
def screen_change(*, version_id: str) -> None:
    """Screen those whom a new version of a list may concern."""
    version = WatchlistVersion.fetch(version_id)
    screening_runs.after_change(version=version, actor=actors.system("compliance.screen_change"), at=clock.now())


@shared_task(name="compliance.sweep_screening", ignore_result=True)
def sweep_screening() -> None:
    """Open hits again whose clearing has expired, and hand out who is new, and changes of lists, that nobody has screened to their end."""
    at = clock.now()
    screening_hits.expire_due(actor=actors.system("compliance.sweep_screening"), at=at)
    people, accounts = screening_runs.unseen(at=at)
    for customer_id in people:
        screen_customer.delay(customer_id=customer_id)
    for account_id in accounts:
        screen_counterparty.delay(external_account_id=account_id)
    for version_id in screening_runs.unscreened():
        screen_change.delay(version_id=version_id)
