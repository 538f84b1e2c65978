"""External accounts: found by what is known of them, and their sealed values opened."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models.personal import name_words
from flowlet.core import crypto, masking
from flowlet.vault.services import subjects
from payments import errors
from payments.choices import BankLinkStatus, ExternalAccountStatus
from payments.models import AccountVerification, ExternalAccount
from payments.models.account_details import AccountDetails, number_index, owner_indexes


def details_aad(account_id: UUID) -> str:
    """The place that an account's sealed document belongs to: table, column, row."""
    return f"payments_externalaccount.personal:{account_id}"


def get(account_id: UUID, *, partner_id: UUID | None = None) -> ExternalAccount:
    """The account, of this partner if one is named. Raises ExternalAccountNotFound, also for another partner's."""
    return _one(ExternalAccount.objects.all(), account_id, partner_id)


def for_update(account_id: UUID, *, partner_id: UUID | None = None) -> ExternalAccount:
    """As ``get``, with the row locked against other changes; foreign keys to it stay possible."""
    return _one(ExternalAccount.objects.select_for_update(no_key=True), account_id, partner_id)


def _one(queryset: QuerySet[ExternalAccount], account_id: UUID, partner_id: UUID | None) -> ExternalAccount:
    scope = {} if partner_id is None else {"partner_id": partner_id}
    account = queryset.filter(pk=account_id, **scope).first()
    if account is None:
        raise errors.ExternalAccountNotFound()
    return account


def open_twin(*, customer_id: UUID, fingerprint: str) -> ExternalAccount | None:
    """The customer's account with this fingerprint that is not closed."""
    found = ExternalAccount.objects.filter(customer_id=customer_id, fingerprint=fingerprint)
    return found.exclude(status=ExternalAccountStatus.CLOSED).first()


def is_linked(account_id: UUID) -> bool:
    """Whether the customer's bank can be asked about the account."""
    return ExternalAccount.objects.filter(pk=account_id, bank_link__status=BankLinkStatus.ACTIVE).exists()


def matching(
    *,
    partner_id: UUID | None = None,
    owner_name: str = "",
    number: str = "",
    metadata: dict[str, str] | None = None,
    **exact: Any,
) -> QuerySet[ExternalAccount]:
    """Accounts with all that is given; ``partner_id=None`` looks over all partners, for staff.

    ``owner_name`` finds whole words, ``number`` the whole account number, IBAN or token, in any spelling with spaces. ``exact`` is
    further lookups on readable columns. Raises MalformedOwner when the name holds no word: an empty search is no search for all.
    """
    found = ExternalAccount.objects.all() if partner_id is None else ExternalAccount.objects.filter(partner_id=partner_id)
    if number:
        compact = "".join(number.split())
        spellings = {compact, compact.upper(), compact.replace("-", "").upper()}
        found = found.filter(number_index__in=[number_index(spelling) for spelling in spellings])
    if owner_name:
        if not name_words(owner_name):
            raise errors.MalformedOwner("Search for at least one word.", param="owner_name")
        found = found.filter(owner_indexes__contains=owner_indexes(owner_name))
    if metadata:
        found = found.filter(metadata__contains=metadata)
    return found.filter(**exact)


def details_of(accounts: Iterable[ExternalAccount]) -> dict[UUID, AccountDetails | None]:
    """The sealed values of the accounts by key, with one query for all; None where they have been erased with their customer.

    Raises crypto.CannotOpen when a document was altered or moved: that is a fault, not an answer.
    """
    accounts = list(accounts)
    boxes = subjects.boxes_for({account.customer_id for account in accounts})
    found: dict[UUID, AccountDetails | None] = {}
    for account in accounts:
        box = boxes.get(account.customer_id)
        if box is None:
            if not subjects.is_erased(account.customer_id):
                raise crypto.CannotOpen(f"The customer of {account.public_id} has no key in the vault.")
            found[account.pk] = None
        else:
            found[account.pk] = AccountDetails.load(box.decrypt(account.personal, aad=details_aad(account.pk)))
    return found


def attempts_of(account_id: UUID) -> QuerySet[AccountVerification]:
    """The attempts to verify the account, the newest first."""
    return AccountVerification.objects.filter(external_account_id=account_id).order_by("-id")


def masked_pairs(account: ExternalAccount) -> list[tuple[str, str]]:
    """(label, masked value) of what is personal about the account, for screens; one query."""
    details = details_of([account])[account.pk]
    if details is None:
        return [("Owner and number", "erased for good")]
    pairs = [("Owner", details.masked_name), (number_label(account), masked_number(account))]
    return pairs + ([("Address", masking.text("•"))] if details.owner_address else [])


def plain_pairs(account: ExternalAccount) -> list[tuple[str, str]]:
    """The same in plain, for a look that the caller has written to the audit."""
    details = details_of([account])[account.pk]
    if details is None:
        return [("Owner and number", "erased for good")]
    pairs = [("Owner", details.owner_name), (number_label(account), details.number)]
    return pairs + ([("Address", str(details.owner_address))] if details.owner_address else [])


def number_label(account: ExternalAccount) -> str:
    """What the number is called."""
    return {"US_BANK": "Account number", "IBAN": "IBAN", "CARD": "Token"}[account.kind]


def masked_number(account: ExternalAccount) -> str:
    """The number as everybody may see it."""
    return f"••••{account.last_four}"
