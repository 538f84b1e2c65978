"""By when a report has to be filed, counted from what a person decided, and why.

The clock of a suspicious activity report starts with the *determination*: the day on which an officer found that the facts may be the basis
of a report. An alert of the machine is not that day (FFIEC manual, suspicious activity reporting: "should not be interpreted as meaning the
moment a transaction is highlighted for review"). Days are calendar days; one on a weekend stays there, because no rule moves it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from moneyed import Money

from flowlet.core.errors import Invalid

SAR_DAYS: Final = 30
SAR_DAYS_WITHOUT_SUSPECT: Final = 60
REVIEW_DAYS: Final = 90
CONTINUING_DAYS: Final = 120
CTR_DAYS: Final = 15
ALARM_DAYS: Final = (10, 5, 1)


class Filer(StrEnum):
    """What the filing institution is, since the regulations differ."""

    BANK = "BANK"  # 31 CFR 1020.320
    MSB = "MSB"  # 31 CFR 1022.320


SAR_THRESHOLD: Final = {Filer.BANK: Money("5000", "USD"), Filer.MSB: Money("2000", "USD")}


class BeforeItsCause(Invalid):
    """A day that has to lie after another lies before it."""

    code, title = "report_deadline.before_its_cause", "The day lies before the one that it follows"


@dataclass(frozen=True)
class Deadline:
    """The last day on which a report is in time, with the rule and a sentence."""

    due_on: date
    rule: str
    reason: str

    def days_left(self, *, on: date) -> int:
        """Days until it is late: 0 on the last day, negative afterwards."""
        return (self.due_on - on).days

    def is_overdue(self, *, on: date) -> bool:
        """Whether the day is gone."""
        return on > self.due_on

    def alarm(self, *, on: date) -> int | None:
        """The alarm that is on: 10, 5 or 1 days before, the nearest; 0 when it is overdue; None while there is time."""
        if self.is_overdue(on=on):
            return 0
        return min((days for days in ALARM_DAYS if self.days_left(on=on) <= days), default=None)

    @property
    def alarms_on(self) -> tuple[date, ...]:
        """The days on which somebody is to be told."""
        return tuple(self.due_on - timedelta(days=days) for days in ALARM_DAYS)

    def priority(self, *, on: date) -> int:
        """How urgent the report is then as work, at least: it rises with each alarm."""
        return {None: 0, 10: 60, 5: 70, 1: 90, 0: 100}[self.alarm(on=on)]


def sar_deadline(*, determined_on: date, has_suspect: bool, filer: Filer = Filer.BANK) -> Deadline:
    """A first report: 30 days from the determination, and 60 where no suspect was known on that day, to find one.

    Money services businesses have 30 days in either case.
    """
    if filer is Filer.MSB:
        rule, days = "31 CFR 1022.320(b)(3)", SAR_DAYS
        reason = "30 days from the determination; money services businesses have no more days to find a suspect."
    elif has_suspect:
        rule, days, reason = "31 CFR 1020.320(b)(3)", SAR_DAYS, "30 days from the determination, since a suspect was known."
    else:
        rule, days = "31 CFR 1020.320(b)(3)", SAR_DAYS_WITHOUT_SUSPECT
        reason = "30 days from the determination, and 30 more to find a suspect, since none was known."
    return Deadline(determined_on + timedelta(days=days), rule, reason)


def continuing_deadline(*, filed_on: date) -> Deadline:
    """A report of continuing activity: 120 days after the report before was filed. It is an option, not a duty."""
    return Deadline(
        filed_on + timedelta(days=CONTINUING_DAYS),
        "FinCEN FAQ of 9 October 2025",
        "120 days after the report before was filed: 90 days are looked at, and 30 remain to file.",
    )


def continuing_review_on(*, filed_on: date) -> date:
    """The day on which the ninety days after the report before are over and can be looked at."""
    return filed_on + timedelta(days=REVIEW_DAYS)


def ctr_deadline(*, transacted_on: date) -> Deadline:
    """A currency transaction report: 15 days after the day of the transaction."""
    return Deadline(
        transacted_on + timedelta(days=CTR_DAYS), "31 CFR 1010.306(a)(1)", "15 days after the day of the transaction."
    )


def str_deadline(*, determined_on: date) -> Deadline:
    """To a unit in the EU: promptly. The law names no number of days, so it is due on the day of the determination."""
    return Deadline(determined_on, "Regulation (EU) 2024/1624, art. 69(1)", "Promptly; the law names no number of days.")


def check_determination(*, determined_on: date, began_on: date) -> None:
    """A determination does not precede what it is about. Raises BeforeItsCause."""
    if determined_on < began_on:
        raise BeforeItsCause(
            f"The activity began on {began_on}; the determination does not lie before it.", param="determined_on"
        )


def reaches_threshold(amount: Money, *, filer: Filer = Filer.BANK) -> bool:
    """Whether a report of this amount is a duty: 5,000 dollars for banks, 2,000 for money services businesses. Any may be reported."""
    threshold = SAR_THRESHOLD[filer]
    if amount.currency != threshold.currency:
        raise Invalid("Thresholds are in USD; convert first.", param="amount")
    return bool(amount >= threshold)
