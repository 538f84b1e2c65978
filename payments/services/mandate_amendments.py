"""Changes of SEPA mandates: the debtor's account, the mandate's reference, the creditor identifier.

The debtor's bank hears of a change with the next collection (pain.008, AmdmntInd), unless no collection was ever made. One that was
rejected before settlement has told nothing, so the next tells it again.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import errors as people
from flowlet.core.actors import Actor
from payments import errors, events
from payments.choices import ExternalAccountStatus
from payments.models import ExternalAccount, Mandate, MandateAmendment
from payments.policies import external_accounts as account_policies
from payments.policies import mandates as policies
from payments.selectors import external_accounts as account_selectors
from payments.selectors import mandates as selectors
from payments.services import account_notices


@transaction.atomic
def amend(
    *,
    mandate_id: UUID,
    partner_id: UUID | None = None,
    reference: str | None = None,
    creditor_id: str | None = None,
    external_account_id: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> Mandate:
    """The mandate has the new values, all others stay; the former ones are kept.

    Raises MandateNotFound, MandateEnded, MandateNotAmendable, ExternalAccountNotFound, -Closed, -Blocked, NotDebitable,
    MandateSchemeUnfit, MalformedMandateReference, MalformedCreditorId, DuplicateMandateReference, PersonalDataErased.
    """
    mandate = selectors.for_update(mandate_id, partner_id=partner_id)
    policies.check_is_open(mandate)
    if mandate.scheme not in policies.SEPA:
        raise errors.MandateNotAmendable
    row = MandateAmendment(mandate=mandate, is_for_bank=mandate.uses > 0, amended_by=str(actor), amended_at=at)
    before = _facts(mandate)
    if reference and policies.check_reference(reference) != mandate.reference:
        row.former_reference = mandate.reference
        mandate.reference, mandate.reference_key = reference, reference.upper()
    if creditor_id and (checked := policies.check_creditor_id(creditor_id)) != mandate.creditor_id:
        row.former_creditor_id, mandate.creditor_id = mandate.creditor_id, checked
    if external_account_id and external_account_id != mandate.external_account_id:
        account = _fitting(mandate, external_account_id)
        row.former_account, mandate.external_account = mandate.external_account, account
    if not (row.former_reference or row.former_creditor_id or row.former_account_id):
        raise errors.MandateNotAmendable("Nothing of it is new.")
    row.save()
    mandate.updated_at = at
    try:
        with transaction.atomic():
            mandate.save(update_fields=["reference", "reference_key", "creditor_id", "external_account", "updated_at"])
    except IntegrityError as error:
        if "mandate_reference_is_unique_per_creditor" not in str(error):
            raise
        raise errors.DuplicateMandateReference(param="reference") from None
    account_notices.tell(events.MANDATE_AMENDED, mandate, actor=actor, at=at, before=before, after=_facts(mandate))
    return mandate


def carry(mandate: Mandate, reference: str) -> None:
    """The collection ``reference`` tells the bank of what it does not know yet. The mandate is locked."""
    selectors.untold(mandate).update(carried_by=reference)


def take_back(mandate: Mandate, reference: str) -> None:
    """The collection ``reference`` was rejected, and told nothing. The mandate is locked."""
    MandateAmendment.objects.filter(mandate=mandate, carried_by=reference).update(carried_by="")


def _fitting(mandate: Mandate, external_account_id: UUID) -> ExternalAccount:
    """The new account: the same holder's, and one that the scheme reaches."""
    account = account_selectors.for_update(external_account_id, partner_id=mandate.partner_id)
    if account.customer_id != mandate.customer_id:
        raise errors.ExternalAccountNotFound(param="external_account_id")
    account_policies.check_is_not_closed(account)
    if account.status == ExternalAccountStatus.BLOCKED:
        raise errors.ExternalAccountBlocked(external_account=account.public_id)
    details = account_selectors.details_of([account])[account.pk]
    if details is None:
        raise people.PersonalDataErased()
    policies.check_scheme(account, scheme=mandate.scheme, authorization=mandate.authorization, number=details.number)
    return account


def _facts(mandate: Mandate) -> dict[str, Any]:
    return {
        "reference": mandate.reference,
        "creditor_id": mandate.creditor_id,
        "external_account": mandate.external_account.public_id,
    }
