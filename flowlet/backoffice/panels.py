"""Panels: the declared furniture of a detail page.

An admin class lists panels; each is told the row and the request and answers with what to draw, or None to stay away. A panel
asks selectors, never the ORM of a neighbour, and takes a fixed number of queries.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Model
from django.http import HttpRequest
from moneyed import Money

from flowlet.audit.selectors import records
from flowlet.backoffice import cells, charts, permissions
from flowlet.core.actors import Actor

Rows = Callable[..., Sequence[Any]]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A box on a detail page. ``permission`` hides it from people who lack it; ``wide`` gives it the whole width."""

    template: ClassVar[str] = ""

    title: str
    name: str = ""
    permission: str = ""
    wide: bool = False
    note: str = ""

    def shown_to(self, request: HttpRequest) -> bool:
        """Whether this person may see the panel at all."""
        return not self.permission or permissions.allows(request.user, self.permission)

    def context(self, obj: Model, request: HttpRequest) -> dict[str, Any] | None:
        """What the template needs; None when there is nothing to show for this row."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Facts(Panel):
    """Names and values: ``fields`` of the row (choices by label, dates and money formatted) and/or ``rows(obj)`` pairs."""

    template: ClassVar[str] = "backoffice/panels/facts.html"

    fields: Sequence[str] = ()
    rows: Callable[[Any], Sequence[tuple[str, Any]]] | None = None

    def context(self, obj: Model, request: HttpRequest) -> dict[str, Any] | None:
        """The pairs, fields first."""
        pairs = [self._field(obj, name) for name in self.fields]
        if self.rows is not None:
            pairs += [(label, cells.show(value)) for label, value in self.rows(obj)]
        return {"pairs": pairs} if pairs else None

    @staticmethod
    def _field(obj: Model, name: str) -> tuple[str, Any]:
        label = name.replace("_", " ")
        for model_field in obj._meta.get_fields():
            if model_field.name == name and hasattr(model_field, "verbose_name"):
                label = str(model_field.verbose_name)
                if getattr(model_field, "choices", None):
                    return cells.spelled(label), cells.badge(getattr(obj, f"get_{name}_display")())
        value = getattr(obj, name)
        return cells.spelled(label), cells.show(value() if callable(value) else value)


@dataclass(frozen=True, kw_only=True)
class Table(Panel):
    """Rows and columns: ``rows(obj)`` gives sequences of cells (text, Money, dates, rows of models, or from ``cells``).

    ``figures`` names the columns that are aligned as figures; ``more(obj)`` gives the address of the whole list.
    """

    template: ClassVar[str] = "backoffice/panels/table.html"

    columns: Sequence[str]
    rows: Rows
    figures: Sequence[str] = ()
    empty: str = "Nothing yet."
    more: Callable[[Any], str] | None = None
    wide: bool = True

    def context(self, obj: Model, request: HttpRequest) -> dict[str, Any] | None:
        """Header and body, each cell with whether it is a figure."""
        figure = [column in self.figures for column in self.columns]
        return {
            "head": list(zip(self.columns, figure, strict=True)),
            "body": [
                [(cells.show(cell), is_figure, column) for cell, is_figure, column in zip(row, figure, self.columns, strict=True)]
                for row in self.rows(obj)
            ],
            "more": self.more(obj) if self.more else "",
        }


@dataclass(frozen=True, kw_only=True)
class LineChart(Panel):
    """A figure over time, such as a balance: ``points(obj)`` gives ``charts.Point`` in order of time."""

    template: ClassVar[str] = "backoffice/panels/chart.html"

    points: Callable[[Any], Sequence[charts.Point]]
    unit: str | Callable[[Any], str] = ""
    stepped: bool = True
    empty: str = "No movement yet."
    wide: bool = True

    def context(self, obj: Model, request: HttpRequest) -> dict[str, Any] | None:
        """The drawing, or the sentence for an empty one."""
        return {
            "drawing": charts.line(self.points(obj), stepped=self.stepped),
            "unit": self.unit(obj) if callable(self.unit) else self.unit,
        }


@dataclass(frozen=True, kw_only=True)
class BarChart(LineChart):
    """A figure per day, such as a volume."""

    def context(self, obj: Model, request: HttpRequest) -> dict[str, Any] | None:
        """The drawing, or the sentence for an empty one."""
        return {
            "drawing": charts.bars(self.points(obj)),
            "unit": self.unit(obj) if callable(self.unit) else self.unit,
        }


@dataclass(frozen=True, slots=True)
class Leg:
    """One line of a T: the account it touches, where that leads, and the positive amount."""

    side: str
    label: str
    amount: Money
    url: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class TAccount(Panel):
    """A journal as accountants draw it: debits left, credits right, one T per currency, sums below that must be equal."""

    template: ClassVar[str] = "backoffice/panels/t_account.html"

    legs: Callable[[Any], Sequence[Leg]]
    wide: bool = True

    def context(self, obj: Model, request: HttpRequest) -> dict[str, Any] | None:
        """One T per currency, in order of appearance."""
        tees: dict[str, dict[str, Any]] = {}
        for leg in self.legs(obj):
            code = leg.amount.currency.code
            tee = tees.setdefault(code, {"currency": code, "DEBIT": [], "CREDIT": [], "sums": {"DEBIT": 0, "CREDIT": 0}})
            tee[leg.side].append({"leg": leg, "amount": cells.number(leg.amount.amount, code)})
            tee["sums"][leg.side] += leg.amount.amount
        drawn = [
            {
                "currency": code,
                "debits": tee["DEBIT"],
                "credits": tee["CREDIT"],
                "debit_sum": cells.number(tee["sums"]["DEBIT"], code) if tee["DEBIT"] else "0",
                "credit_sum": cells.number(tee["sums"]["CREDIT"], code) if tee["CREDIT"] else "0",
                "is_balanced": tee["sums"]["DEBIT"] == tee["sums"]["CREDIT"],
            }
            for code, tee in tees.items()
        ]
        return {"tees": drawn} if drawn else None


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened: when, what in a few words, by whom, and where to read more."""

    at: datetime
    label: str
    who: str = ""
    text: str = ""
    url: str = ""
    tone: str = "neutral"


@dataclass(frozen=True, kw_only=True)
class Timeline(Panel):
    """What happened to the row, newest first."""

    template: ClassVar[str] = "backoffice/panels/timeline.html"

    moments: Callable[[Any], Sequence[Moment]]
    empty: str = "Nothing has happened yet."

    def context(self, obj: Model, request: HttpRequest) -> dict[str, Any] | None:
        """The moments with their times formatted."""
        return {"moments": [(moment, cells.moment(moment.at)) for moment in self.moments(obj)]}


@dataclass(frozen=True, kw_only=True)
class History(Panel):
    """What the audit says was done to the row, newest first; whoever may read the audit gets to its records from here.

    Actions named in ``without``, such as looks at the page, stand in the audit alone.
    """

    template: ClassVar[str] = "backoffice/panels/timeline.html"

    title: str = "History"
    shown: int = 20
    empty: str = "Nothing has happened yet."
    without: Sequence[str] = ()

    def context(self, obj: Model, request: HttpRequest) -> dict[str, Any] | None:
        """The newest deeds: one query."""
        may_open = permissions.allows(request.user, "flowlet_audit.view_record")
        found = [
            Moment(
                at=record.at,
                label=in_words(record.action),
                who=record.actor_label or record.actor_id,
                text=record.reason,
                url=cells.admin_url(record) if may_open else "",
            )
            for record in records.of_target(str(obj.public_id)).exclude(action__in=self.without)[: self.shown]
        ]
        return {"moments": [(moment, cells.moment(moment.at)) for moment in found]}


def known(facts: Iterable[tuple[str, Any, Any]]) -> list[tuple[str, Any]]:
    """The pairs of which there is something: (label, value, whether there is)."""
    return [(label, value) for label, value, is_there in facts if is_there]


def in_words(action: str) -> str:
    """``customer.kyc_tier_changed`` as ``KYC tier changed``, ``personal_data.revealed`` as ``Personal data revealed``."""
    noun, _, verb = action.rpartition(".")
    words = f"{noun} {verb}" if noun.endswith("_data") else verb
    return cells.spelled(words.replace("_", " ").capitalize())


@dataclass(frozen=True, kw_only=True)
class Revealable(Panel):
    """Personal data, masked until somebody gives a reason; the reveal is written to the audit before anything is shown.

    ``masked(obj)`` gives (label, masked value) pairs. ``reveal(obj, actor=…, at=…, reason=…)`` is the injected service that
    opens the data and gives (label, plain value) pairs. The button shows, and the reveal works, only with ``reveal_permission``.
    """

    template: ClassVar[str] = "backoffice/panels/revealable.html"

    masked: Callable[[Any], Sequence[tuple[str, Any]]]
    reveal: Callable[..., Sequence[tuple[str, Any]]]
    name: str = "personal"
    reveal_permission: str = "accounts.reveal_personal_data"
    action: str = "personal_data.revealed"

    def context(self, obj: Model, request: HttpRequest) -> dict[str, Any] | None:
        """The masked pairs, and whether this person may ask for more."""
        return {
            "pairs": [(label, cells.show(value)) for label, value in self.masked(obj)],
            "may_reveal": permissions.allows(request.user, self.reveal_permission),
        }

    def opened(self, obj: Model, *, actor: Actor, at: datetime, reason: str) -> dict[str, Any]:
        """The plain pairs; called by the reveal view inside its transaction, after the audit record."""
        plain = self.reveal(obj, actor=actor, at=at, reason=reason)
        return {"pairs": [(label, cells.show(value)) for label, value in plain], "is_open": True}


@dataclass(frozen=True, kw_only=True)
class Custom(Panel):
    """Anything else: an own template and ``load(obj, request)`` for its context."""

    page: str
    load: Callable[..., dict[str, Any] | None]
    extra: dict[str, Any] = field(default_factory=dict)

    def context(self, obj: Model, request: HttpRequest) -> dict[str, Any] | None:
        """What ``load`` says."""
        return self.load(obj, request)


_added: dict[type[Model], list[Panel]] = {}


def add(model: type[Model], panel: Panel) -> Panel:
    """Put a panel on the page of a lower app's row, such as the wallets on a customer's; the page itself knows nothing of it."""
    _added.setdefault(model, []).append(panel)
    return panel


def added_to(model: type[Model]) -> Sequence[Panel]:
    """What other apps put on the page, in order of their coming."""
    return tuple(_added.get(model, ()))
