"""Bring everything sealed under the keyring's first key, on a running system."""

import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from flowlet.audit.services import log
from flowlet.core import actors, clock, crypto
from flowlet.db.counts import estimated
from flowlet.vault import columns
from flowlet.vault.services import subjects

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Bring everything sealed under the first key of FLOWLET_ENCRYPTION_KEYS, while the platform runs. Rotate in four steps: "
        "append the new key and restart every process, so that all can open what it seals; put it first and restart; run this "
        "command; remove the old key and restart. Each batch is committed by itself: after an interruption run it again, and it "
        "goes on where it stopped. Subjects' own keys stay, only their wrapping changes, so personal data is not rewritten."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=500, help="rows per transaction, 1 to 10000")
        parser.add_argument("--dry-run", action="store_true", help="only say what waits")
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        size = options["batch"]
        if not 1 <= size <= 10_000:
            raise CommandError("--batch: use 1 to 10000.")
        waiting = subjects.waiting_for_rewrap()
        report: dict[str, Any] = {"key": crypto.active_key_id(), "dry_run": options["dry_run"], "tables": {}}
        if options["dry_run"]:
            report["tables"]["flowlet_vault_subjectkey.wrapped_key"] = {"waiting": waiting}
            for column in columns.registered():
                rows = column.model._base_manager.all()
                report["tables"][column.name] = {"to_look_through": estimated(rows)}
            self._show(report, options)
            return
        self._subjects(report, waiting, size)
        for column in columns.registered():
            self._column(report, column, size)
        counts = {name: {"done": found["done"], "broken": len(found["broken"])} for name, found in report["tables"].items()}
        log.record(
            action="encryption.keys_rotated",
            actor=actors.system("rotate_encryption_keys"),
            at=clock.now(),
            target=report["key"],
            after=counts,
        )
        self._show(report, options)
        broken = sum(found["broken"] for found in counts.values())
        if broken:
            raise CommandError(f"{broken} sealed values do not open. Keep the old keys in the keyring and look into them.")

    def _subjects(self, report: dict[str, Any], waiting: int, size: int) -> None:
        done, broken, after = 0, list[UUID](), None
        with tqdm(total=waiting, desc="subject keys", unit="key", disable=None) as bar:
            moved = False
            while True:
                batch = subjects.rewrap_batch(size=size, after=after, skip=broken)
                done, moved, after = done + batch.done, moved or batch.done > 0, batch.last
                broken += batch.broken
                bar.update(batch.done + len(batch.broken))
                if after is None:
                    # Once more from the beginning, for rows that somebody held, until a round finds nothing.
                    if not moved:
                        break
                    moved = False
        report["tables"]["flowlet_vault_subjectkey.wrapped_key"] = {
            "done": done,
            "waiting": subjects.waiting_for_rewrap() - len(broken),
            "broken": [str(subject) for subject in broken],
        }

    def _column(self, report: dict[str, Any], column: columns.Column, size: int) -> None:
        seen, done, broken, after = 0, 0, [], None
        with tqdm(total=estimated(column.model._base_manager.all()), desc=column.name, unit="row", disable=None) as bar:
            while True:
                batch = columns.reseal_batch(column, after=after, size=size)
                seen, done, after = seen + batch.seen, done + batch.done, batch.last
                broken += batch.broken
                bar.update(batch.seen)
                if batch.seen < size:
                    break
        report["tables"][column.name] = {"seen": seen, "done": done, "broken": [str(key) for key in broken]}

    def _show(self, report: dict[str, Any], options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(report, indent=2))
            return
        self.stdout.write(f"Sealing key: {report['key']}{' (dry run, nothing changed)' if report['dry_run'] else ''}")
        for name, found in report["tables"].items():
            counts = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in found.items() if isinstance(value, int))
            self.stdout.write(f"  {name}: {counts}, broken {len(found.get('broken', []))}")
            for key in found.get("broken", [])[:SHOWN]:
                self.stdout.write(f"    does not open: {key}")
