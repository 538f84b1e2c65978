"""What banks answer, read with tolerance for what is new and none for what would be wrong money.

Fields that we do not know are passed over. A missing field that we need, and an amount that is not an exact decimal in a string,
are BankAnswerMalformed: refused, not guessed. The refusals carry names of fields and codes, never values.
"""

import secrets
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from moneyed import Money

from flowlet.core import money
from flowlet.core.errors import Invalid
from payments.errors import BankAnswerMalformed, CallbackRefused
from payments.providers.openbanking.vocabulary import Session


def take(answer: Any, *path: str | int) -> Any:
    """The value at ``path``. Raises BankAnswerMalformed when it is not there."""
    value = answer
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            raise BankAnswerMalformed(f"{_name(path)} is missing.", field=_name(path)) from None
    return value


def text(answer: Any, *path: str | int) -> str:
    """The text at ``path``; not empty. Raises BankAnswerMalformed."""
    value = take(answer, *path)
    if not isinstance(value, str) or not value:
        raise BankAnswerMalformed(f"{_name(path)} is not a text.", field=_name(path))
    return value


def rows(answer: Any, *path: str | int) -> Iterator[Mapping[str, Any]]:
    """The objects of the list at ``path``; none where there is no list."""
    value = answer
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise BankAnswerMalformed(f"{_name(path)} is not a list of objects.", field=_name(path))
    yield from value


def maybe(answer: Any, *path: str | int) -> str:
    """The text at ``path``, or ""."""
    value = answer
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return ""
    return value if isinstance(value, str) else ""


def amount_in(answer: Any, amount: str, currency: str) -> Money:
    """Money from a decimal in a string and a currency, signed as given. Raises BankAnswerMalformed; a JSON number is refused."""
    digits, code = text(answer, amount), text(answer, currency)
    try:
        whole = money.parse(digits.removeprefix("+"), code, positive=False)
    except Invalid as refusal:
        raise BankAnswerMalformed(f"{amount}: {refusal.title}.", field=amount) from None
    return whole


def amount_out(value: Money) -> tuple[str, str]:
    """("12.50", "EUR"): the exact decimal with the currency's own scale. Raises Invalid for what is finer or not positive."""
    exact = money.exact(Decimal(value.amount), value.currency.code)
    if exact.amount <= 0:
        raise money.NotPositive(param="amount")
    return money.to_text(exact.amount, value.currency.code), value.currency.code


def moment(value: Any, name: str) -> datetime | None:
    """The moment in ISO 8601, or None where there is none. Raises BankAnswerMalformed."""
    if value in (None, ""):
        return None
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise BankAnswerMalformed(f"{name} is not a moment.", field=name) from None
    if found.tzinfo is None:
        raise BankAnswerMalformed(f"{name} has no time zone.", field=name)
    return found


def day(value: Any, name: str) -> date | None:
    """The day in ISO 8601, of a day or a moment, or None. Raises BankAnswerMalformed."""
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(value[:10])
    except (TypeError, ValueError):
        raise BankAnswerMalformed(f"{name} is not a day.", field=name) from None


def check_state(session: Session, callback: Mapping[str, str]) -> None:
    """Raise CallbackRefused unless the customer comes back with the state they left with."""
    if not secrets.compare_digest(callback.get("state", "").encode(), session.state.encode()):
        raise CallbackRefused("The state is another one.", param="state")


def below(base_url: str, link: str) -> str:
    """The path and query of ``link`` below ``base_url``. Raises BankAnswerMalformed for another place: our token stays here."""
    base, found = urlsplit(base_url), urlsplit(link)
    elsewhere = bool(found.netloc) and (found.scheme, found.netloc) != (base.scheme, base.netloc)
    if elsewhere or not found.path.startswith(f"{base.path}/") or ".." in found.path.split("/"):
        raise BankAnswerMalformed("A link leads away from the bank.", field="Links")
    path = found.path.removeprefix(base.path)
    return f"{path}?{found.query}" if found.query else path


def _name(path: tuple[str | int, ...]) -> str:
    return ".".join(str(step) for step in path)
