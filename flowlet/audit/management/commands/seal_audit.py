"""Chain the audit records that no block covers yet."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from flowlet.audit.selectors import chain
from flowlet.audit.services import seals
from flowlet.core import clock
from flowlet.db import transactions


class Command(BaseCommand):
    help = "Seal the audit records below the commit horizon in hash-chained blocks. Can be stopped and started again at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--block-size", type=int, default=seals.BLOCK_SIZE, help="records per block at most (default %(default)s)"
        )
        parser.add_argument(
            "--head", action="store_true", help="seal nothing; print the newest block as number:hash, to be kept elsewhere"
        )
        parser.add_argument(
            "--wait",
            type=float,
            default=0.0,
            metavar="SECONDS",
            help="wait so long for transactions that are still open, so that everything written before now is sealed",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        size = options["block_size"]
        if not 1 <= size <= 10_000:
            raise CommandError("--block-size is between 1 and 10000.")
        blocks = records = 0
        if not options["head"]:
            if options["wait"] > 0 and not transactions.wait_for_horizon(timeout_seconds=options["wait"]):
                self.stderr.write("Some transaction stays open: what was written after it began is not sealed.")
            try:
                blocks, records = self._seal(size)
            except seals.CounterBehind as problem:
                raise CommandError(str(problem)) from None
        head, waiting = chain.head(), chain.unsealed()
        if options["json"]:
            found = {"blocks": blocks, "records": records, "unsealed": waiting, "head": str(head) if head else None}
            self.stdout.write(json.dumps(found))
        elif options["head"]:
            if head is None:
                raise CommandError("Nothing is sealed yet.")
            self.stdout.write(str(head))
        else:
            self.stdout.write(f"Sealed {records} records in {blocks} blocks; {waiting} wait above the commit horizon.")
            if head:
                self.stdout.write(f"Head: {head}")

    def _seal(self, size: int) -> tuple[int, int]:
        blocks = records = 0
        with tqdm(total=chain.unsealed(), unit=" records", desc="Sealing", disable=None) as bar:
            for sealed in seals.seal_all(at=clock.now(), size=size):
                blocks, records = blocks + 1, records + sealed.count
                bar.update(sealed.count)
        return blocks, records
