"""ACH files of micro-deposits and prenotes: a Nacha batch for each kind and for persons and businesses, apart from all payments."""

from collections.abc import Sequence

from flowlet.core.money import Money
from payments.choices import HolderKind
from payments.models import Batch, VerificationEntry
from payments.providers import nacha
from payments.selectors.external_accounts import details_of
from payments.services.files import ach
from payments.services.files.built import Built, me, no_name

PRENOTE = "PRENOTE"


def trace_of(odfi: str, entry: VerificationEntry) -> str:
    """The fifteen digits of the entry's trace number."""
    return nacha.trace_number(odfi=odfi[:8], number=int(entry.trace))


def build(batch: Batch, entries: Sequence[VerificationEntry]) -> Built:
    """The file; the same bytes for the same rows. Micro-deposits are described ACCTVERIFY, as Nacha wants it since 2022.

    Raises ExternalAccountUnfit for an owner who was erased, or of whose name nothing can be carried, and what the format refuses.
    """
    identity = me(batch)
    opened = details_of({one.verification.external_account_id: one.verification.external_account for one in entries}.values())
    groups: dict[tuple[str, str], list[nacha.Entry]] = {}
    for one in entries:
        account = one.verification.external_account
        held_by = opened[account.pk]
        name = nacha.fit(held_by.owner_name) if held_by is not None else ""
        if held_by is None or not name:
            raise no_name()
        sec = "PPD" if account.holder_kind == HolderKind.PERSON else "CCD"
        groups.setdefault((sec, "" if one.amount else PRENOTE), []).append(
            nacha.Entry(
                code=nacha.transaction_code(
                    account_type=nacha.AccountType[account.account_type],
                    side=nacha.Side.CREDIT,
                    use=nacha.Use.LIVE if one.amount else nacha.Use.PRENOTE,
                ),
                routing=account.routing_number,
                account=held_by.number,
                amount=Money(one.amount, "USD"),
                trace=trace_of(identity["odfi"], one),
                name=name,
                identification=one.verification.public_id[-15:].upper(),
            )
        )
    return ach.frame(
        batch,
        [
            nacha.Batch(
                sec=sec,
                company_name=identity["company_name"][:16],
                company_id=identity["company_id"],
                odfi=identity["odfi"][:8],
                description=PRENOTE if kind == PRENOTE else nacha.Purpose.ACCOUNT_VERIFICATION.value,
                effective_on=batch.value_on,
                purpose=nacha.Purpose.OTHER if kind == PRENOTE else nacha.Purpose.ACCOUNT_VERIFICATION,
                entries=tuple(sorted(found, key=lambda entry: entry.trace)),
            )
            for (sec, kind), found in sorted(groups.items())
        ],
    )
