"""ACH files: a Nacha batch for each entry class, purpose and settlement window."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import accumulate
from zoneinfo import ZoneInfo

from flowlet.core.money import Money
from payments.choices import Direction, MandateKind
from payments.models import Batch, Payment
from payments.policies import cutoffs, entry_classes, references
from payments.providers import nacha
from payments.services.files.built import Built, Material, me, no_name

LARGEST_TOTAL = Decimal("9999999999.99")  # Nacha, batch control and file control: twelve digits of cents


def trace_of(odfi: str, payment: Payment) -> str:
    """The fifteen digits of an ACH trace number."""
    return nacha.trace_number(odfi=odfi[:8], number=int(payment.trace))


def within_total(payments: Sequence[Payment]) -> list[Payment]:
    """The first payments, as far as their sum can be written in the controls of a file."""
    sums = accumulate(payment.amount for payment in payments)
    return [payment for payment, total in zip(payments, sums, strict=True) if total <= LARGEST_TOTAL]


def write(batch: Batch, material: Material) -> Built:
    """The file. Raises ExternalAccountUnfit for a name of which nothing can be carried, FieldRefused, FileRefused, TooManyLines."""
    return frame(batch, _groups(batch, material))


def check(batch: Batch, material: Material) -> None:
    """Refuse what ``write`` refuses."""
    nacha.check(file=_framed(batch, _groups(batch, material)))


def frame(batch: Batch, groups: Sequence[nacha.Batch]) -> Built:
    """The file around its Nacha batches. Raises FieldRefused, FileRefused, TooManyLines."""
    return Built(f"ACH-{_made(batch):%Y%m%d}-{batch.number:08d}.ach", "nacha", nacha.write(file=_framed(batch, groups)))


def _made(batch: Batch) -> datetime:
    """When the file is made, as it says: the run it belongs to, whose day same-day entries name."""
    return batch.cutoff_at.astimezone(ZoneInfo(cutoffs.NEW_YORK))


def _framed(batch: Batch, groups: Sequence[nacha.Batch]) -> nacha.File:
    identity, made = me(batch), _made(batch)
    return nacha.File(
        destination=identity["destination"],
        destination_name=identity["destination_name"],
        origin=identity["origin"],
        origin_name=identity["origin_name"],
        created_on=made.date(),
        created_time=made.time().replace(second=0, microsecond=0),
        modifier=nacha.MODIFIERS[batch.number % len(nacha.MODIFIERS)],
        reference=f"{batch.number:08d}"[-8:],
        batches=tuple(groups),
    )


def _groups(batch: Batch, material: Material) -> list[nacha.Batch]:
    identity = me(batch)
    side = nacha.Side.CREDIT if batch.direction == Direction.OUT else nacha.Side.DEBIT
    groups: dict[tuple[str, str, str], list[nacha.Entry]] = {}
    for payment in material.payments:
        account, held_by = payment.external_account, material.details[payment.pk]
        sec = entry_classes.of(payment)
        name = nacha.fit(held_by.owner_name)
        if not name:
            raise no_name()
        entry = nacha.Entry(
            code=nacha.transaction_code(account_type=nacha.AccountType[account.account_type], side=side),
            routing=account.routing_number,
            account=held_by.number,
            amount=Money(payment.amount, payment.currency),
            trace=trace_of(identity["odfi"], payment),
            name=name,
            identification=references.compact(payment.reference),
            discretionary=_payment_type(payment) if sec in {"WEB", "TEL"} else "",
        )
        groups.setdefault((sec, payment.purpose, _descriptive_date(payment, batch)), []).append(entry)
    descriptions = {"PAYROLL": "PAYROLL", "PURCHASE": "PURCHASE", "": "PAYMENT" if side == nacha.Side.CREDIT else "COLLECTION"}
    return [
        nacha.Batch(
            sec=sec,
            company_name=identity["company_name"][:16],
            company_id=identity["company_id"],
            odfi=identity["odfi"][:8],
            description=descriptions[purpose],
            descriptive_date=descriptive_date,
            effective_on=batch.value_on,
            purpose=nacha.Purpose(purpose),
            entries=tuple(sorted(entries, key=lambda one: one.trace)),
        )
        for (sec, purpose, descriptive_date), entries in sorted(groups.items())
    ]


def _descriptive_date(payment: Payment, batch: Batch) -> str:
    """SD and the time at which a same-day entry settles, which follows from its cut-off."""
    if not payment.same_day:
        return ""
    return f"SD{cutoffs.settlement_time('ach', batch.cutoff_at, same_day=True):%H%M}"


def _payment_type(payment: Payment) -> str:
    """R for one of many, S for a single one (Nacha, payment type code)."""
    return "R" if payment.mandate is not None and payment.mandate.kind == MandateKind.RECURRENT else "S"
