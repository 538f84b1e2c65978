"""Lists that stay fast at a million rows: pages by key, never by OFFSET, and never a COUNT(*).

The page after a row is ``WHERE (ordering) is beyond that row LIMIT n + 1``, whatever its depth. How many rows there are is the
planner's estimate, and exact as soon as everything fits on the page.
"""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core import signing
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db.models import F, Model, Q, QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList

from flowlet.db.counts import estimated

AFTER, BEFORE = "_after", "_before"
EXACT_BELOW = 1000
SALT = "flowlet.backoffice.listing"


class NoCountPaginator(Paginator):
    """What the admin asks a paginator for, without a count; the list fills in what it learned."""

    template_name = "backoffice/pagination.html"
    count = 0


class Order:
    """An ordering with a unique last column, so that a row has exactly one place in it."""

    def __init__(self, model: type[Model], names: list[Any]) -> None:
        self.terms: list[tuple[str, bool]] = []
        for name in names:
            text = self._plain(name)
            attname, descending = text.lstrip("-"), text.startswith("-")
            attname = model._meta.pk.name if attname == "pk" else attname
            if attname not in {term for term, _ in self.terms}:
                self.terms.append((attname, descending))
        if model._meta.pk.name not in {term for term, _ in self.terms}:
            self.terms.append((model._meta.pk.name, self.terms[-1][1] if self.terms else True))
        while self.terms[-1][0] != model._meta.pk.name:
            self.terms.pop()
        for attname, _ in self.terms:
            try:
                field = model._meta.get_field(attname)
            except FieldDoesNotExist:
                raise IncorrectLookupParameters(f"cannot page by {attname}") from None
            if field.null:
                raise IncorrectLookupParameters(f"cannot page by the nullable {attname}")

    @staticmethod
    def _plain(name: Any) -> str:
        if isinstance(name, str):
            return name
        expression = getattr(name, "expression", name)
        if isinstance(expression, F):
            return f"{'-' if getattr(name, 'descending', False) else ''}{expression.name}"
        raise IncorrectLookupParameters("lists are ordered by columns only")

    def names(self, *, flipped: bool = False) -> list[str]:
        """The ordering for ``order_by``."""
        return [f"{'-' if descending != flipped else ''}{name}" for name, descending in self.terms]

    def place(self, obj: Model) -> str:
        """Where the row stands, as a token for the address line."""
        values = [self._field(obj, name).value_to_string(obj) for name, _ in self.terms]
        return signing.Signer(salt=SALT).sign_object(values)

    @staticmethod
    def _field(obj: Model, name: str) -> Any:
        return obj._meta.get_field(name)

    def beyond(self, model: type[Model], token: str, *, flipped: bool = False) -> Q:
        """The rows after the token's place (before it when ``flipped``).

        ``a <= x AND (a < x OR (a = x AND b < y))``: the first condition lets the database start in the middle of an index.
        """
        try:
            raw = signing.Signer(salt=SALT).unsign_object(token)
            values = [model._meta.get_field(name).to_python(text) for (name, _), text in zip(self.terms, raw, strict=True)]
        except (signing.BadSignature, ValueError, ValidationError) as error:
            raise IncorrectLookupParameters(f"not a place in this list: {error}") from error
        condition = Q()
        for (name, descending), value in reversed(list(zip(self.terms, values, strict=True))):
            sign = "lt" if descending != flipped else "gt"
            further = Q(**{f"{name}__{sign}": value})
            condition = further | (Q(**{name: value}) & condition) if condition else further
        first, descending = self.terms[0]
        sign = "lte" if descending != flipped else "gte"
        return Q(**{f"{first}__{sign}": values[0]}) & condition


class KeysetChangeList(ChangeList):
    """A change list whose pages are reached by key."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.after, self.before = request.GET.get(AFTER, ""), request.GET.get(BEFORE, "")
        super().__init__(request, *args, **kwargs)
        self.title = self.model_admin.title

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """The filters without our own two words."""
        found = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name not in (AFTER, BEFORE)}

    def get_results(self, request: HttpRequest) -> None:
        """One page by key, with one row more than shown to know whether there is another."""
        order = Order(self.model, list(self.queryset.query.order_by) or ["-pk"])
        size = self.list_per_page
        token = self.after or self.before
        backwards = bool(self.before) and not self.after
        queryset = self.queryset
        if token:
            queryset = queryset.filter(order.beyond(self.model, token, flipped=backwards))
        rows = list(queryset.order_by(*order.names(flipped=backwards))[: size + 1])
        more = len(rows) > size
        rows = rows[:size]
        if backwards:
            rows.reverse()
        self.has_next = backwards or more
        self.has_previous = more if backwards else bool(token)
        self.next_url = self._page(**{AFTER: order.place(rows[-1])}) if rows and self.has_next else ""
        self.previous_url = self._page(**{BEFORE: order.place(rows[0])}) if rows and self.has_previous else ""
        self.first_url = self._page() if token else ""
        self.result_list = rows
        whole = not token and not more
        self.result_count = len(rows) if whole else self._estimate(self.queryset)
        # Below a thousand the estimate has been counted.
        self.is_exact = whole or self.result_count < EXACT_BELOW
        self.full_result_count = self.result_count
        self.show_full_result_count = False
        self.show_admin_actions = bool(self.model_admin.actions)
        self.can_show_all = False
        self.multi_page = self.has_next or self.has_previous
        self.paginator = NoCountPaginator(rows, size)
        self.paginator.count = self.result_count

    def _estimate(self, queryset: QuerySet) -> int:
        return max(estimated(queryset), len(self.result_list))

    def _page(self, **place: str) -> str:
        return self.get_query_string(place)

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """Links to other filters start at the first page."""
        return super().get_query_string(new_params, [*(remove or []), AFTER, BEFORE])

    def url_for_result(self, result: Model) -> str:
        """The row's own page, by its public id."""
        return self.model_admin.url_of(result)
