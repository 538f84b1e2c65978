"""backtest_rule: try a rule of monitoring on months that were."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management import arguments
from accounts.management.deeds import ActingCommand
from compliance.services import rule_backtests
from flowlet.core import clock
from flowlet.core.errors import DomainError
from flowlet.rules.models import RuleVersion


class Command(ActingCommand):
    permission = "compliance.write_rule"
    needs_person = True
    help = (
        "Ask a version of a rule of monitoring about everything between two moments: hits, customers and alerts a day, overlap with the"
        " live version, and precision and recall where officers have decided about alerts of the scenario. A draft is backtested thereby."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("rule", metavar="rul_…", help="the version")
        parser.add_argument("--from", dest="since", type=arguments.moment, required=True, metavar="MOMENT", help="with its zone")
        parser.add_argument("--until", type=arguments.moment, required=True, metavar="MOMENT", help="with its zone")
        parser.add_argument(
            "--measure", action="store_true", help="measure around customers first, for patterns of days never run"
        )
        parser.add_argument("--json", action="store_true", help="answer as JSON")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        actor = self.actor(options)
        try:
            made, judged = rule_backtests.run(
                ruleversion_id=RuleVersion.fetch(options["rule"]).pk,
                since=options["since"],
                until=options["until"],
                measure=options["measure"],
                actor=actor,
                at=clock.now(),
            )
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        if options["json"]:
            counts = {name: getattr(made, name) for name in ("judged", "hits", "unknown", "live_hits", "both", "milliseconds")}
            told = {"backtest": made.public_id, **counts, "by_customer": judged.as_dict()}
            self.stdout.write(json.dumps(told, default=str))
            return
        self.stdout.write(f"{made.hits:,} hits of {made.judged:,}, of {made.unknown:,} it cannot tell ({made.milliseconds:,} ms)")
        self.stdout.write(f"{judged.customers:,} customers, {judged.alerts_per_day} alerts a day")
        if judged.live_customers is not None:
            self.stdout.write(f"{judged.live_customers:,} customers of the live version, {judged.both:,} of both")
        if judged.confirmed or judged.refuted:
            self.stdout.write(
                f"of {judged.confirmed:,} confirmed and {judged.refuted:,} refuted customers it finds {judged.found_confirmed:,} and"
                f" {judged.found_refuted:,}: precision {judged.precision}, recall {judged.recall}"
            )
        else:
            self.stdout.write("nobody has decided about alerts of this scenario in that time: no precision and no recall")
