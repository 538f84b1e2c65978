"""Accounts of a book: open, freeze, unfreeze, close, floor."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction

from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.money import exact, exponent
from flowlet.core.states import check_move
from ledger import errors
from ledger.choices import AccountMode, AccountStatus
from ledger.models import Account, ChartLine
from ledger.services import charts
from ledger.services.refusals import translated
from ledger.states import ACCOUNT_MOVES

BOOKS: Final = "ledger"


def open(
    *,
    book_id: int,
    line: str,
    currency: str,
    mode: str,
    actor: Actor,
    at: datetime,
    code: str = "",
    name: str = "",
    floor: Decimal | None = None,
    owner: str = "",
    metadata: Mapping[str, Any] | None = None,
) -> Account:
    """Open an account on the chart line with code ``line``.

    ``code`` is unique in book and currency (default: the line's). ``floor`` is the lowest available balance of a STRICT account in
    its normal direction, None for no floor. ``owner`` is the public id of what it belongs to above.

    Raises UnknownChartLine, UnknownCurrency, AccountCodeTaken.
    """
    exponent(currency)
    found = ChartLine.objects.select_related("book").filter(book_id=book_id, code=line).first()
    if found is None:
        raise errors.UnknownChartLine(f"The book has no chart line {line!r}.", param="line")
    if floor is not None:
        exact(floor, currency, param="floor")
    try:
        with transaction.atomic():
            account = Account.objects.create(
                book_id=book_id,
                line=found,
                code=code or line,
                name=name or found.name,
                normal_side=found.normal_side,
                currency=currency,
                mode=mode,
                floor=floor,
                owner=owner,
                metadata=dict(metadata or {}),
                created_at=at,
            )
    except IntegrityError as error:
        with translated():
            raise error
        raise
    if not owner:
        log.record(
            action="ledger.account.opened",
            actor=actor,
            at=at,
            target=account.public_id,
            partner_id=found.book.partner_id,
            after={"code": account.code, "currency": currency},
        )
    return account


def system_account(
    *, book_id: int, line: str, currency: str, actor: Actor, at: datetime, part: str = "", name: str = ""
) -> Account:
    """The book's one DEFERRED account on the line in the currency; opened when first needed.

    With ``part`` the line has one account for each part of it, such as a currency whose value is kept in another one; ``name`` is
    that of a new one. A line that came into the standard chart after the book was opened is added to the book.
    """
    code = f"{line}.{part}" if part else line
    found = Account.objects.filter(book_id=book_id, code=code, currency=currency)
    account = found.first()
    if account is None:
        charts.complete(book_id=book_id, code=line)
        try:
            account = open(
                book_id=book_id,
                line=line,
                currency=currency,
                mode=AccountMode.DEFERRED,
                code=code,
                name=name,
                actor=actor,
                at=at,
            )
        except errors.AccountCodeTaken:  # somebody else was faster
            account = found.get()
    return account


def freeze(*, account_id: int, by: str = BOOKS, actor: Actor, at: datetime, reason: str) -> Account:
    """Refuse every posting until each app that froze it (``by``) lets go; what is held stays held.

    Raises IllegalMove when the app froze it before.
    """
    return _move(account_id, AccountStatus.FROZEN, actor, at, reason, by=by)


def unfreeze(*, account_id: int, by: str = BOOKS, actor: Actor, at: datetime, reason: str) -> Account:
    """The app lets go of its freeze: postings are taken again unless another's stands. Raises IllegalMove when it has none."""
    return _move(account_id, AccountStatus.OPEN, actor, at, reason, by=by)


def close(*, account_id: int, actor: Actor, at: datetime, reason: str = "") -> Account:
    """Close for good, at zero and with nothing held. Raises AccountNotEmpty, IllegalMove."""
    return _move(account_id, AccountStatus.CLOSED, actor, at, reason)


def _move(account_id: int, target: AccountStatus, actor: Actor, at: datetime, reason: str, *, by: str = "") -> Account:
    with translated(), transaction.atomic():
        account = Account.objects.select_for_update(no_key=True, of=("self",)).select_related("book").get(pk=account_id)
        before, holders = _standing(account), set(account.frozen_by)
        is_frozen = target == AccountStatus.FROZEN
        if not by:
            check_move(ACCOUNT_MOVES, account.status, target)
        elif account.status == AccountStatus.CLOSED or (by in holders) == is_frozen:
            check_move({}, account.status, target)
        else:
            holders ^= {by}
        account.status = AccountStatus.FROZEN if holders else target
        account.frozen_by = sorted(holders)
        account.save(update_fields=["status", "frozen_by"])
        log.record(
            action=f"ledger.account.{target.lower()}",
            actor=actor,
            at=at,
            target=account.public_id,
            partner_id=account.book.partner_id,
            reason=reason,
            before=before,
            after=_standing(account),
        )
    return account


def _standing(account: Account) -> dict[str, Any]:
    return {"status": str(account.status)} | ({"frozen_by": account.frozen_by} if account.frozen_by else {})
