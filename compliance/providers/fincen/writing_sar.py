"""Suspicious activity reports as a batch file (SARX)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from compliance.providers.fincen import schemas
from compliance.providers.fincen.amounts import whole_dollars
from compliance.providers.fincen.checking_sar import check
from compliance.providers.fincen.codes import INSTRUMENTS, NameKind, OtherId, PartyRole, Relationship, activity_type
from compliance.providers.fincen.errors import Incomplete
from compliance.providers.fincen.parts import Institution, Transmitter
from compliance.providers.fincen.rules import Gap
from compliance.providers.fincen.sar import (
    Activity,
    AmountKind,
    FilingType,
    HeldAccounts,
    LawEnforcement,
    Location,
    Report,
    Subject,
    SubjectRelationship,
)
from compliance.providers.fincen.texts import blocks
from compliance.providers.fincen.tree import Element, Tree, Written, person_values

FORM: Final = "SARX"
_ORDER: Final = (
    "AdmissionConfessionNoIndicator",
    "AdmissionConfessionYesIndicator",
    "AllCriticalSubjectInformationUnavailableIndicator",
    "BirthDateUnknownIndicator",
    "BothPurchaserSenderPayeeReceiveIndicator",
    "ContactDateText",
    "FemaleGenderIndicator",
    "IndividualBirthDateText",
    "LossToFinancialAmountText",
    "MaleGenderIndicator",
    "NoBranchActivityInvolvedIndicator",
    "NoKnownAccountInvolvedIndicator",
    "NonUSFinancialInstitutionIndicator",
    "PartyAsEntityOrganizationIndicator",
    "PayeeReceiverIndicator",
    "PayLocationIndicator",
    "PrimaryRegulatorTypeCode",
    "PurchaserSenderIndicator",
    "SellingLocationIndicator",
    "SellingPayingLocationIndicator",
    "UnknownGenderIndicator",
)
_PRODUCT, _INSTRUMENT = 5, 6
_ACTIVITY_ACCOUNT, _HELD_AT = "7", "5"  # PartyAccountAssociationTypeCode


def write(reports: Sequence[Report], *, transmitter: Transmitter) -> Written:
    """The batch file of some reports.

    Becomes true: the file has each report once, in the order given, with the counts and the total that FinCEN adds up itself (subjects;
    item 29 in whole dollars). Refused: reports that would be rejected (Incomplete), none at all (NothingToFile), a file that breaks the
    schema (BreaksSchema). The bytes depend on the arguments only.
    """
    gaps = {index: found for index, report in enumerate(reports) if (found := _fatal(report, transmitter))}
    if gaps:
        raise Incomplete(gaps)
    tree = Tree(form=FORM, schema=schemas.SAR, order=_ORDER)
    for report in reports:
        _report(tree, report, transmitter)
    total = sum(_amount(report.activity) for report in reports)
    attachments = sum(1 for report in reports if report.attachment)
    attributes = {
        "TotalAmount": total,
        "PartyCount": sum(len(report.subjects) for report in reports),
        "ActivityCount": len(reports),
        "ActivityAttachmentCount": attachments,
        "AttachmentCount": attachments,
    }
    return tree.finished(count=len(reports), total=total, attributes=attributes)


def _fatal(report: Report, transmitter: Transmitter) -> tuple[Gap, ...]:
    return tuple(gap for gap in check(report, transmitter=transmitter) if gap.is_fatal)


def _amount(activity: Activity) -> int:
    return whole_dollars(activity.amount) if activity.amount_kind is AmountKind.KNOWN and activity.amount is not None else 0


def _report(tree: Tree, report: Report, transmitter: Transmitter) -> None:
    activity = tree.node(tree.root, "Activity")
    tree.leaf(activity, "EFilingPriorDocumentNumber", report.prior_bsa_id)
    tree.leaf(activity, "FilingDateText", report.filed_on)
    tree.leaf(activity, "FilingInstitutionNotetoFinCEN", report.note)
    association = tree.node(activity, "ActivityAssociation")
    for kind in (FilingType.CONTINUING, FilingType.AMENDMENT, FilingType.INITIAL):
        tree.flag(association, kind, kind in report.filing)
    tree.flag(association, "JointReportIndicator", report.is_joint)
    if report.attachment:
        tree.leaf(tree.node(activity, "ActivitySupportDocument"), "OriginalAttachmentFileName", report.attachment)
    tree.transmitter(activity, transmitter)
    _institution(
        tree,
        tree.party(activity, PartyRole.FILING_INSTITUTION, {"PrimaryRegulatorTypeCode": report.institution.regulator}),
        report.institution,
        report.institution.control_number or report.reference,
    )
    tree.contact_office(activity, report.contact_office)
    if report.law_enforcement:
        _law_enforcement(tree, activity, report.law_enforcement)
    for location in report.locations:
        _location(tree, activity, location)
    for subject in report.subjects:
        _subject(tree, activity, subject)
    _activity(tree, activity, report.activity)
    for number, block in enumerate(blocks(report.narrative), start=1):
        element = tree.node(activity, "ActivityNarrativeInformation")
        tree.leaf(element, "ActivityNarrativeSequenceNumber", number)
        tree.leaf(element, "ActivityNarrativeText", block)


def _institution(tree: Tree, party: Element, institution: Institution, control_number: str) -> None:
    tree.full_name(party, institution.name)
    tree.full_name(party, institution.doing_business_as, NameKind.DOING_BUSINESS_AS)
    tree.address(party, institution.address)
    if institution.tax_id:
        tree.identification(party, institution.tax_id.number, institution.tax_id.kind)
    else:
        tree.flag(tree.node(party, "PartyIdentification"), "TINUnknownIndicator", True)
    if institution.register:
        tree.identification(party, institution.register_id, institution.register)
    tree.identification(party, control_number, OtherId.INTERNAL_CONTROL_NUMBER)
    tree.kinds(party, institution)


def _law_enforcement(tree: Tree, activity: Element, told: LawEnforcement) -> None:
    party = tree.party(activity, PartyRole.LAW_ENFORCEMENT_AGENCY, {"ContactDateText": told.contacted_on or ""})
    tree.full_name(party, told.agency)
    if told.contact_name:
        party = tree.party(activity, PartyRole.LAW_ENFORCEMENT_CONTACT)
        tree.full_name(party, told.contact_name)
        if told.phone:
            tree.phone(party, told.phone)


def _location(tree: Tree, activity: Element, location: Location) -> None:
    values: dict[str, object] = {
        "LossToFinancialAmountText": whole_dollars(location.loss) if location.loss else "",
        "NoBranchActivityInvolvedIndicator": not location.branches,
        "PrimaryRegulatorTypeCode": location.institution.regulator,
    }
    if location.role:
        values[location.role] = True
    party = tree.party(activity, PartyRole.LOCATION, values)
    _institution(tree, party, location.institution, location.institution.control_number)
    if location.branches:
        association = tree.node(party, "PartyAssociation")
        for branch in location.branches:
            inner = tree.party(association, PartyRole.BRANCH, {branch.role: True} if branch.role else None)
            tree.address(inner, branch.address)
            tree.identification(inner, branch.rssd, "14")


def _subject(tree: Tree, activity: Element, subject: Subject) -> None:
    party = tree.party(activity, PartyRole.SUBJECT, _subject_values(subject))
    if not subject.is_unknown:
        tree.person_name(party, subject.name, is_entity=subject.is_entity)
    for kind, names in (
        (NameKind.ALSO_KNOWN_AS, subject.also_known_as),
        (NameKind.DOING_BUSINESS_AS, subject.doing_business_as),
    ):
        for name in names:
            tree.full_name(party, name, kind)
    for address in subject.addresses:
        tree.address(party, address)
    for phone in subject.phones:
        tree.phone(party, phone, with_kind=True)
    tree.identity(party, subject, subject.proofs)
    tree.occupation(party, subject)
    for texts, kind in ((subject.emails, "E"), (subject.websites, "U")):
        for text in texts:
            element = tree.node(party, "ElectronicAddress")
            tree.leaf(element, "ElectronicAddressText", text)
            tree.leaf(element, "ElectronicAddressTypeCode", kind)
    for relationship in subject.relationships:
        _relationship(tree, party, relationship)
    if subject.accounts:
        _accounts(tree, party, subject.accounts)


def _subject_values(subject: Subject) -> dict[str, object]:
    values: dict[str, object] = {}
    if subject.is_unknown:
        values["AllCriticalSubjectInformationUnavailableIndicator"] = True
    else:
        values |= person_values(subject)
    if subject.has_confessed is not None:
        values[f"AdmissionConfession{'Yes' if subject.has_confessed else 'No'}Indicator"] = True
    if subject.role:
        values[subject.role] = True
    values["NoKnownAccountInvolvedIndicator"] = subject.has_no_known_account
    return values


def _relationship(tree: Tree, party: Element, relationship: SubjectRelationship) -> None:
    element = tree.node(party, "PartyAssociation")
    kinds: dict[str, object] = dict.fromkeys(relationship.kinds, "Y")
    kinds["ActionTakenDateText"] = relationship.ended_on or ""
    kinds["OtherPartyAssociationTypeText"] = relationship.other if Relationship.OTHER in relationship.kinds else ""
    kinds["SubjectRelationshipFinancialInstitutionTINText"] = relationship.institution_tin
    if relationship.status:
        kinds[relationship.status] = "Y"
    # The schema has these in alphabetical order.
    for name in sorted(kinds):
        tree.leaf(element, name, kinds[name])


def _accounts(tree: Tree, party: Element, held: tuple[HeldAccounts, ...]) -> None:
    association = tree.node(party, "PartyAccountAssociation")
    tree.leaf(association, "PartyAccountAssociationTypeCode", _ACTIVITY_ACCOUNT)
    for each in held:
        inner = tree.party(association, PartyRole.ACCOUNT_INSTITUTION, {"NonUSFinancialInstitutionIndicator": each.is_foreign})
        tree.identification(inner, each.institution_tin, OtherId.TRANSMITTER_TIN)
        for number in each.numbers:
            account = tree.node(inner, "Account")
            tree.leaf(account, "AccountNumberText", number)
            link = tree.node(account, "PartyAccountAssociation")
            tree.flag(link, "AccountClosedIndicator", number in each.closed)
            tree.leaf(link, "PartyAccountAssociationTypeCode", _HELD_AT)


def _activity(tree: Tree, parent: Element, activity: Activity) -> None:
    element = tree.node(parent, "SuspiciousActivity")
    tree.flag(element, "AmountUnknownIndicator", activity.amount_kind is AmountKind.UNKNOWN)
    tree.leaf(element, "CumulativeTotalViolationAmountText", whole_dollars(activity.cumulative) if activity.cumulative else "")
    tree.flag(element, "NoAmountInvolvedIndicator", activity.amount_kind is AmountKind.NONE)
    tree.leaf(element, "SuspiciousActivityFromDateText", activity.since)
    tree.leaf(element, "SuspiciousActivityToDateText", activity.to or "")
    if activity.amount_kind is AmountKind.KNOWN:
        tree.leaf(element, "TotalSuspiciousAmountText", _amount(activity))
    for found in activity.classifications:
        box = tree.node(element, "SuspiciousActivityClassification")
        tree.leaf(box, "OtherSuspiciousActivityTypeText", found.other)
        tree.leaf(box, "SuspiciousActivitySubtypeID", found.subtype)
        tree.leaf(box, "SuspiciousActivityTypeID", activity_type(found.subtype))
    for address in activity.ip_addresses:
        box = tree.node(parent, "ActivityIPAddress")
        _moment(tree, box, "ActivityIPAddress", address.at)
        tree.leaf(box, "IPAddressText", address.address)
    for event in activity.cyber_events:
        box = tree.node(parent, "CyberEventIndicators")
        tree.leaf(box, "CyberEventDateText", event.at.astimezone(UTC).date() if event.at else "")
        tree.leaf(box, "CyberEventIndicatorsTypeCode", event.kind)
        tree.leaf(box, "CyberEventTimeStampText", f"{event.at.astimezone(UTC):%H:%M:%S}" if event.at else "")
        tree.leaf(box, "CyberEventTypeOtherText", event.other)
        tree.leaf(box, "EventValueText", event.value)
    for asset in activity.assets:
        box = tree.node(parent, "Assets")
        tree.leaf(box, "AssetSubtypeID", asset.code)
        tree.leaf(box, "AssetTypeID", _INSTRUMENT if asset.code in INSTRUMENTS else _PRODUCT)
        tree.leaf(box, "OtherAssetSubtypeText", asset.other)


def _moment(tree: Tree, box: Element, name: str, at: datetime | None) -> None:
    tree.leaf(box, f"{name}DateText", at.astimezone(UTC).date() if at else "")
    tree.leaf(box, f"{name}TimeStampText", f"{at.astimezone(UTC):%H:%M:%S}" if at else "")
