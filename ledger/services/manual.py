"""Manual journals: one person makes them, another one checks, then they are posted.

What the maker asks for is tried on the books first (a dry run), so that the checker is not handed what cannot be posted. The
journal's id is given at once and is the subject of the request; the journal names the request as its cause.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from flowlet.approvals import registry
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.money import parse, to_json
from ledger.models import Account, Book, Journal
from ledger.services import journals
from ledger.services.journals import Leg

KIND = "ledger.manual_journal"
JOURNAL_KIND = "manual"


def register() -> None:
    """Say that manual journals can be asked for, and who makes and checks them."""
    registry.kind(
        KIND,
        label="Post a manual journal",
        maker_permission="ledger.post_manual_journal",
        checker_permission="ledger.approve_manual_journal",
        execute=execute,
        describe=describe,
    )


@transaction.atomic
def submit(
    *,
    book_id: int,
    legs: Sequence[Leg],
    description: str,
    reason: str,
    actor: Actor,
    at: datetime,
    effective_on: date | None = None,
    adjusting: bool = False,
) -> Approval:
    """Ask for a manual journal. ``adjusting`` lets it into a soft-closed period.

    Raises what posting raises (nothing is asked for then), MayNot, MalformedRequest.
    """
    journal_id = ids.uuid7()
    tried = journals.post(
        book_id=book_id,
        legs=legs,
        kind=JOURNAL_KIND,
        actor=actor,
        effective_on=effective_on,
        description=description,
        adjusting=adjusting,
        journal_id=journal_id,
        dry_run=True,
    )
    book = Book.objects.get(pk=book_id)
    accounts = Account.objects.in_bulk({leg.account_id for leg in legs})
    payload = {
        "book": book.public_id,
        "journal": tried.public_id,
        "effective_on": str(tried.effective_on),
        "description": description,
        "adjusting": adjusting,
        "legs": [
            {"account": accounts[leg.account_id].public_id, "side": str(leg.side), "amount": to_json(leg.amount)} for leg in legs
        ],
    }
    return requests.submit(
        kind=KIND, payload=payload, subject=tried.public_id, reason=reason, actor=actor, at=at, partner_id=book.partner_id
    )


def execute(*, approval: Approval, actor: Actor, at: datetime) -> Journal:
    """Post what was asked for. What the books refuse now (too little, a period closed since) leaves the request waiting."""
    asked = approval.payload
    book = Book.fetch(asked["book"], partner_id=approval.partner_id)
    accounts = _accounts(book, asked)
    posted = journals.post(
        book_id=book.pk,
        legs=[
            Leg(accounts[leg["account"]].pk, leg["side"], parse(leg["amount"]["amount"], leg["amount"]["currency"]))
            for leg in asked["legs"]
        ],
        kind=JOURNAL_KIND,
        actor=actor,
        effective_on=date.fromisoformat(asked["effective_on"]),
        description=asked["description"],
        cause=approval.public_id,
        metadata={"maker": approval.maker_id, "checker": actor.id},
        adjusting=asked["adjusting"],
        journal_id=Journal.key(asked["journal"]),
    )
    return Journal.objects.get(pk=posted.journal_id)


def describe(approval: Approval) -> Mapping[str, str]:
    """What the checker reads: book, day, text, and each leg with its account."""
    asked = approval.payload
    book = Book.fetch(asked["book"])
    accounts = _accounts(book, asked)
    shown = {"Book": book.name, "Effective on": asked["effective_on"], "Text": asked["description"]}
    if asked["adjusting"]:
        shown["Adjustment"] = "into a soft-closed period, if its day lies in one"
    for number, leg in enumerate(asked["legs"], 1):
        account = accounts[leg["account"]]
        amount = f"{Decimal(leg['amount']['amount']):,} {leg['amount']['currency']}"
        shown[f"{number}. {leg['side'].capitalize()} {account.code} {account.name}"] = amount
    return shown


def _accounts(book: Book, asked: Mapping[str, Any]) -> dict[str, Account]:
    keys = [ids.parse(Account.PREFIX, leg["account"]) for leg in asked["legs"]]
    return {account.public_id: account for account in Account.objects.filter(book=book, uid__in=keys)}
