"""Currency transaction reports as a batch file (CTRX)."""

from collections.abc import Sequence
from typing import Final

from moneyed import Money

from compliance.providers.fincen import schemas
from compliance.providers.fincen.amounts import whole_dollars
from compliance.providers.fincen.checking_ctr import check
from compliance.providers.fincen.codes import NameKind, PartyRole
from compliance.providers.fincen.ctr import Channel, FilingType, Involved, Location, Report
from compliance.providers.fincen.errors import Incomplete
from compliance.providers.fincen.parts import Institution, Transmitter
from compliance.providers.fincen.rules import Gap
from compliance.providers.fincen.tree import Element, Tree, Written, person_values

FORM: Final = "CTRX"
_ORDER: Final = (
    "BirthDateUnknownIndicator",
    "EFilingCoverageBeginningDateText",
    "EFilingCoverageEndDateText",
    "FemaleGenderIndicator",
    "IndividualBirthDateText",
    "IndividualEntityCashInAmountText",
    "IndividualEntityCashOutAmountText",
    "MaleGenderIndicator",
    "MultipleTransactionsPersonsIndividualsIndicator",
    "PartyAsEntityOrganizationIndicator",
    "PrimaryRegulatorTypeCode",
    "UnknownGenderIndicator",
)
_CASH_IN_ACCOUNT, _CASH_OUT_ACCOUNT = "8", "9"  # PartyAccountAssociationTypeCode


def write(reports: Sequence[Report], *, transmitter: Transmitter) -> Written:
    """The batch file of some reports.

    Becomes true: the file has each report once, in the order given, with the counts and the total that FinCEN adds up itself (all parties;
    all amounts of items 25 to 28 in whole dollars), and the days of the first and last transaction as the days that it covers. Refused as
    ``writing_sar.write`` does. The bytes depend on the arguments only.
    """
    gaps = {index: found for index, report in enumerate(reports) if (found := _fatal(report, transmitter))}
    if gaps:
        raise Incomplete(gaps)
    tree = Tree(form=FORM, schema=schemas.CTR, order=_ORDER)
    days = sorted(report.transacted_on for report in reports)
    covered = {"EFilingCoverageBeginningDateText": days[0], "EFilingCoverageEndDateText": days[-1]} if days else {}
    for report in reports:
        _report(tree, report, transmitter, dict(covered))
    total = sum(report.cash_in + report.cash_out for report in reports)
    parties = sum(1 for _ in tree.root.iter("{*}Party"))
    attributes = {"TotalAmount": total, "PartyCount": parties, "ActivityCount": len(reports)}
    return tree.finished(count=len(reports), total=total, attributes=attributes)


def _fatal(report: Report, transmitter: Transmitter) -> tuple[Gap, ...]:
    return tuple(gap for gap in check(report, transmitter=transmitter) if gap.is_fatal)


def _report(tree: Tree, report: Report, transmitter: Transmitter, covered: dict[str, object]) -> None:
    activity = tree.node(tree.root, "Activity")
    tree.leaf(activity, "EFilingPriorDocumentNumber", report.prior_bsa_id)
    tree.leaf(activity, "FilingDateText", report.filed_on)
    association = tree.node(activity, "ActivityAssociation")
    for kind in (FilingType.AMENDMENT, FilingType.BACK_FILE, FilingType.INITIAL):
        tree.flag(association, kind, kind is report.filing, always=True)
    tree.transmitter(activity, transmitter, covered)
    regulator = {"PrimaryRegulatorTypeCode": report.institution.regulator}
    _institution(tree, tree.party(activity, PartyRole.FILING_INSTITUTION, regulator), report.institution)
    tree.contact_office(activity, report.contact_office)
    for location in report.locations:
        _location(tree, activity, location)
    for person in report.persons:
        _person(tree, activity, person)
    _transactions(tree, activity, report)


def _institution(tree: Tree, party: Element, institution: Institution) -> None:
    tree.full_name(party, institution.name)
    tree.full_name(party, institution.doing_business_as, NameKind.DOING_BUSINESS_AS)
    tree.address(party, institution.address)
    if institution.tax_id:
        tree.identification(party, institution.tax_id.number, institution.tax_id.kind)
    if institution.register:
        tree.identification(party, institution.register_id, institution.register)
    tree.kinds(party, institution)


def _location(tree: Tree, activity: Element, location: Location) -> None:
    values = _cash(location.cash_in, location.cash_out) | {"PrimaryRegulatorTypeCode": location.institution.regulator}
    _institution(tree, tree.party(activity, PartyRole.LOCATION, values), location.institution)


def _person(tree: Tree, activity: Element, person: Involved) -> None:
    values = person_values(person) | _cash(person.cash_in, person.cash_out)
    values["MultipleTransactionsPersonsIndividualsIndicator"] = person.has_multiple_transactions
    party = tree.party(activity, person.role, values)
    tree.person_name(party, person.name, is_entity=person.is_entity)
    for kind, names in (
        (NameKind.ALSO_KNOWN_AS, person.also_known_as),
        (NameKind.DOING_BUSINESS_AS, person.doing_business_as),
    ):
        for name in names:
            element = tree.node(party, "PartyName")
            tree.leaf(element, "PartyNameTypeCode", kind)
            tree.leaf(element, "RawEntityIndividualLastName", name)
    for address in person.addresses:
        tree.address(party, address)
    for phone in person.phones:
        tree.phone(party, phone)
    tree.identity(party, person, person.proofs)
    tree.occupation(party, person)
    for email in person.emails:
        tree.leaf(tree.node(party, "ElectronicAddress"), "ElectronicAddressText", email)
    for code, numbers in ((_CASH_IN_ACCOUNT, person.accounts_in), (_CASH_OUT_ACCOUNT, person.accounts_out)):
        for number in numbers:
            account = tree.node(party, "Account")
            tree.leaf(account, "AccountNumberText", number)
            tree.leaf(tree.node(account, "PartyAccountAssociation"), "PartyAccountAssociationTypeCode", code)


def _transactions(tree: Tree, activity: Element, report: Report) -> None:
    element = tree.node(activity, "CurrencyTransactionActivity")
    for channel in Channel:
        tree.flag(element, channel, channel in report.channels, always=True)
    tree.leaf(element, "TotalCashInReceiveAmountText", report.cash_in or "", always=True)
    tree.leaf(element, "TotalCashOutAmountText", report.cash_out or "", always=True)
    tree.leaf(element, "TransactionDateText", report.transacted_on)
    for detail in report.details:
        line = tree.node(element, "CurrencyTransactionActivityDetail")
        tree.leaf(line, "CurrencyTransactionActivityDetailTypeCode", detail.code)
        tree.leaf(line, "DetailTransactionAmountText", whole_dollars(detail.amount))
        tree.leaf(line, "OtherCurrencyTransactionActivityDetailText", detail.other, always=True)
        tree.leaf(line, "OtherForeignCurrencyCountryText", detail.country, always=True)


def _cash(cash_in: Money | None, cash_out: Money | None) -> dict[str, object]:
    return {
        "IndividualEntityCashInAmountText": whole_dollars(cash_in) if cash_in else "",
        "IndividualEntityCashOutAmountText": whole_dollars(cash_out) if cash_out else "",
    }
