"""Give the audit trail to an auditor, as lines of JSON."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime
from tqdm import tqdm

from flowlet.audit.models import Record
from flowlet.audit.selectors import chain, records
from flowlet.audit.services import log
from flowlet.core import actors, clock


class Command(BaseCommand):
    help = (
        "Write audit records, oldest first, one JSON object a line; personal values stay encrypted. The export itself is audited."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="where to; - is the standard output")
        parser.add_argument("--since", metavar="MOMENT", help="from this ISO 8601 moment on")
        parser.add_argument("--until", metavar="MOMENT", help="before this moment")
        parser.add_argument("--target", default="", metavar="ID", help="only what was done to the thing with this public id")
        parser.add_argument("--actor", default="", metavar="ID", help="only what this actor did")
        parser.add_argument("--reason", required=True, help="why; kept in the audit")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["reason"].strip():
            raise CommandError("--reason says why; it is kept in the audit.")
        wanted = {name: options[name] for name in ("target", "actor")}
        moments = {name: _moment(options[name], name) for name in ("since", "until")}
        found = records.matching(**wanted, **moments)
        name = options["file"]
        if name == "-":
            count = self._write(found, self.stdout)
        else:
            path = Path(name)
            if path.exists():
                raise CommandError(f"{path} is there already.")
            with path.open("x", encoding="utf-8") as file:
                path.chmod(0o600)
                count = self._write(found, file)
        log.record(
            action="audit.exported",
            actor=actors.system("export_audit"),
            at=clock.now(),
            target="audit",
            reason=options["reason"],
            after={"records": count, **wanted, **moments},
        )
        sys.stderr.write(f"{count} records; newest block {chain.head() or 'none'}.\n")

    def _write(self, found: Any, file: TextIO) -> int:
        count = 0
        with tqdm(unit=" records", desc="Exporting", disable=None) as bar:
            for record in found.iterator(chunk_size=1000):
                file.write(json.dumps(_line(record), ensure_ascii=False) + "\n")
                count += 1
                bar.update()
        return count


def _moment(text: str | None, name: str) -> datetime | None:
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise CommandError(f"--{name} is a moment with its zone, such as 2026-03-01T00:00:00Z.")
    return found


def _line(record: Record) -> dict[str, Any]:
    return {
        "id": record.pk,
        "at": record.at.isoformat(),
        "action": record.action,
        "target": record.target,
        "partner_id": str(record.partner_id) if record.partner_id else None,
        "actor": {
            "kind": record.actor_kind,
            "id": record.actor_id,
            "label": record.actor_label,
            "ip": record.actor_ip,
            "request_id": record.request_id,
        },
        "reason": record.reason,
        "before": record.before,
        "after": record.after,
        "subject_id": str(record.subject_id) if record.subject_id else None,
        "personal": bytes(record.personal).hex() if record.personal is not None else None,
        "recorded_xid": record.recorded_xid,
    }
