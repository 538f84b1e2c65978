"""The demo's watchlist: OFAC's form, names of our own. Its first version came with the demo's beginning, its update a week before the end.

The names are invented, or as common as those of the demo's customers, so that screening has something to find; the numbers lie far above
OFAC's. Whoever imports the real list over it gets the real list: fewer than twenty entries leave.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from compliance.services import watchlist_imports
from compliance.services.watchlist_imports import SourceFile
from flowlet.core.actors import Actor

LIST = "ofac-sdn"
REASON = "Invented names for the demo, in the publisher's form"
_NULL = "-0- "
# number, name, type, programme, remarks
Row = tuple[int, str, str, str, str]
FIRST: tuple[Row, ...] = (
    (
        9000001,
        "RAMIREZ, Maria",
        "individual",
        "DEMO",
        "DOB 14 Mar 1961; POB Culiacan, Mexico; nationality Mexico; Gender Female.",
    ),
    (9000002, "NGUYEN, Kevin Van", "individual", "DEMO", "DOB 1958; nationality Vietnam; Gender Male; a.k.a. 'KV'."),
    (
        9000003,
        "AL-MUTAIRI, Fahad Salem",
        "individual",
        "DEMO] [SAMPLE",
        "DOB circa 1970; nationality Kuwait; Passport K0000001 (Kuwait).",
    ),
    (
        9000004,
        "VOROTYNTSEV, Arkadi Lvovich",
        "individual",
        "SAMPLE",
        "DOB 02 Sep 1955; POB Tver, Russia; nationality Russia; Gender Male.",
    ),
    (9000005, "TANAKA, Hiroshi", "individual", "DEMO", "DOB 30 Nov 1949; nationality Japan; Gender Male."),
    (
        9000006,
        "BLUE HERON TRADING FZE",
        _NULL,
        "SAMPLE",
        "Registration Number 0000077 (United Arab Emirates); Linked To: VOROTYNTSEV, Arkadi.",
    ),
    (9000007, "GRANITE GATE HOLDING", _NULL, "SAMPLE", "Tax ID No. 0000000001 (Cyprus)."),
    (
        9000008,
        "WINDWARD STAR",
        "vessel",
        "SAMPLE",
        "Vessel Registration Identification IMO 0000001; Linked To: BLUE HERON TRADING FZE.",
    ),
    (9000009, "OKAFOR, Chidi Emeka", "individual", "DEMO", "DOB 1966 to 1968; nationality Nigeria; Gender Male."),
    (9000010, "DUBOIS, Philippe Andre", "individual", "DEMO", "DOB 23 Jun 1952; nationality France; Gender Male."),
    (9000011, "SCHMIDT, Anna Katharina", "individual", "DEMO", "DOB 08 Feb 1971; nationality Germany; Gender Female."),
    (9000012, "SILVERFERN LOGISTICS LLC", _NULL, "DEMO", "Business Registration Number 0000009 (United States)."),
)
ALIASES: tuple[tuple[int, str, str], ...] = (
    (9000001, "aka", "RAMIREZ LOPEZ, Maria"),
    (9000003, "aka", "AL MUTAYRI, Fahd"),
    (9000004, "aka", "VOROTINTSEV, Arkady"),
    (9000006, "fka", "BLUE HERON GENERAL TRADING"),
    (9000009, "aka", "OKAFOUR, Chidi"),
)
ADDRESSES: tuple[tuple[int, str, str, str], ...] = (
    (9000001, "Calle 9 No. 12", "Culiacan", "Mexico"),
    (9000004, "1 Embankment", "Tver", "Russia"),
    (9000006, "Free Zone, Gate 4", "Sharjah", "United Arab Emirates"),
    (9000007, "2 Harbour Road", "Limassol", "Cyprus"),
)
# A week before the end: two join, one leaves, one is renamed.
JOINED: tuple[Row, ...] = (
    (9000013, "WALKER, Robert James", "individual", "DEMO", "DOB 17 Oct 1963; nationality United States; Gender Male."),
    (9000014, "NORTHERN PINE RESOURCES", _NULL, "SAMPLE", "Linked To: VOROTYNTSEV, Arkadi."),
)
LEFT = 9000010
# Customers of each company who are called so: one who was born on the same day, one long after, one under an alias, and one who is on
# the list since its update. And whom somebody wants to pay.
NAMESAKES = (
    ("Maria Ramirez", date(1961, 3, 14)),
    ("Hiroshi Tanaka", date(1988, 5, 2)),
    ("Fahd Al Mutayri", date(1970, 7, 1)),
    ("Robert Walker", date(1963, 10, 17)),
)
PAYEE = "Blue Heron General Trading"
RENAMED = {9000009: "OKAFOR, Chidi Chukwuemeka"}


def publish(*, officer: Actor, began: datetime, at: datetime) -> None:
    """Both versions, each brought in on its day."""
    update = [(number, RENAMED.get(number, name), *rest) for number, name, *rest in FIRST if number != LEFT]
    aliases = [(number, place, kind, name, _NULL) for place, (number, kind, name) in enumerate(ALIASES, start=1)]
    addresses = [(number, place, *parts, _NULL) for place, (number, *parts) in enumerate(ADDRESSES, start=1)]
    first = [_primary(FIRST), _file("aliases", "alt.csv", aliases), _file("addresses", "add.csv", addresses)]
    for files, moment in ((first, began), ([_primary([*update, *JOINED])], at - timedelta(days=7))):
        watchlist_imports.bring_in(code=LIST, files=files, published_on=moment.date(), reason=REASON, actor=officer, at=moment)


def _primary(rows: Iterable[Row]) -> SourceFile:
    nulls = [_NULL] * 7
    return _file(
        "primary",
        "sdn.csv",
        [(number, name, kind, programme, *nulls, remarks) for number, name, kind, programme, remarks in rows],
    )


def _file(role: str, name: str, rows: list[tuple]) -> SourceFile:
    """As OFAC writes it: texts in quotes, null and numbers without, and the mark of the end."""
    lines = [",".join(str(cell) if cell == _NULL or isinstance(cell, int) else f'"{cell}"' for cell in row) for row in rows]
    return SourceFile(role, name, "".join(f"{line}\r\n" for line in lines).encode() + b"\x1a")
