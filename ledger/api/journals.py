"""Journals under /v1/journals: read all, post and reverse on accounts that no product owns."""

from typing import Any
from uuid import UUID

from flowlet.api.endpoints import endpoint, example_id, page_example, paged
from flowlet.api.fields import moment
from flowlet.api.paging import page
from flowlet.api.serializers import between
from flowlet.api.views import PartnerView
from flowlet.core.errors import DomainError
from flowlet.core.ids import public_id
from ledger import errors
from ledger.api import documents, serializers
from ledger.models import Account, Book, Journal
from ledger.selectors import books
from ledger.selectors import journals as selectors
from ledger.services import partner_journals
from ledger.services.journals import Posted, Result
from ledger.services.partner_journals import AskedJournal, AskedLeg

SCOPES = {"GET": "ledger:read", "POST": "ledger:write"}
MONEY = {"amount": "410.75", "currency": "USD"}
LEGS = [
    {"account_id": example_id("acc", 2), "side": "DEBIT", "amount": MONEY},
    {"account_id": example_id("acc"), "side": "CREDIT", "amount": MONEY},
]
JOURNAL = {
    "id": example_id("jrn"),
    "kind": "supplier_invoice",
    "effective_on": "2026-01-15",
    "posted_at": "2026-01-15T09:30:00Z",
    "description": "Bank fees of January",
    "external_id": None,
    "cause": None,
    "reverses": None,
    "reversed_by": None,
    "metadata": {"invoice": "2026-17"},
    "legs": LEGS,
}
NEW = {
    "kind": "supplier_invoice",
    "effective_on": "2026-01-15",
    "description": "Bank fees of January",
    "metadata": {"invoice": "2026-17"},
    "legs": LEGS,
}
POSTED = {
    "id": example_id("jrn"),
    "is_dry_run": False,
    "effective_on": "2026-01-15",
    "posted_at": "2026-01-15T09:30:00Z",
    "balances": [],
}
POSTING = (
    errors.BookNotFound,
    errors.AccountNotFound,
    errors.AccountOwned,
    errors.AccountFrozen,
    errors.AccountClosed,
    errors.CurrencyMismatch,
    errors.Unbalanced,
    errors.MalformedJournal,
    errors.InsufficientFunds,
    errors.PeriodClosed,
    errors.EffectiveDayOutOfRange,
    errors.Busy,
)


def shown(journal: Journal) -> dict[str, Any]:
    """The JSON of a journal whose legs and reversals are loaded."""
    reversals = list(journal.reversals.all())
    return {
        "id": journal.public_id,
        "kind": journal.kind,
        "effective_on": journal.effective_on,
        "posted_at": moment(journal.posted_at),
        "description": journal.description,
        "external_id": journal.external_id or None,
        "cause": journal.cause or None,
        "reverses": public_id(Journal.PREFIX, journal.reverses_id) if journal.reverses_id else None,
        "reversed_by": reversals[0].public_id if reversals else None,
        "metadata": journal.metadata,
        "legs": [
            {
                "account_id": leg.account.public_id,
                "side": leg.side,
                "amount": documents.amount(leg.amount, leg.currency),
            }
            for leg in journal.legs
        ],
    }


def posted_shown(posted: Posted, book: Book, *, dry_run: bool = False) -> dict[str, Any]:
    """The JSON of a posting: its id, its day, and the balances under lock."""
    accounts = Account.objects.filter(pk__in=posted.balances, book=book).order_by("pk") if posted.balances else ()
    return {
        "id": None if dry_run else posted.public_id,
        "is_dry_run": dry_run,
        "effective_on": posted.effective_on,
        "posted_at": None if dry_run else moment(posted.posted_at),
        "balances": [
            {
                "account_id": account.public_id,
                **{
                    name: documents.amount(getattr(posted.balances[account.pk], name), account.currency)
                    for name in ("posted", "held", "available")
                },
            }
            for account in accounts
        ],
    }


def asked(data: dict[str, Any]) -> AskedJournal:
    """A journal from the body of a request."""
    return AskedJournal(
        kind=data["kind"],
        legs=[AskedLeg(leg["account_id"], leg["side"], leg["amount"]) for leg in data["legs"]],
        effective_on=data.get("effective_on"),
        description=data["description"],
        external_id=data["external_id"],
        metadata=data["metadata"],
    )


class JournalList(PartnerView):
    """All journals of the book."""

    required_scopes = SCOPES
    tag = "Ledger"

    @endpoint(
        summary="List journals",
        query=serializers.JournalFilters,
        response=paged(serializers.JournalOut),
        errors=(errors.BookNotFound,),
        query_example={"metadata[invoice]": "2026-17"},
        example=page_example(JOURNAL),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first, those of your wallets included. Metadata, `cause` and `external_id` are found by index.

        What was written on a transfer, conversion or payment stands there and in the wallet's transactions, not in its journals.
        """
        book = books.of_partner(partner_id=request.caller.partner_id)
        query = request.query
        rows = selectors.of_book(book=book)
        if query.get("metadata"):
            rows = selectors.journals_by_metadata(book=book, metadata=query["metadata"])
        rows = rows.filter(**{name: query[name] for name in ("kind", "cause", "external_id") if query.get(name)})
        rows = rows.filter(**between("effective_on", query.get("effective_on")))
        return page(selectors.with_legs(rows), request, render=shown)

    @endpoint(
        summary="Post a journal",
        body=serializers.NewJournal,
        response=serializers.JournalPostedOut,
        status=201,
        errors=(*POSTING, errors.ReservedKind, errors.DuplicateExternalId),
        body_example=NEW,
        example=POSTED,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """Post your own bookkeeping: costs, capital, transfers between your bank accounts.

        Accounts that belong to a wallet or another product are refused (`ledger.account_owned`): move customers' money with
        transfers. With `dry_run` everything is checked and nothing stays.
        """
        book = books.of_partner(partner_id=request.caller.partner_id)
        dry_run = request.data.pop("dry_run")
        posted = partner_journals.post(book=book, asked=asked(request.data), dry_run=dry_run, actor=request.actor, at=request.at)
        return posted_shown(posted, book, dry_run=dry_run)


class JournalDetail(PartnerView):
    """One journal."""

    required_scopes = {"GET": "ledger:read"}
    path_ids = {"journal_id": Journal.PREFIX}
    tag = "Ledger"

    @endpoint(
        summary="Read a journal",
        response=serializers.JournalOut,
        errors=(errors.BookNotFound, errors.JournalNotFound),
        example=JOURNAL,
    )
    def get(self, request: Any, journal_id: UUID) -> dict[str, Any]:
        """The journal with its legs, and what reversed it."""
        book = books.of_partner(partner_id=request.caller.partner_id)
        return shown(selectors.get(journal_id=journal_id, book=book))


class JournalReverse(PartnerView):
    """The reversal of a journal."""

    required_scopes = {"POST": "ledger:write"}
    path_ids = {"journal_id": Journal.PREFIX}
    tag = "Ledger"

    @endpoint(
        summary="Reverse a journal",
        body=serializers.ReversalIn,
        response=serializers.JournalPostedOut,
        status=201,
        errors=(*POSTING, errors.JournalNotFound, errors.ReservedKind, errors.AlreadyReversed, errors.ReversalOfReversal),
        body_example={"reason": "Booked twice"},
        example={**POSTED, "id": example_id("jrn", 2)},
    )
    def post(self, request: Any, journal_id: UUID) -> dict[str, Any]:
        """Post the exact opposite, once. Takes effect on the original's day, or today when that day is closed."""
        book = books.of_partner(partner_id=request.caller.partner_id)
        posted = partner_journals.reverse(
            book=book,
            journal_id=journal_id,
            reason=request.data["reason"],
            effective_on=request.data.get("effective_on"),
            actor=request.actor,
            at=request.at,
        )
        return posted_shown(posted, book)


class JournalBatch(PartnerView):
    """Many journals in one call."""

    required_scopes = {"POST": "ledger:write"}
    tag = "Ledger"

    @endpoint(
        summary="Post up to 1,000 journals",
        body=serializers.BatchIn,
        response=serializers.BatchOut,
        status=201,
        errors=(*POSTING, errors.ReservedKind, errors.DuplicateExternalId, errors.BatchRefused, errors.BatchTooLarge),
        body_example={"journals": [NEW], "atomic": True},
        example={
            "is_dry_run": False,
            "accepted": 1,
            "refused": 0,
            "results": [{"journal_id": example_id("jrn", 3), "refusal": None}],
        },
    )
    def post(self, request: Any) -> dict[str, Any]:
        """In order. `atomic`: the first refusal refuses all (`ledger.batch_refused` names item and reason). Otherwise each
        journal stands on its own and has its result.
        """
        book = books.of_partner(partner_id=request.caller.partner_id)
        data = request.data
        results = partner_journals.post_batch(
            book=book,
            asked=[asked(item) for item in data["journals"]],
            atomic=data["atomic"],
            dry_run=data["dry_run"],
            actor=request.actor,
            at=request.at,
        )
        refused = sum(1 for result in results if result.refusal is not None)
        return {
            "is_dry_run": data["dry_run"],
            "accepted": len(results) - refused,
            "refused": refused,
            "results": [_result(result, dry_run=data["dry_run"]) for result in results],
        }


def _result(result: Result, *, dry_run: bool) -> dict[str, Any]:
    refusal: DomainError | None = result.refusal
    return {
        "journal_id": result.posted.public_id if result.posted and not dry_run else None,
        "refusal": None if refusal is None else {"code": refusal.code, "detail": refusal.message, "param": refusal.param},
    }
