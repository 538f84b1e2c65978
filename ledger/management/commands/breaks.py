"""Work on breaks and matches from the command line: what the workbench does, with the same services."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from flowlet.core import actors, clock
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import DomainError
from flowlet.core.money import to_text
from ledger.models import BankAccount, Break, Match
from ledger.selectors import reconciliation as questions
from ledger.services import breaks, matches, write_offs

DEEDS = ("list", "show", "take", "assign", "remark", "explain", "reopen", "match", "accept", "unmatch", "write-off")


class Command(BaseCommand):
    help = (
        "List breaks and work on them. TARGET is a break (brk_…), for accept and unmatch a match (mat_…), for match the code of a bank "
        "account with --items. take and write-off need --as."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("deed", choices=DEEDS)
        parser.add_argument("target", nargs="?", default="")
        parser.add_argument("--account", default="", help="list: code of one bank account")
        parser.add_argument("--without-owner", action="store_true", help="list: only those that nobody owns")
        parser.add_argument("--items", default="", help="match: numbers of the items, with commas (show tells them)")
        parser.add_argument("--owner", default="", help="assign: e-mail of a member of staff")
        parser.add_argument("--reason", default="", help="kept in the audit; the text of a remark")
        parser.add_argument("--as", dest="person", default="", metavar="EMAIL", help="the member of staff who does it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, "_" + options["deed"].replace("-", "_"))(options)
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None

    def _actor(self, options: dict[str, Any]) -> Actor:
        if not options["person"]:
            return actors.system("breaks")
        user = self._user(options["person"])
        return Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role_labels)

    def _user(self, email: str) -> User:
        user = User.objects.filter(email=email, is_active=True, is_staff=True).first()
        if user is None:
            raise CommandError(f"There is no member of staff {email!r}.")
        return user

    def _given(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"actor": self._actor(options), "at": clock.now()}

    def _break(self, options: dict[str, Any]) -> UUID:
        return Break.key(options["target"])

    def _list(self, options: dict[str, Any]) -> None:
        rows = questions.open_breaks().select_related("bank_account", "owner")
        if options["account"]:
            rows = rows.filter(bank_account__code=options["account"])
        if options["without_owner"]:
            rows = rows.filter(owner=None)
        today = clock.now().date()
        for row in rows:
            age = questions.age_bucket(opened_on=row.dated_on, today=today)
            owner = row.owner.email if row.owner else "nobody"
            self.stdout.write(
                f"{row.public_id}  {row.bank_account.code}  {to_text(row.amount, row.currency)} {row.currency}  {row.dated_on}  "
                f"{row.get_type_display()}  {row.get_state_display().lower()}, {age}, due {row.due_on}, {owner}"
            )

    def _show(self, options: dict[str, Any]) -> None:
        row = Break.objects.select_related("bank_account", "item__match").filter(pk=self._break(options)).first()
        if row is None:
            raise CommandError("There is no such break.")
        self.stdout.write(
            f"{row.public_id}  {row.get_type_display()}  {to_text(row.amount, row.currency)} {row.currency}  {row.dated_on}"
        )
        if row.item is not None:
            self.stdout.write(
                f"item {row.item_id}  {row.item.reference or 'without reference'}  {row.item.get_state_display().lower()}"
            )
            for other in questions.candidates_of(item=row.item):
                amount = to_text(other.amount, row.currency)
                self.stdout.write(f"  could be item {other.pk}  {amount}  {other.dated_on}  {other.reference}")
            if row.item.match is not None:
                self.stdout.write(f"  {row.item.match.public_id}  {row.item.match.reason}")
        for remark in row.remarks.order_by("id"):
            self.stdout.write(f"  {remark.created_at:%Y-%m-%d %H:%M}  {remark.author}: {remark.text}")

    def _take(self, options: dict[str, Any]) -> None:
        breaks.take(break_id=self._break(options), **self._given(options))
        self.stdout.write("Taken.")

    def _assign(self, options: dict[str, Any]) -> None:
        owner = self._user(options["owner"])
        breaks.assign(break_id=self._break(options), owner=owner, reason=options["reason"], **self._given(options))
        self.stdout.write(f"{owner.email} owns it now.")

    def _remark(self, options: dict[str, Any]) -> None:
        breaks.remark(break_id=self._break(options), text=options["reason"], **self._given(options))
        self.stdout.write("Remarked.")

    def _explain(self, options: dict[str, Any]) -> None:
        breaks.explain(break_id=self._break(options), reason=options["reason"], **self._given(options))
        self.stdout.write("Explained.")

    def _reopen(self, options: dict[str, Any]) -> None:
        breaks.reopen(break_id=self._break(options), reason=options["reason"], **self._given(options))
        self.stdout.write("Open again.")

    def _match(self, options: dict[str, Any]) -> None:
        account = BankAccount.objects.filter(code=options["target"]).first()
        numbers = [part.strip() for part in options["items"].split(",") if part.strip()]
        if account is None or not numbers or not all(number.isdecimal() for number in numbers):
            raise CommandError("Give the code of a bank account and --items 12,34.")
        made = matches.make(
            bank_account_id=account.pk, item_ids=[int(n) for n in numbers], reason=options["reason"], **self._given(options)
        )
        self.stdout.write(f"Matched as {made.public_id}.")

    def _accept(self, options: dict[str, Any]) -> None:
        made = matches.accept(match_id=Match.key(options["target"]), reason=options["reason"], **self._given(options))
        self.stdout.write(f"Matched as {made.public_id}.")

    def _unmatch(self, options: dict[str, Any]) -> None:
        matches.undo(match_id=Match.key(options["target"]), reason=options["reason"], **self._given(options))
        self.stdout.write("Undone.")

    def _write_off(self, options: dict[str, Any]) -> None:
        approval = write_offs.submit(break_id=self._break(options), reason=options["reason"], **self._given(options))
        self.stdout.write(f"{approval.public_id}: another person has to approve it now.")
