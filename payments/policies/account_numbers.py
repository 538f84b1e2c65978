"""The forms of numbers of accounts outside: checked at the door, answered in the form in which they are kept."""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import schwifty
from schwifty.exceptions import InvalidCountryCode, InvalidLength, SchwiftyException

from flowlet.core import countries
from payments import errors
from payments.models.account_details import OwnerAddress

# ABA prefixes of banks (American Bankers Association, routing number policy): Federal Reserve districts, thrifts, electronic.
# 00 is the government and 80 are traveller's cheques: no customer has an account there.
_BANK_PREFIXES: Final = frozenset({*range(1, 13), *range(21, 33), *range(61, 73)})
_ABA_WEIGHTS: Final = (3, 7, 1) * 3
_ACCOUNT_NUMBER = re.compile(r"^[A-Z0-9]{4,17}$")
_CARD_TOKEN = re.compile(r"^[A-Za-z0-9_.-]{8,128}$")
_MONTH = re.compile(r"^(2[0-9]{3})-(0[1-9]|1[0-2])$")
# Banks of these countries and territories have BICs with a code of their own and IBANs of the country beside it (SWIFT, IBAN Registry).
_IBANS_OF: Final = {
    "FR": frozenset({"BL", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "TF", "WF", "YT"}),
    "GB": frozenset({"GG", "IM", "JE"}),
    "FI": frozenset({"AX"}),
}
# ISO 20022 PostalAddress24, in characters.
_ADDRESS_LENGTHS: Final = {"street": 70, "building_number": 16, "postal_code": 16, "town": 35, "region": 35}


def routing_number(value: Any, *, param: str = "routing_number") -> str:
    """Nine digits with the ABA's check digit: 3(d1+d4+d7) + 7(d2+d5+d8) + (d3+d6+d9) is a multiple of ten.

    Raises MalformedRoutingNumber.
    """
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{9}", value):
        raise errors.MalformedRoutingNumber("A routing number has nine digits.", param=param)
    if sum(int(digit) * weight for digit, weight in zip(value, _ABA_WEIGHTS, strict=True)) % 10:
        raise errors.MalformedRoutingNumber("The check digit is wrong: a digit is mistyped or two are swapped.", param=param)
    if int(value[:2]) not in _BANK_PREFIXES:
        raise errors.MalformedRoutingNumber("No bank has a routing number that begins so.", param=param)
    return value


def account_number(value: Any, *, param: str = "account_number") -> str:
    """A US account number without spaces and hyphens, in capitals. Raises MalformedAccountNumber."""
    number = re.sub(r"[ -]", "", value).upper() if isinstance(value, str) else ""
    if not _ACCOUNT_NUMBER.match(number) or number.endswith("\n") or not number.strip("0"):
        raise errors.MalformedAccountNumber(param=param)
    return number


@dataclass(frozen=True, slots=True)
class Iban:
    """An IBAN with what the list of banks knows of it."""

    number: str
    country: str
    bic: str
    bank_name: str


def iban(value: Any, *, param: str = "iban") -> Iban:
    """An IBAN in its electronic form (ISO 13616): registered country, its length and form, ISO 7064 mod 97-10.

    National check digits are not asked for: some banks open accounts without them. Raises MalformedIban.
    """
    if not isinstance(value, str) or len(value) > 50:
        raise errors.MalformedIban("An IBAN is a text of at most 34 characters.", param=param, fault="form")
    try:
        found = schwifty.IBAN(value)
    except InvalidCountryCode:
        raise errors.MalformedIban("No country has IBANs that begin so.", param=param, fault="country") from None
    except InvalidLength:
        raise errors.MalformedIban("An IBAN of this country has another length.", param=param, fault="length") from None
    except schwifty.exceptions.InvalidChecksumDigits:
        raise errors.MalformedIban("The check digits are wrong: a character is mistyped.", param=param, fault="check") from None
    except SchwiftyException:
        raise errors.MalformedIban("An IBAN of this country has another form.", param=param, fault="form") from None
    return Iban(
        number=found.compact,
        country=found.country_code,
        bic=_eleven(found.bic.compact) if found.bic else "",
        bank_name=(found.bank_name or "")[:140],
    )


def is_sepa(number: str) -> bool:
    """Whether the country of the IBAN takes part in SEPA."""
    return bool(schwifty.IBAN(number, allow_invalid=True).in_sepa_zone)


def bic(value: Any, *, iban: str = "", param: str = "bic") -> str:
    """A BIC of 11 characters; the main office of an 8-character one is XXX (ISO 9362). With an ``iban``, that of a bank which can have
    this account: in its country. Raises MalformedBic.
    """
    if not isinstance(value, str):
        raise errors.MalformedBic(param=param)
    try:
        found = _eleven(schwifty.BIC(value).compact)
    except SchwiftyException:
        raise errors.MalformedBic(param=param) from None
    if iban and found[4:6] != iban[:2] and found[4:6] not in _IBANS_OF.get(iban[:2], ()):
        raise errors.MalformedBic(f"The bank lies in {found[4:6]}, the account in {iban[:2]}.", param=param)
    return found


def _eleven(code: str) -> str:
    return code if len(code) == 11 else f"{code}XXX"


def card_token(value: Any, *, param: str = "card_token") -> str:
    """The acquirer's name of a card. Raises CardNumberRefused for what looks like the card's own number, MalformedCardToken."""
    if isinstance(value, str) and _is_card_number(re.sub(r"[ -]", "", value)):
        raise errors.CardNumberRefused(param=param)
    if not isinstance(value, str) or not _CARD_TOKEN.match(value) or value.endswith("\n"):
        raise errors.MalformedCardToken(param=param)
    return value


def _is_card_number(text: str) -> bool:
    """13 to 19 digits with the check digit of ISO/IEC 7812-1 (Luhn)."""
    if not re.fullmatch(r"[0-9]{13,19}", text):
        return False
    total = 0
    for place, digit in enumerate(reversed(text)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def card_month(value: Any, *, today: date, param: str = "card_expires") -> date:
    """The last day of a card's month, given as 2027-08. Raises Invalid forms as MalformedCardToken, and CardExpired."""
    found = _MONTH.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise errors.MalformedCardToken("Give the card's month such as 2027-08.", param=param)
    year, month = int(found[1]), int(found[2])
    last = date(year, month, monthrange(year, month)[1])
    if last < today:
        raise errors.CardExpired(param=param)
    return last


def owner_name(value: Any, *, param: str = "owner_name") -> str:
    """A holder's name in one line. Raises MalformedOwner."""
    name = _line(value, most=140, least=1, param=param)
    if not any(character.isalpha() for character in name):
        raise errors.MalformedOwner("A name has at least one letter.", param=param)
    return name


def owner_address(value: Any, *, param: str = "owner_address") -> OwnerAddress:
    """An address from its parts; town and country are needed. Raises MalformedOwner or UnknownCountry, naming the part."""
    if not isinstance(value, Mapping):
        raise errors.MalformedOwner("An address is an object of its parts.", param=param)
    for name in value:
        if name not in _ADDRESS_LENGTHS and name != "country":
            raise errors.MalformedOwner(f"An address has no {str(name)[:40]!r}.", param=f"{param}.{str(name)[:40]}")
    parts = {
        name: _line(value.get(name) or "", most=most, least=1 if name == "town" else 0, param=f"{param}.{name}")
        for name, most in _ADDRESS_LENGTHS.items()
    }
    return OwnerAddress(**parts, country=countries.check(value.get("country") or "", param=f"{param}.country"))


def line(value: Any, *, most: int, param: str) -> str:
    """One line of readable text of up to ``most`` characters, which may be empty. Raises MalformedOwner."""
    return _line(value or "", most=most, least=0, param=param)


def _line(value: Any, *, most: int, least: int, param: str) -> str:
    if not isinstance(value, str):
        raise errors.MalformedOwner("A text is needed.", param=param)
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} for character in text):
        raise errors.MalformedOwner("Control characters are not allowed.", param=param)
    if not least <= len(text) <= most:
        raise errors.MalformedOwner(f"{least} to {most} characters are allowed.", param=param)
    return text
