"""recurring_payments: what the page of a recurring payment does, from the command line."""

from collections.abc import Iterable
from typing import Any

from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from flowlet.core.money import to_text
from payments.choices import RecurringStatus
from payments.models import Recurring
from payments.policies import schedules
from payments.services import recurring

MANAGE = "payments.manage_recurring"


def _deed(name: str, service: Any, text: str) -> Deed:
    return Deed(name=name, model=Recurring, permission=MANAGE, service=service, reason=REQUIRED, help=text)


class Command(DeedCommand):
    help = "List recurring payments, pause, resume and end them."
    shows = Recurring
    list_options = (
        option("--status", choices=RecurringStatus.values, type=str.upper),
        option("--limit", type=int, default=100),
    )
    deeds = (
        _deed("pause", recurring.pause, "make none until it is resumed"),
        _deed("resume", recurring.resume, "go on with the first day from today"),
        _deed("end", recurring.end, "for good"),
    )

    def listed(self, *, status: str | None, limit: int) -> Iterable[str]:
        """The newest first."""
        rows = Recurring.objects.select_related("partner").order_by("-pk")
        for row in (rows.filter(status=status) if status else rows)[:limit]:
            yield line(
                row.public_id,
                f"{to_text(row.amount, row.currency)} {row.currency}",
                schedules.describe(recurring.rule_of(row)).partition(",")[0],
                f"next {row.next_on}" if row.next_on else "",
                f"{row.made} made",
                row.get_status_display().lower(),
                row.partner,
            )

    def described(self, row: Recurring) -> Iterable[tuple[str, Any]]:
        """With each time."""
        yield from (
            ("Recurring", row.public_id),
            ("Partner", row.partner),
            ("Amount", f"{to_text(row.amount, row.currency)} {row.currency}"),
            ("What", f"{row.get_kind_display()}, {row.get_rail_display()}"),
            ("Rule", schedules.describe(recurring.rule_of(row))),
            ("State", row.get_status_display()),
            ("Next", row.next_on),
        )
        for one in row.occurrences.select_related("payment").order_by("on"):
            yield str(one.on), line(one.payment.public_id if one.payment else "", one.refusal, one.refusal_code)
