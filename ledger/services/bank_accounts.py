"""Accounts at banks: declared, given accounts of the books, changed."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction

from flowlet.audit.services import log
from flowlet.core import money
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.db.transactions import HORIZON
from ledger import errors
from ledger.models import Account, BankAccount, BankAccountMember, ChartLine
from ledger.providers.statements.records import plain_account
from ledger.services import charts

LONGEST_DAYS = 60
_OPENING = """
SELECT coalesce(sum(CASE side WHEN 'DEBIT' THEN amount ELSE -amount END), 0)
FROM ledger_entry WHERE account_id = %s AND effective_on < %s AND posted_xid < %s"""


@transaction.atomic
def declare(
    *,
    code: str,
    account_ids: Sequence[int],
    starts_on: date,
    actor: Actor,
    at: datetime,
    name: str = "",
    identification: str = "",
    window_days: int = 3,
    transit_days: int = 3,
    tolerance_amount: Decimal | None = None,
    tolerance_percent: Decimal | None = None,
    tolerance_line: str = charts.PROVIDER_COSTS,
    write_off_line: str = charts.LOSSES,
    has_weekend_statements: bool = False,
) -> BankAccount:
    """Say that accounts of the books (all in one currency, of one book or of many) lie on one bank account, reconciled from a day on.

    Amounts in the currency's units, ``tolerance_percent`` of our amount; lines are codes of the chart that every book has.
    Raises BankAccountCodeTaken, AccountNotFound, AccountAlreadyReconciled, CurrencyMismatch, UnknownChartLine, Invalid.
    """
    accounts = list(Account.objects.filter(pk__in=account_ids).select_related("book"))
    if not accounts or len(accounts) != len(set(account_ids)):
        raise errors.AccountNotFound("Name the accounts of the books that lie on the bank account.", param="account_ids")
    currency = accounts[0].currency
    if any(account.currency != currency for account in accounts):
        raise errors.CurrencyMismatch("All accounts of a bank account are in its currency.", param="account_ids")
    rules = {
        "window_days": window_days,
        "transit_days": transit_days,
        "tolerance_amount": tolerance_amount,
        "tolerance_percent": tolerance_percent,
        "tolerance_line": tolerance_line,
        "write_off_line": write_off_line,
        "has_weekend_statements": has_weekend_statements,
    }
    _check_rules(rules, accounts, currency)
    made = BankAccount(
        code=code.strip(),
        name=name or accounts[0].name,
        currency=currency,
        identification=plain_account(identification),
        starts_on=starts_on,
        created_at=at,
        **rules,
    )
    if not made.code:
        raise Invalid("Name the bank account by a code.", param="code")
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise errors.BankAccountCodeTaken(param="code") from None
    for account in accounts:
        _add(made, account)
    log.record(
        action="ledger.bank_account.declared",
        actor=actor,
        at=at,
        target=made.public_id,
        after={"code": made.code, "currency": currency, "accounts": [account.public_id for account in accounts], **_shown(rules)},
    )
    return made


@transaction.atomic
def add_member(*, bank_account_id: int, account_id: int, actor: Actor, at: datetime) -> BankAccountMember:
    """Let one more account of the books lie on the bank account. Raises as ``declare``."""
    bank_account = locked(bank_account_id)
    account = Account.objects.select_related("book").filter(pk=account_id).first()
    if account is None:
        raise errors.AccountNotFound(param="account_id")
    if account.currency != bank_account.currency:
        raise errors.CurrencyMismatch(param="account_id")
    _check_line(bank_account.tolerance_line, [account])
    _check_line(bank_account.write_off_line, [account])
    made = _add(bank_account, account)
    log.record(
        action="ledger.bank_account.member_added",
        actor=actor,
        at=at,
        target=bank_account.public_id,
        after={"account": account.public_id},
    )
    return made


@transaction.atomic
def change(
    *,
    bank_account_id: int,
    window_days: int,
    transit_days: int,
    tolerance_amount: Decimal | None,
    tolerance_percent: Decimal | None,
    tolerance_line: str,
    write_off_line: str,
    has_weekend_statements: bool,
    actor: Actor,
    at: datetime,
    reason: str = "",
) -> BankAccount:
    """Change the rules by which it is reconciled, from the next run on. Raises UnknownBankAccount, UnknownChartLine, Invalid."""
    bank_account = locked(bank_account_id)
    rules = {
        "window_days": window_days,
        "transit_days": transit_days,
        "tolerance_amount": tolerance_amount,
        "tolerance_percent": tolerance_percent,
        "tolerance_line": tolerance_line,
        "write_off_line": write_off_line,
        "has_weekend_statements": has_weekend_statements,
    }
    _check_rules(rules, Account.objects.filter(bank_membership__bank_account=bank_account), bank_account.currency)
    before = {name: getattr(bank_account, name) for name in rules}
    for name, value in rules.items():
        setattr(bank_account, name, value)
    bank_account.save(update_fields=list(rules))
    log.record(
        action="ledger.bank_account.changed",
        actor=actor,
        at=at,
        target=bank_account.public_id,
        reason=reason,
        before=_shown(before),
        after=_shown(rules),
    )
    return bank_account


def locked(bank_account_id: int) -> BankAccount:
    """The bank account, locked: one import, reconciliation or decision at a time. Raises UnknownBankAccount."""
    found = BankAccount.objects.select_for_update(no_key=True).filter(pk=bank_account_id).first()
    if found is None:
        raise errors.UnknownBankAccount
    return found


def _add(bank_account: BankAccount, account: Account) -> BankAccountMember:
    """What was recorded before this moment's horizon, of days before the start, is the opening; everything else is reconciled."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {HORIZON}")
        horizon = cursor.fetchone()[0]
        cursor.execute(_OPENING, [account.pk, bank_account.starts_on, horizon])
        opening = cursor.fetchone()[0]
    try:
        with transaction.atomic():
            return BankAccountMember.objects.create(bank_account=bank_account, account=account, from_xid=horizon, opening=opening)
    except IntegrityError:
        raise errors.AccountAlreadyReconciled(f"{account.code} lies on a bank account already.", param="account_id") from None


def _check_rules(rules: dict[str, Any], accounts: Any, currency: str) -> None:
    for name in ("window_days", "transit_days"):
        if not 0 <= rules[name] <= LONGEST_DAYS:
            raise Invalid(f"Give 0 to {LONGEST_DAYS} days.", param=name)
    if rules["tolerance_amount"] is not None:
        money.exact(rules["tolerance_amount"], currency, param="tolerance_amount")
    for name, most in (("tolerance_amount", None), ("tolerance_percent", Decimal(100))):
        value = rules[name]
        if value is not None and (value < 0 or (most is not None and value > most)):
            raise Invalid("A tolerance is not negative, and a percentage at most 100.", param=name)
    for name in ("tolerance_line", "write_off_line"):
        _check_line(rules[name], accounts, param=name)


def _check_line(line: str, accounts: Any, *, param: str = "") -> None:
    books = {account.book_id for account in accounts}
    known = set(ChartLine.objects.filter(book_id__in=books, code=line).values_list("book_id", flat=True))
    if books - known:
        raise errors.UnknownChartLine(f"Not every book has a chart line {line!r}.", param=param)


def _shown(rules: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in rules.items()}
