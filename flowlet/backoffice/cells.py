"""What stands in a table's cell: money to its minor unit, badges, links, moments. All return safe HTML or plain text."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from moneyed import Money

from flowlet.core import money as amounts

TONES = ("neutral", "info", "good", "warn", "bad")
DASH = "–"
_WHO = {"api_key": "Partner's API key", "customer": "The customer"}
_ACRONYMS = re.compile(r"\b(kyc|api)\b", re.IGNORECASE)


def spelled(text: str) -> str:
    """The text with acronyms as people write them: ``kyc tier`` as ``KYC tier``."""
    return _ACRONYMS.sub(lambda found: found[0].upper(), text)


def number(amount: Decimal, currency: str) -> str:
    """``1,234.50``: grouped, with exactly the currency's own decimals. A finer amount is shown in full, never cut."""
    digits = amounts.exponent(currency)
    exact = -amount.normalize().as_tuple().exponent if amount else 0
    return f"{amount:,.{max(digits, exact)}f}"


def money(value: Money | None) -> SafeString | str:
    """An amount with its currency, aligned for a column of figures."""
    if value is None:
        return DASH
    code = value.currency.code
    return format_html('<span class="fl-money">{} <small>{}</small></span>', number(value.amount, code), code)


def badge(label: Any, tone: str = "neutral") -> SafeString:
    """A small coloured word; tones are neutral, info, good, warn and bad."""
    return format_html('<span class="fl-badge fl-{}">{}</span>', tone if tone in TONES else "neutral", label)


def choice(obj: Model, field: str, choices: type | None = None) -> SafeString | str:
    """A choice as a badge: its human label, in the colour that the choices class gives it by a ``tone`` property."""
    value = getattr(obj, field)
    if value in (None, ""):
        return DASH
    tone = getattr(choices(value), "tone", "neutral") if choices is not None else "neutral"
    return badge(getattr(obj, f"get_{field}_display")(), tone)


def admin_url(target: Model | type[Model], name: str = "change") -> str:
    """The address of a row's page (or of a model's ``changelist``), or "" when no such page is registered."""
    opts = target._meta
    args = []
    if isinstance(target, Model):
        args = [getattr(target, "public_id", None) or target.pk]
    try:
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=args)
    except NoReverseMatch:
        return ""


def link(target: Model | None, label: Any = None) -> SafeString | str:
    """A link to the row's own page, or its bare label when it has none. Costs no query: hand in loaded rows."""
    if target is None:
        return DASH
    url = admin_url(target)
    text = str(target) if label is None else label
    if not url:
        return str(text)
    if text != getattr(target, "public_id", None):
        return format_html('<a class="fl-link" href="{}">{}</a>', url, text)
    # Lists cut an id that is longer than its column; the title has all of it.
    return format_html('<a class="fl-link fl-id" title="{}" href="{}">{}</a>', text, url, text)


def actor(text: str, user: Any = None) -> SafeString | str:
    """Who acted, such as ``staff:usr_…``, as people read it: staff by role, with a link where the person is loaded."""
    kind, _, name = text.partition(":")
    if user is not None:
        return link(user, user.role_labels or "Staff")
    if kind == "system":
        return f"Flowlet ({name})"
    return _WHO.get(kind, kind.capitalize())


def href(url: str, label: Any) -> SafeString:
    """A link to any address."""
    return format_html('<a class="fl-link" href="{}">{}</a>', url, label)


def moment(value: datetime | None) -> SafeString | str:
    """A moment in UTC to the second, machine-readable for the page's scripts."""
    if value is None:
        return DASH
    utc = value.astimezone(timezone.get_default_timezone()) if timezone.is_aware(value) else value
    return format_html('<time datetime="{}">{}</time>', utc.isoformat(), utc.strftime("%Y-%m-%d %H:%M:%S"))


def day(value: date | None) -> str:
    """A calendar day, ISO 8601."""
    return value.isoformat() if value else DASH


def code(value: Any) -> SafeString | str:
    """An id, hash or key: fixed width."""
    return format_html('<code class="fl-code">{}</code>', value) if value else DASH


def show(value: Any) -> Any:
    """The usual cell for a value of any type that panels are given."""
    if value is None or value == "":
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, Model):
        return link(value)
    return value
