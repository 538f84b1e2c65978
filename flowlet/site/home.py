"""The home page: what the roof adds to the panels that apps register.

Work first (requests that wait for me, and mine that wait for others), then money (position and volume of the live books), then
the health of the platform. Everything here reads and nothing writes.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.http import HttpRequest

from accounts.choices import Mode
from flowlet.approvals import selectors as approvals
from flowlet.approvals.models import Approval
from flowlet.audit.selectors import chain
from flowlet.backoffice import cells, charts, home, permissions
from flowlet.core import clock
from flowlet.events import selectors as events
from ledger.models import RollUp, SealBlock, Verification
from ledger.selectors import position as positions

COUNTED = 1000
LATE_AFTER = timedelta(days=2)
DAYS = 30
CURRENCIES = 3
LAG_LIMIT_SECONDS = 60
SEAL_LIMIT = timedelta(hours=1)
VERIFY_LIMIT = timedelta(hours=26)

# What the roll-up has added up, and the entries since (its number is a literal, so that the planner sees how few they are).
# The tail is read first and by itself: joined at once, the planner may go through all entries of every account for it.
_VOLUME = """
WITH tail AS MATERIALIZED (
    SELECT e.account_id, e.currency, e.effective_on, e.amount FROM ledger_entry e
    WHERE e.side = 'DEBIT' AND e.posted_xid >= %(xid)s AND e.effective_on BETWEEN %(first)s AND %(today)s
)
SELECT currency, effective_on, sum(amount), sum(entries)
FROM (
    SELECT m.currency, m.effective_on, m.debits AS amount, m.entries
    FROM ledger_linemovement m JOIN ledger_chartline l ON l.id = m.line_id
    JOIN ledger_book b ON b.id = l.book_id JOIN accounts_partner p ON p.id = b.partner_id
    WHERE p.mode = %(mode)s AND m.effective_on BETWEEN %(first)s AND %(today)s
    UNION ALL
    SELECT e.currency, e.effective_on, e.amount, 1
    FROM tail e JOIN ledger_account a ON a.id = e.account_id
    JOIN ledger_book b ON b.id = a.book_id JOIN accounts_partner p ON p.id = b.partner_id
    WHERE p.mode = %(mode)s
) moved
GROUP BY currency, effective_on"""


def _waiting(queryset: Any, url: str, text: str = "") -> home.Waiting:
    """The first thousand counted, with the oldest."""
    moments = list(queryset.values_list("created_at", flat=True)[: COUNTED + 1])
    oldest = min(moments) if moments else None
    return home.Waiting(
        count=min(len(moments), COUNTED),
        url=url,
        oldest_at=oldest,
        is_late=oldest is not None and clock.now() - oldest > LATE_AFTER,
        text="and more" if len(moments) > COUNTED else text,
    )


def _pending_url() -> str:
    url = cells.admin_url(Approval, "changelist")
    return f"{url}?status__exact=PENDING" if url else ""


def of_mine(request: HttpRequest) -> home.Waiting | None:
    """My own requests that wait for somebody else; nothing when there are none."""
    found = _waiting(approvals.pending().filter(maker_id=request.user.public_id), _pending_url())
    return found if found.count else None


def position(request: HttpRequest) -> list[home.Figure]:
    """Per currency: the money at banks that safeguards customers' money in the live books, and what is owed to customers, now."""
    return [
        home.Figure(
            label=f"{one.currency} safeguarded",
            value=cells.number(one.safeguarded.amount, one.currency),
            text=f"owed to customers {cells.number(one.customers.amount, one.currency)}",
            tone="bad" if one.gap.amount < 0 else "neutral",
        )
        for one in positions.by_currency(mode=Mode.LIVE)
    ]


def volume(request: HttpRequest) -> dict[str, Any]:
    """Money moved in the live books on each of the last thirty days: the sum of all debits, for the three busiest currencies."""
    today = clock.now().date()
    first = today - timedelta(days=DAYS - 1)
    rolled = RollUp.objects.values_list("xid", flat=True).first() or 0
    days: dict[str, dict[Any, Any]] = {}
    busy: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_VOLUME, {"mode": Mode.LIVE, "first": first, "today": today, "xid": rolled})
        for currency, day, amount, entries in cursor.fetchall():
            days.setdefault(currency, {})[day] = amount
            busy[currency] = busy.get(currency, 0) + entries
    drawn = []
    for currency in sorted(busy, key=lambda code: (-busy[code], code))[:CURRENCIES]:
        points = []
        for offset in range(DAYS):
            day = first + timedelta(days=offset)
            amount = days[currency].get(day, charts.ZERO)
            points.append(charts.Point(day, amount, f"{day}: {cells.number(amount, currency)} {currency}"))
        drawn.append({"drawing": charts.bars(points), "unit": currency})
    return {"charts": drawn, "empty": "Nothing has moved in thirty days."}


def books(request: HttpRequest) -> list[home.Figure]:
    """Last verification, last seal, last roll-up; and how far the outbox is behind."""
    at = clock.now()
    verified = Verification.objects.order_by("-id").first()
    sealed = SealBlock.objects.order_by("-number").values_list("number", "sealed_at").first()
    rolled = RollUp.objects.values_list("ran_at", flat=True).first()
    if verified is None:
        verification = home.Figure("Last verification", "never", tone="warn", text="verify_ledger has not run")
    elif verified.is_clean:
        verification = _since("Last verification", verified.finished_at, at, VERIFY_LIMIT, f"clean, {verified.entries:,} entries")
    else:
        verification = home.Figure("Last verification", "broken", tone="bad", text=f"{len(verified.findings)} findings")
    # Those who may look at events have a panel of their own for this.
    behind = [] if permissions.allows(request.user, "flowlet_events.view_event") else [outbox()]
    return [
        verification,
        _since("Last seal", sealed[1] if sealed else None, at, SEAL_LIMIT, f"block {sealed[0]:,}" if sealed else ""),
        _since("Last roll-up", rolled, at, SEAL_LIMIT, ""),
        *behind,
    ]


def outbox() -> home.Figure:
    """How far the outbox is behind."""
    lag = events.lag(at=clock.now())
    return home.Figure(
        "Outbox",
        f"{lag.seconds:,.0f} s behind" if lag.waiting else "up to date",
        text=f"{lag.waiting:,} waiting" if lag.waiting else "",
        tone="bad" if lag.seconds > LAG_LIMIT_SECONDS else "good",
    )


def trail(request: HttpRequest) -> list[home.Figure]:
    """How far the audit is sealed."""
    head = chain.head()
    return [
        _since("Last seal", head.sealed_at if head else None, clock.now(), SEAL_LIMIT, f"block {head.number:,}" if head else "")
    ]


def _since(label: str, then: datetime | None, at: datetime, limit: timedelta, text: str) -> home.Figure:
    """How long ago, in colour: good within the limit."""
    if then is None:
        return home.Figure(label, "never", tone="warn", text=text)
    return home.Figure(label, _ago(at - then), text=text, tone="good" if at - then <= limit else "warn")


def _ago(span: timedelta) -> str:
    seconds = max(int(span.total_seconds()), 0)
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {name} ago"
    return "just now"


APPROVALS, BOOKS, AUDIT = "flowlet_approvals.view_approval", "ledger.view_book", "flowlet_audit.view_record"

home.register(home.Queue(name="approvals.of_mine", title="My requests", load=of_mine, permission=APPROVALS, order=12))
home.register(
    home.Figures(
        name="money.position", title="Money now", load=position, permission=BOOKS, order=10, note="Live books of all partners"
    )
)
home.register(
    home.Chart(
        name="money.volume",
        title="Volume of the last 30 days",
        load=volume,
        permission=BOOKS,
        order=20,
        note="Live books: the sum of all debits by effective day",
    )
)
home.register(home.Health(name="health.books", title="Books", load=books, permission=BOOKS, order=10))
home.register(home.Health(name="health.trail", title="Audit", load=trail, permission=AUDIT, order=30))
