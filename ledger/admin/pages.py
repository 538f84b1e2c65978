"""Pages of reports: a form of days and currencies above, the report below, the same as CSV and XLSX."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse

from flowlet.backoffice import cells, permissions
from flowlet.backoffice.transitions import dress
from flowlet.core import clock
from flowlet.core.errors import DomainError
from flowlet.core.http import attachment
from flowlet.core.money import exponent
from ledger.admin.journals import find
from ledger.models import Account, Book
from ledger.selectors import balances, entries, reports
from ledger.selectors.reports import Report, Span, sheets
from ledger.selectors.reports.general_ledger import frame, whole
from ledger.selectors.reports.statement import RowKind

EXPORT = "ledger.export_reports"
ACCOUNTS, ENTRIES = 50, 100
EARLIEST = date(1900, 1, 1)
COMPARED = (("", "Nothing"), ("month", "The month before"), ("year", "The year before"), ("two_years", "The two years before"))


def _day(label: str, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}), **options)


class DaysForm(forms.Form):
    """Which days, what to compare them with, in which currency, as known when."""

    since = _day("From")
    until = _day("To")
    compare = forms.ChoiceField(label="Compare with", choices=COMPARED, required=False)
    translated_to = forms.CharField(
        label="Translate to", max_length=3, required=False, help_text="Such as USD; else each currency alone"
    )
    recorded_at = forms.DateTimeField(
        label="As recorded at (UTC)", required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )

    def clean_since(self) -> date | None:
        """A day a report can start on."""
        return self._reasonable("since")

    def clean_until(self) -> date | None:
        """A day a report can end on."""
        return self._reasonable("until")

    def clean_translated_to(self) -> str:
        """A currency."""
        code = self.cleaned_data["translated_to"].strip().upper()
        if code:
            try:
                exponent(code)
            except DomainError as refusal:
                raise forms.ValidationError(refusal.message) from None
        return code

    def clean_recorded_at(self) -> datetime | None:
        """In UTC."""
        found = self.cleaned_data["recorded_at"]
        return None if found is None else found.replace(tzinfo=UTC)

    def _reasonable(self, name: str) -> date | None:
        day = self.cleaned_data[name]
        if day is not None and not EARLIEST <= day <= date(9999, 12, 30):
            raise forms.ValidationError("Use a day from 1900 on.")
        return day


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form says."""

    book: Book
    since: date | None
    until: date
    compare: str
    translated_to: str | None
    recorded_at: datetime | None

    @property
    def first(self) -> date:
        """The first day, by default of the month."""
        return self.since or self.until.replace(day=1)

    @property
    def days(self) -> list[date]:
        """The days to compare with."""
        return [span.last for span in self._shifted(Span(self.until))]

    @property
    def spans(self) -> list[Span]:
        """The spans to compare with."""
        return self._shifted(Span(self.until, self.first))

    def _shifted(self, span: Span) -> list[Span]:
        months = {"": (), "month": (1,), "year": (12,), "two_years": (12, 24)}[self.compare]
        return [Span(_earlier(span.last, n), _earlier(span.first, n) if span.first else None) for n in months]


def _earlier(day: date, months: int) -> date:
    """The same day some months before; the last day of a month stays a last day."""
    is_last = (day + timedelta(days=1)).day == 1
    number = day.year * 12 + day.month - 1 - months
    first = date(number // 12, number % 12 + 1, 1)
    end = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return end if is_last else first.replace(day=min(day.day, end.day))


Make = Callable[[Asked], Report]
_COMMON = ("book", "translated_to", "recorded_at")


def _common(asked: Asked) -> dict[str, Any]:
    return {name: getattr(asked, name) for name in _COMMON}


def _trial_balance(asked: Asked) -> Report:
    compared = asked.spans if asked.since else [Span(day) for day in asked.days]
    return reports.trial_balance(on=asked.until, since=asked.since, compared=compared, **_common(asked))


STATEMENTS: dict[str, tuple[str, Make]] = {
    "trial-balance": ("Trial balance", _trial_balance),
    "balance-sheet": (
        "Balance sheet",
        lambda asked: reports.balance_sheet(on=asked.until, compared=asked.days, **_common(asked)),
    ),
    "income-statement": (
        "Income statement",
        lambda asked: reports.income_statement(first=asked.first, last=asked.until, compared=asked.spans, **_common(asked)),
    ),
    "cash-flow": (
        "Cash flow statement",
        lambda asked: reports.cash_flow(first=asked.first, last=asked.until, compared=asked.spans, **_common(asked)),
    ),
}
GENERAL_LEDGER = "general-ledger"
NAMES = {**{name: title for name, (title, _) in STATEMENTS.items()}, GENERAL_LEDGER: "General ledger"}


def report_page(admin: Any, request: HttpRequest, book: Book, name: str) -> HttpResponseBase:
    """The page, or the file, of a report of a book."""
    if name not in NAMES:
        raise Http404(f"There is no report {name}.")
    form = DaysForm(request.GET or None)
    context = {
        "title": f"{NAMES[name]}, {book.name}",
        "heading": NAMES[name],
        "up": (admin.url_of(book), book.name),
        "names": _links(admin, book, name),
    }
    asked = _asked(book, form)
    if asked is None:
        return _page(admin, request, form, context, status=400)
    try:
        if name == GENERAL_LEDGER:
            return _general_ledger(admin, request, form, asked, context)
        report = STATEMENTS[name][1](asked)
        if kind := _wanted(request):
            return _file(sheets.of_report(report), kind)
    except DomainError as refusal:
        return _page(admin, request, form, {**context, "error": refusal.message}, status=refusal.status)
    return _page(admin, request, form, {**context, "report": report, "blocks": _blocks(report)})


def statement_page(admin: Any, request: HttpRequest, account: Account) -> HttpResponseBase:
    """The page, or the file, of an account's statement, page by page."""
    form = DaysForm(request.GET or None)
    for name in ("compare", "translated_to"):
        form.fields.pop(name)
    heading = f"Statement of {account.code} {account.name}"
    context = {"title": heading, "heading": heading, "up": (admin.url_of(account), account.public_id)}
    asked = _asked(account.book, form)
    if asked is None:
        return _page(admin, request, form, context, status=400)
    try:
        days, recorded = {"first": asked.first, "last": asked.until}, asked.recorded_at
        with balances.one_picture(recorded):
            statement = reports.account_statement(account=account, **days, recorded_at=recorded)
            (section,) = statement.sections
            if kind := _wanted(request):
                least = entries.count(account=account, **days) if kind == "xlsx" and recorded is None else 0
                return _file(sheets.of_listing(statement, least=least), kind)
            found = section.page(limit=ENTRIES, after=_place(request))
    except DomainError as refusal:
        return _page(admin, request, form, {**context, "error": refusal.message}, status=refusal.status)
    currency = account.currency
    rows = [
        (
            booked.entry.effective_on.isoformat(),
            cells.link(booked.entry.journal),
            booked.entry.journal.kind,
            booked.entry.journal.description or find(booked.entry.journal.cause),
            cells.number(booked.entry.amount, currency) if booked.entry.side == "DEBIT" else "",
            cells.number(booked.entry.amount, currency) if booked.entry.side == "CREDIT" else "",
            cells.number(booked.balance, currency),
        )
        for booked in found.entries
    ]
    figures = {name: cells.number(getattr(section, name), currency) for name in ("opening", "debits", "credits", "closing")}
    more = ""
    if found.has_more:
        day, number = found.entries[-1].place
        more = _query(request, after=f"{day}.{number}")
    return _page(admin, request, form, {**context, "section": section, "figures": figures, "entries": rows, "more": more})


def _general_ledger(
    admin: Any, request: HttpRequest, form: forms.Form, asked: Asked, context: dict[str, Any]
) -> HttpResponseBase:
    days, recorded = {"book": asked.book, "first": asked.first, "last": asked.until}, asked.recorded_at
    line = request.GET.get("line", "")[:20]
    if kind := _wanted(request):
        with balances.one_picture(recorded):
            least = entries.count(**days, line=line) if kind == "xlsx" and recorded is None else 0
            everything = whole(**days, line=line, recorded_at=recorded)
            return _file(sheets.of_listing(frame(**days, recorded_at=recorded), everything, least=least), kind)
    after = request.GET.get("after", "")
    key = int(after) if after.isdecimal() and len(after) < 18 else 0
    listing = reports.general_ledger(**days, line=line, after_account=key, limit=ACCOUNTS, recorded_at=recorded)
    rows = [
        (
            cells.link(section.account, section.account.code),
            section.account.name,
            section.account.currency,
            *(cells.number(getattr(section, name), section.account.currency) for name in ("opening", "debits", "credits")),
            cells.href(
                f"{cells.admin_url(section.account).removesuffix('change/')}statement/?since={asked.first}&until={asked.until}",
                cells.number(section.closing, section.account.currency),
            ),
        )
        for section in listing.sections
    ]
    more = _query(request, after=str(listing.sections[-1].account.pk)) if listing.has_more else ""
    return _page(admin, request, form, {**context, "accounts": rows, "more": more, "line": line})


def _asked(book: Book, form: forms.Form) -> Asked | None:
    """What the form says, or None when it is wrong. Nothing given means today."""
    today = clock.day_of(clock.now(), zone=book.time_zone)
    if not form.is_bound:
        return Asked(book, None, today, "", None, None)
    if not form.is_valid():
        return None
    given = form.cleaned_data
    return Asked(
        book,
        given["since"],
        given["until"] or today,
        given.get("compare") or "",
        given.get("translated_to") or None,
        given["recorded_at"],
    )


def _blocks(report: Report) -> list[dict[str, Any]]:
    """The rows by currency, figures formatted."""
    blocks: list[dict[str, Any]] = []
    for currency in report.currencies:
        rows = [
            {
                "kind": str(row.kind).lower(),
                "code": row.key if row.kind == RowKind.LINE and row.key[:1].isdigit() else "",
                "label": row.label,
                "figures": ["" if figure is None else cells.number(figure, currency) for figure in row.amounts]
                or [""] * len(report.columns),
            }
            for row in report.rows
            if row.currency == currency
        ]
        blocks.append({"currency": currency, "rows": rows})
    return blocks


def _links(admin: Any, book: Book, current: str) -> list[tuple[str, str, bool]]:
    base = admin.url_of(book).removesuffix("change/")
    return [(f"{base}reports/{name}/", title, name == current) for name, title in NAMES.items()]


def _place(request: HttpRequest) -> entries.Place | None:
    day, _, number = request.GET.get("after", "").partition(".")
    try:
        return (date.fromisoformat(day), int(number)) if number.isdecimal() and len(number) < 18 else None
    except ValueError:
        return None


def _query(request: HttpRequest, **more: str) -> str:
    query = request.GET.copy()
    for name, value in more.items():
        query[name] = value
    return f"?{query.urlencode()}"


def _wanted(request: HttpRequest) -> str:
    """``csv``, ``xlsx``, or "" for the page. Raises PermissionDenied for people who may not take files along."""
    kind = request.GET.get("format", "")
    if kind not in ("csv", "xlsx"):
        return ""
    if not permissions.allows(request.user, EXPORT):
        raise PermissionDenied
    return kind


def _file(sheet: sheets.Sheet, kind: str) -> HttpResponseBase:
    return attachment(sheets.as_file(sheet, kind), name=f"{sheet.name}.{kind}", media=sheets.TYPES[kind])


def _page(admin: Any, request: HttpRequest, form: forms.Form, context: dict[str, Any], status: int = 200) -> HttpResponse:
    request.current_app = admin.admin_site.name
    may_export = permissions.allows(request.user, EXPORT)
    everything = {
        **admin.admin_site.each_context(request),
        "model_opts": admin.opts,
        "form": dress(form),
        "kept": [(name, request.GET[name]) for name in ("line",) if request.GET.get(name)],
        "files": [(kind, _query(request, format=kind)) for kind in ("csv", "xlsx")] if may_export else [],
        **context,
    }
    return TemplateResponse(request, "ledger/report.html", everything, status=status)
