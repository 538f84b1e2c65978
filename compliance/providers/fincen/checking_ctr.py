"""What is missing or wrong in a currency transaction report."""

from collections.abc import Iterable
from typing import Final

from moneyed import Money

from compliance.providers.fincen import codes
from compliance.providers.fincen.amounts import LONGEST, whole_dollars
from compliance.providers.fincen.checking import Findings, Form
from compliance.providers.fincen.codes import InstitutionId, InstitutionType, PartyRole, Regulator
from compliance.providers.fincen.ctr import LIMITS, PERSON_ROLES, FilingType, Involved, Report
from compliance.providers.fincen.parts import AddressPart, Transmitter
from compliance.providers.fincen.rules import Gap

FORM: Final = Form(
    regulators=frozenset(Regulator) - {Regulator.FHFA, Regulator.NOT_APPLICABLE},
    institution_types=frozenset(
        {
            InstitutionType.CASINO,
            InstitutionType.DEPOSITORY,
            InstitutionType.MSB,
            InstitutionType.SECURITIES,
            InstitutionType.OTHER,
        }
    ),
    registers=frozenset(InstitutionId) - {InstitutionId.NAIC, InstitutionId.NMLS},
    subtypes=frozenset({101, 102, 103, 1999}),
    most_kinds=1,
)
PERSON_ITEMS: Final = {
    "last_name": "4",
    **dict.fromkeys(("first_name", *AddressPart, "tax_id", "proof", "birth_date", "phone"), "Part I"),
}
THRESHOLD: Final = 10_000  # dollars, 31 CFR 1010.311: more than this


def check(report: Report, *, transmitter: Transmitter) -> tuple[Gap, ...]:
    """Everything that is missing or wrong, in the order of the form. Raises NotDollars for an amount in another currency."""
    found = Findings()
    found.lengths(report, LIMITS, "", "")
    found.lengths(transmitter, LIMITS, "transmitter", "Transmitter")
    found.transmitter(transmitter)
    found.prior(report.prior_bsa_id, is_first=report.filing is FilingType.INITIAL, item="1")
    _persons(found, report)
    _cash(found, report)
    _locations(found, report)
    found.institution(report.institution, "institution", "Part IV", FORM, is_filer=True)
    found.contact_office(report.contact_office, "Part IV")
    return tuple(found.gaps)


def _persons(found: Findings, report: Report) -> None:
    found.check("person.missing", "persons", "Part I", holds=report.persons)
    found.check("person.too_many", "persons", "Part I", holds=len(report.persons) <= 999)
    roles = {person.role for person in report.persons}
    if roles & {PartyRole.CONDUCTOR, PartyRole.COMMON_CARRIER}:
        found.check("person.nobody_for", "persons", "Part I", holds=PartyRole.BENEFICIARY in roles)
    for index, person in enumerate(report.persons):
        where = f"persons[{index}]"
        found.check("person.missing", f"{where}.role", "Part I", holds=person.role in PERSON_ROLES)
        found.person(person, where, PERSON_ITEMS, report_year=report.filed_on.year)
        is_alone = person.role in (PartyRole.OWN_BEHALF, PartyRole.CONDUCTOR)
        found.check("person.conductor_entity", where, "Part I", holds=not (is_alone and person.is_entity))
        found.check("person.another_name", where, "Part I", holds=_takes(person))
        accounts = len(person.accounts_in) + len(person.accounts_out)
        found.check("person.too_many", f"{where}.accounts", "21-22", holds=accounts <= 198)


def _takes(person: Involved) -> bool:
    several = (person.addresses, person.phones, person.emails, person.proofs, person.also_known_as + person.doing_business_as)
    return all(len(values) <= 1 for values in several) and not person.websites


def _cash(found: Findings, report: Report) -> None:
    found.check("transaction.day", "transacted_on", "23", holds=report.transacted_on <= report.filed_on)
    found.check("cash.line_missing", "details", "25-28", holds=report.details)
    found.check("cash.too_many", "details", "25-28", holds=len(report.details) <= 219)
    lines = []
    for index, detail in enumerate(report.details):
        where = f"details[{index}]"
        is_in = detail.code in codes.CASH_IN
        is_foreign = detail.code in (codes.FOREIGN_IN, codes.FOREIGN_OUT)
        item = str((26 if is_in else 28) if is_foreign else (25 if is_in else 27))
        found.check("cash.line_unknown", where, item, holds=is_in or detail.code in codes.CASH_OUT)
        found.check("cash.line_other", where, item, holds=(detail.code in codes.OTHER_CASH) == bool(detail.other))
        found.check("cash.line_country", where, item, holds=is_foreign == bool(detail.country))
        found.check("cash.line_amount", where, item, holds=whole_dollars(detail.amount) > 0)
        found.check("cash.line_repeated", where, item, holds=(detail.code, detail.country) not in lines)
        lines.append((detail.code, detail.country))
    for total, item in ((report.cash_in, "25"), (report.cash_out, "27")):
        found.check("cash.too_large", "details", item, holds=len(str(total)) <= LONGEST)
    found.check("cash.below_threshold", "details", "25", holds=max(report.cash_in, report.cash_out) > THRESHOLD)
    for name, total, item in (("cash_in", report.cash_in, "21"), ("cash_out", report.cash_out, "22")):
        amounts = _dollars(getattr(person, name) for person in report.persons)
        found.check(
            "cash.person", f"persons.{name}", item, holds=bool(amounts) == bool(total) and max(amounts, default=0) <= total
        )


def _locations(found: Findings, report: Report) -> None:
    found.check("location.missing", "locations", "Part III", holds=report.locations)
    found.check("location.too_many", "locations", "Part III", holds=len(report.locations) <= 999)
    for index, location in enumerate(report.locations):
        found.institution(location.institution, f"locations[{index}].institution", "Part III", FORM, is_filer=False)
    for name, total in (("cash_in", report.cash_in), ("cash_out", report.cash_out)):
        amounts = _dollars(getattr(location, name) for location in report.locations)
        # Each amount was rounded up by itself, so the parts may be more than the whole by less than a dollar each.
        fits = total <= sum(amounts) <= total + len(amounts) if total else not amounts
        found.check("cash.location", f"locations.{name}", "Part III", holds=fits)


def _dollars(amounts: Iterable[Money | None]) -> list[int]:
    return [whole_dollars(amount) for amount in amounts if amount]
