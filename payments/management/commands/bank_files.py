"""bank_files: what banks said about payments, and what was left over, from the command line."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from flowlet.core.money import to_text
from payments.choices import InboundState
from payments.models import InboundFile, InboundItem
from payments.models.inbound_file import OPEN
from payments.services import inbound_files
from payments.services.inbound_files import Tally

TAKE = "payments.take_bank_file"


def counted(tally: Tally) -> str:
    """How many are where."""
    return ", ".join(f"{count} {state}" for state, count in asdict(tally).items() if count) or "nothing in it"


class Command(DeedCommand):
    help = (
        "List files from banks with what became of them, or what was left over (--left); have a file gone through again; close an item "
        "that somebody has seen to. import_bank_file takes new ones in."
    )
    shows = InboundFile
    list_options = (
        option("--left", action="store_true", help="the items that a person has to look at"),
        option("--limit", type=int, default=100),
    )
    deeds = (
        Deed(
            name="handle",
            model=InboundFile,
            permission=TAKE,
            service=inbound_files.handle,
            subject="file_id",
            is_atomic=False,
            told=lambda tally: f"{counted(tally)}.",
            help="go through what is left over once more",
        ),
        Deed(
            name="close",
            model=InboundItem,
            permission=TAKE,
            service=inbound_files.close_item,
            subject="item_id",
            reason=REQUIRED,
            help="an item needs no more",
        ),
    )

    def listed(self, *, left: bool, limit: int) -> Iterable[str]:
        """Files, the newest first; or what is left over, the oldest first."""
        if left:
            for item in (
                InboundItem.objects.filter(state__in=OPEN).select_related("file").defer("file__sealed").order_by("pk")[:limit]
            ):
                yield _item(item, item.file.name)
            return
        for row in InboundFile.objects.defer("sealed").order_by("-pk")[:limit]:
            yield line(
                row.public_id, row.name, row.format, f"{row.received_at:%Y-%m-%d %H:%M}", counted(inbound_files.tally(row))
            )

    def described(self, row: InboundFile) -> Iterable[tuple[str, Any]]:
        """The file, then its items."""
        yield from (
            ("File", row.public_id),
            ("Name", row.name),
            ("Format", row.get_format_display()),
            ("Made on", row.written_on),
            ("SHA-256", row.digest),
            ("Received", row.received_at),
            ("Became", counted(inbound_files.tally(row))),
        )
        for item in InboundItem.objects.filter(file=row).select_related("payment").order_by("ordinal"):
            yield str(item.ordinal), _item(item, item.payment.public_id if item.payment else "")


def _item(item: InboundItem, about: str) -> str:
    amount = "" if item.amount is None else f"{to_text(item.amount, item.currency)} {item.currency}"
    state = InboundState(item.state).label.lower()
    return line(item.public_id, item.get_kind_display(), item.code, item.cause, item.reference, amount, state, about, item.reason)
