"""When an external account can be used or changed: ``check_…`` raises, ``can_…`` answers."""

from typing import Final

from accounts.choices import FreezeOrigin
from accounts.policies import origin_of
from flowlet.core.actors import Actor
from flowlet.core.states import check_move
from payments import errors
from payments.choices import (
    BlockOrigin,
    ExternalAccountKind,
    ExternalAccountStatus,
    Relation,
    VerificationMethod,
    VerificationState,
)
from payments.models import ExternalAccount
from payments.states import EXTERNAL_ACCOUNT_MOVES

# After so many returns in a row, whatever their reason, somebody has to look (Nacha allows two further tries of one debit).
RETURNS_UNTIL_BLOCKED: Final = 3

METHODS: Final = {
    ExternalAccountKind.US_BANK: (
        VerificationMethod.MICRO_DEPOSITS,
        VerificationMethod.PRENOTE,
        VerificationMethod.PLAID,
        VerificationMethod.MANUAL,
    ),
    ExternalAccountKind.IBAN: (
        VerificationMethod.MICRO_DEPOSITS,
        VerificationMethod.PAYEE_VERIFICATION,
        VerificationMethod.PLAID,
        VerificationMethod.MANUAL,
    ),
    ExternalAccountKind.CARD: (),
}


def needs_verification(account: ExternalAccount) -> bool:
    """Whether it waits until it is known who holds it: a bank account that the customer calls their own. Cards are the acquirer's
    to verify, and who is paid by somebody else cannot be asked to take part."""
    return account.relation == Relation.OWN and account.kind != ExternalAccountKind.CARD


def resting_status(account: ExternalAccount) -> ExternalAccountStatus:
    """Where the account stands while nobody blocks it."""
    waits = needs_verification(account) and account.verification != VerificationState.VERIFIED
    return ExternalAccountStatus.PENDING if waits else ExternalAccountStatus.ACTIVE


def check_is_not_closed(account: ExternalAccount, actor: Actor | None = None) -> None:
    """Raises ExternalAccountClosed."""
    if account.status == ExternalAccountStatus.CLOSED:
        raise errors.ExternalAccountClosed(external_account=account.public_id)


def check_can_be_paid(account: ExternalAccount) -> None:
    """Whether money can be sent to it. Raises ExternalAccountClosed, ExternalAccountBlocked or ExternalAccountPending."""
    check_is_not_closed(account)
    if account.status == ExternalAccountStatus.BLOCKED:
        raise errors.ExternalAccountBlocked(
            "The account is blocked: use another one, or unblock it when the reason is gone.",
            param="external_account_id",
            external_account=account.public_id,
        )
    if account.status == ExternalAccountStatus.PENDING:
        raise errors.ExternalAccountPending(
            "The account is not verified yet: verify it by POST /v1/external_accounts/{id}/verifications.",
            param="external_account_id",
            external_account=account.public_id,
        )


def check_can_be_debited(account: ExternalAccount) -> None:
    """Whether money can be collected from it. Raises as ``check_can_be_paid``, NotDebitable for somebody else's, ReverificationNeeded."""
    check_can_be_paid(account)
    if account.reverify_since is not None:
        raise errors.ReverificationNeeded(external_account=account.public_id)
    if account.relation != Relation.OWN:
        raise errors.NotDebitable(external_account=account.public_id)


def check_can_block(account: ExternalAccount, actor: Actor) -> None:
    """Raises ExternalAccountClosed or IllegalMove; the platform may put its block over a partner's."""
    check_is_not_closed(account)
    if account.block_origin == BlockOrigin.PARTNER and block_origin_of(actor) == BlockOrigin.PLATFORM:
        return
    check_move(EXTERNAL_ACCOUNT_MOVES, account.status, ExternalAccountStatus.BLOCKED)


def check_can_unblock(account: ExternalAccount, actor: Actor) -> None:
    """Raises ExternalAccountClosed, IllegalMove, or BlockNotYours when a partner would lift what is not the partner's."""
    check_is_not_closed(account)
    if account.status != ExternalAccountStatus.BLOCKED:
        check_move({}, account.status, resting_status(account))
    if account.block_origin != BlockOrigin.PARTNER and block_origin_of(actor) == BlockOrigin.PARTNER:
        raise errors.BlockNotYours()


def check_can_verify(account: ExternalAccount, method: str, *, again: bool = False) -> None:
    """Raises ExternalAccountClosed, ExternalAccountBlocked, MethodNotForAccount, and AlreadyVerified unless asked ``again``."""
    check_is_not_closed(account)
    if account.status == ExternalAccountStatus.BLOCKED:
        raise errors.ExternalAccountBlocked(external_account=account.public_id)
    if account.is_verified and account.reverify_since is None and not again:
        raise errors.AlreadyVerified()
    if method not in METHODS[account.kind]:
        raise errors.MethodNotForAccount(param="method", methods=[str(each) for each in METHODS[account.kind]])
    if account.relation != Relation.OWN and method in {VerificationMethod.MICRO_DEPOSITS, VerificationMethod.PLAID}:
        raise errors.MethodNotForAccount("Only the holder can take part in this: the account is somebody else's.", param="method")


def check_can_verify_manually(account: ExternalAccount, actor: Actor | None = None) -> None:
    """Raises as ``check_can_verify``."""
    check_can_verify(account, VerificationMethod.MANUAL)


def block_origin_of(actor: Actor) -> BlockOrigin:
    """On whose side the actor stands when blocking."""
    return BlockOrigin.PLATFORM if origin_of(actor) == FreezeOrigin.PLATFORM else BlockOrigin.PARTNER
