"""run_settlement: send what is due over the rails with files."""

import json
from contextlib import closing
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from accounts.management.deeds import ActingCommand
from accounts.models import Partner
from flowlet.core import clock
from flowlet.core.errors import DomainError
from flowlet.core.money import Money, in_words
from payments.choices import Rail
from payments.models import Batch
from payments.services import gathering, settlement

FILE_RAILS = [rail.value for rail in gathering.FILE_RAILS]


class _Progress:
    """A bar for each thing that is being done, on a terminal only."""

    def __init__(self, *, hidden: bool) -> None:
        self.hidden = hidden
        self.doing, self.bar = "", tqdm(disable=True)

    def __call__(self, doing: str, count: int, of: int) -> None:
        if doing != self.doing:
            self.close()
            self.doing, self.bar = doing, tqdm(total=of, desc=doing, unit=" payments", disable=True if self.hidden else None)
        self.bar.update(count)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self.bar.close()


class Command(ActingCommand):
    permission = "payments.close_day"
    help = (
        "Gather what is due by rail, partner, currency and cut-off into batches, build and deliver their files, settle what the banks have "
        "executed. Can be interrupted and run again at any point. Exit code 1 when something was held up."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rail", choices=FILE_RAILS, help="one rail only")
        parser.add_argument("--partner", metavar="ID", help="one partner's side only, par_…")
        parser.add_argument("--early", action="store_true", help="do not wait for the cut-offs")
        parser.add_argument("--dry-run", action="store_true", help="say what is ready and do nothing")
        parser.add_argument("--json", action="store_true", help="answer as JSON")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        actor, at = self.actor(options), clock.now()
        scope: dict[str, Any] = {"rail": Rail(options["rail"]) if options["rail"] else None, "early": options["early"]}
        try:
            scope["partner_id"] = Partner.fetch(options["partner"]).pk if options["partner"] else None
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        if options["dry_run"]:
            self._ready(gathering.due_groups(at=at, **scope), as_json=options["json"])
            return
        with closing(_Progress(hidden=options["json"])) as told:
            done = settlement.run(at=at, actor=actor, told=told, **scope)
        if options["json"]:
            told = {name: [self._line(batch) for batch in getattr(done, name)] for name in ("built", "delivered", "waiting")}
            self.stdout.write(json.dumps({**told, "decided": done.decided, "settled": done.settled, "refusals": done.refusals}))
        else:
            for name in ("built", "delivered", "waiting"):
                for batch in getattr(done, name):
                    line = self._line(batch)
                    self.stdout.write(
                        f"{name:10} {line['batch']}  {line['rail']:8} {line['count']:>6}  {line['total']}  {line['file']}"
                    )
            self.stdout.write(
                f"{len(done.built_keys)} batches built, {len(done.delivered_keys)} delivered, {done.settled} payments settled."
            )
            if done.waiting_keys:
                self.stdout.write(f"{len(done.waiting_keys)} wait for a second person to release them.")
            for refusal in done.refusals:
                self.stderr.write(
                    f"held up: {refusal['message']} ({refusal['code']}) {refusal.get('batch') or refusal.get('group')}"
                )
        if done.refusals:
            raise SystemExit(1)

    def _ready(self, groups: list[Any], *, as_json: bool) -> None:
        found = [
            {"partner": str(partner), "rail": rail, "currency": currency, "direction": direction, "value_on": str(day)}
            for partner, rail, currency, direction, day in groups
        ]
        if as_json:
            self.stdout.write(json.dumps({"ready": found}))
            return
        for one in found:
            self.stdout.write("  ".join(one.values()))
        self.stdout.write(f"{len(found)} groups are ready; nothing was done.")

    @staticmethod
    def _line(batch: Batch) -> dict[str, Any]:
        return {
            "batch": batch.public_id,
            "rail": batch.rail,
            "count": batch.count,
            "total": in_words(Money(batch.total, batch.currency)),
            "file": batch.file_name,
            "digest": batch.digest,
        }
