"""What is personal about an external account: one document, sealed in one piece, found through keyed indexes."""

from dataclasses import asdict, dataclass

import orjson

from accounts.models.personal import name_words
from flowlet.core import countries, crypto, masking


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerAddress:
    """A postal address in parts, as ISO 20022 has them (TwnNm, Ctry, StrtNm, BldgNb, PstCd, CtrySubDvsn); never in free lines."""

    town: str
    country: str
    street: str = ""
    building_number: str = ""
    postal_code: str = ""
    region: str = ""

    def __str__(self) -> str:
        street = f"{self.street} {self.building_number}".strip()
        parts = (street, f"{self.postal_code} {self.town}".strip(), self.region, countries.name(self.country))
        return ", ".join(filter(None, parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDetails:
    """Who holds an account and its number: a US account number, an IBAN, or the acquirer's token of a card."""

    owner_name: str
    number: str
    owner_address: OwnerAddress | None = None

    def dump(self) -> str:
        """The document as JSON."""
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def load(cls, text: str) -> "AccountDetails":
        """The document from JSON."""
        found = orjson.loads(text)
        address = found.pop("owner_address")
        return cls(**found, owner_address=OwnerAddress(**address) if address else None)

    @property
    def masked_name(self) -> str:
        """How the owner looks until revealed."""
        return masking.text(self.owner_name)


def tail_of(number: str) -> str:
    """The last four characters of a number, but never more than half of it."""
    return number[-min(4, len(number) // 2) :]


def fingerprint(*, kind: str, routing_number: str, number: str) -> str:
    """The keyed index of a whole account."""
    return crypto.blind_index(f"{kind}|{routing_number}|{number}", purpose="external_account")


def number_index(number: str) -> str:
    """The keyed index of an account number, IBAN or token alone."""
    return crypto.blind_index(number, purpose="external_account.number")


def owner_indexes(name: str) -> list[str]:
    """The keyed indexes of the words of an owner's name, sorted so that their order tells nothing."""
    return sorted(crypto.blind_index(word, purpose="external_account.owner") for word in name_words(name))
