"""The balance at the payer's bank, asked before money is taken from a linked account; recorded as advice.

Asked once, when a collection is approved, outside of any transaction. What it means is for ``policies.bank_links.check_balance`` to
say when the payment leaves; that the bank does not answer never holds anything up. The balance itself is not kept.
"""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from accounts.errors import PersonalDataErased
from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from flowlet.core.outbound import OutboundError, Refused
from flowlet.vault.services.subjects import SubjectErased
from payments import errors, events
from payments.choices import BalanceResult, BankLinkStatus
from payments.models import BalanceCheck, Payment
from payments.policies import bank_links as policies
from payments.providers.errors import ProviderNotConfigured
from payments.selectors import bank_links as selectors
from payments.services import bank_links, steps
from payments.states import CANCELABLE


def check(*, payment_id: UUID, actor: Actor, at: datetime) -> BalanceCheck | None:
    """Ask the payer's bank, and record what it says; None when the payment takes from no linked account, has left, or was asked for before.

    Must not be called inside a transaction.
    """
    if connection.in_atomic_block:
        raise RuntimeError("Providers are asked outside of transactions: locks would wait for the network.")
    payment = Payment.objects.select_related("external_account__bank_link").filter(pk=payment_id).first()
    if payment is None or not policies.takes_from_a_linked_account(payment) or payment.status not in CANCELABLE:
        return None
    if BalanceCheck.objects.filter(payment=payment).exists():
        return None
    result, problem = _asked(payment, actor=actor, at=at)
    with transaction.atomic():
        payment = steps.locked(payment_id)
        made, is_new = BalanceCheck.objects.get_or_create(
            payment=payment,
            defaults={
                "external_account_id": payment.external_account_id,
                "result": result,
                "problem": problem[:100],
                "asked_at": at,
            },
        )
        if is_new:
            log.record(
                action=events.BALANCE_CHECKED,
                actor=actor,
                at=at,
                target=payment.public_id,
                partner_id=payment.partner_id,
                reason=problem[:100],
                after={"result": result},
            )
    return made


def _asked(payment: Payment, *, actor: Actor, at: datetime) -> tuple[BalanceResult, str]:
    account = payment.external_account
    link = account.bank_link
    if link.status != BankLinkStatus.ACTIVE:
        return BalanceResult.UNCLEAR, link.status
    try:
        access = selectors.access_of(link)
        found = bank_links.aggregator_of(link).balances(access, account_ids=(account.link_account,))
    except Refused as refusal:
        code = refusal.provider_code or refusal.code
        status = policies.standing(code)
        if status != BankLinkStatus.ACTIVE:
            bank_links.stand(link.pk, status, code, actor=actor, at=at)
        return BalanceResult.UNCLEAR, code
    except (OutboundError, ProviderNotConfigured, PersonalDataErased, SubjectErased, errors.BankLinkEnded) as failure:
        return BalanceResult.UNCLEAR, getattr(failure, "code", type(failure).__name__)
    mine = next((one for one in found if one.id == account.link_account), None)
    if mine is None:
        return BalanceResult.UNCLEAR, ""
    available = mine.current if mine.available is None else mine.available  # nothing available is an answer
    return policies.judge(available, Money(payment.amount, payment.currency)), ""
