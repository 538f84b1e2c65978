"""How risky a country is on a day, by the lists of FATF and EU and by own ones, and why.

A day before a list is known is refused: "not listed" and "cannot tell" are two answers. A day after the last on which a list is known is
answered with the list as it was then, and the answer says so.
"""

from dataclasses import dataclass
from datetime import date

from compliance.providers.country_lists import CountryLists, Coverage, Level, Listing, shipped
from flowlet.core import countries
from flowlet.core.errors import Invalid

__all__ = ["CountryRisk", "Level", "ListsNotKnown", "changes", "country_risk"]


class ListsNotKnown(Invalid):
    """The lists are not known for a day that lies so far back."""

    code, status, title = "country_risk.not_known", 422, "The lists of countries are not known for that day"


@dataclass(frozen=True)
class CountryRisk:
    """The risk of a country on a day. ``listings`` are those that count it, ``outdated`` the lists whose last known day lies before."""

    country: str
    on: date
    level: Level
    listings: tuple[Listing, ...]
    outdated: tuple[Coverage, ...]

    @property
    def is_current(self) -> bool:
        """Whether every list is known for the day."""
        return not self.outdated

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, in sentences for officers."""
        name = countries.name(self.country)
        found = [
            f"{name} is on {_title(listing)}"
            + (f" since {_shown(listing.since)}" if listing.since else "")
            + (f" ({listing.note})" if listing.note else "")
            + f"; {listing.source}."
            for listing in self.listings
        ]
        if not found:
            found.append(f"{name} is on none of the lists.")
        found += [
            f"{coverage.list} is known up to {_shown(coverage.until)} only; look for a newer one." for coverage in self.outdated
        ]
        return tuple(found)


@dataclass(frozen=True)
class Change:
    """A country that came onto a list or left it."""

    on: date
    list: str
    country: str
    is_added: bool


def country_risk(country: str, *, on: date, lists: CountryLists | None = None) -> CountryRisk:
    """The risk of a country (ISO 3166-1 alpha-2) on a day, by ``lists`` or those that are shipped. Raises UnknownCountry, ListsNotKnown."""
    countries.check(country)
    known = lists or shipped()
    # A list that began to be known later says nothing about the day; only when none says anything there is no answer.
    reaching = [coverage for coverage in known.coverages if coverage.since <= on]
    if not reaching:
        first = min((coverage.since for coverage in known.coverages), default=None)
        raise ListsNotKnown(f"The lists begin on {first}." if first else "There are no lists.", param="on")
    names = {coverage.list for coverage in reaching}
    listings = tuple(
        sorted(
            (found for found in known.listings if found.country == country and found.list in names and found.holds(on)),
            key=lambda found: (-found.level, found.list),
        )
    )
    level = max((found.level for found in listings), default=Level.STANDARD)
    outdated = tuple(coverage for coverage in reaching if coverage.until < on)
    return CountryRisk(country, on, level, listings, outdated)


def changes(*, since: date, until: date, lists: CountryLists | None = None) -> tuple[Change, ...]:
    """What came and went after ``since`` up to ``until``, in order: whose customers are to be rated again."""
    found = []
    for listing in (lists or shipped()).listings:
        for day, is_added in ((listing.since, True), (listing.until, False)):
            if day is not None and since < day <= until:
                found.append(Change(day, listing.list, listing.country, is_added))
    return tuple(sorted(found, key=lambda change: (change.on, change.list, change.country)))


def _title(listing: Listing) -> str:
    return {
        "FATF_CALL_FOR_ACTION": "FATF's list of high-risk jurisdictions subject to a call for action",
        "FATF_INCREASED_MONITORING": "FATF's list of jurisdictions under increased monitoring",
        "EU_HIGH_RISK": "the EU's list of high-risk third countries",
    }.get(listing.list, f"the list {listing.list}")


def _shown(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
