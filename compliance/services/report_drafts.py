"""First drafts of reports: of nothing but the institution, or of what a case has gathered.

What the platform knows is filled in; of what it never asks for, such as taxpayers' numbers, a draft says that it is unknown, for a
person to complete.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from moneyed import Money

from accounts.choices import CustomerKind
from accounts.models import Customer
from accounts.models.personal import Address as Home
from accounts.models.personal import Personal
from accounts.selectors import customers as people
from compliance import errors
from compliance.choices import ActivitySource, DocumentStatus, DocumentType, ReportKind, ReportState
from compliance.models import Activity, AlertEvidence, Case, Document, Report
from compliance.policies.report_deadlines import Filer, check_determination
from compliance.providers.fincen import ctr, sar, storing
from compliance.providers.fincen.codes import InstitutionType, PartyRole, ProofKind, Regulator, Relationship
from compliance.providers.fincen.geography import STATES
from compliance.providers.fincen.parts import (
    EVERY_PART,
    Address,
    AddressPart,
    BirthDate,
    ContactOffice,
    Institution,
    InstitutionKind,
    PersonName,
    Phone,
    Proof,
    TaxId,
)
from compliance.selectors.alerts import references_in
from compliance.services import cases, documents, reports, unit_drafts
from flowlet.core import clock, countries, money
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from payments.choices import Direction
from payments.models import Payment
from wallets.choices import WalletStatus
from wallets.models import Wallet

# Scenarios whose pattern FinCEN's form has a box for (items 32 to 42); of the others the officer says it.
KINDS: Final = {
    "structuring": 114,
    "linked_structuring": 114,
    "micro_structuring": 113,
    "below_own_limit": 113,
    "travel_rule": 113,
    "funnel": 824,
    "mule": 809,
    "shared_identifiers": 402,
    "call_for_action_country": 928,
    "high_risk_country": 928,
    "embargoed_corridor": 928,
    "fan_in": 807,
    "fan_out": 807,
    "gather_scatter": 807,
    "ring": 925,
    "pass_through": 925,
    "round_amounts": 925,
    "dormant": 812,
    "new_account_burst": 812,
    "peer_outlier": 812,
    "profile_breach": 812,
    "spike": 812,
    "velocity": 812,
}
FUNDS_TRANSFER, CASH, DEPOSIT, WITHDRAWAL = 33, 39, 55, 56
PROOFS: Final = {
    DocumentType.PASSPORT: ProofKind.PASSPORT,
    DocumentType.DRIVING_LICENCE: ProofKind.DRIVING_LICENCE,
    DocumentType.ID_CARD: ProofKind.OTHER,
}
ZERO: Final = Decimal(0)


@transaction.atomic
def blank(*, kind: str, day: date, has_suspect: bool = True, actor: Actor, at: datetime) -> Report:
    """A draft with the institution alone; ``day`` is that of the determination, or of the transaction (CTR).

    Raises NoTransmitter, Invalid, Forbidden.
    """
    if kind == ReportKind.STR:
        form: Any = unit_drafts.form([], {}, {}, [], None, on=at.date(), grounds="")
    else:
        form = _sar([], [], (), day=day, at=at, narrative="") if kind == ReportKind.SAR else _ctr([], [], day=day, at=at)
    return _drafted(kind, form, day=day, has_suspect=has_suspect, actor=actor, at=at)


@transaction.atomic
def from_case(*, case_id: UUID, kind: str, day: date, has_suspect: bool = True, actor: Actor, at: datetime) -> Report:
    """A draft of what a case gathered; a CTR of the cash of the day. The case's page says so to who prepares reports alone.

    Raises CaseNotFound, ReportDrafted, NoTransmitter, BeforeItsCause for a determination before the first movement, Invalid, Forbidden.
    """
    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        raise errors.CaseNotFound()
    found = Customer.objects.filter(pk__in=case.subjects.exclude(customer=None).values("customer"))
    subjects = list(found.select_related("partner").order_by("pk"))
    if kind == ReportKind.CTR:
        return _drafted(kind, _ctr(subjects, _cash(subjects, day), day=day, at=at), case, day=day, actor=actor, at=at)
    alerts = list(case.alerts.order_by("pk"))
    moved = _moved(case, subjects)
    check_determination(determined_on=day, began_on=min((row.happened_at.date() for row in moved), default=day))
    said = cases.narrative_of(case) or "\n".join(dict.fromkeys(alert.headline for alert in alerts))
    if kind == ReportKind.STR:
        proofs = {one.pk: _proofs(one) for one in subjects}
        told = unit_drafts.form(subjects, people.personal_of(subjects), proofs, moved, case, on=at.date(), grounds=said)
        return _drafted(kind, told, case, day=day, actor=actor, at=at)
    form = _sar(
        subjects,
        moved,
        sorted({KINDS[alert.scenario] for alert in alerts if alert.scenario in KINDS}),
        day=min((alert.opened_at.date() for alert in alerts), default=day),
        at=at,
        narrative=said,
    )
    return _drafted(kind, form, case, day=day, has_suspect=has_suspect, actor=actor, at=at)


def _drafted(
    kind: str, form: Any, case: Case | None = None, *, day: date, has_suspect: bool = True, actor: Actor, at: datetime
) -> Report:
    if day > at.date():
        raise Invalid("The day does not lie ahead.", param="day")
    given = {} if kind == ReportKind.CTR else {"determined_on": day, "has_suspect": has_suspect}
    case_id = case.pk if case else None
    return reports.draft(kind=kind, content=storing.to_json(form), case_id=case_id, actor=actor, at=at, **given)


def _house(kind: str) -> tuple[Institution, ContactOffice]:
    """The filing institution as the last report has it; the first time, who sends the files."""
    last = Report.objects.filter(kind=kind, sealed__isnull=False).exclude(state=ReportState.WITHDRAWN).order_by("-pk").first()
    if last is not None:
        try:
            form = reports.form_of(last, on=last.counted_from)
            return form.institution, form.contact_office
        except errors.ReportAltered:
            pass  # its own page says so; it does not keep others from being drafted
    us, is_msb = reports.transmitter(), settings.BSA_FILER == Filer.MSB
    unset = Regulator.NOT_APPLICABLE if kind == ReportKind.SAR else Regulator.UNKNOWN
    institution = Institution(
        name=us.name,
        address=us.address,
        tax_id=TaxId(us.tin),
        regulator=Regulator.IRS if is_msb else unset,
        kinds=(InstitutionKind(type=InstitutionType.MSB if is_msb else InstitutionType.DEPOSITORY),),
    )
    return institution, ContactOffice(name=us.contact_name, phone=us.phone)


def _sar(
    subjects: Sequence[Customer],
    moved: Sequence[Activity],
    kinds: Sequence[int],
    *,
    day: date,
    at: datetime,
    narrative: str,
) -> sar.Report:
    institution, office = _house(ReportKind.SAR)
    tin = institution.tax_id.number if institution.tax_id else ""
    days = sorted(row.happened_at.date() for row in moved) or [min(day, at.date())]
    # What came in and went out again is the same money: the larger of both ways, each movement once.
    worth = {way: {row.source_id: row.worth or ZERO for row in moved if row.direction == way} for way in Direction}
    amount = max(sum(found.values(), ZERO) for found in worth.values())
    assets = {CASH if row.is_cash else FUNDS_TRANSFER for row in moved}
    personal = people.personal_of(subjects)
    return sar.Report(
        reference="",
        filing=frozenset({sar.FilingType.INITIAL}),
        filed_on=at.date(),
        institution=institution,
        contact_office=office,
        locations=(sar.Location(institution=institution),),
        subjects=tuple(_subject(customer, personal[customer.pk], tin) for customer in subjects),
        activity=sar.Activity(
            since=days[0],
            to=days[-1] if days[-1] > days[0] else None,
            amount=_dollars(amount),
            classifications=tuple(sar.Classification(kind) for kind in kinds),
            assets=tuple(sar.Asset(code) for code in sorted(assets)),
        ),
        narrative=narrative,
    )


def _ctr(subjects: Sequence[Customer], cash: Sequence[Activity], *, day: date, at: datetime) -> ctr.Report:
    institution, office = _house(ReportKind.CTR)
    sums = {way: sum((row.worth or ZERO for row in cash if row.direction == way), ZERO) for way in Direction}
    total = {"cash_in": _dollars(sums[Direction.IN]), "cash_out": _dollars(sums[Direction.OUT])}
    lines = ((DEPOSIT, total["cash_in"]), (WITHDRAWAL, total["cash_out"]))
    moved = {row.customer_id for row in cash}
    personal = people.personal_of(subjects)
    return ctr.Report(
        reference="",
        filing=ctr.FilingType.INITIAL,
        filed_on=at.date(),
        transacted_on=day,
        institution=institution,
        contact_office=office,
        locations=(ctr.Location(institution=institution, **total),),
        persons=tuple(
            _involved(customer, personal[customer.pk], [row for row in cash if row.customer_id == customer.pk])
            for customer in subjects
            if customer.pk in moved
        ),
        details=tuple(ctr.Detail(code=code, amount=amount) for code, amount in lines if amount is not None),
    )


def _subject(customer: Customer, personal: Personal | None, tin: str) -> sar.Subject:
    wallets = list(Wallet.objects.filter(customer=customer).order_by("pk"))
    numbers = tuple(wallet.public_id for wallet in wallets)
    closed = frozenset(wallet.public_id for wallet in wallets if wallet.status == WalletStatus.CLOSED)
    held = (sar.HeldAccounts(institution_tin=tin, numbers=numbers, closed=closed),) if numbers else ()
    if personal is None:
        return sar.Subject(is_unknown=True, accounts=held, has_no_known_account=not held)
    return sar.Subject(
        **_person(customer, personal),
        relationships=(sar.SubjectRelationship(institution_tin=tin, kinds=frozenset({Relationship.CUSTOMER})),),
        accounts=held,
        has_no_known_account=not held,
    )


def _involved(customer: Customer, personal: Personal | None, cash: Sequence[Activity]) -> ctr.Involved:
    given: dict[str, Any] = {"role": PartyRole.BENEFICIARY if customer.kind == CustomerKind.BUSINESS else PartyRole.OWN_BEHALF}
    for way, name in ((Direction.IN, "in"), (Direction.OUT, "out")):
        rows = [row for row in cash if row.direction == way]
        given[f"cash_{name}"] = _dollars(sum((row.worth or ZERO for row in rows), ZERO))
        wallets = Wallet.objects.filter(pk__in={row.wallet_id for row in rows if row.wallet_id}).order_by("pk")
        given[f"accounts_{name}"] = tuple(wallet.public_id for wallet in wallets)
    told = _person(customer, personal) if personal is not None else _nobody()
    return ctr.Involved(**told, **given, has_multiple_transactions=len(cash) > 1)


def _person(customer: Customer, personal: Personal) -> dict[str, Any]:
    """What both forms say of a person or entity."""
    told: dict[str, Any] = {
        "addresses": (_address(personal.address, customer.country),),
        "emails": (personal.email,) if personal.email else (),
        "phones": (Phone(number=personal.phone.lstrip("+")),) if personal.phone else (),
        "is_tax_id_unknown": True,
    }
    if customer.kind == CustomerKind.BUSINESS:
        return told | {"is_entity": True, "name": PersonName(last=personal.name[:150])}
    *first, last = personal.name.split()
    proofs = _proofs(customer)
    return told | {
        "name": PersonName(last=last[:150], first=" ".join(first)[:35], is_first_unknown=not first),
        "born": BirthDate.of(personal.born_on) if personal.born_on else None,
        "is_birth_date_unknown": personal.born_on is None,
        "proofs": proofs,
        "is_proof_unknown": not proofs,
    }


def _nobody() -> dict[str, Any]:
    """A person whose data were erased."""
    return {
        "name": PersonName(is_last_unknown=True, is_first_unknown=True),
        "addresses": (Address(unknown=EVERY_PART),),
        "is_birth_date_unknown": True,
        "is_tax_id_unknown": True,
        "is_proof_unknown": True,
    }


def _address(home: Home | None, country: str) -> Address:
    """As the forms take it: states by their codes, postal codes without blanks; what does not fit is said to be unknown."""
    country = home.country if home else country
    parts = {"street": "", "city": "", "postcode": "", "state": "", "country": country}
    if home is not None:
        postcode = "".join(filter(str.isalnum, home.postal_code))
        state = home.region.strip().upper()
        parts |= {
            "street": ", ".join(filter(None, (home.line1, home.line2)))[:100],
            "city": home.city[:50],
            "postcode": postcode if country != "US" or (postcode.isdecimal() and len(postcode) in (5, 9)) else "",
            "state": state if state in STATES.get(country, ()) else "",
        }
    parts["postcode"] = parts["postcode"][:9]
    wanted = set(AddressPart) - (set() if country in STATES else {AddressPart.STATE})
    return Address(**parts, unknown=frozenset(part for part in wanted if not parts[part]))


def _proofs(customer: Customer) -> tuple[Proof, ...]:
    """The newest document that shows who the person is, if its number is known."""
    stored = Document.objects.filter(customer=customer, status=DocumentStatus.STORED, type__in=PROOFS, item__owner=None)
    found = stored.order_by("-pk").first()
    told = documents.told_of(found) if found is not None else None
    if found is None or told is None or not told.number:
        return ()
    kind = PROOFS[DocumentType(found.type)]
    return (
        Proof(
            kind=kind,
            number=told.number[:25],
            country=told.issuer if told.issuer in countries.CODES else customer.country,
            other_kind=found.get_type_display() if kind is ProofKind.OTHER else "",
        ),
    )


def _moved(case: Case, subjects: Sequence[Customer]) -> list[Activity]:
    """The movements that the case's alerts saw, and the payments in it, as its customers saw them."""
    seen = references_in(AlertEvidence.objects.filter(alert__case=case))
    keys = seen | set(case.subjects.exclude(payment=None).values_list("payment_id", flat=True))
    rows = list(Activity.objects.filter(customer__in=subjects, source_id__in=keys).order_by("happened_at", "pk"))
    known = {row.source_id for row in rows}
    stopped = Payment.objects.filter(pk__in=keys - known).filter(Q(customer__in=subjects) | Q(customer=None))
    return rows + [_as_activity(payment) for payment in stopped.order_by("pk")]


def _as_activity(payment: Payment) -> Activity:
    """A payment that never moved, such as one that was stopped; what is not in dollars has no worth here."""
    worth = payment.amount if payment.currency == "USD" else None
    given = {
        "source": ActivitySource.PAYMENT,
        "source_id": payment.pk,
        "direction": payment.direction,
        "amount": payment.amount,
        "currency": payment.currency,
    }
    return Activity(**given, worth=worth, is_cash=False, happened_at=payment.created_at)


def _cash(subjects: Sequence[Customer], day: date) -> list[Activity]:
    """Their cash of a business day, which is one of their partner's zone, as it is for the scenario (31 CFR 1010.313)."""
    cash = Q()
    for zone in {customer.partner.time_zone for customer in subjects}:
        since, until = (clock.beginning_of(one, zone=zone) for one in (day, day + timedelta(days=1)))
        cash |= Q(partner__time_zone=zone, happened_at__gte=since, happened_at__lt=until)
    return (
        list(Activity.objects.filter(cash, customer__in=subjects, is_cash=True).order_by("happened_at", "pk")) if subjects else []
    )


def _dollars(amount: Decimal) -> Money | None:
    return money.exact(amount.quantize(Decimal("0.01")), "USD") if amount else None
