"""By when persons are answered, and in which words."""

import calendar
from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Any, Final

from accounts.services.holdings import Holding

RIGHTS: Final = (
    "You may ask for a correction (GDPR Art. 16), for erasure (Art. 17), for restriction (Art. 18), for a copy to take elsewhere (Art. 20),"
    " and object (Art. 21); a consent can be withdrawn at any time, for the future.",
    "You may complain to the supervisory authority of the country where you live or work, or where you think your rights were"
    " infringed (GDPR Art. 77), and go to court (Art. 79).",
)
SERVED: Final = (
    "You are a customer still, and your data are needed for the contract (GDPR Art. 6(1)(b) and 17(1)(a)). They are erased some years"
    " after it ends, as the law has it."
)
KEPT: Final = (
    "The law obliges us to keep the rest (GDPR Art. 17(3)(b)): for five years after the relationship ends (Regulation (EU) 2024/1624,"
    " Art. 77; 31 CFR 1010.430 and 1020.220). Where a law asks for longer, until it does so no more. Until then the data are used for"
    " nothing else (Art. 18). They are erased at the earliest on {day}, by themselves; you need not ask again."
)
_STYLE = (
    "body{font:16px/1.5 sans-serif;margin:2rem auto;max-width:50rem}table{margin:0 0 1rem;border-collapse:collapse}"
    "td{padding:.1rem 1rem .1rem 0;vertical-align:top}"
)


def due_on(received_on: date, *, months: int) -> date:
    """So many months later: the same day, or the last of a shorter month (GDPR Art. 12(3); Regulation (EEC) 1182/71, Art. 3)."""
    year, month = divmod(received_on.year * 12 + received_on.month - 1 + months, 12)
    return date(year, month + 1, min(received_on.day, calendar.monthrange(year, month + 1)[1]))


def register_row(one: Holding) -> dict[str, Any]:
    """What a holding says of itself to the person."""
    return {"data": one.label, "items": list(one.items), "purpose": one.purpose, "lawful_ground": one.ground.label}


def erasure_letter(*, is_served: bool, cleared: Sequence[str], not_before: date | None) -> dict[str, Any]:
    """The answer to a request for erasure. It says the same to whoever stands the same, whatever else is known of them."""
    said = [SERVED] if is_served else []
    if cleared:
        said.append(f"Erased at once: {', '.join(cleared).lower()}.")
    if not_before is not None:
        said.append(KEPT.format(day=not_before.isoformat()))
    return {"title": "Your request for erasure", "text": said, "your_rights": list(RIGHTS)}


def readable(document: dict[str, Any]) -> bytes:
    """The document as a page that stands by itself."""
    parts = [f"<h1>{escape(document['title'])}</h1>"]
    parts += [f"<p>{escape(text)}</p>" for text in document.get("text", ())]
    for label, rows in document.get("data", {}).items():
        parts.append(f"<h2>{escape(label)}</h2>")
        parts += [_table(row) for row in rows] or ["<p>Nothing.</p>"]
    if document.get("register"):
        parts.append("<h2>Why we have these data</h2>")
        parts += [_table(row) for row in document["register"]]
    parts.append("<h2>Your rights</h2>")
    parts += [f"<p>{escape(text)}</p>" for text in document["your_rights"]]
    title, body = escape(document["title"]), "".join(parts)
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'.encode()


def _table(row: dict[str, Any]) -> str:
    known = {name.replace("_", " "): _said(value) for name, value in row.items() if value not in (None, "", [], {})}
    cells = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in known.items())
    return f"<table>{cells}</table>"


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_said(one)}" for name, one in value.items())
    return ", ".join(_said(one) for one in value) if isinstance(value, list) else str(value)
