"""The legs of a manual journal as a form: as many rows as are needed, each an account, a side and an amount."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES

from flowlet.core.errors import DomainError
from flowlet.core.money import parse
from ledger.choices import AccountMode, Side
from ledger.models import Account, Book
from ledger.services.journals import Leg

PARTS = ("account", "side", "amount")
ROWS, MOST = 4, 200
OFFERED = 300
Row = dict[str, str]


class LegsWidget(forms.Widget):
    """A table of legs; the button under it adds a row."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.offered: list[Account] = []

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[Row]:
        """The rows that have anything in them, in order."""
        pattern = re.compile(rf"^{re.escape(name)}-([0-9]{{1,4}})-account$")
        numbers = sorted({int(match[1]) for key in data if (match := pattern.match(key))})
        rows = [{part: str(data.get(f"{name}-{number}-{part}", "")).strip() for part in PARTS} for number in numbers]
        return [row for row in rows if row["account"] or row["amount"]]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        """Rows may all be empty."""
        return False

    def id_for_label(self, id_: str) -> str:
        """The first account."""
        return f"{id_}-0-account" if id_ else ""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """The rows given, and some empty ones."""
        rows: list[Row] = list(value or [])
        blank = dict.fromkeys(PARTS, "")
        rows += [blank] * max(ROWS - len(rows), 1)
        context = {
            "name": name,
            "id": (attrs or {}).get("id", f"id_{name}"),
            "rows": list(enumerate(rows)),
            "sides": Side.choices,
            "offered": self.offered,
            "input_class": " ".join(INPUT_CLASSES),
            "select_class": " ".join(SELECT_CLASSES),
        }
        return render_to_string("ledger/legs.html", context)


class LegsField(forms.Field):
    """Answers the rows as given; ``resolved`` makes legs of them."""

    widget = LegsWidget

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", "An account by its code and currency (1020 USD) or by its id; debits equal credits.")
        super().__init__(**options)

    def clean(self, value: Any) -> list[Row]:
        """At least two rows."""
        if not isinstance(value, list) or not 2 <= len(value) <= MOST:
            raise ValidationError(f"A journal has 2 to {MOST} legs.")
        return value


def offered(book: Book) -> list[Account]:
    """Accounts to choose from: the book's own, not those of wallets."""
    return list(Account.objects.filter(book=book, mode=AccountMode.DEFERRED, owner="").order_by("code", "currency")[:OFFERED])


def resolved(book: Book, rows: list[Row]) -> list[Leg]:
    """The rows as legs of accounts of the book. Raises ValidationError with every row that is wrong."""
    legs: list[Leg] = []
    wrong: list[str] = []
    for number, row in enumerate(rows, 1):
        account = _account(book, row["account"])
        if account is None:
            wrong.append(f"Row {number}: the book has no account {row['account'][:64]!r}.")
        elif row["side"] not in Side.values:
            wrong.append(f"Row {number}: choose debit or credit.")
        else:
            try:
                legs.append(Leg(account.pk, row["side"], parse(row["amount"], account.currency)))
            except DomainError as refusal:
                wrong.append(f"Row {number}: {refusal.message}")
    if wrong:
        raise ValidationError(wrong)
    return legs


def _account(book: Book, text: str) -> Account | None:
    if text.startswith(f"{Account.PREFIX}_"):
        try:
            return Account.fetch(text, book=book)
        except DomainError:
            return None
    code, _, currency = text.partition(" ")
    found = Account.objects.filter(book=book, code=code)
    rows = list(found.filter(currency=currency.strip()[:3]) if currency else found[:2])
    return rows[0] if len(rows) == 1 else None
