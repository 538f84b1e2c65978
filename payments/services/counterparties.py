"""The other side of a payment: the target wallet, the external account, the mandate. Checked when it is made, and again when it leaves."""

from datetime import date, datetime
from uuid import UUID

from django.db.models.functions import Coalesce

from flowlet.core.errors import Invalid
from payments import errors
from payments.choices import Direction, MandateKind, PaymentKind, PaymentStatus, Rail, Relation
from payments.models import ExternalAccount, Mandate, Payment
from payments.policies import bank_links as link_policies
from payments.policies import cutoffs, kinds
from payments.policies import external_accounts as account_policies
from payments.policies import mandates as mandate_policies
from payments.policies import reversals as reversal_policies
from wallets.models import Wallet
from wallets.services import wallets

ONES_OWN = frozenset({PaymentKind.WITHDRAWAL, PaymentKind.DEPOSIT})
# What an external account says no with when its payment is to leave; see ``check_still_usable``.
NOT_USABLE = (
    errors.ExternalAccountClosed,
    errors.ExternalAccountBlocked,
    errors.ExternalAccountPending,
    errors.NotDebitable,
    errors.MandateMissing,
    errors.ReverificationNeeded,
    errors.BalanceTooSmall,
    errors.NotReversible,
    errors.ReversalTooLate,
    errors.RefundTooLarge,
)
_NOT_LEFT = [PaymentStatus.CREATED, PaymentStatus.REVIEW, PaymentStatus.APPROVAL, PaymentStatus.APPROVED, PaymentStatus.HELD]
_ON_THE_WAY = [PaymentStatus.HELD, PaymentStatus.SUBMITTED, PaymentStatus.UNKNOWN]


def target(target_id: UUID | None, *, rail: Rail, kind: PaymentKind, wallet: Wallet) -> Wallet | None:
    """The wallet that a transfer inside the book goes to; None for all others. Raises WalletMissing, WalletNotFound, Invalid."""
    if rail != Rail.BOOK or kind == PaymentKind.FEE:
        if target_id is not None:
            raise Invalid("Only a transfer inside the book has a target wallet.", param="target_wallet_id")
        return None
    if target_id is None:
        raise errors.WalletMissing("A transfer inside the book names its target wallet.", param="target_wallet_id")
    found = wallets.get(target_id, partner_id=wallet.partner_id)
    if found.pk == wallet.pk or found.currency != wallet.currency:
        raise Invalid("The target is another wallet in the same currency.", param="target_wallet_id")
    return found


def account(
    account_id: UUID | None, *, rail: Rail, kind: PaymentKind, direction: Direction, wallet: Wallet
) -> ExternalAccount | None:
    """The external account of the wallet's customer that is paid or debited; None inside the book.

    Raises ExternalAccountMissing, ExternalAccountUnfit (``unfit``: kind, currency, relation), Invalid, and as ``check_usable``.
    """
    reaches = kinds.RAILS[rail].reaches
    if not reaches:
        if account_id is not None:
            raise Invalid("A payment inside the book has no external account.", param="external_account_id")
        return None
    if account_id is None:
        raise errors.ExternalAccountMissing(param="external_account_id")
    found = ExternalAccount.objects.filter(pk=account_id, partner_id=wallet.partner_id, customer_id=wallet.customer_id).first()
    if found is None:
        raise errors.ExternalAccountMissing("The wallet's customer has no such external account.", param="external_account_id")
    unfit = ""
    if found.kind not in reaches:
        unfit = "kind"
    elif found.currency != wallet.currency and rail != Rail.CARD:
        unfit = "currency"
    elif kind in ONES_OWN and found.relation != Relation.OWN:
        unfit = "relation"
    if unfit:
        raise errors.ExternalAccountUnfit(
            f"The external account's {unfit} does not fit.", param="external_account_id", unfit=unfit
        )
    check_usable(found, direction)
    return found


def mandate(mandate_id: UUID | None, *, kind: PaymentKind, account: ExternalAccount | None, on: date) -> Mandate | None:
    """The mandate of the account that a collection is made on; None for all others. Raises MandateMissing, MandateNotActive, Invalid."""
    if kind != PaymentKind.COLLECTION:
        if mandate_id is not None:
            raise Invalid("Only a collection has a mandate.", param="mandate_id")
        return None
    found = None
    if mandate_id is not None and account is not None:
        found = Mandate.objects.filter(pk=mandate_id, external_account=account).first()
    if found is None:
        raise errors.MandateMissing(param="mandate_id")
    mandate_policies.check_can_collect(found, on=on)
    return found


def check_collection(
    mandate: Mandate | None,
    *,
    rail: Rail,
    is_final: bool,
    notified_on: date | None,
    due_at: datetime | None,
    at: datetime,
) -> None:
    """Whether a new collection can be the mandate's last, or comes before it, and its debtor was told in time.

    Raises MandateNotActive, NotTheLast, NoticeMissing, NoticeTooShort, Invalid.
    """
    for name, given in (("is_final", is_final), ("notified_on", notified_on is not None)):
        if given and (mandate is None or (name == "notified_on" and mandate.scheme not in mandate_policies.SEPA)):
            raise Invalid(
                "Only a collection by SEPA has it." if name == "notified_on" else "Only a collection has it.", param=name
            )
    if mandate is not None:
        _check_turn(mandate, is_final=is_final, moment=max(at, due_at or at))
    if mandate is not None and mandate.scheme in mandate_policies.SEPA:
        collect_on = cutoffs.next_cutoff(rail, max(at, due_at or at)).value_on
        mandate_policies.check_notice(mandate, notified_on=notified_on, collect_on=collect_on, today=at.date())


def _check_turn(mandate: Mandate, *, is_final: bool, moment: datetime) -> None:
    """The last collection ends its mandate when it leaves: nothing that waits may come after it, and nothing new."""
    waiting = Payment.objects.filter(mandate=mandate, status__in=_NOT_LEFT).annotate(turn=Coalesce("due_at", "created_at"))
    last = waiting if mandate.kind == MandateKind.ONE_OFF else waiting.filter(is_final=True, turn__lte=moment)
    if last.exists():
        raise errors.MandateNotActive(
            "The last collection on the mandate is on its way.", mandate=mandate.public_id, status="USED_UP"
        )
    if is_final and waiting.filter(turn__gt=moment).exists():
        raise errors.NotTheLast(param="is_final")


def check_usable(account: ExternalAccount, direction: str) -> None:
    """Whether money can go to the account (OUT) or be taken from it (IN).

    Raises ExternalAccountClosed, ExternalAccountBlocked, ExternalAccountPending, NotDebitable, ReverificationNeeded.
    """
    if direction == Direction.IN:
        account_policies.check_can_be_debited(account)
    else:
        account_policies.check_can_be_paid(account)


def check_still_usable(payment: Payment) -> None:
    """As ``check_usable``, at the moment when the payment leaves: the account may have been blocked or closed since it was made.

    Raises BalanceTooSmall besides, where the bank's word on the balance counts, NotReversible, ReversalTooLate of a reversal, and
    RefundTooLarge of a refund whose payment was returned meanwhile, or lost to a dispute: its payer has the money already.
    """
    if reversal_policies.is_reversal(payment):
        reversal_policies.check_still_can(payment)
    elif payment.original is not None and payment.original.status == PaymentStatus.RETURNED:
        earlier = Payment.objects.filter(original=payment.original, status__in=_ON_THE_WAY, pk__lt=payment.pk)
        if payment.amount > payment.original.refundable - sum(earlier.values_list("amount", flat=True), start=0 * payment.amount):
            raise errors.RefundTooLarge("The bank or the cardholder has taken the money back meanwhile.")
    if payment.external_account is not None:
        check_usable(payment.external_account, payment.direction)
        link_policies.check_balance(payment)
    if payment.mandate is not None and payment.mandate.external_account_id != payment.external_account_id:
        raise errors.MandateMissing("The mandate was amended: it is for another account now.")
