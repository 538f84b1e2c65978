"""What the list of payments is narrowed by."""

from decimal import Decimal, InvalidOperation

from django.db.models import QuerySet

from accounts.choices import Mode
from accounts.models import Partner
from flowlet.backoffice import filters
from flowlet.core import clock, ids
from payments.admin import furniture
from payments.choices import Direction, PaymentKind, PaymentStatus, Rail
from payments.selectors import payments as selectors
from payments.selectors import queues


class Waits(filters.Typed):
    """The queues."""

    title, parameter_name = "queue", "queue"
    inputs = (("queue", "Queue", "select"),)

    def options(self, name: str) -> list[tuple[str, str]]:
        """All of them."""
        return list(queues.Queue.choices)

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """What waits there."""
        return queues.narrow(queryset, typed["queue"], at=clock.now())


class What(filters.Typed):
    """What it is, and how it stands."""

    title, parameter_name = "payment", "what"
    inputs = (
        ("status", "State", "select"),
        ("kind", "Kind", "select"),
        ("rail", "Rail", "select"),
        ("direction", "Direction", "select"),
    )

    def options(self, name: str) -> list[tuple[str, str]]:
        """The choices of the column."""
        return list({"status": PaymentStatus, "kind": PaymentKind, "rail": Rail, "direction": Direction}[name].choices)

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """Exactly so."""
        return queryset.filter(**typed)


class Whose(filters.Typed):
    """Of which partner, or of which mode."""

    title, parameter_name = "whose", "whose"
    inputs = (("mode", "Mode", "select"), ("partner", "Partner", "select"))

    def options(self, name: str) -> list[tuple[str, str]]:
        """Live and sandbox; the first hundred partners."""
        return list(Mode.choices) if name == "mode" else furniture.partner_options()

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """Theirs; nothing for an id that is none."""
        if "mode" in typed:
            queryset = queryset.filter(partner__mode=typed["mode"])
        if "partner" in typed:
            try:
                queryset = queryset.filter(partner_id=Partner.key(typed["partner"]))
            except ids.MalformedId:
                return queryset.none()
        return queryset


class Amounts(filters.Typed):
    """How much, in whatever currency."""

    title, parameter_name = "amount", "amount"
    inputs = (("amount_from", "From", "text"), ("amount_to", "To", "text"))

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """Both ends included; nothing for an amount that is none."""
        try:
            found = {name: Decimal(text.replace(",", "")) for name, text in typed.items()}
        except InvalidOperation:
            return queryset.none()
        if not all(amount.is_finite() and abs(amount) < Decimal(10) ** 16 for amount in found.values()):
            return queryset.none()
        if "amount_from" in found:
            queryset = queryset.filter(amount__gte=found["amount_from"])
        return queryset.filter(amount__lte=found["amount_to"]) if "amount_to" in found else queryset


class Created(filters.Days):
    """On which days they were made: the first step of the timeline knows, and is indexed."""

    title, parameter_name = "created", "created"

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """By the moves to CREATED."""
        made = super().narrow(selectors.moves_to(PaymentStatus.CREATED), **typed)
        return queryset.filter(pk__in=made.values("payment_id"))
