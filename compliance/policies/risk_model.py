"""The model by which customers are rated: points per factor, floors, bands. It is data; this module says which data are a model.

Content, as JSON::

    {"factors": {"GEOGRAPHY": {"STANDARD": [0, ""], "HIGH": [40, "HIGH"], …}, …},
     "bands": {"MEDIUM": 30, "HIGH": 60, "PROHIBITED": 150},
     "busy_payments": 200, "returned_payments": 3}

Each value of each factor has its points (0 to 200) and the band below which it never leaves a customer (empty: none). Of several values
that hold for one factor the one of most weight counts. Points add up; the sum falls into a band; floors lift it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from django.db.models import TextChoices

from accounts.choices import CustomerKind, KycTier
from compliance.choices import Behaviour, Channel, Profession, RiskBand, ScreeningResult
from flowlet.core.errors import Invalid
from payments.choices import Rail

MOST_POINTS: Final = 200
_LEVELS = {
    "STANDARD": "On no list of countries",
    "HIGH": "Country of higher risk",
    "CALL_FOR_ACTION": "Country with a call for action",
}


class MalformedModel(Invalid):
    """The content is no model. The message names what is wrong."""

    code, title = "risk_model.malformed", "The risk model has the wrong form"


def _of(choices: type[TextChoices]) -> dict[str, str]:
    return {value: str(label) for value, label in choices.choices}


# Factor → its title, and its values with their labels.
FACTORS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "GEOGRAPHY": ("Residence or seat", {**_LEVELS, "UNKNOWN": "The lists of countries do not say"}),
    "COUNTERPARTIES": ("Countries of accounts paid to or from", {"NONE": "None yet", **_LEVELS}),
    "KIND": ("Person or business", _of(CustomerKind)),
    "PRODUCT": ("Rails used in ninety days", {"NONE": "None", **_of(Rail)}),
    "CHANNEL": ("How the customer came", _of(Channel)),
    "PROFESSION": ("Profession or line of business", _of(Profession)),
    "SCREENING": ("Screening", _of(ScreeningResult)),
    "BEHAVIOUR": ("Payments of ninety days", _of(Behaviour)),
    "VERIFICATION": ("Identity verified", _of(KycTier)),
}
_BANDS = (RiskBand.MEDIUM, RiskBand.HIGH, RiskBand.PROHIBITED)
_FIGURES = ("busy_payments", "returned_payments")


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a customer for one factor, and from where."""

    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one factor adds to a rating, and why."""

    factor: str
    value: str
    points: int
    floor: str
    source: str

    @property
    def title(self) -> str:
        """The factor's name."""
        return FACTORS[self.factor][0] if self.factor in FACTORS else self.factor

    @property
    def label(self) -> str:
        """The value's name."""
        return FACTORS[self.factor][1].get(self.value, self.value) if self.factor in FACTORS else self.value


@dataclass(frozen=True, slots=True)
class Score:
    """A rating as the model makes it."""

    points: int
    band: RiskBand
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class RiskModel:
    """A model that has been checked. ``number`` 0 is the one that is shipped."""

    number: int
    content: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of its content."""
        return hashlib.sha256(orjson.dumps(self.content, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def score(self, facts: Mapping[str, Iterable[Fact]]) -> Score:
        """The rating of a customer of whom this is known: for every factor at least one fact."""
        parts = tuple(
            max(
                (self._part(factor, fact) for fact in facts[factor]),
                key=lambda part: (_rank(part.floor), part.points, part.value),
            )
            for factor in FACTORS
        )
        points = sum(part.points for part in parts)
        reached = [band for band in _BANDS if points >= self.content["bands"][band]]
        ranks = [_rank(part.floor) for part in parts] + [band.rank for band in reached]
        return Score(points, list(RiskBand)[max(0, *ranks)], parts)

    def _part(self, factor: str, fact: Fact) -> Part:
        points, floor = self.content["factors"][factor][fact.value]
        return Part(factor, fact.value, points, floor, fact.source)


def _rank(floor: str) -> int:
    return RiskBand(floor).rank if floor else -1


def checked(content: Any, *, number: int) -> RiskModel:
    """The model with this content. Raises MalformedModel, naming the factor and the value."""
    if not isinstance(content, Mapping) or set(content) != {"factors", "bands", *_FIGURES}:
        raise MalformedModel(f"A model has factors, bands, {' and '.join(_FIGURES)}.")
    _same(content["factors"], FACTORS, "factors")
    for factor, (_, values) in FACTORS.items():
        _same(content["factors"][factor], values, factor)
        for value in values:
            _check_weight(content["factors"][factor][value], f"{factor} {value}")
    _same(content["bands"], _BANDS, "bands")
    limits = [content["bands"][band] for band in _BANDS]
    if any(type(limit) is not int for limit in limits) or not 0 < limits[0] < limits[1] < limits[2]:
        raise MalformedModel("bands: whole points that rise from band to band, the first above 0.")
    for name in _FIGURES:
        if type(content[name]) is not int or not 1 <= content[name] <= 1_000_000:
            raise MalformedModel(f"{name}: a whole number of payments, at least 1.")
    return RiskModel(number, content)


def _same(found: Any, wanted: Iterable[str], where: str) -> None:
    if not isinstance(found, Mapping) or set(found) != set(wanted):
        given = set(found) if isinstance(found, Mapping) else set()
        lacking, strange = sorted(set(wanted) - given), sorted(given - set(wanted))
        raise MalformedModel(f"{where}: lacking {', '.join(lacking) or 'nothing'}; not known {', '.join(strange) or 'nothing'}.")


def _check_weight(weight: Any, where: str) -> None:
    if (
        not isinstance(weight, list | tuple)
        or len(weight) != 2
        or type(weight[0]) is not int
        or not 0 <= weight[0] <= MOST_POINTS
    ):
        raise MalformedModel(f"{where}: points from 0 to {MOST_POINTS}, and a band or nothing.")
    if weight[1] and weight[1] not in RiskBand.values:
        raise MalformedModel(f"{where}: {', '.join(RiskBand.values)}, or nothing.")


def differences(before: RiskModel, after: RiskModel) -> list[str]:
    """What changes from one model to another, for the person who decides."""
    found = []
    for factor, (title, values) in FACTORS.items():
        for value, label in values.items():
            old, new = (_weight(model.content["factors"][factor][value]) for model in (before, after))
            if old != new:
                found.append(f"{title}, {label}: {old} → {new}")
    for name in (*_BANDS, *_FIGURES):
        old, new = (({**model.content["bands"], **model.content})[name] for model in (before, after))
        if old != new:
            found.append(
                f"{RiskBand(name).label + ' from' if name in RiskBand.values else name.replace('_', ' ')}: {old} → {new}"
            )
    return found


def _weight(weight: Any) -> str:
    return f"{weight[0]}, at least {RiskBand(weight[1]).label.lower()}" if weight[1] else str(weight[0])


def _plain(**points: int) -> dict[str, list[Any]]:
    return {value: [number, ""] for value, number in points.items()}


# High-risk third countries, politically exposed persons: enhanced due diligence whatever else (AMLR Art. 29 and 42).
SHIPPED: Final = checked(
    {
        "factors": {
            "GEOGRAPHY": {"STANDARD": [0, ""], "HIGH": [40, "HIGH"], "CALL_FOR_ACTION": [80, "HIGH"], "UNKNOWN": [20, ""]},
            "COUNTERPARTIES": {"NONE": [0, ""], "STANDARD": [0, ""], "HIGH": [20, "MEDIUM"], "CALL_FOR_ACTION": [60, "HIGH"]},
            "KIND": _plain(PERSON=0, BUSINESS=5),
            "PRODUCT": _plain(NONE=0, book=0, ach=5, sepa_ct=5, sepa_dd=5, card=5, open_banking=5, wire=10),
            "CHANNEL": _plain(UNKNOWN=5, IN_PERSON=0, REMOTE_EID=0, REMOTE=5, AGENT=10),
            "PROFESSION": {
                **_plain(UNKNOWN=5, NO_INCOME=5, EMPLOYED=0, SELF_EMPLOYED=5, LEGAL_FINANCIAL=10, REAL_ESTATE=15, CHARITY=15),
                **_plain(CASH=20, PRECIOUS_GOODS=20, MONEY_SERVICES=30, GAMBLING=25),
                "ARMS": [40, "HIGH"],
            },
            "SCREENING": {
                **_plain(UNSCREENED=5, CLEAR=0, OPEN=20),
                "ADVERSE": [40, "MEDIUM"],
                "PEP": [40, "HIGH"],
                "SANCTIONS": [200, "PROHIBITED"],
            },
            "BEHAVIOUR": _plain(NONE=0, USUAL=0, BUSY=10, RETURNED=15, SUSPICIOUS=40),
            "VERIFICATION": _plain(UNVERIFIED=10, BASIC=5, ENHANCED=0, PREMIUM=0),
        },
        "bands": {"MEDIUM": 30, "HIGH": 60, "PROHIBITED": 180},
        "busy_payments": 200,
        "returned_payments": 3,
    },
    number=0,
)
