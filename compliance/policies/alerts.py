"""When an alert may take its next step, and by whom; until when it is due; which reasons go with which end."""

from datetime import datetime, timedelta
from typing import Final

from compliance import errors
from compliance.choices import AlertKind, AlertState, Disposition, ListKind, ReasonCode
from compliance.choices.work import HIGH, URGENT
from compliance.models import Alert
from compliance.models.alert import TWO_PEOPLE
from compliance.policies.hits import SCENARIOS
from compliance.policies.work import check_is_managers
from compliance.states import ALERT_MOVES
from flowlet.core.actors import Actor
from flowlet.core.errors import FourEyesRequired
from flowlet.core.states import check_move

# Hours from the first evidence until somebody has to have decided: of urgent, high and other priority. The house's own service levels,
# nobody's law; the deadlines of reports are counted by ``report_deadlines``.
HOURS: Final[dict[str, tuple[int, int, int]]] = {
    AlertKind.SCREENING: (4, 24, 72),
    AlertKind.MONITORING: (24, 72, 240),
    AlertKind.VERIFICATION: (24, 72, 120),
    AlertKind.RISK: (72, 120, 240),
    AlertKind.OTHER: (72, 120, 240),
}
R = ReasonCode
REASONS: Final[dict[str, tuple[ReasonCode, ...]]] = {
    Disposition.FALSE_POSITIVE: (R.USUAL_BEHAVIOUR, R.RULE_TOO_BROAD, R.DATA_ERROR, R.TOLD_BEFORE),
    Disposition.EXPLAINED: (R.FUNDS_PROVEN, R.BUSINESS_REASON, R.SINGLE_EVENT),
    Disposition.CONFIRMED: (R.NO_EXPLANATION, R.TYPOLOGY_FITS, R.FALSE_DOCUMENTS),
    Disposition.HIT_CLEARED: (R.NAME_ONLY, R.OTHER_BIRTH_DATE, R.OTHER_COUNTRY, R.OTHER_IDENTIFIER),
    Disposition.HIT_CONFIRMED: (R.SAME_PERSON, R.SAME_IDENTIFIER),
}
_OF_HITS = {Disposition.HIT_CLEARED, Disposition.HIT_CONFIRMED}
# What may be decided of many at once: no suspicion, and of hits the clearing alone (which a second person confirms one by one), of lists
# whose names nobody is forbidden to deal with.
OF_MANY: Final = (Disposition.FALSE_POSITIVE, Disposition.EXPLAINED, Disposition.HIT_CLEARED)
_HITS_OF_MANY = {SCENARIOS[ListKind.OWN], SCENARIOS[ListKind.PEP]}


def due_at(kind: str, *, priority: int, at: datetime) -> datetime:
    """Until when an alert of this kind and priority has to be decided, counted from ``at``."""
    urgent, high, other = HOURS[kind]
    return at + timedelta(hours=urgent if priority >= URGENT else high if priority >= HIGH else other)


def check_fits(alert: Alert, disposition: str) -> None:
    """Raises WrongDisposition unless an alert of this kind ends like this."""
    if (disposition in _OF_HITS) != (alert.kind == AlertKind.SCREENING) or disposition not in REASONS:
        raise errors.WrongDisposition(param="disposition")


def check_can_decide(alert: Alert, disposition: str, actor: Actor | None = None) -> None:
    """Raises WrongDisposition, IllegalMove, Forbidden for who is no manager, of what was escalated."""
    check_fits(alert, disposition)
    to = AlertState.PROPOSED if needs_two(disposition) else AlertState.CLOSED
    if alert.state == AlertState.PROPOSED:
        check_move({}, AlertState.PROPOSED, to)
    check_move(ALERT_MOVES, AlertState(alert.state), to)
    if alert.state == AlertState.ESCALATED and actor is not None:
        check_is_managers(actor)


def check_can_close_with_others(alert: Alert, disposition: str) -> None:
    """Raises OneByOne for a suspicion, for a hit that is confirmed, and for any name on a sanctions list."""
    if disposition not in OF_MANY or (alert.kind == AlertKind.SCREENING and alert.scenario not in _HITS_OF_MANY):
        raise errors.OneByOne(param="disposition")


def check_can_confirm(alert: Alert, actor: Actor | None = None) -> None:
    """Raises IllegalMove, FourEyesRequired for who proposed it."""
    if alert.state != AlertState.PROPOSED:
        check_move({}, AlertState(alert.state), AlertState.CLOSED)
    if actor is not None and str(actor) == alert.decided_by:
        raise FourEyesRequired("Who proposed the decision does not confirm it.")


def check_can_send_back(alert: Alert, actor: Actor | None = None) -> None:
    """A proposed decision, which may be one's own, or, as a manager, what was escalated. Raises IllegalMove, Forbidden."""
    if alert.state not in {AlertState.PROPOSED, AlertState.ESCALATED}:
        check_move({}, AlertState(alert.state), AlertState.IN_REVIEW)
    if alert.state == AlertState.ESCALATED and actor is not None:
        check_is_managers(actor)


def check_can_escalate(alert: Alert, actor: Actor | None = None) -> None:
    """Raises IllegalMove."""
    check_move(ALERT_MOVES, AlertState(alert.state), AlertState.ESCALATED)


def check_reason_code(disposition: str, reason_code: str) -> None:
    """Raises WrongDisposition unless the reason goes with the disposition."""
    if reason_code not in REASONS[disposition]:
        raise errors.WrongDisposition(
            f"{Disposition(disposition).label}: choose one of {', '.join(REASONS[disposition])}.", param="reason_code"
        )


def needs_two(disposition: str) -> bool:
    """Whether a second person has to confirm such an end."""
    return disposition in TWO_PEOPLE
