"""Customers' money against the money at banks that safeguards it."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from moneyed import Money

# The template's lines for what customers own and for the banks that hold it (``services.charts``).
CUSTOMERS, SAFEGUARDED = "2010", "1010"


@dataclass(frozen=True, slots=True)
class Position:
    """One currency over all books of a mode. ``gap`` is what safeguarding exceeds customers' money by; negative is a shortfall."""

    currency: str
    customers: Money
    safeguarded: Money

    @property
    def gap(self) -> Money:
        """Safeguarded less owed."""
        return self.safeguarded - self.customers


def by_currency(*, mode: str = "LIVE") -> list[Position]:
    """What customers own and what safeguards it, per currency, over all books of the partners in ``mode``. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.currency, coalesce(sum(t.credits - t.debits) FILTER (WHERE c.code = %s), 0),"
            " coalesce(sum(t.debits - t.credits) FILTER (WHERE c.code = %s), 0)"
            " FROM ledger_book b JOIN accounts_partner p ON p.id = b.partner_id AND p.mode = %s"
            " CROSS JOIN LATERAL ledger_line_totals(b.id, NULL, NULL) t"
            " JOIN ledger_chartline c ON c.id = t.line_id AND c.code IN (%s, %s)"
            " GROUP BY 1 ORDER BY 1",
            [CUSTOMERS, SAFEGUARDED, mode, CUSTOMERS, SAFEGUARDED],
        )
        rows: list[tuple[str, Decimal, Decimal]] = cursor.fetchall()
    return [Position(code, Money(customers, code), Money(safeguarded, code)) for code, customers, safeguarded in rows]
