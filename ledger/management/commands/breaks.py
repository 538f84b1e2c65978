"""Work on breaks and matches from the command line: what the workbench does, with the same services and the same rights."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from accounts.management.deeds import OPTIONAL, REQUIRED, Deed, DeedCommand, line, option, row_of, write_new
from accounts.models import User
from accounts.roles import has_permission
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.errors import NotFound
from flowlet.core.money import to_text
from ledger.models import BankAccount, Break, BreakDocument, Match
from ledger.selectors import reconciliation as questions
from ledger.services import break_documents, breaks, matches, write_offs

WORK, RECONCILE = "ledger.work_break", "ledger.reconcile"


def assign(*, break_id: UUID, owner: str, reason: str, actor: Actor, at: datetime) -> Break:
    """To somebody who may work on breaks."""
    user = User.objects.filter(email__iexact=owner, is_active=True, is_staff=True).first()
    if user is None or not has_permission(user, WORK):
        raise NotFound(f"{owner} is no active member of staff who works on breaks.")
    return breaks.assign(break_id=break_id, owner=user, reason=reason, actor=actor, at=at)


def remark(*, break_id: UUID, reason: str, actor: Actor, at: datetime) -> Any:
    """The text is the remark."""
    return breaks.remark(break_id=break_id, text=reason, actor=actor, at=at)


def attach(*, break_id: UUID, file: Path, actor: Actor, at: datetime) -> BreakDocument:
    """A document from a file."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
    return break_documents.attach(break_id=break_id, name=file.name, content=content, actor=actor, at=at)


def download(*, document_id: UUID, to: Path, reason: str, actor: Actor, at: datetime) -> str:
    """A document in clear, into a new file that only its owner reads."""
    found = break_documents.take_out(document_id=document_id, reason=reason, actor=actor, at=at)
    return write_new(to / found.name if to.is_dir() else to, found.content)


def match(*, account: str, items: str, reason: str, actor: Actor, at: datetime) -> Match:
    """Items by their numbers."""
    found = BankAccount.objects.filter(code=account).first()
    numbers = [part.strip() for part in items.split(",") if part.strip()]
    if found is None or not numbers or not all(number.isdecimal() for number in numbers):
        raise CommandError("Give the code of a bank account and --items 12,34.")
    return matches.make(bank_account_id=found.pk, item_ids=[int(n) for n in numbers], reason=reason, actor=actor, at=at)


def _matched(made: Match) -> str:
    return f"Matched as {made.public_id}."


def _deed(name: str, service: Any, said: str, **more: Any) -> Deed:
    return Deed(
        **{"name": name, "model": Break, "permission": WORK, "subject": "break_id", "told": lambda _: said, "service": service}
        | more
    )


class Command(DeedCommand):
    help = (
        "List breaks and work on them: own, remark, explain, keep documents, match, accept a suggestion (mat_…), undo a match, ask for a "
        "write-off, which another person approves."
    )
    shows = Break
    list_options = (
        option("--account", default="", help="code of one bank account"),
        option("--without-owner", action="store_true", help="only those that nobody owns"),
    )
    deeds = (
        _deed("take", breaks.take, "Taken."),
        _deed(
            "assign",
            assign,
            "Assigned.",
            reason=OPTIONAL,
            options=(option("--owner", required=True, metavar="EMAIL", help="who works on it"),),
            told=lambda row: f"{row.owner.email} owns it now.",
        ),
        _deed("remark", remark, "Remarked.", reason=REQUIRED, help="--reason is the remark"),
        _deed("explain", breaks.explain, "Explained.", reason=REQUIRED),
        _deed("reopen", breaks.reopen, "Open again.", reason=REQUIRED),
        _deed(
            "attach",
            attach,
            "",
            options=(option("--file", required=True, type=Path, help="PDF, PNG, JPEG or plain text, 10 MB at most"),),
            told=lambda made: f"Added as {made.public_id}.",
        ),
        _deed(
            "download",
            download,
            "",
            model=BreakDocument,
            subject="document_id",
            permission="ledger.read_break_document",
            reason=REQUIRED,
            options=(option("--to", required=True, type=Path, metavar="PATH", help="a folder, or a file that is not there yet"),),
            told=str,
        ),
        _deed(
            "match",
            match,
            "",
            model=None,
            permission=RECONCILE,
            reason=REQUIRED,
            options=(
                option("account", metavar="ACCOUNT", help="code of a bank account"),
                option("--items", required=True, help="numbers of the items, with commas (show tells them)"),
            ),
            told=_matched,
        ),
        _deed(
            "accept", matches.accept, "", model=Match, subject="match_id", permission=RECONCILE, reason=OPTIONAL, told=_matched
        ),
        _deed("unmatch", matches.undo, "Undone.", model=Match, subject="match_id", permission=RECONCILE, reason=REQUIRED),
        _deed(
            "write-off",
            write_offs.submit,
            "",
            permission="ledger.request_write_off",
            reason=REQUIRED,
            told=lambda approval: f"{approval.public_id}: another person has to approve it now.",
        ),
    )

    def listed(self, *, account: str, without_owner: bool) -> Iterable[str]:
        """Open and explained ones."""
        rows = questions.open_breaks().select_related("bank_account", "owner")
        if account:
            rows = rows.filter(bank_account__code=account)
        if without_owner:
            rows = rows.filter(owner=None)
        today = clock.now().date()
        for row in rows:
            age = questions.age_bucket(opened_on=row.dated_on, today=today)
            yield line(
                row.public_id,
                row.bank_account.code,
                f"{to_text(row.amount, row.currency)} {row.currency}",
                row.dated_on,
                row.get_type_display(),
                f"{row.get_state_display().lower()}, {age}, due {row.due_on}, {row.owner.email if row.owner else 'nobody'}",
            )

    def _show(self, row: Any) -> None:
        """With what it could belong to, its match, documents and remarks."""
        row = Break.objects.select_related("bank_account", "item__match").get(pk=row_of(Break, row.public_id).pk)
        amount = f"{to_text(row.amount, row.currency)} {row.currency}"
        self.stdout.write(line(row.public_id, row.get_type_display(), amount, row.dated_on))
        if row.item is not None:
            state = row.item.get_state_display().lower()
            self.stdout.write(line(f"item {row.item_id}", row.item.reference or "without reference", state))
            for other in questions.candidates_of(item=row.item):
                amount = to_text(other.amount, row.currency)
                self.stdout.write(f"  could be item {other.pk}  {amount}  {other.dated_on}  {other.reference}")
            if row.item.match is not None:
                self.stdout.write(f"  {row.item.match.public_id}  {row.item.match.reason}")
        for document in row.documents.defer("sealed").order_by("id"):
            self.stdout.write(f"  {document.public_id}  {document.name}, {document.size:,} bytes")
        for remark in row.remarks.order_by("id"):
            self.stdout.write(f"  {remark.created_at:%Y-%m-%d %H:%M}  {remark.author}: {remark.text}")
