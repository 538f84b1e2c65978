"""What partners and customers wrote of what moved wallets, read from what brought it about: transfers, refunds, top-ups, conversions, and
what upper apps registered, such as payments.

Journals hold none of it. They never change, and with a customer's data the words have to go; so they stand only where they can be emptied.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db.models import CharField, F, Func, Q, QuerySet, Value

from flowlet.core import ids
from ledger.models import Journal
from wallets.choices import TransactionType, TransferKind
from wallets.models import Conversion, Refund, TopUp, Transfer, Wallet
from wallets.selectors import causes
from wallets.selectors.metadata import noted

KINDS: Final = {
    TransactionType.TRANSFER: "wallets.transfer",
    TransactionType.CAPTURE: "wallets.capture",
    TransactionType.REFUND: "wallets.refund",
    TransactionType.TOP_UP: "wallets.top_up",
    TransactionType.CONVERSION: "wallets.conversion",
}
_OWN: Final = (Transfer, TopUp, Conversion)
_COLUMNS: Final = ("external_id", "description", "metadata")
# What has no description of its own has the books' one.
_LACKING: Final[dict[Any, tuple[str, ...]]] = {TopUp: ("external_id", "metadata")}


@dataclass(frozen=True, slots=True)
class Words:
    """What was written of one movement; empty where nobody wrote anything, and once the data of everybody whom it is about were deleted."""

    external_id: str = ""
    description: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


def of(journals: Iterable[Journal]) -> dict[UUID, Words]:
    """The words of each journal, by its key: a query for every kind of cause. What nobody here caused says what it says itself."""
    rows = {journal.pk: journal for journal in journals}
    refunds = [key for key, journal in rows.items() if _is_refund(journal)]
    written = _of_refunds(refunds)
    by_cause = _of_causes({journal.cause for journal in rows.values() if not _is_refund(journal)})
    for key, journal in rows.items():
        told = by_cause.get(journal.cause)
        if told is not None and not _is_refund(journal):
            written[key] = Words(**{"description": journal.description, **told})
        elif key not in written:
            written[key] = Words("", journal.description, journal.metadata)
    return written


def journals_named(*, partner_id: UUID, external_id: str) -> Q:
    """The journals of what has the partner's external id."""
    named = {"partner_id": partner_id, "external_id": external_id}
    found = [row.public_id for kind in _kinds() for row in kind.objects.filter(**named).only("id")]
    refunds = list(Refund.objects.filter(**named).values_list("journal_id", flat=True))
    caused = Q(journal__cause__in=found) & ~Q(journal__kind=KINDS[TransactionType.REFUND])
    return caused | Q(journal__in=refunds)


def journals_noted(wallet: Wallet, metadata: Mapping[str, str]) -> QuerySet:
    """The keys of the journals, among them all of the wallet, whose metadata has all these names with these texts.

    The part of each kind is answered by the index of its own table.
    """
    mine = Q(source=wallet) | Q(target=wallet)
    transfers = noted(Transfer.objects.filter(mine), metadata)
    parts = [
        transfers.exclude(kind=TransferKind.AUTHORIZED).values_list("journal_id"),
        Journal.objects.filter(
            kind=KINDS[TransactionType.CAPTURE],
            cause__in=transfers.filter(kind=TransferKind.AUTHORIZED).values_list(_public_id(Transfer)),
        )
        .exclude(cause="")
        .values_list("pk"),
        noted(Refund.objects.filter(Q(transfer__source=wallet) | Q(transfer__target=wallet)), metadata).values_list("journal_id"),
        noted(Conversion.objects.filter(mine), metadata).values_list("journal_id"),
        noted(TopUp.objects.filter(wallet=wallet), metadata).values_list("journal_id"),
        noted(
            Journal.objects.filter(book__partner_id=wallet.partner_id).exclude(kind__in=[*KINDS.values(), *causes.kinds()]),
            metadata,
        ).values_list("pk"),
    ]
    for kind in causes.models():
        parts.append(causes.journals_of(noted(kind.objects.filter(partner_id=wallet.partner_id), metadata)))
    return parts[0].union(*parts[1:], all=True)


def _public_id(kind: Any) -> Func:
    return Func(Value(kind.PREFIX), F("pk"), function="wallets_public_id", output_field=CharField())


def _is_refund(journal: Journal) -> bool:
    """Its cause is the transfer, its words are the refund's."""
    return journal.kind == KINDS[TransactionType.REFUND]


def _kinds() -> tuple[Any, ...]:
    return (*_OWN, *causes.models())


def _of_refunds(keys: list[UUID]) -> dict[UUID, Words]:
    if not keys:
        return {}
    rows = Refund.objects.filter(journal_id__in=keys).values_list("journal_id", "external_id", "reason", "metadata")
    return {key: Words(*words) for key, *words in rows}


def _of_causes(named: set[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for kind in _kinds():
        keys = [kind.key(cause) for cause in named if cause.startswith(f"{kind.PREFIX}_")]
        if keys:
            columns = _LACKING.get(kind, _COLUMNS)
            for key, *words in kind.objects.filter(pk__in=keys).values_list("pk", *columns):
                found[ids.public_id(kind.PREFIX, key)] = dict(zip(columns, words, strict=True))
    return found
