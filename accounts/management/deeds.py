"""Commands that do what an officer's screen does: the same services, in the name of a member of staff, who has to hold the same right.

A command declares its deeds; each becomes a word on the command line, with its id, its own options, ``--as EMAIL`` and, where one is
asked for, ``--reason``::

    class Command(DeedCommand):
        help = "Decide payments."
        deeds = (
            Deed(name="release", model=Payment, permission="payments.decide_payment", service=payments.release, reason=REQUIRED),
        )

A command that the schedule runs as well is an ``ActingCommand``: with ``--as`` it needs the right of the page's button, without it the
system acts. Whoever may run commands may name anybody: the audit says that it was done from the command line, and by whom.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import Model

from accounts.services import staff
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.models import Approval
from flowlet.core import actors, clock
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError

REQUIRED, OPTIONAL, NONE = "required", "optional", ""
SHORTEST_REASON = 5
NOTHING = "Nothing to list."
MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Option:
    """One more argument of a deed: how it is written, how argparse reads it, and what the service calls it."""

    flag: str
    keyword: str
    reads: Mapping[str, Any]


def option(flag: str, *, keyword: str = "", **reads: Any) -> Option:
    """``option("--code", keyword="reason_code", required=True)``; without a keyword it is the flag's own word."""
    return Option(flag, keyword or flag.lstrip("-").replace("-", "_"), reads)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing a person can do from the command line.

    ``service`` is called with keywords: ``<subject>=row.<by>`` (rows of ``model`` only), the options, ``reason`` if one is taken,
    ``actor`` and ``at``. ``policy(row, actor)`` raises what a screen's button would say. ``told(result)`` is what is printed.
    """

    name: str
    permission: str
    service: Callable[..., Any]
    model: type[Model] | None = None
    subject: str = ""
    by: str = "pk"
    reason: str = NONE
    options: Sequence[Option] = ()
    policy: Callable[[Any, Actor], None] | None = None
    is_atomic: bool = True
    told: Callable[[Any], str] | None = None
    help: str = ""


class DeedCommand(BaseCommand):
    """A command of deeds. ``list_options`` and ``listed`` make the word ``list``; ``described`` makes ``show``; both only look. A list
    without lines says so on stderr.
    """

    deeds: Sequence[Deed] = ()
    list_options: Sequence[Option] = ()
    shows: type[Model] | None = None

    def listed(self, **wanted: Any) -> Iterable[str]:
        """One line per row."""
        raise NotImplementedError

    def described(self, row: Any) -> Iterable[tuple[str, Any]]:
        """What there is to know of a row, as pairs; what is empty is left out."""
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        """A word for the list, one for a row, one for each deed."""
        words = parser.add_subparsers(dest="deed", metavar="DEED", required=True)
        listing = words.add_parser("list", help="what there is")
        for one in self.list_options:
            listing.add_argument(one.flag, dest=one.keyword, **one.reads)
        if self.shows is not None:
            words.add_parser("show", help="all about one").add_argument("target", metavar=f"{self.shows.PREFIX}_…")
        for deed in self.deeds:
            self._add(words.add_parser(deed.name, help=deed.help or None), deed)

    @staticmethod
    def _add(word: Any, deed: Deed) -> None:
        if deed.model is not None:
            word.add_argument("target", metavar=f"{deed.model.PREFIX}_…")
        for one in deed.options:
            # A positional argument is named by its destination.
            named = {"dest": one.keyword} if one.flag.startswith("-") else {}
            word.add_argument(one.flag if named else one.keyword, **named, **one.reads)
        if deed.reason:
            word.add_argument("--reason", required=deed.reason == REQUIRED, default="", help="kept in the audit")
        word.add_argument("--as", dest="as", required=True, metavar="EMAIL", help="the member of staff who does it")

    def handle(self, *args: Any, **given: Any) -> None:
        """Look, or do; a refusal is said with its code."""
        name = given["deed"]
        if given.get("limit") is not None and not 1 <= given["limit"] <= MOST_ROWS:
            raise CommandError(f"--limit is 1 to {MOST_ROWS:,}.")
        try:
            if name == "list":
                lines = list(self.listed(**{one.keyword: given.get(one.keyword) for one in self.list_options}))
                for line in lines:
                    self.stdout.write(line)
                if not lines:
                    self.stderr.write(NOTHING)
            elif name == "show":
                self._show(row_of(self.shows, given["target"]))
            else:
                self.stdout.write(self.do(next(deed for deed in self.deeds if deed.name == name), given))
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None

    def do(self, deed: Deed, given: Mapping[str, Any]) -> str:
        """Do it; answers what is printed. Raises what the service raises, NotFound, Forbidden."""
        actor, at = staff.acting(email=given["as"], permission=deed.permission), clock.now()
        keywords = {one.keyword: given.get(one.keyword) for one in deed.options}
        if deed.reason:
            if deed.reason == REQUIRED and len(given["reason"].strip()) < SHORTEST_REASON:
                raise CommandError(f"Give a reason of at least {SHORTEST_REASON} characters.")
            keywords["reason"] = given["reason"].strip()
        if deed.model is not None:
            row = row_of(deed.model, given["target"])
            if deed.policy is not None:
                deed.policy(row, actor)
            keywords[deed.subject or f"{deed.model._meta.model_name}_id"] = getattr(row, deed.by)
        with transaction.atomic() if deed.is_atomic else nullcontext():
            result = deed.service(**keywords, actor=actor, at=at)
        if deed.told is not None:
            return deed.told(result)
        if isinstance(result, Approval) and result.status == ApprovalStatus.PENDING:
            return f"{result.public_id}: another person has to approve it."
        return f"{given.get('target', deed.name)}: done." if not isinstance(result, Model) else stands(result)

    def _show(self, row: Model) -> None:
        pairs = [(label, value) for label, value in self.described(row) if value not in (None, "", [])]
        width = max((len(label) for label, _ in pairs), default=0)
        for label, value in pairs:
            self.stdout.write(f"{label:<{width}}  {value}")


class ActingCommand(BaseCommand):
    """A command with options of its own that a person runs as well as the schedule.

    ``permission`` is what the page's button asks for. ``needs_person`` is for what the schedule never does.
    """

    permission: str
    needs_person = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Who does it."""
        default = "" if self.needs_person else " (default: the system)"
        words = f"the member of staff in whose name it is done{default}"
        parser.add_argument("--as", dest="person", required=self.needs_person, metavar="EMAIL", help=words)

    def actor(self, options: Mapping[str, Any], *, permission: str = "") -> Actor:
        """The person named, or the system under the command's name. Raises CommandError for a stranger and without the right."""
        if options["person"] is None:
            return actors.system(type(self).__module__.rpartition(".")[2])
        try:
            return staff.acting(email=options["person"], permission=permission or self.permission)
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None


def row_of(model: type[Model], public_id: str) -> Any:
    """The row with this public id. Raises NotFound, also for an id of another kind."""
    return model.fetch(public_id)


def stands(row: Any) -> str:
    """Such as ``pay_…  settled``: the row and how it stands."""
    for name in ("status", "state"):
        if hasattr(row, f"get_{name}_display"):
            return f"{row.public_id}  {getattr(row, f'get_{name}_display')().lower()}"
    return f"{row.public_id}  done"


def line(*cells: Any) -> str:
    """Cells of one line, the empty ones left out."""
    return "  ".join(str(cell) for cell in cells if cell not in (None, ""))


def write_new(path: Path, content: bytes) -> str:
    """Write a file that only its owner reads, and that is not there yet; answers where. Raises CommandError."""
    try:
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(content)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    return f"{path}: {len(content):,} bytes."
