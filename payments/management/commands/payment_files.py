"""payment_files: what the page of a payment file does, from the command line."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from accounts.management.deeds import OPTIONAL, REQUIRED, Deed, DeedCommand, line, option, write_new
from flowlet.core.actors import Actor
from flowlet.core.money import to_text
from payments.choices import BatchStatus
from payments.models import Batch
from payments.services import file_comparison, settlement

RELEASE = "payments.release_file"


def _deed(name: str, service: Any, **more: Any) -> Deed:
    return Deed(name=name, model=Batch, permission=RELEASE, service=service, subject="batch_id", **more)


def acknowledge(*, batch_id: UUID, reason: str, actor: Actor, at: datetime) -> Batch:
    """The bank took it."""
    return settlement.answer(batch_id=batch_id, accepted=True, text=reason, actor=actor, at=at)


def reject(*, batch_id: UUID, reason: str, actor: Actor, at: datetime) -> Batch:
    """The bank refused it."""
    return settlement.answer(batch_id=batch_id, accepted=False, text=reason, actor=actor, at=at)


def download(*, batch_id: UUID, to: Path, reason: str, actor: Actor, at: datetime) -> str:
    """The file in clear, into a new one that only its owner reads."""
    found = file_comparison.download(batch_id=batch_id, reason=reason, actor=actor, at=at)
    return write_new(to / found.name if to.is_dir() else to, found.content)


class Command(DeedCommand):
    help = (
        "List payment files, release (above the threshold somebody else than who built it), deliver, book the bank's answer, build again "
        "and compare, take out. run_settlement builds them."
    )
    shows = Batch
    list_options = (
        option("--status", choices=BatchStatus.values, type=str.upper, help="BUILT are those that wait for a person"),
        option("--limit", type=int, default=100),
    )
    deeds = (
        _deed("release", settlement.release, help="let a built file go"),
        _deed("deliver", settlement.deliver, is_atomic=False, help="hand a released file to its bank, once"),
        _deed("acknowledge", acknowledge, reason=OPTIONAL, help="the bank took it"),
        _deed("reject", reject, reason=REQUIRED, help="the bank refused it: its payments fail, their money is back"),
        _deed("compare", file_comparison.compare, told=lambda found: found.words, help="build it again, compare byte by byte"),
        _deed(
            "download",
            download,
            reason=REQUIRED,
            options=(option("--to", required=True, type=Path, metavar="PATH", help="a folder, or a file that is not there yet"),),
            told=str,
            help="the file in clear; it names people",
        ),
    )

    def listed(self, *, status: str | None, limit: int) -> Iterable[str]:
        """The newest first."""
        rows = Batch.objects.select_related("partner").defer("sealed").order_by("-pk")
        for row in (rows.filter(status=status) if status else rows)[:limit]:
            yield line(
                row.public_id,
                row.file_name,
                row.rail,
                f"{row.count} payments",
                f"{to_text(row.total, row.currency)} {row.currency}",
                row.get_status_display().lower(),
                "two people" if row.needs_two else "",
                row.partner,
            )

    def described(self, row: Batch) -> Iterable[tuple[str, Any]]:
        """As on the page."""
        return (
            ("File", row.public_id),
            ("Name", row.file_name),
            ("Partner", row.partner),
            ("Rail", f"{row.get_rail_display()}, {row.get_direction_display().lower()}"),
            ("State", row.get_status_display()),
            ("Payments", row.count),
            ("Total", f"{to_text(row.total, row.currency)} {row.currency}"),
            ("Value day", row.value_on),
            ("SHA-256", row.digest),
            ("Built by", row.built_by),
            ("Released by", row.released_by),
            ("Takes", "two people" if row.needs_two else "one person, or the run itself"),
            ("Delivered", row.delivered_at),
            ("The bank says", row.answer),
        )
