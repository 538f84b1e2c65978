"""Bank statements, their lines, and matches: what was said, what was made of it."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from flowlet.backoffice import ReadOnlyAdmin, Transition, cells, panels, site
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from flowlet.core.states import IllegalMove, check_move
from ledger import errors
from ledger.admin import people, reconciling
from ledger.choices import MatchPass, MatchState
from ledger.models import BankStatement, Match, ReconciliationItem, StatementLine
from ledger.services import bank_statements, matches
from ledger.states import MATCH_MOVES

SHOWN = 100


def _balances(statement: BankStatement) -> list[tuple[str, Any]]:
    currency = statement.bank_account.currency
    if statement.opening is None or statement.closing is None:
        return [("Proves", "nothing; it tells more of a statement's lines")]
    return [
        ("Opening", Money(statement.opening, currency)),
        ("Lines", Money(statement.closing - statement.opening, currency)),
        ("Closing", Money(statement.closing, currency)),
        ("Continues", statement.previous),
    ]


def _file(statement: BankStatement) -> list[tuple[str, Any]]:
    file = statement.file
    return [
        ("Name", file.name),
        ("SHA-256", cells.code(file.sha256)),
        ("Bytes", f"{file.size:,}"),
        ("Received", file.received_at),
        ("By", people.one(file.received_by)),
    ]


def _lines(statement: BankStatement) -> list[tuple[Any, ...]]:
    currency = statement.bank_account.currency
    rows = StatementLine.objects.filter(statement=statement).select_related("item").order_by("number")[:SHOWN]
    return [
        (
            row.number,
            row.booked_on,
            cells.link(row, _reference(row)),
            row.party_hint,
            Money(row.amount, currency),
            reconciling.state_badge(row.item) if hasattr(row, "item") else cells.badge("not reconciled"),
        )
        for row in rows
    ]


def _reference(line: StatementLine) -> str:
    return next((texts[0] for texts in line.references.values() if texts), "without reference")


class BankStatementAdmin(ReadOnlyAdmin):
    """One statement."""

    section, icon, menu_order = "Books", "receipt_long", 16
    menu_title = "Bank statements"
    list_display = ("account", "days", "format", "sequence", "line_count", "opened", "closed", "recorded_at")
    figures = ("sequence", "line_count", "opened", "closed")
    list_select_related = ("bank_account",)
    list_filter = (reconciling.BankAccountFilter, "is_proof")
    panels = (
        panels.Facts(
            title="Statement", fields=("bank_account", "format", "reference", "sequence", "from_on", "to_on", "line_count")
        ),
        panels.Facts(title="Balances", rows=_balances),
        panels.Facts(title="File", rows=_file),
        panels.Table(
            title="Lines",
            columns=("No.", "Booked", "Reference", "Party", "Amount", "State"),
            figures=("Amount",),
            rows=_lines,
            empty="The bank booked nothing.",
            note=f"The first {SHOWN}.",
        ),
        panels.History(),
    )

    @admin.display(description="bank account")
    def account(self, statement: BankStatement) -> Any:
        """Its code."""
        return statement.bank_account.code

    @admin.display(description="days")
    def days(self, statement: BankStatement) -> str:
        """From and to."""
        return str(statement)

    @admin.display(description="opening")
    def opened(self, statement: BankStatement) -> Any:
        """Balance."""
        return cells.money(None if statement.opening is None else Money(statement.opening, statement.bank_account.currency))

    @admin.display(description="closing")
    def closed(self, statement: BankStatement) -> Any:
        """Balance."""
        return cells.money(None if statement.closing is None else Money(statement.closing, statement.bank_account.currency))

    def title_of(self, obj: BankStatement) -> str:
        """Account and days."""
        return f"{obj.bank_account.code}, {obj}"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With its account; the file's content stays where it is."""
        return super().get_queryset(request).select_related("file", "previous").defer("file__content")


def _references(line: StatementLine) -> list[tuple[str, Any]]:
    return [(kind.replace("_", " ").capitalize(), ", ".join(texts)) for kind, texts in line.references.items()]


def _details(line: StatementLine) -> list[tuple[Any, ...]]:
    currency = line.statement.bank_account.currency
    rows = line.details.order_by("number")[:SHOWN]
    return [
        (
            row.number,
            ", ".join(text for texts in row.references.values() for text in texts),
            row.party_hint,
            row.return_code,
            None if row.amount is None else Money(row.amount, currency),
        )
        for row in rows
    ]


def _masked(line: StatementLine) -> list[tuple[str, Any]]:
    return [("Party", line.party_hint), ("Text", "••••" if line.personal else "")]


def _reveal(line: StatementLine, *, actor: Actor, at: datetime, reason: str) -> list[tuple[str, Any]]:
    return list(bank_statements.reveal(line=line).items())


def _made_of_it(line: StatementLine) -> list[tuple[Any, ...]]:
    item = ReconciliationItem.objects.filter(line=line).select_related("line", "journal").first()
    if item is None:
        return []
    group = [item]
    if item.match_id is not None:
        group = list(
            ReconciliationItem.objects.filter(match_id=item.match_id)
            .select_related("line", "journal")
            .order_by("-side", "id")[:SHOWN]
        )
    return reconciling.rows_of(group, line.statement.bank_account.currency)


class StatementLineAdmin(ReadOnlyAdmin):
    """One line."""

    section, icon, menu_order = "Books", "receipt", 17
    menu_title = "Lines of statements"
    in_menu = False
    list_display = ("booked_on", "account", "reference", "party_hint", "figure")
    figures = ("figure",)
    list_select_related = ("statement__bank_account",)
    panels = (
        panels.Facts(
            title="Line",
            fields=("statement", "number", "booked_on", "value_on", "code", "return_code", "is_reversal"),
            rows=lambda line: [("Amount", Money(line.amount, line.statement.bank_account.currency))],
        ),
        panels.Facts(title="References", rows=_references),
        panels.Revealable(title="Other side", masked=_masked, reveal=_reveal, reveal_permission="ledger.reveal_statement_party"),
        panels.Table(
            title="Matched with",
            columns=reconciling.COLUMNS,
            figures=("Amount",),
            rows=_made_of_it,
            empty="It is not reconciled: it only tells more of a statement's line.",
        ),
        panels.Table(
            title="Payments inside",
            columns=("No.", "References", "Party", "Return", "Amount"),
            figures=("Amount",),
            rows=_details,
            empty="The bank gives none.",
        ),
    )

    @admin.display(description="bank account")
    def account(self, line: StatementLine) -> Any:
        """Its code."""
        return line.statement.bank_account.code

    @admin.display(description="reference")
    def reference(self, line: StatementLine) -> str:
        """The first."""
        return _reference(line)

    @admin.display(description="amount")
    def figure(self, line: StatementLine) -> Any:
        """Signed."""
        return cells.money(Money(line.amount, line.statement.bank_account.currency))

    def title_of(self, obj: StatementLine) -> str:
        """Never personal data."""
        return f"{obj.statement.bank_account.code}, {obj.statement}, line {obj.number}"


def _members(match: Match) -> list[tuple[Any, ...]]:
    where = {"pk__in": match.former_items} if match.state == MatchState.UNDONE else {"match": match}
    rows = (
        ReconciliationItem.objects.filter(**where).select_related("line", "journal").order_by("-side", "dated_on", "id")[:SHOWN]
    )
    return reconciling.rows_of(list(rows), match.bank_account.currency)


def _facts(match: Match) -> list[tuple[str, Any]]:
    who, currency = people.named([match.made_by, match.undone_by]), match.bank_account.currency
    optional = [
        ("Difference", Money(match.difference, currency), match.difference),
        ("Difference booked by", match.difference_journal, match.difference_journal),
        ("Undone", match.undone_at, match.undone_at),
        ("Undone by", who.get(match.undone_by), match.undone_by),
        ("Undone because", match.undone_reason, match.undone_reason),
    ]
    return [
        ("Amount", Money(match.amount, currency)),
        ("Bank account", cells.link(match.bank_account, match.bank_account.name or match.bank_account.code)),
        ("Found by", match.get_found_by_display()),
        ("Why", match.reason),
        ("Made", match.made_at),
        ("Made by", who.get(match.made_by, cells.DASH)),
        *panels.known(optional),
    ]


def _undoable(match: Match, actor: Actor) -> None:
    check_move(MATCH_MOVES, match.state, MatchState.UNDONE)
    if match.found_by == MatchPass.WRITE_OFF:
        raise errors.MatchNotUndoable("It was written off; reverse the write-off's journal.")


class MatchAdmin(ReadOnlyAdmin):
    """One match."""

    section, icon, menu_order = "Books", "join_inner", 18
    list_display = ("made_at", "account", "how", "reason", "figure", "status")
    figures = ("figure",)
    list_select_related = ("bank_account",)
    list_filter = (reconciling.BankAccountFilter, "state", "found_by")
    version_fields = ("state",)
    hidden_refusals = (IllegalMove,)
    panels = (
        panels.Facts(
            title="Match",
            rows=_facts,
        ),
        panels.Table(
            title="Side by side", columns=reconciling.COLUMNS, figures=("Amount",), rows=_members, note=f"The first {SHOWN}."
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="undo",
            label="Undo",
            key="x",
            style="danger",
            permission="ledger.reconcile",
            service=matches.undo,
            policy=_undoable,
            reason_required=True,
            confirm="Its lines and entries are open again, and no run makes this match anew. A booked difference is reversed.",
        ),
    )

    @admin.display(description="bank account")
    def account(self, match: Match) -> Any:
        """Its code."""
        return match.bank_account.code

    @admin.display(description="how")
    def how(self, match: Match) -> Any:
        """By which evidence."""
        return match.get_found_by_display()

    @admin.display(description="amount")
    def figure(self, match: Match) -> Any:
        """The bank's sum."""
        return cells.money(Money(match.amount, match.bank_account.currency))

    @admin.display(description="state")
    def status(self, match: Match) -> Any:
        """As a badge."""
        return cells.badge(match.get_state_display(), reconciling.MATCH_TONES[MatchState(match.state)])

    def title_of(self, obj: Match) -> str:
        """Amount and account."""
        account = obj.bank_account
        return f"{cells.number(obj.amount, account.currency)} {account.currency} · {account.name or account.code}"

    def status_of(self, obj: Match) -> Any:
        """As a badge."""
        return self.status(obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what the page shows."""
        return super().get_queryset(request).select_related("difference_journal")


site.register(BankStatement, BankStatementAdmin)
site.register(StatementLine, StatementLineAdmin)
site.register(Match, MatchAdmin)
