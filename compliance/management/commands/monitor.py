"""monitor: watch a day's transactions."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from accounts.management import arguments
from accounts.management.deeds import ActingCommand
from accounts.models import Partner
from compliance.services import monitoring
from compliance.services.planted import generating, scoring
from compliance.services.planted.scoring import Scored
from flowlet.core import clock
from flowlet.core.errors import DomainError


class Command(ActingCommand):
    permission = "compliance.run_monitoring"
    help = (
        "Watch the transactions of a day (yesterday in UTC unless said otherwise): take them in, measure around customers, ask every live"
        " rule and those in shadow, raise alerts. Interrupted, it goes on where it was; a day that is run again tells nothing twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--on", type=arguments.day, metavar="DAY", help="such as 2026-11-22")
        parser.add_argument("--until", type=arguments.day, metavar="DAY", help="every day from --on to this one")
        parser.add_argument("--partner", metavar="ID", help="one partner's side only, par_…")
        parser.add_argument(
            "--truth", type=Path, metavar="FILE.csv", help="score the day against what generate_aml_scenarios planted"
        )
        parser.add_argument("--json", action="store_true", help="answer as JSON, with every step")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        actor = self.actor(options)
        first = options["on"] or clock.now().date() - timedelta(days=1)
        last = options["until"] or first
        if last < first:
            raise CommandError("--until lies before --on.")
        try:
            truth = generating.read(options["truth"].read_text()) if options["truth"] else ()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['truth']}: {error}") from None
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        try:
            partner_id = Partner.fetch(options["partner"]).pk if options["partner"] else None
            for number in range((last - first).days + 1):
                on = first + timedelta(days=number)
                with tqdm(
                    total=len(monitoring.step_names()), desc=str(on), unit=" steps", disable=True if options["json"] else None
                ) as bar:

                    def told(step: str, bar: Any = bar) -> None:
                        bar.set_postfix_str(step)
                        bar.update()

                    done = monitoring.run(on=on, partner_id=partner_id, actor=actor, at=clock.now(), progress=told)
                self._tell(done, scoring.score(truth, on=on) if truth else [], as_json=options["json"])
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None

    def _tell(self, done: Any, scored: Sequence[Scored], *, as_json: bool) -> None:
        if as_json:
            told = {"scenarios": [one.as_dict() for one in scored]} if scored else {}
            self.stdout.write(json.dumps({"run": done.public_id, "day": str(done.day), "steps": done.steps, **told}))
            return
        for name, step in done.steps.items():
            if step.get("hits"):
                self.stdout.write(
                    f"{name:60} {step['hits']:>9,} hits {step['customers']:>8,} customers {step['alerts']:>8,} alerts"
                )
        self.stdout.write(
            f"{done.day}: {monitoring.total(done, 'hits'):,} hits, {monitoring.total(done, 'alerts'):,} pieces of evidence told"
            f" ({done.public_id})."
        )
        if scored:
            self.stdout.write(f"{'':26}{'planted':>8}{'found':>8}{'recall':>9}{'wrong':>8}{'precision':>11}{'others':>8}")
        for one in scored:
            precision = "–" if one.precision is None else f"{one.precision:.1%}"
            said = "" if one.is_asked else "  no rule asks"
            self.stdout.write(
                f"{one.scenario:26}{one.planted:>8,}{one.found:>8,}{one.recall:>9.1%}{one.wrong:>8,}{precision:>11}{one.others:>8,}{said}"
            )
