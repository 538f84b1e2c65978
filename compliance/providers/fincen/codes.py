"""FinCEN's codes, from the enumerations of the schemas SARX and CTRX (both 1.2 of 17 December 2021). Tests hold them to the schemas."""

from enum import StrEnum
from typing import Final


class PartyRole(StrEnum):
    """ActivityPartyTypeCode: what a party is to a report."""

    CONTACT_OFFICE = "8"
    CONDUCTOR = "17"
    LAW_ENFORCEMENT_AGENCY = "18"
    LAW_ENFORCEMENT_CONTACT = "19"
    BENEFICIARY = "23"
    FILING_INSTITUTION = "30"
    SUBJECT = "33"
    LOCATION = "34"
    TRANSMITTER = "35"
    TRANSMITTER_CONTACT = "37"
    ACCOUNT_INSTITUTION = "41"
    BRANCH = "46"
    OWN_BEHALF = "50"
    COMMON_CARRIER = "58"


class Regulator(StrEnum):
    """PrimaryRegulatorTypeCode. NOT_APPLICABLE and FHFA are of the SAR, UNKNOWN of the CTR."""

    FEDERAL_RESERVE = "1"
    FDIC = "2"
    NCUA = "3"
    OCC = "4"
    SEC = "6"
    IRS = "7"
    CFTC = "9"
    FHFA = "13"
    UNKNOWN = "14"
    NOT_APPLICABLE = "99"


class InstitutionType(StrEnum):
    """OrganizationTypeID. INSURANCE, LOAN_OR_FINANCE and HOUSING_GSE are of the SAR only."""

    CASINO = "1"
    DEPOSITORY = "2"
    INSURANCE = "3"
    MSB = "4"
    SECURITIES = "5"
    LOAN_OR_FINANCE = "11"
    HOUSING_GSE = "12"
    OTHER = "999"


class InstitutionId(StrEnum):
    """Registers in which institutions have a number. NAIC and NMLS are of the SAR only."""

    CRD = "10"
    IARD = "11"
    NFA = "12"
    SEC = "13"
    RSSD = "14"
    NAIC = "32"
    NMLS = "33"


class TaxIdKind(StrEnum):
    """Kinds of taxpayer identification numbers."""

    SSN_ITIN = "1"
    EIN = "2"
    FOREIGN = "9"


class ProofKind(StrEnum):
    """Forms of identification."""

    DRIVING_LICENCE = "5"
    PASSPORT = "6"
    ALIEN_REGISTRATION = "7"
    OTHER = "999"


class OtherId(StrEnum):
    """Numbers that neither identify a person nor an institution in a register."""

    TRANSMITTER_TIN = "4"
    TRANSMITTER_CONTROL_CODE = "28"
    INTERNAL_CONTROL_NUMBER = "29"


class PhoneKind(StrEnum):
    """PhoneNumberTypeCode of the SAR."""

    FACSIMILE = "F"
    MOBILE = "M"
    RESIDENCE = "R"
    WORK = "W"


class NameKind(StrEnum):
    """PartyNameTypeCode."""

    LEGAL = "L"
    ALSO_KNOWN_AS = "AKA"
    DOING_BUSINESS_AS = "DBA"


class Relationship(StrEnum):
    """What a subject is to an institution (item 24): the element that says so."""

    ACCOUNTANT = "AccountantIndicator"
    AGENT = "AgentIndicator"
    APPRAISER = "AppraiserIndicator"
    ATTORNEY = "AttorneyIndicator"
    BORROWER = "BorrowerIndicator"
    CUSTOMER = "CustomerIndicator"
    DIRECTOR = "DirectorIndicator"
    EMPLOYEE = "EmployeeIndicator"
    NONE = "NoRelationshipToInstitutionIndicator"
    OFFICER = "OfficerIndicator"
    OTHER = "OtherRelationshipIndicator"
    OWNER = "OwnerShareholderIndicator"


INSIDERS: Final = frozenset({Relationship.DIRECTOR, Relationship.EMPLOYEE, Relationship.OFFICER, Relationship.OWNER})


class RelationshipStatus(StrEnum):
    """What became of an insider (item 25): the element that says so."""

    CONTINUES = "RelationshipContinuesIndicator"
    RESIGNED = "ResignedIndicator"
    SUSPENDED = "SuspendedBarredIndicator"
    TERMINATED = "TerminatedIndicator"


class SubjectRole(StrEnum):
    """The subject's role (item 28): the element that says so."""

    PURCHASER_OR_SENDER = "PurchaserSenderIndicator"
    PAYEE_OR_RECEIVER = "PayeeReceiverIndicator"
    BOTH = "BothPurchaserSenderPayeeReceiveIndicator"


class LocationRole(StrEnum):
    """The institution's role in the transaction: the element that says so."""

    SELLING = "SellingLocationIndicator"
    PAYING = "PayLocationIndicator"
    BOTH = "SellingPayingLocationIndicator"


class CyberIndicator(StrEnum):
    """CyberEventIndicatorsTypeCode."""

    COMMAND_IP = "1"
    COMMAND_URL = "2"
    MALWARE_HASH = "3"
    MAC_ADDRESS = "4"
    PORT = "5"
    EMAIL = "6"
    FILE_NAME = "7"
    SUSPICIOUS_IP = "8"
    SUSPICIOUS_URL = "9"
    TARGETED_SYSTEM = "10"
    OTHER = "999"


# SuspiciousActivityTypeID, the items 32 to 42 of the form.
ACTIVITY_TYPES: Final = {
    1: "Structuring",
    12: "Gaming activities",
    3: "Fraud",
    4: "Identification documentation",
    5: "Insurance",
    6: "Securities/Futures/Options",
    7: "Terrorist financing",
    8: "Money laundering",
    9: "Other suspicious activities",
    10: "Mortgage Fraud",
    11: "Cyber event",
}
# SuspiciousActivitySubtypeID. Those that end in 999 are "other" and want a text.
ACTIVITIES: Final = {
    106: "Suspicious inquiry by customer regarding BSA reporting or recordkeeping requirements",
    111: "Alters or cancels transaction to avoid BSA recordkeeping requirement",
    112: "Alters or cancels transaction to avoid CTR requirement",
    113: "Transaction(s) below BSA recordkeeping threshold",
    114: "Transaction(s) below CTR threshold",
    301: "Check",
    304: "Consumer Loan",
    305: "Credit/Debit Card",
    308: "Mail",
    309: "Mass-marketing",
    310: "Pyramid scheme",
    312: "Wire transfer",
    320: "ACH",
    321: "Business loan",
    322: "Advance fee",
    323: "Health care/public or private health insurance",
    324: "Ponzi scheme",
    325: "Securities fraud",
    401: "Changes spelling or arrangement of name",
    402: "Multiple individuals with same or similar identities",
    403: "Provided questionable or false documentation",
    404: "Refused or avoided request for documentation",
    405: "Single individual with multiple identities",
    409: "Provided questionable or false identification",
    501: "Excessive insurance",
    502: "Excessive or unusual cash borrowing against policy/annuity",
    504: "Proceeds sent to unrelated third party",
    505: "Suspicious life settlement sales insurance (e.g. STOLIs, viaticals)",
    506: "Suspicious termination of policy or contract",
    507: "Unclear or no insurable interest",
    601: "Insider trading",
    603: "Misappropriation",
    604: "Unauthorized pooling",
    608: "Market manipulation",
    609: "Wash trading",
    701: "Known or suspected terrorist/terrorist organization",
    801: "Exchanges small bills for large bills or vice versa",
    804: "Suspicious designation of beneficiaries, assignees or joint owners",
    805: "Suspicious EFT/wire transfers",
    806: "Suspicious receipt of government payments/benefits",
    807: "Suspicious use of multiple accounts",
    808: "Suspicious use of noncash monetary instruments",
    809: "Suspicious use of third-party transactors (straw-man)",
    812: "Transaction out of pattern for customer(s)",
    820: "Suspicious concerning the physical condition of funds",
    821: "Suspicious concerning the source of funds",
    822: "Suspicious exchange of currencies",
    823: "Trade Based Money Laundering/Black Market Peso Exchange",
    824: "Funnel account",
    901: "Bribery or gratuity",
    903: "Embezzlement/theft/disappearance of funds",
    904: "Forgeries",
    905: "Identity theft",
    907: "Suspected public/private corruption (domestic)",
    908: "Suspected public/private corruption (foreign)",
    909: "Suspicious use of informal value transfer system",
    910: "Suspicious use of multiple locations",
    911: "Two or more individuals working together",
    913: "Unlicensed or unregistered MSB",
    917: "Counterfeit Instrument (other)",
    920: "Account takeover",
    921: "Elder financial exploitation",
    922: "Little or no concern for product performance penalties, fees, or tax consequences",
    924: "Misuse of position or self-dealing",
    925: "Transaction with no apparent economic, business, or lawful purpose",
    926: "Human smuggling",
    927: "Human trafficking",
    928: "Transaction(s) involving foreign high risk jurisdiction",
    1001: "Appraisal fraud",
    1003: "Loan Modification fraud",
    1005: "Application fraud",
    1006: "Foreclosure/Short sale fraud",
    1007: "Origination fraud",
    1101: "Against financial institution(s)",
    1102: "Against financial institution customer(s)",
    1201: "Chip walking",
    1202: "Minimal gaming with large transactions",
    1203: "Suspicious use of counter checks or markers",
    1204: "Unknown source of chips",
    1999: "Other",
    3999: "Other",
    4999: "Other",
    5999: "Other",
    6999: "Other",
    7999: "Other",
    8999: "Other",
    9999: "Other",
    10999: "Other",
    11999: "Other",
    12999: "Other",
}
# AssetSubtypeID: products (AssetTypeID 5) and instruments or payment mechanisms (6).
PRODUCTS: Final = {
    1: "Other Financial instrument, product or service",
    2: "Bonds/Notes",
    3: "Commercial mortgage",
    4: "Commercial paper",
    5: "Credit card",
    6: "Debit card",
    7: "Forex transactions",
    8: "Futures/Options on futures",
    9: "Hedge fund",
    10: "Home equity loan",
    11: "Home equity line of credit",
    12: "Insurance/Annuity products",
    13: "Mutual fund",
    14: "Options on securities",
    16: "Prepaid access",
    17: "Residential mortgage",
    18: "Security futures products",
    19: "Stocks",
    20: "Swap, hybrid, or other derivative",
    30: "Other Financial product",
    46: "Deposit account",
    47: "Microcap Securities",
}
INSTRUMENTS: Final = {
    31: "Bank/Cashier's check",
    32: "Foreign currency",
    33: "Funds transfer",
    34: "Gaming instruments",
    35: "Government payment",
    36: "Money orders",
    37: "Personal/Business check",
    38: "Travelers checks",
    39: "U.S. Currency",
    41: "Other Financial instrument or payment mechanism",
}
OTHER_ASSETS: Final = frozenset({1, 30, 41})  # these want a text
# OrganizationSubtypeID: of casinos and of securities and futures firms.
INSTITUTION_SUBTYPES: Final = {
    101: "State licensed casino",
    102: "Tribal authorized casino",
    103: "Card club",
    503: "Subsidiary of financial/bank holding company",
    504: "Holding company",
    508: "Futures commission merchant (FCM)",
    513: "Introducing Broker-Commodity (IB-C)",
    514: "Investment adviser (IA)",
    535: "Clearing broker-securities",
    528: "Self regulatory organization (SRO) futures",
    529: "Self regulatory organization (SRO) securities",
    533: "Retail foreign exchange dealer",
    534: "CPO/CTA",
    539: "Investment company",
    540: "Introducing broker-securities",
    541: "Execution-only broker-securities",
    542: "Self-clearing broker-securities",
    1999: "Other gaming institution",
    5999: "Other securities/futures",
}
# CurrencyTransactionActivityDetailTypeCode.
CASH_IN: Final = {
    55: "Deposit(s)",
    46: "Payment(s)",
    23: "Currency received from wire transfer(s) out",
    12: "Negotiable instrument(s) purchased",
    14: "Currency exchange in",
    49: "Currency to prepaid access",
    18: "Purchase(s) of casino chips, tokens, and other gaming instruments",
    21: "Currency wager(s) (including money plays)",
    25: "Bills inserted into gaming devices",
    997: "Other cash in",
    53: "Foreign currency in",
}
CASH_OUT: Final = {
    56: "Withdrawal(s)",
    30: "Advance(s) on credit (including markers)",
    32: "Currency paid from wire transfer(s) in",
    13: "Negotiable instrument(s) cashed",
    15: "Currency exchange out",
    48: "Currency from prepaid access",
    28: "Redemption(s) of casino chips, tokens, TITO tickets, and other gaming instruments",
    31: "Payment(s) on wager(s)/bet(s) (Including race book, slot jackpot(s) and OTB or sports pool)",
    33: "Travel and complimentary expenses and gaming incentives",
    34: "Payment for tournament, contest or other promotions",
    998: "Other cash out",
    54: "Foreign currency out",
}
FOREIGN_IN: Final = 53
FOREIGN_OUT: Final = 54
OTHER_CASH: Final = frozenset({997, 998})  # these want a text


def activity_type(subtype: int) -> int:
    """The type to which a subtype belongs: 111 is structuring (1), 1005 mortgage fraud (10), 10999 another mortgage fraud (10)."""
    return subtype // 1000 if subtype % 1000 == 999 else subtype // 100


def is_other(code: int) -> bool:
    """Whether a subtype of an activity or institution is "other", which wants a text."""
    return code % 1000 == 999
