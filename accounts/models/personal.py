"""What is personal about a customer: one document, checked at the door, sealed in one piece, found through keyed indexes."""

import re
import unicodedata
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

import idna
import orjson
import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts import errors
from accounts.choices import CustomerKind
from flowlet.core import clock, countries, crypto, masking

MAX_AGE_YEARS = 130
LONGEST_PHONE = 16  # of E.164: + and fifteen digits (ITU-T E.164, 6.2.1)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; ``country`` is ISO 3166-1 alpha-2."""

    line1: str
    city: str
    country: str
    line2: str = ""
    region: str = ""
    postal_code: str = ""

    def __str__(self) -> str:
        parts = (self.line1, self.line2, f"{self.postal_code} {self.city}".strip(), self.region, countries.name(self.country))
        return ", ".join(filter(None, parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """The personal values of a person or business. ``born_on`` is a person's; the last two are a business's."""

    name: str
    email: str = ""
    phone: str = ""
    address: Address | None = None
    born_on: date | None = None
    incorporated_on: date | None = None
    registration_number: str = ""

    def dump(self) -> str:
        """The document as JSON."""
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def load(cls, text: str) -> "Personal":
        """The document from JSON."""
        found = orjson.loads(text)
        address = found.pop("address")
        for day in ("born_on", "incorporated_on"):
            found[day] = date.fromisoformat(found[day]) if found[day] else None
        return cls(**found, address=Address(**address) if address else None)

    def masked(self) -> "Personal":
        """How it looks until it is revealed; dates and addresses disappear but for the country."""
        return Personal(
            name=masking.text(self.name),
            email=masking.email(self.email) if self.email else "",
            phone=masking.tail(self.phone, 3) if self.phone else "",
            address=None,
            registration_number=masking.tail(self.registration_number) if self.registration_number else "",
        )

    def differences(self, other: "Personal") -> list[str]:
        """The names of the values in which the two differ."""
        return [field.name for field in fields(self) if getattr(self, field.name) != getattr(other, field.name)]


def _plain(value: Any, *, error: type[errors.Invalid], param: str, most: int, least: int = 0) -> str:
    """One line of text: NFC, spaces collapsed, no control or formatting characters, ``least`` to ``most`` characters."""
    if not isinstance(value, str):
        raise error("A text is needed.", param=param)
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} for character in text):
        raise error("Control characters are not allowed.", param=param)
    if not least <= len(text) <= most:
        raise error(f"{least} to {most} characters are allowed.", param=param)
    return text


def checked_name(value: Any) -> str:
    """A person's or business's full name. Raises MalformedName."""
    name = _plain(value, error=errors.MalformedName, param="name", least=1, most=200)
    if not any(character.isalpha() for character in name):
        raise errors.MalformedName("A name has at least one letter.", param="name")
    return name


def checked_email(value: Any) -> str:
    """An e-mail address with its domain in lower case and ASCII (IDNA 2008); the local part is kept. Raises MalformedEmail."""
    refusal = errors.MalformedEmail("Give an e-mail address such as ada@example.com.", param="email")
    if not isinstance(value, str):
        raise refusal
    local, at, domain = value.strip().rpartition("@")
    try:
        email = f"{local}{at}{domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode()}"
        validate_email(email)
    except (ValidationError, idna.IDNAError, UnicodeError):
        raise refusal from None
    if len(email) > 254:
        raise refusal
    return email


def checked_phone(value: Any) -> str:
    """A phone number as E.164. Raises MalformedPhone when its country's numbering plan does not have it."""
    refusal = errors.MalformedPhone("Give the number with + and country code, such as +12025550123.", param="phone")
    if not isinstance(value, str) or len(value) > 40 or not value.strip().startswith("+") or not value.isascii():
        raise refusal
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        raise refusal from None
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise refusal
    found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if len(found) > LONGEST_PHONE:  # some plans have longer numbers, which nobody can call from abroad
        raise refusal
    return found


def checked_day(value: Any, *, param: str, at: datetime) -> date:
    """A day that has begun somewhere on earth, at most 130 years ago for a birth. Raises ImpossibleDate."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise errors.ImpossibleDate("Give a day such as 1990-12-31.", param=param)
    today = clock.day_of(at, zone="Pacific/Kiritimati")
    if value > today or (param == "born_on" and value.year < today.year - MAX_AGE_YEARS) or value.year < 1000:
        raise errors.ImpossibleDate(param=param)
    return value


def checked_address(value: Any) -> Address:
    """An address from its parts. Raises MalformedAddress or UnknownCountry, naming the part."""
    if isinstance(value, Address):
        value = asdict(value)
    if not isinstance(value, dict):
        raise errors.MalformedAddress(param="address")
    names = {field.name for field in fields(Address)}
    for name in value:
        if name not in names:
            raise errors.MalformedAddress(f"An address has no {str(name)[:40]!r}.", param=f"address.{str(name)[:40]}")
    parts = {}
    for name in names - {"country"}:
        least = 1 if name in {"line1", "city"} else 0
        most = 20 if name == "postal_code" else 200
        given = value.get(name)
        parts[name] = _plain(
            "" if given is None else given, error=errors.MalformedAddress, param=f"address.{name}", least=least, most=most
        )
    return Address(**parts, country=countries.check(value.get("country") or "", param="address.country"))


def checked(values: dict[str, Any], *, kind: str, at: datetime) -> Personal:
    """The document of a customer of ``kind`` from raw values; None and "" leave a value out.

    Raises the errors of the parts, and FieldNotForKind.
    """
    given = {name: value for name, value in values.items() if value not in (None, "")}
    for name in ("born_on",) if kind == CustomerKind.BUSINESS else ("incorporated_on", "registration_number"):
        if name in given:
            raise errors.FieldNotForKind(f"A {CustomerKind(kind).label.lower()} has no {name}.", param=name)
    number = given.get("registration_number", "")
    return Personal(
        name=checked_name(given.get("name")),
        email=checked_email(given["email"]) if "email" in given else "",
        phone=checked_phone(given["phone"]) if "phone" in given else "",
        address=checked_address(given["address"]) if "address" in given else None,
        born_on=checked_day(given["born_on"], param="born_on", at=at) if "born_on" in given else None,
        incorporated_on=(
            checked_day(given["incorporated_on"], param="incorporated_on", at=at) if "incorporated_on" in given else None
        ),
        registration_number=_plain(number, error=errors.Invalid, param="registration_number", most=64),
    )


def name_words(name: str) -> list[str]:
    """The words of a name as they are compared: no accents, no case, no punctuation; each once, in order.

    Compatibility decomposition, combining marks dropped, case folded, until nothing changes (Unicode 3.13 D146 without the
    marks).
    """
    text = name
    for _ in range(2):
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return list(dict.fromkeys(_WORD.findall(text)))


def email_index(email: str) -> str:
    """The keyed index of an address; capitals make no difference."""
    return crypto.blind_index(email.lower(), purpose="customer.email") if email else ""


def phone_index(phone: str) -> str:
    """The keyed index of a number in E.164."""
    return crypto.blind_index(phone, purpose="customer.phone") if phone else ""


def name_indexes(name: str) -> list[str]:
    """The keyed indexes of the words of a name, sorted so that their order tells nothing."""
    return sorted(crypto.blind_index(word, purpose="customer.name") for word in name_words(name))
