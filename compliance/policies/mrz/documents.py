"""What a zone says: the document, its holder, and days of which parts may be unknown."""

import calendar
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from compliance.policies.mrz import states
from compliance.policies.mrz.layouts import Format


class Sex(StrEnum):
    """As the zone has it; the filler means unspecified."""

    FEMALE = "F"
    MALE = "M"
    UNSPECIFIED = "<"


@dataclass(frozen=True)
class PartialDate:
    """A day of which parts may be unknown (Doc 9303-3, section 3.8). The year has four digits."""

    year: int | None = None
    month: int | None = None
    day: int | None = None

    @property
    def latest(self) -> date | None:
        """The last day that it can be, or None without a year."""
        if self.year is None:
            return None
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    @property
    def is_whole(self) -> bool:
        """Whether every part is known."""
        return None not in (self.year, self.month, self.day)


@dataclass(frozen=True, kw_only=True)
class Document:
    """A travel document as its zone states it.

    ``surname`` and ``given_names`` are in the zone's capitals, their parts separated by spaces. ``number``, ``optional`` and
    ``second_optional`` (TD1 only) are without the fillers at their end. Of TD3 ``optional`` is the personal number.
    """

    format: Format
    type: str
    issuer: str
    number: str
    surname: str
    given_names: str = ""
    nationality: str
    born: PartialDate = field(default_factory=PartialDate)
    sex: Sex = Sex.UNSPECIFIED
    expires: PartialDate = field(default_factory=PartialDate)
    optional: str = ""
    second_optional: str = ""
    is_name_cut: bool = False  # the name fills its field to the last position, so it may go on (Doc 9303-3, section 4.6)

    @property
    def is_specimen(self) -> bool:
        """Whether it is of the state that does not exist. No customer has such a document."""
        return states.SPECIMEN in (self.issuer, self.nationality)

    @property
    def country(self) -> str:
        """The holder's nationality as ISO 3166-1 alpha-2, or "" where it is no country's."""
        return states.alpha_2(self.nationality)

    @property
    def issuing_country(self) -> str:
        """The issuing state as ISO 3166-1 alpha-2, or "" where it is none."""
        return states.alpha_2(self.issuer)

    def is_expired(self, *, on: date) -> bool | None:
        """Whether it is over on the day: the day of expiry is its last. None where the zone does not state a year."""
        last = self.expires.latest
        return None if last is None else last < on

    def age(self, *, on: date) -> int | None:
        """The age in whole years that the holder has on the day at least; None where the year of birth is unknown."""
        born = self.born.latest
        return None if born is None else on.year - born.year - ((on.month, on.day) < (born.month, born.day))
