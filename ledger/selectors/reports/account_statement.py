"""Account statement: opening balance, entries, closing balance of one account from one day to another."""

from datetime import date, datetime, timedelta

from ledger import errors
from ledger.models import Account
from ledger.selectors import balances
from ledger.selectors.reports.listing import Listing, Section
from ledger.selectors.reports.statement import of_one_picture


def sections(*, accounts: list[Account], first: date, last: date, recorded_at: datetime | None = None) -> list[Section]:
    """A section for each account, in the order given, from two readings of all balances."""
    if first > last:
        raise errors.RangeOutOfOrder("The first day lies after the last.", param="from")
    keys = [account.pk for account in accounts]
    before = balances.as_of(account_ids=keys, on=first - timedelta(days=1), recorded_at=recorded_at)
    after = balances.as_of(account_ids=keys, on=last, recorded_at=recorded_at)
    return [
        Section(
            account=account,
            first=first,
            last=last,
            opening=before[account.pk].natural(account.normal_side),
            debits=after[account.pk].debits - before[account.pk].debits,
            credits=after[account.pk].credits - before[account.pk].credits,
            closing=after[account.pk].natural(account.normal_side),
            recorded_at=recorded_at,
        )
        for account in accounts
    ]


@of_one_picture
def account_statement(*, account: Account, first: date, last: date, recorded_at: datetime | None = None) -> Listing:
    """The statement of an account. Raises RangeOutOfOrder, BeyondHorizon."""
    return Listing(
        name="account_statement",
        title=f"Statement of {account.code} {account.name} ({account.currency})",
        book=account.book,
        first=first,
        last=last,
        sections=sections(accounts=[account], first=first, last=last, recorded_at=recorded_at),
        recorded_at=recorded_at,
    )
