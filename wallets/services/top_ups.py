"""Play money for the sandbox: what a bank would have sent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.choices import Mode
from accounts.services import partners
from flowlet.core import ids
from flowlet.core import metadata as notes
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from ledger.services import accounts, charts, journals
from wallets import errors, events
from wallets.models import TopUp
from wallets.services import notices, recipes, spending
from wallets.services.names import checked_external_id, unique_external_id
from wallets.services.spending import WalletBalance


@dataclass(frozen=True, slots=True)
class ToppedUp:
    """A top-up and the wallet's balance after it."""

    top_up: TopUp
    balances: list[WalletBalance]


@transaction.atomic(savepoint=False)
def simulate(
    *,
    partner_id: UUID,
    wallet_id: UUID,
    amount: Money,
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    actor: Actor,
    at: datetime,
) -> ToppedUp:
    """Book ``amount`` as if it had come in at the safeguarding bank for the wallet. Counts against no limit.

    Raises SandboxOnly for a live partner, WalletNotFound, CurrencyMismatch, PartnerSuspended, CustomerFrozen, CustomerClosed,
    WalletFrozen, WalletClosed, DuplicateExternalId.
    """
    if partners.get(partner_id).mode != Mode.SANDBOX:
        raise errors.SandboxOnly()
    facts = spending.begin(partner_id=partner_id, source_id=wallet_id, target_id=None, amount=None, at=at)
    currency = amount.currency.code
    if facts.source_currency != currency:
        raise spending.mismatch(wallet_id, facts.source_currency)
    top_up = TopUp(
        id=ids.uuid7(),
        partner_id=partner_id,
        wallet_id=wallet_id,
        currency=currency,
        amount=amount.amount,
        external_id=checked_external_id(external_id),
        metadata=notes.checked(metadata or {}),
        created_at=at,
    )
    bank = accounts.system_account(book_id=facts.book_id, line=charts.SAFEGUARDING, currency=currency, actor=actor, at=at)
    with spending.in_words_of_wallets({facts.source_account: wallet_id}):
        posted = journals.post(
            book_id=facts.book_id,
            legs=recipes.legs(debit=bank.pk, credit=facts.source_account, amount=amount),
            kind=recipes.TOP_UP,
            actor=actor,
            description="Simulated payment from outside",
            cause=top_up.public_id,
        )
    top_up.journal_id = posted.journal_id
    with unique_external_id(TopUp, partner_id=partner_id, external_id=top_up.external_id):
        top_up.save(force_insert=True)
    notices.tell(
        events.WALLET_TOPPED_UP,
        subject=ids.public_id("wal", wallet_id),
        partner_id=partner_id,
        actor=actor,
        at=at,
        data={
            "id": top_up.public_id,
            "wallet_id": ids.public_id("wal", wallet_id),
            "amount": notices.plain(top_up.amount, currency),
            "external_id": top_up.external_id or None,
        },
    )
    return ToppedUp(top_up, [spending.balance_of(wallet_id, posted.balances[facts.source_account], currency)])
