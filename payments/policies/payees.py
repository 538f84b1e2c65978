"""Who is paid, as a challenge to the payer names it: the public id, and a digest of the account that stands behind it."""

import hashlib
from typing import NamedTuple

from payments.models import ExternalAccount
from wallets.models import Wallet


class Payee(NamedTuple):
    """``id`` is a wallet's or an external account's; ``digest`` differs once a bank's notice of change has put another number behind it."""

    id: str
    digest: str


def of(account: ExternalAccount | None, target: Wallet | None) -> Payee:
    """The payee of a payment to an external account, or else to a wallet."""
    if account is not None:
        return Payee(account.public_id, _digest(account.public_id, account.fingerprint, account.currency))
    if target is None:
        raise ValueError("Nobody is paid.")
    return Payee(target.public_id, _digest(target.public_id, target.currency))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
