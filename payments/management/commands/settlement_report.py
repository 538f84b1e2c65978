"""settlement_report: what a partner's payments came to between two days."""

import json
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management import arguments
from accounts.models import Partner
from flowlet.core import clock
from flowlet.core.errors import DomainError
from flowlet.core.money import to_text
from payments.selectors import reports


class Command(BaseCommand):
    help = (
        "What the payments of one side of a partner came to, per day, rail, way, currency and outcome, with fees, and what it did to "
        "customers' money (net); the same figures as the page and the API."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partner", metavar="PARTNER", help="par_…")
        parser.add_argument("--first", type=arguments.day, metavar="DAY", help="default: the first of the month of the last day")
        parser.add_argument("--last", type=arguments.day, metavar="DAY", help="default: today")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            partner = Partner.fetch(options["partner"])
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        last = options["last"] or clock.now().date()
        first = options["first"] or last.replace(day=1)
        if not first <= last <= first + timedelta(days=366):
            raise CommandError("The report is of at most a year, from the first day to the last.")
        lines = reports.settlement(partner_id=partner.pk, first=first, last=last)
        told = [
            {
                **{name: str(getattr(line, name)) for name in ("day", "rail", "direction", "outcome", "currency")},
                "count": line.count,
                **{name: to_text(getattr(line, name), line.currency) for name in ("amount", "fees", "net")},
            }
            for line in lines
        ]
        totals = [
            {"currency": row.currency, "net": to_text(row.net, row.currency), "fees": to_text(row.fees, row.currency)}
            for row in reports.totals(lines)
        ]
        if options["json"]:
            self.stdout.write(json.dumps({"first": str(first), "last": str(last), "lines": told, "totals": totals}))
            return
        for one in told:
            self.stdout.write(
                f"{one['day']}  {one['rail']:12} {one['direction']:3}  {one['outcome']:10} {one['count']:>6}  "
                f"{one['amount']:>16} {one['currency']}  fees {one['fees']:>10}  net {one['net']:>16}"
            )
        for one in totals:
            self.stdout.write(f"{one['currency']}: net {one['net']}, fees {one['fees']}")
        if not told:
            self.stdout.write(f"Nothing has moved from {first} to {last}.")
