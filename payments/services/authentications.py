"""Strong authentication of payers (Reg. (EU) 2018/389): challenges are made for what is to be paid, and each payment by the customer's
order says what it rests on, in the transaction that makes it.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.choices import AuthenticationMeans
from accounts.models import AuthenticationChallenge
from accounts.services import authentication_challenges as challenges
from accounts.services import strong_authentication as accounts
from accounts.services.strong_authentication import Basis
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.money import Money
from payments import errors
from payments.choices import Direction, PaymentKind
from payments.models import AuthenticationBasis, ExternalAccount, Payment, Recurring
from payments.policies import kinds, payees
from wallets.models import Wallet
from wallets.services import wallets
from wallets.services.names import checked_external_id

# What a customer orders; collections, refunds and fees are ordered by others.
BY_THE_CUSTOMER = frozenset({PaymentKind.TRANSFER, PaymentKind.WITHDRAWAL})


@transaction.atomic
def ask(
    *,
    partner_id: UUID,
    factor_id: UUID,
    wallet_id: UUID,
    amount: Money,
    target_wallet_id: UUID | None = None,
    external_account_id: UUID | None = None,
    external_id: str | None = None,
    trusts_payee: bool = False,
    actor: Actor,
    at: datetime,
) -> AuthenticationChallenge:
    """Ask the wallet's customer whether they pay ``amount`` to the wallet or external account.

    Raises WalletNotFound, WalletMissing, ExternalAccountMissing, Invalid, and as ``authentication_challenges.open``.
    """
    wallet = wallets.get(wallet_id, partner_id=partner_id)
    if wallet.currency != amount.currency.code:
        raise Invalid(f"The wallet is in {wallet.currency}.", param="amount.currency")
    if (target_wallet_id is None) == (external_account_id is None):
        raise errors.WalletMissing("Name a target wallet or an external account, and one of the two.", param="target_wallet_id")
    account = target = None
    if external_account_id is not None:
        account = ExternalAccount.objects.filter(pk=external_account_id, customer_id=wallet.customer_id).first()
        if account is None:
            raise errors.ExternalAccountMissing(
                "The wallet's customer has no such external account.", param="external_account_id"
            )
    else:
        target = wallets.get(target_wallet_id, partner_id=partner_id)
    payee = payees.of(account, target)
    return challenges.open(
        factor_id=factor_id,
        partner_id=partner_id,
        customer_id=wallet.customer_id,
        amount=amount,
        payee_id=payee.id,
        payee_digest=payee.digest,
        reference=checked_external_id(external_id),
        trusts_payee=trusts_payee,
        actor=actor,
        at=at,
    )


def settle(
    row: Payment | Recurring, *, challenge_id: UUID | None, series: Recurring | None = None, actor: Actor, at: datetime
) -> None:
    """Find and write down what a new payment, or a series of them, rests on. ``series`` is what makes the payment by itself.

    Raises AuthenticationRequired, AuthenticationUnfit, and Invalid where the customer orders nothing.
    """
    if not is_asked(row):
        if challenge_id is not None:
            raise Invalid("Only what the customer pays or takes out is authenticated.", param="authentication_id")
        return
    payee = payees.of(row.external_account, row.target_wallet)
    wallet: Wallet = row.wallet
    found = accounts.demand(
        accounts.Order(
            customer_id=wallet.customer_id,
            amount=Money(row.amount, row.currency),
            payee_id=payee.id,
            payee_digest=payee.digest,
            reference=row.external_id,
        ),
        challenge_id=challenge_id,
        used_for=row.public_id,
        exemption=_own(wallet, row.target_wallet) or _series(series, payee.digest),
        is_series=isinstance(row, Recurring),
        actor=actor,
        at=at,
    )
    if found is not None:
        what = {"recurring": row} if isinstance(row, Recurring) else {"payment": row}
        AuthenticationBasis.objects.create(
            **what, means=found.means, reason=found.reason, challenge=found.challenge, created_at=at
        )


def is_asked(row: Payment | Recurring) -> bool:
    """Whether a customer orders it: money of theirs goes to an account or a wallet."""
    return row.kind in BY_THE_CUSTOMER and kinds.direction_of(row.kind, row.rail) == Direction.OUT


def basis_of(row: Payment) -> AuthenticationBasis | None:
    """What the payment rests on; None where nothing was asked."""
    return AuthenticationBasis.objects.filter(payment=row).select_related("challenge").first() if is_asked(row) else None


def _own(wallet: Wallet, target: Wallet | None) -> Basis | None:
    """Art. 15 is about accounts of one person at one provider: two wallets, and never an account at another bank."""
    if target is None or target.customer_id != wallet.customer_id:
        return None
    return Basis(means=AuthenticationMeans.OWN_ACCOUNT, reason="Both wallets are the customer's own.")


def _series(series: Recurring | None, payee_digest: str) -> Basis | None:
    """Art. 14: the customer authenticated the series, and amount and payee are still those."""
    basis = AuthenticationBasis.objects.filter(recurring=series).select_related("challenge").first() if series else None
    if series is None or basis is None or basis.challenge is None or basis.challenge.payee_digest != payee_digest:
        return None
    said = f"Of {series.public_id}, authenticated on {basis.created_at:%Y-%m-%d}."
    return Basis(means=AuthenticationMeans.RECURRING, reason=said)
