"""A whole book as files: accounts, journals, entries, remarks, rates, seals, and a manifest that says what they hold.

The export is of one moment: everything below the commit horizon when it began, which nothing can be added to. Journals are read
by key, so it needs little memory and no long transaction, and a broken run goes on where it stopped: after each chunk the state
file says how far each file is good. A file carries its name only when it is complete, and the manifest (with sizes and SHA-256)
is written last. Accounts, remarks on the journals, and the platform's exchange rates stand as they are when the run (the last one,
if one broke off) begins; the latter two are only ever added to.

``docs/guides/evidence.md`` describes the files. Texts are exact in both formats, also those that a spreadsheet would compute.
"""

import csv
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.db import connection

from flowlet.core import money
from flowlet.core.errors import Conflict
from flowlet.db.transactions import HORIZON
from ledger.models import Account, Annotation, Book, Entry, Journal, Period, Rate, SealBlock

CHUNK = 2000
STATE, MANIFEST = "export.state.json", "manifest.json"
FORMATS = ("jsonl", "csv")
COLUMNS = {
    "accounts": (
        "id", "code", "name", "line", "line_name", "type", "normal_side", "currency", "mode", "floor", "status", "owner",
        "metadata",
    ),
    "journals": (
        "id", "kind", "effective_on", "posted_at", "posted_xid", "leg_count", "reverses", "external_id", "description", "cause", "actor",
        "metadata",
    ),
    "entries": ("journal", "ordinal", "account", "side", "amount", "currency", "effective_on", "posted_at", "seq", "balance_after"),
    "annotations": ("id", "journal", "text", "author", "created_at"),
    "rates": ("base", "quote", "valid_on", "rate", "source", "recorded_at"),
    "seals": ("number", "from_xid", "to_xid", "previous_hash", "hash", "sealed_at"),
}  # fmt: skip


class ExportMismatch(Conflict):
    """The directory holds an export of another book, or in another format."""

    code, title = "ledger.export_mismatch", "The directory holds another export"


def export(
    *, book: Book, directory: Path, format: str = "jsonl", progress: Callable[[int], None] = lambda count: None
) -> dict[str, Any]:
    """Write the book to a directory, or go on with an export that broke off there; answers the manifest.

    ``progress`` is told how many journals a chunk had. Raises ExportMismatch.
    """
    directory.mkdir(parents=True, exist_ok=True)
    state = _state(book, directory, format)
    accounts = {account.pk: account for account in Account.objects.filter(book=book).select_related("line").order_by("pk")}
    for name, rows in (
        ("accounts", map(_account, accounts.values())),
        ("annotations", _annotations(book, state["to_xid"])),
        ("rates", _rates()),
        ("seals", _seals(state["to_xid"])),
    ):
        _whole(directory, name, format, rows)
    progress(state["count"])
    while not state["is_complete"]:
        journals = list(
            Journal.objects.filter(
                book=book, posted_xid__lt=state["to_xid"], **({"pk__gt": state["after"]} if state["after"] else {})
            )
            .order_by("pk")
            .defer("book")[:CHUNK]
        )
        entries = Entry.objects.filter(journal_id__in=[journal.pk for journal in journals]).order_by("journal_id", "ordinal")
        public = {journal.pk: journal.public_id for journal in journals}
        for name, rows in (
            ("journals", map(_journal, journals)),
            ("entries", (_entry(entry, public, accounts[entry.account_id].public_id) for entry in entries)),
        ):
            state["offsets"][name] = _append(
                directory / f"{name}.{format}.part", state["offsets"].get(name, 0), name, format, rows
            )
        state["count"] += len(journals)
        state["is_complete"] = len(journals) < CHUNK
        state["after"] = str(journals[-1].pk) if journals else state["after"]
        _save(directory / STATE, state)
        progress(len(journals))
    return _finish(book, directory, format, state)


def _state(book: Book, directory: Path, format: str) -> dict[str, Any]:
    """Where a broken run stopped, or the start of a new one."""
    path = directory / STATE
    if path.exists():
        state = json.loads(path.read_text())
        if (state["book"], state["format"]) != (book.public_id, format):
            raise ExportMismatch(f"{directory} holds a {state['format']} export of {state['book']}.")
        return state
    if (directory / MANIFEST).exists():
        raise ExportMismatch(f"{directory} holds a finished export already.")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {HORIZON}")
        horizon = cursor.fetchone()[0]
    state = {
        "book": book.public_id, "format": format, "to_xid": horizon, "after": "", "count": 0, "offsets": {}, "is_complete": False,
    }  # fmt: skip
    _save(path, state)
    return state


def _finish(book: Book, directory: Path, format: str, state: dict[str, Any]) -> dict[str, Any]:
    files = {}
    for name in COLUMNS:
        path, part = directory / f"{name}.{format}", directory / f"{name}.{format}.part"
        if part.exists():
            os.replace(part, path)
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        files[path.name] = {"bytes": path.stat().st_size, "sha256": digest.hexdigest()}
    head = SealBlock.objects.filter(to_xid__lte=state["to_xid"]).order_by("-number").first()
    periods = Period.objects.filter(book=book).order_by("starts_on")
    manifest = {
        "book": book.public_id,
        "name": book.name,
        "time_zone": book.time_zone,
        "reporting_currency": book.reporting_currency,
        "below_transaction": state["to_xid"],
        "journals": state["count"],
        "seal_head": None if head is None else {"number": head.number, "hash": bytes(head.hash).hex(), "to_xid": head.to_xid},
        "periods": [{"starts_on": str(p.starts_on), "ends_on": str(p.ends_on), "status": p.status} for p in periods],
        "files": files,
    }
    _save(directory / MANIFEST, manifest)
    (directory / STATE).unlink()
    return manifest


def _whole(directory: Path, name: str, format: str, rows: Iterable[dict[str, Any]]) -> None:
    """A small file in one go."""
    part = directory / f"{name}.{format}.part"
    part.unlink(missing_ok=True)
    _append(part, 0, name, format, rows)
    os.replace(part, directory / f"{name}.{format}")


def _append(path: Path, offset: int, name: str, format: str, rows: Iterable[dict[str, Any]]) -> int:
    """Write rows after the first ``offset`` bytes, durably; what a broken run left behind them is cut off. Answers the new size."""
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(offset)
        file.seek(offset)
        if format == "csv" and offset == 0:
            file.write(_csv(COLUMNS[name]))
        for row in rows:
            file.write(_line(row, name, format))
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def _line(row: dict[str, Any], name: str, format: str) -> bytes:
    if format == "jsonl":
        return json.dumps({key: row[key] for key in COLUMNS[name]}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    cells = (row[key] for key in COLUMNS[name])
    return _csv(
        json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict) else "" if cell is None else cell for cell in cells
    )


def _csv(cells: Iterable[Any]) -> bytes:
    target = io.StringIO()
    csv.writer(target).writerow(cells)
    return target.getvalue().encode()


def _save(path: Path, content: dict[str, Any]) -> None:
    """Replace a small JSON file as a whole."""
    part = path.with_suffix(".tmp")
    with part.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def _account(account: Account) -> dict[str, Any]:
    line = account.line
    return {
        "id": account.public_id,
        "code": account.code,
        "name": account.name,
        "line": line.code,
        "line_name": line.name,
        "type": line.type,
        "normal_side": account.normal_side,
        "currency": account.currency,
        "mode": account.mode,
        "floor": None if account.floor is None else money.to_text(account.floor, account.currency),
        "status": account.status,
        "owner": account.owner,
        "metadata": account.metadata,
    }


def _journal(journal: Journal) -> dict[str, Any]:
    return {
        "id": journal.public_id,
        "kind": journal.kind,
        "effective_on": str(journal.effective_on),
        "posted_at": journal.posted_at.isoformat(),
        "posted_xid": journal.posted_xid,
        "leg_count": journal.leg_count,
        "reverses": Journal(pk=journal.reverses_id).public_id if journal.reverses_id else None,
        "external_id": journal.external_id,
        "description": journal.description,
        "cause": journal.cause,
        "actor": journal.actor,
        "metadata": journal.metadata,
    }


def _entry(entry: Entry, journals: dict[Any, str], account: str) -> dict[str, Any]:
    return {
        "journal": journals[entry.journal_id],
        "ordinal": entry.ordinal,
        "account": account,
        "side": entry.side,
        "amount": money.to_text(entry.amount, entry.currency),
        "currency": entry.currency,
        "effective_on": str(entry.effective_on),
        "posted_at": entry.posted_at.isoformat(),
        "seq": entry.seq,
        "balance_after": None if entry.balance_after is None else money.to_text(entry.balance_after, entry.currency),
    }


def _annotations(book: Book, to_xid: int) -> Iterator[dict[str, Any]]:
    """The remarks on the journals that the export holds, oldest first."""
    found = Annotation.objects.filter(journal__book=book, journal__posted_xid__lt=to_xid).order_by("pk")
    for remark in found.iterator(chunk_size=CHUNK):
        yield {
            "id": remark.public_id,
            "journal": Journal(pk=remark.journal_id).public_id,
            "text": remark.text,
            "author": remark.author,
            "created_at": remark.created_at.isoformat(),
        }


def _rates() -> Iterator[dict[str, Any]]:
    """All exchange rates, in the order in which they were added."""
    for rate in Rate.objects.order_by("pk").iterator(chunk_size=CHUNK):
        yield {
            "base": rate.base,
            "quote": rate.quote,
            "valid_on": str(rate.valid_on),
            "rate": f"{rate.rate:f}",
            "source": rate.source,
            "recorded_at": rate.recorded_at.isoformat(),
        }


def _seals(to_xid: int) -> Iterator[dict[str, Any]]:
    found = (
        SealBlock.objects.filter(to_xid__lte=to_xid)
        .order_by("number")
        .values_list("number", "from_xid", "to_xid", "previous_hash", "hash", "sealed_at")
    )
    for number, start, end, previous, own, sealed_at in found.iterator(chunk_size=CHUNK):
        yield {
            "number": number,
            "from_xid": start,
            "to_xid": end,
            "previous_hash": bytes(previous).hex(),
            "hash": bytes(own).hex(),
            "sealed_at": sealed_at.isoformat(),
        }
