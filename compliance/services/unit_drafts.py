"""First drafts of reports to a unit in the EU, of what a case has gathered; ``report_drafts`` asks for them."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from django.conf import settings

from accounts.choices import CustomerKind
from accounts.models import Customer
from accounts.models.personal import Personal
from compliance import errors
from compliance.choices import ReportKind, ReportState
from compliance.models import Activity, Case, Report
from compliance.providers import fiu
from compliance.providers.fincen.parts import Proof
from compliance.services import reports
from flowlet.core import money
from wallets.choices import WalletStatus
from wallets.models import Wallet


def form(
    subjects: Sequence[Customer],
    personal: Mapping[UUID, Personal | None],
    proofs: Mapping[UUID, tuple[Proof, ...]],
    moved: Sequence[Activity],
    case: Case | None,
    *,
    on: date,
    grounds: str,
) -> fiu.Report:
    """Who, which wallets, which movements in their own currencies; what was frozen as the measures taken."""
    entity, unit = _house()
    wallets = list(Wallet.objects.filter(customer__in=subjects).order_by("pk"))
    numbers = {wallet.pk: wallet.public_id for wallet in wallets}
    return fiu.Report(
        reference="",
        filed_on=on,
        unit=unit,
        entity=entity,
        parties=tuple(_party(one, personal[one.pk], proofs.get(one.pk, ())) for one in subjects),
        held_accounts=tuple(
            fiu.Account(
                number=wallet.public_id,
                holder=told.name if (told := personal[wallet.customer_id]) else "",
                currency=wallet.currency,
                is_closed=wallet.status == WalletStatus.CLOSED,
            )
            for wallet in wallets
        ),
        transactions=tuple(
            fiu.Transaction(
                reference=row.reference,
                on=row.happened_at.date(),
                way=fiu.Way(row.direction),
                amount=money.exact(row.amount, row.currency),
                account=numbers.get(row.wallet_id, "") if row.wallet_id else "",
                country=row.country,
                is_cash=row.is_cash,
            )
            for row in moved
        ),
        grounds=grounds,
        measures=_measures(case),
    )


def _house() -> tuple[fiu.Entity, str]:
    """The reporting entity and the unit as the last report has them."""
    last = Report.objects.filter(kind=ReportKind.STR).exclude(state=ReportState.WITHDRAWN).order_by("-pk").first()
    if last is not None:
        try:
            told = reports.form_of(last, on=last.counted_from)
            return told.entity, told.unit
        except errors.ReportAltered:
            pass  # its own page says so
    return fiu.Entity(name=settings.BSA_TRANSMITTER.get("name", "")), ""


def _party(customer: Customer, personal: Personal | None, proofs: tuple[Proof, ...]) -> fiu.Party:
    if personal is None:
        return fiu.Party(is_unknown=True, country=customer.country)
    papers = [f"{one.other_kind or one.kind.name.replace('_', ' ').lower()} {one.number}, {one.country}" for one in proofs]
    return fiu.Party(
        name=personal.name,
        is_entity=customer.kind == CustomerKind.BUSINESS,
        born_on=personal.born_on,
        country=customer.country,
        address=str(personal.address) if personal.address else "",
        identification="; ".join(papers) or personal.registration_number,
        phone=personal.phone,
        email=personal.email,
    )


def _measures(case: Case | None) -> str:
    frozen = case.freezes.select_related("wallet").order_by("pk") if case is not None else ()
    return "\n".join(
        f"{one.wallet.public_id} frozen on {one.frozen_at:%Y-%m-%d}"
        + (f", released on {one.released_at:%Y-%m-%d}" if one.released_at else "")
        for one in frozen
    )
