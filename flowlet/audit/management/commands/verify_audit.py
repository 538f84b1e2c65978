"""Check that the audit trail is what it was when it was sealed."""

import json
import re
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from flowlet.audit.selectors import chain
from flowlet.audit.services import checks

_ANCHOR = re.compile(r"^([1-9][0-9]*):([0-9a-f]{64})$")


class Command(BaseCommand):
    help = (
        "Verify the audit trail; names the first sealed record that was altered, removed or inserted, and decisions, rules and other rows "
        "that say otherwise than it. Exit code 1 on a break or difference."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            metavar="NUMBER:HASH",
            help="a head kept elsewhere (seal_audit --head): also shows a chain that was rewritten as a whole; may be repeated",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        anchors = {}
        for text in options["anchor"]:
            match = _ANCHOR.match(text)
            if match is None:
                raise CommandError(f"--anchor {text!r}: the form is number:hash with 64 hexadecimal digits, lower case.")
            anchors[int(match[1])] = match[2]
        with tqdm(total=chain.sealed_count(), unit=" records", desc="Verifying", disable=None) as bar:
            found = checks.examine(anchors=anchors, on_block=bar.update)
        if options["json"]:
            self.stdout.write(json.dumps({"intact": found.intact, **asdict(found)}, default=str))
        else:
            self._tell(found)
        if not found.intact:
            sys.exit(1)

    def _tell(self, found: chain.Verification) -> None:
        self.stdout.write(f"{found.records} records in {found.blocks} blocks agree with their seals.")
        if found.head_hash:
            self.stdout.write(f"Last block that agrees: {found.head_number}:{found.head_hash}")
        if found.first_break is not None:
            self.stderr.write(self.style.ERROR(f"BROKEN: {found.first_break.message}"))
            return
        for text in found.differences:
            self.stderr.write(self.style.ERROR(f"DIFFERS: {text}"))
        if found.unsealed:
            since = found.unsealed_since.isoformat(timespec="seconds") if found.unsealed_since else ""
            self.stdout.write(f"Not sealed yet, so not covered: {found.unsealed} records since {since}.")
        if found.intact:
            self.stdout.write(self.style.SUCCESS("The audit trail is intact."))
