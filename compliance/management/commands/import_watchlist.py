"""import_watchlist: bring a new version of a watchlist in, or see what it would change."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from accounts.management.deeds import ActingCommand
from compliance.models import WatchlistVersion
from compliance.providers.watchlists import formats
from compliance.services import watchlist_imports
from compliance.services.watchlist_imports import Plan
from flowlet.core import clock
from flowlet.core.errors import DomainError

SHOWN = 50


class Command(ActingCommand):
    permission = "compliance.import_watchlist"
    needs_person = True
    help = (
        "Bring in a new version of a watchlist from a folder with the publisher's files: ofac-sdn, ofac-cons, un, eu, uk, uk-sanctions,"
        " pep-us-congress, or own-… and pep-… for a list in our own CSV form. A file of a set that is not there stays as it is in"
        " force. Prints the difference and every refused row. Done as a whole or not at all; the same files are refused. Exit code 1"
        " when rows were refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="SOURCE", help="which list, such as ofac-sdn")
        parser.add_argument("--dir", type=Path, required=True, metavar="DIR", help="the folder with its files")
        parser.add_argument("--dry-run", action="store_true", help="show the difference and write nothing")
        parser.add_argument(
            "--published-on",
            type=date.fromisoformat,
            metavar="DAY",
            help="for lists that do not say it themselves, as 2026-01-31",
        )
        parser.add_argument("--title", default="", help="what a list in our own form is called; counts at its first import")
        parser.add_argument("--reason", default="", help="kept in the audit")
        parser.add_argument("--accept-older", action="store_true", help="the list goes back to files that were in force before")
        parser.add_argument("--accept-removals", action="store_true", help="it is right that many entries leave the list")
        parser.add_argument("--all", action="store_true", help=f"every change and refused row, not the first {SHOWN}")
        parser.add_argument("--json", action="store_true", help="answer as JSON, with all of them")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        actor = self.actor(options)
        try:
            files = formats.load(formats.named(options["source"]), options["dir"])
            what = {
                "code": options["source"],
                "files": files,
                "title": options["title"],
                "published_on": options["published_on"],
                "allow_older": options["accept_older"],
                "allow_removals": options["accept_removals"],
            }
            plan = watchlist_imports.examine(**what)
            version = None
            if not options["dry_run"]:
                with tqdm(unit=" entries", desc="Importing", disable=True if options["json"] else None) as bar:

                    def step(done: int, total: int) -> None:
                        bar.total = total
                        bar.update(done - bar.n)

                    version = watchlist_imports.bring_in(
                        **what, plan=plan, reason=options["reason"], actor=actor, at=clock.now(), told=step
                    )
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(plan, version)))
        else:
            for line in _lines(plan, version, shown=None if options["all"] else SHOWN):
                self.stdout.write(line)
        if plan.reading.refused:
            raise SystemExit(1)


def _as_json(plan: Plan, version: WatchlistVersion | None) -> dict[str, Any]:
    changes = plan.difference
    return {
        "watchlist": plan.format.code,
        "version": version.public_id if version else None,
        "number": version.number if version else None,
        "is_dry_run": version is None,
        "published_on": plan.published_on.isoformat() if plan.published_on else None,
        "entries": len(plan.after),
        "files": [
            {
                "role": one.source.role,
                "name": one.source.name,
                "sha256": one.digest,
                "is_carried_over": one.is_carried_over,
                "rows": tally.rows,
                "taken": tally.taken,
                "refused": tally.refused,
            }
            for one, tally in zip(plan.files, plan.reading.files, strict=True)
        ],
        "added": list(changes.added),
        "changed": {entry: list(fields) for entry, fields in changes.changed.items()},
        "renamed": sorted(changes.renamed),
        "removed": list(changes.removed),
        "refused": [{"file": row.file, "line": row.line, "reason": row.reason} for row in plan.reading.refused],
        "not_understood": {what: dict(texts) for what, texts in plan.reading.not_understood.items()},
    }


def _lines(plan: Plan, version: WatchlistVersion | None, *, shown: int | None) -> Iterable[str]:
    changes = plan.difference
    yield from _some([f"+ {one}  {_name(plan, one)}" for one in changes.added], "added", shown)
    yield from _some([_change(plan, one, fields) for one, fields in changes.changed.items()], "changed", shown)
    yield from _some([f"- {one}  {_name(plan, one)}" for one in changes.removed], "removed", shown)
    yield from _some(
        [f"refused: {row.file} line {row.line}: {row.reason}" for row in plan.reading.refused], "refused rows", shown
    )
    for what, texts in plan.reading.not_understood.items():
        said = ", ".join(f"{text!r} ({count})" for text, count in list(texts.items())[:10])
        yield f"{what} not understood, kept in the remarks: {said}{' …' if len(texts) > 10 else ''}"
    for one, tally in zip(plan.files, plan.reading.files, strict=True):
        how = "as it is in force" if one.is_carried_over else "new"
        yield f"{one.source.name} ({one.source.role}, {how}): {tally.rows:,} rows, {tally.taken:,} taken, {tally.refused:,} refused"
    counted = (
        f"{len(plan.after):,} entries: {len(changes.added):,} added, {len(changes.changed):,} changed"
        f" ({len(changes.renamed):,} renamed), {len(changes.removed):,} removed"
    )
    if version is None:
        yield f"{plan.format.code}: {counted}. Nothing was written."
    else:
        yield f"{version.public_id}  {plan.format.code} version {version.number}: {counted}."


def _name(plan: Plan, entry_id: str) -> str:
    found = plan.after.get(entry_id) or plan.before[entry_id]
    return found.names[0].text


def _change(plan: Plan, entry_id: str, fields: Iterable[str]) -> str:
    said = ", ".join(name.replace("_", " ") for name in fields)
    if entry_id in plan.difference.renamed:
        return f"~ {entry_id}  {plan.before[entry_id].names[0].text} is now {_name(plan, entry_id)}; {said}"
    return f"~ {entry_id}  {_name(plan, entry_id)}: {said}"


def _some(lines: list[str], what: str, shown: int | None) -> Iterable[str]:
    yield from lines[:shown]
    if shown is not None and len(lines) > shown:
        yield f"… and {len(lines) - shown:,} more {what}."
