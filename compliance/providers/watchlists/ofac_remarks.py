"""OFAC's remarks: one text of pieces between semicolons, read into what an entry can hold.

The pieces are those of OFAC's own reference data: dates and places of birth, nationality, gender, identity documents with their
issuer, quoted aliases (which OFAC calls weak), and whom the entry is linked to. What is none of these stays in the text, which the
entry keeps whole.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from compliance.providers.watchlists import dates
from compliance.providers.watchlists.entries import Gender, Identifier, ListedName, NameQuality, PartialDate
from compliance.providers.watchlists.reading import Account
from flowlet.core.scripts import script_of

# Longest first, so that "Passport" does not take what is a "Diplomatic Passport".
_DOCUMENTS = sorted(
    """
Afghan Money Service Provider License Number
Aircraft Construction Number (also called L/N or S/N or F/N)
Aircraft Manufacturer's Serial Number (MSN)
Aircraft Mode S Transponder Code
Aircraft Serial Identification
Aircraft Tail Number
BIK (RU)
BIN
Birth Certificate Number
Birth Certificate
Bosnian Personal ID No.
Branch Unit Number
British National Overseas Passport
Business License
Business Number
Business Registration Document #
Business Registration Number
C.I.F.
C.I.N.
C.R. No.
C.U.I.
C.U.I.P.
C.U.I.T.
C.U.R.P.
Cartilla de Servicio Militar Nacional
Cedula de Ciudadania
Cedula No.
Central Registration Number
Central Registration System Number
Certificate of Incorporation Number
Chamber of Commerce Number
Chinese Commercial Code
Citizen's Card Number
Commercial Registry Number
Company ID
Company Number
Credencial electoral
D-U-N-S Number
D.N.I.
Diplomatic Passport
Driver's License No.
Dubai Chamber of Commerce Membership No.
Economic Register Number (CBLS)
Electoral Registry No.
Enterprise Number
Fiscal Code
File Number
Folio Mercantil No.
Global Intermediary Identification Number
Government Gazette Number
I.F.E.
ISIN
Identification Number
Immigration No.
International Securities Identification Number
Interpol: Red Notice. File No.
Istanbul Chamber of Comm. No.
Italian Fiscal Code
Kenyan ID No.
LE Number
Legal Entity Number
License
Maldivian Passport
Matricula Mercantil No
Military Registration Number
MMSI
Moroccan Personal ID No.
MSB Registration Number
N.I.E.
National Foreign ID Number
National ID No.
NIT #
Numero de Identidad
Numero Unico de Identificacao Civil (NUIC)
Numero Unico de Identificacao Tributaria (NUIT)
Paraguayan tax identification number
Passport
Permit Number
Personal ID Card
Pilot License Number
Public Registration Number
Public Security and Immigration No.
R.F.C.
RFC
RIF #
RTN
RUC #
Refugee ID Card
Registered Charity No.
Registration Certificate Number (Dubai)
Registration ID
Registration Number
Residency Number
Romanian C.R.
Romanian Permanent Resident
Romanian Tax Registration
RSSD ID
SSN
SWIFT/BIC
Seafarer's Identification Document
Serial No.
SRE Permit No.
Stateless Person ID Card
Stateless Person Passport
Tarjeta Profesional
Tax ID No.
Tazkira National ID Card
Tourism License No.
Trade License No.
Travel Document Number
Turkish Identification Number
UK Company Number
UniqueID
Unified Social Credit Code (USCC)
US FEIN
United Social Credit Code Certificate (USCCC)
V.A.T. Number
Vessel Registration Identification
VisaNumberID
Voter Card No.
Writ Number
""".strip().splitlines(),
    key=len,
    reverse=True,
)
_DOCUMENT = re.compile("({})(?=[ :]|$)[ :]*(.+)".format("|".join(re.escape(name) for name in _DOCUMENTS)))
_COIN = re.compile(r"(Digital Currency Address) - ([A-Z0-9]{2,10}) (\S+)")
# "(Egypt)", also followed by when it was issued and until when it holds.
_ISSUER = re.compile(
    r"^(.*?)\s*\(([^()]*(?:\([^()]*\))?[^()]*)\)\s*((?:\(?(?:issued|expires|expired|individual|partial|-|Valid)\b.*)?)$"
)
_SINCE = re.compile(r"\s+(?:issued|expires|expired)\b.*$")
_ALIAS = re.compile(r"(?:[afn]\.k\.a\.),? ['‘](.+)['’]?")
LONGEST: Final = 2000
_PIECES = re.compile(r";\s+")
_NATION = re.compile(r"(?:nationality|citizen) (.+)")
_FLAG = re.compile(r"(?:Former )?Vessel Flag (.+)")


@dataclass(slots=True)
class Remarks:
    """What the pieces say."""

    dates_of_birth: list[PartialDate] = field(default_factory=list)
    places_of_birth: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    identifiers: list[Identifier] = field(default_factory=list)
    names: list[ListedName] = field(default_factory=list)
    linked_to: list[str] = field(default_factory=list)
    gender: Gender | None = None


def read(text: str, *, account: Account) -> Remarks:
    """The pieces of ``text``; countries and dates that are not understood are counted in ``account``."""
    found = Remarks()
    for piece in _PIECES.split(text.strip().rstrip(";").removesuffix(".")):
        if len(piece) > LONGEST:
            account.unknown("remark", piece)
        else:
            _piece(piece.strip().removeprefix("alt. "), found, account)
    return found


def _piece(piece: str, found: Remarks, account: Account) -> None:
    for start, take in _STARTS:
        if piece.startswith(start):
            take(piece[len(start) :].strip(), found, account)
            return
    if said := _NATION.fullmatch(piece) or _FLAG.fullmatch(piece):
        if code := account.country(said[1]):
            found.countries.append(code)
    elif said := _ALIAS.fullmatch(piece):
        name = said[1].rstrip("'’").strip()
        if name:
            found.names.append(ListedName(name, NameQuality.WEAK, script_of(name)))
    elif said := _COIN.fullmatch(piece):
        found.identifiers.append(Identifier(f"{said[1]} {said[2]}", said[3]))
    elif said := _DOCUMENT.fullmatch(piece):
        found.identifiers.append(_document(said[1], said[2], account))


def _document(kind: str, text: str, account: Account) -> Identifier:
    """A number, who issued it, and no more: when it was issued and until when it holds stays in the remarks."""
    country = ""
    if said := _ISSUER.fullmatch(text):
        # Another remark in brackets ("(individual)") is no country, and not counted as one that is missing.
        country = account.country(said[2]) if said[2][:1].isupper() else ""
        text = said[1] if country or said[2][:1].isupper() else text
    return Identifier(kind, _SINCE.sub("", text).strip(" ,"), country)


def _birth(text: str, found: Remarks, account: Account) -> None:
    born = dates.partial(text)
    if born is None:
        account.unknown("date", text)
    else:
        found.dates_of_birth.append(born)


def _place(text: str, found: Remarks, account: Account) -> None:
    found.places_of_birth.append(text)


def _link(text: str, found: Remarks, account: Account) -> None:
    found.linked_to.append(text)


def _gender(text: str, found: Remarks, account: Account) -> None:
    if text.upper() in Gender.__members__:
        found.gender = Gender[text.upper()]
    elif text:
        account.unknown("gender", text)


_STARTS: tuple[tuple[str, Callable[[str, Remarks, Account], None]], ...] = (
    ("DOB ", _birth),
    ("POB ", _place),
    ("Linked To:", _link),
    ("Gender ", _gender),
)
