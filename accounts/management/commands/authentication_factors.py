"""authentication_factors: what the page of a customer's second factor does, from the command line."""

from collections.abc import Iterable
from typing import Any

from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from accounts.models import AuthenticationFactor, Customer
from accounts.services import authentication_factors as factors


class Command(DeedCommand):
    help = "List customers' second factors, and revoke them."
    shows = AuthenticationFactor
    list_options = (option("--customer", help="the customer's id, cus_…"), option("--limit", type=int, default=100))
    deeds = (
        Deed(
            name="revoke",
            model=AuthenticationFactor,
            permission="accounts.revoke_authentication_factor",
            service=factors.revoke,
            subject="factor_id",
            reason=REQUIRED,
            help="for good: the secret is destroyed",
        ),
    )

    def listed(self, *, customer: str | None, limit: int) -> Iterable[str]:
        """The newest first."""
        rows = AuthenticationFactor.objects.select_related("customer").order_by("-pk")
        for row in (rows.filter(customer_id=Customer.key(customer)) if customer else rows)[:limit]:
            locked = f"locked until {row.locked_until:%Y-%m-%d %H:%M}" if row.locked_until else ""
            yield line(row.public_id, row.customer.public_id, row.get_type_display(), row.get_status_display().lower(), locked)

    def described(self, row: AuthenticationFactor) -> Iterable[tuple[str, Any]]:
        """Nothing that proves."""
        yield from (
            ("Factor", row.public_id),
            ("Customer", row.customer.public_id),
            ("Type", row.get_type_display()),
            ("State", row.get_status_display()),
            ("Unlocked by", row.get_second_category_display()),
            ("Wrong answers", row.failures),
            ("Locked until", row.locked_until),
            ("Last used", row.last_used_at),
        )
