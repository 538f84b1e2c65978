"""When something may be done: ``check_…`` raises, ``can_…`` answers. Who may is ``accounts.roles``."""

from datetime import datetime, timedelta

from accounts.choices import FreezeOrigin
from accounts.policies import origin_of
from flowlet.core.actors import Actor
from flowlet.core.states import check_move
from wallets import errors
from wallets.choices import HoldStatus, WalletStatus
from wallets.models import Hold, Wallet
from wallets.states import WALLET_MOVES

LONGEST_HOLD = timedelta(days=90)
USUAL_HOLD = timedelta(days=7)


def check_is_not_closed(wallet: Wallet, actor: Actor | None = None) -> None:
    """Raises WalletClosed."""
    if wallet.status == WalletStatus.CLOSED:
        raise errors.WalletClosed()


def check_can_freeze(wallet: Wallet, actor: Actor, *, is_kept: bool = False) -> None:
    """Raises WalletClosed or IllegalMove; the platform may put its freeze over a partner's, and one that is kept over its own."""
    check_is_not_closed(wallet)
    if wallet.freeze_origin == FreezeOrigin.PARTNER and origin_of(actor) == FreezeOrigin.PLATFORM:
        return
    if wallet.freeze_origin == FreezeOrigin.PLATFORM and is_kept and not wallet.freeze_is_kept:
        return
    check_move(WALLET_MOVES, wallet.status, WalletStatus.FROZEN)


def check_can_unfreeze(wallet: Wallet, actor: Actor) -> None:
    """Raises WalletClosed, IllegalMove, FrozenByPlatform when the actor is not the platform's, or FreezeIsKept."""
    check_is_not_closed(wallet)
    if wallet.status != WalletStatus.FROZEN:
        check_move({}, wallet.status, WalletStatus.OPEN)
    if wallet.freeze_origin == FreezeOrigin.PLATFORM and origin_of(actor) != FreezeOrigin.PLATFORM:
        raise errors.FrozenByPlatform()
    if wallet.freeze_is_kept:
        raise errors.FreezeIsKept()


def check_can_close(wallet: Wallet, actor: Actor | None = None) -> None:
    """Raises WalletClosed or WalletFrozen. Whether it is empty is asked under the lock of its balance."""
    check_is_not_closed(wallet)
    if wallet.status == WalletStatus.FROZEN:
        raise errors.WalletFrozen("The wallet is frozen: lift the freeze before you close it.")


def check_can_change_limits(wallet: Wallet, actor: Actor | None = None) -> None:
    """Raises WalletClosed."""
    check_is_not_closed(wallet)


def check_is_open_hold(hold: Hold, actor: Actor | None = None) -> None:
    """Raises HoldEnded."""
    if hold.status != HoldStatus.OPEN:
        raise errors.HoldEnded(f"The hold is {hold.get_status_display().lower()}.", status=hold.status)


def check_expiry(expires_at: datetime, *, at: datetime) -> None:
    """Raises ExpiryOutOfRange."""
    if not at < expires_at <= at + LONGEST_HOLD:
        raise errors.ExpiryOutOfRange(
            f"A hold expires in the future, at most {LONGEST_HOLD.days} days ahead.", param="expires_at"
        )
