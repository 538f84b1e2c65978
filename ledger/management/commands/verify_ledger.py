"""verify_ledger: read the books aloud."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from ledger.services import verification


class Command(BaseCommand):
    """Adds up every balance again and checks every invariant and seal; exit status 1 when something is broken."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with tqdm(total=len(verification.names()), unit=" checks", disable=True if options["json"] else None) as bar:

            def step(name: str) -> None:
                bar.set_description(name)
                bar.update()

            report = verification.verify(progress=step)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), indent=2))
        else:
            self.stdout.write(
                f"{report.journals} journals, {report.entries} entries, {report.sealed_blocks} sealed blocks,"
                f" {report.unsealed} journals unsealed yet."
            )
            for finding in report.findings:
                self.stdout.write(self.style.ERROR(f"{finding.check}: {finding.where}: {finding.message}"))
            if report.is_clean:
                self.stdout.write(self.style.SUCCESS(f"Clean: {len(verification.names())} checks found nothing."))
        if not report.is_clean:
            raise SystemExit(1)
