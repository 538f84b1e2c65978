"""When a customer is reviewed, what outranks the model, and what due diligence asks."""

import calendar
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from accounts.choices import CustomerKind
from compliance import errors
from compliance.choices import DiligenceAnswer, DiligenceKey, DiligenceState, RiskBand
from compliance.choices.work import REVIEWED_AHEAD
from compliance.models import CustomerRisk, DueDiligence, RiskOverride
from compliance.states import DILIGENCE_MOVES
from flowlet.core.actors import Actor
from flowlet.core.states import check_move

# AMLR (Regulation (EU) 2024/1624) Art. 26(2): customer data are brought up to date after one year at most where risk is higher, else five.
REVIEW_YEARS = {RiskBand.LOW: 5, RiskBand.MEDIUM: 5, RiskBand.HIGH: 1, RiskBand.PROHIBITED: 1}
REVIEW_PRIORITY = {RiskBand.LOW: 20, RiskBand.MEDIUM: 40, RiskBand.HIGH: 60, RiskBand.PROHIBITED: 80}
LONGEST_OVERRIDE = timedelta(days=366)
_FOR_PEOPLE = [key for key in DiligenceKey if key != DiligenceKey.OWNERSHIP]


def years_later(day: date, years: int) -> date:
    """The same day some years on; 28 February for 29 February where there is none."""
    if (day.month, day.day) == (2, 29) and not calendar.isleap(day.year + years):
        return date(day.year + years, 2, 28)
    return day.replace(year=day.year + years)


def review_on(band: str, *, since: date) -> date:
    """By when the customer's data have to be brought up to date that were so on ``since``."""
    return years_later(since, REVIEW_YEARS[RiskBand(band)])


def place_review(row: CustomerRisk) -> None:
    """Where the review stands in the queue: the riskier, the more urgent; it waits from thirty days before its day until that is over."""
    ends = datetime.combine(row.review_on + timedelta(days=1), time(), UTC)
    row.priority, row.opened_at, row.due_at = REVIEW_PRIORITY[RiskBand(row.band)], ends - REVIEWED_AHEAD, ends


def effective(model_band: str, override: RiskOverride | None, *, at: datetime) -> str:
    """The band that counts: an override's while it lasts. Nothing outranks PROHIBITED but what lifts its cause."""
    if (
        override is None
        or not override.band
        or not override.begins_at <= at < override.expires_at
        or model_band == RiskBand.PROHIBITED
    ):
        return model_band
    return override.band


def check_override(*, band: str, model_band: str, now: str, expires_at: datetime, at: datetime) -> None:
    """Raises OverrideRefused: of a prohibited customer, without any effect, or for too long."""
    if model_band == RiskBand.PROHIBITED:
        raise errors.OverrideRefused("What makes a customer prohibited is cleared where it arose; no override outranks it.")
    if (band or model_band) == now:
        raise errors.OverrideRefused("The customer is rated so already.", param="band")
    if band and not at < expires_at <= at + LONGEST_OVERRIDE:
        raise errors.OverrideRefused("An override ends within a year.", param="until")


def needs_diligence(band: str) -> bool:
    """Whether customers of the band get enhanced due diligence."""
    return band in {RiskBand.HIGH, RiskBand.PROHIBITED}


def checklist(kind: str) -> list[DiligenceKey]:
    """What is looked at, by the customer's kind."""
    return list(DiligenceKey) if kind == CustomerKind.BUSINESS else _FOR_PEOPLE


def state_of(answers: Iterable[str]) -> DiligenceState:
    """Ready once nothing is open."""
    return DiligenceState.OPEN if DiligenceAnswer.OPEN in set(answers) else DiligenceState.READY


def check_can_answer(row: DueDiligence, actor: Actor | None = None) -> None:
    """Raises IllegalMove once a manager has decided."""
    if row.state not in {DiligenceState.OPEN, DiligenceState.READY}:
        check_move({}, row.state, DiligenceState.READY)


def check_can_decide(row: DueDiligence, actor: Actor) -> None:
    """Raises IllegalMove while something is open, FourEyesRequired for whoever gave an answer."""
    check_move(DILIGENCE_MOVES, row.state, DiligenceState.ACCEPTED)
    if row.items.filter(answered_by=str(actor)).exists():
        raise errors.FourEyesRequired("You gave an answer; another person decides.")
