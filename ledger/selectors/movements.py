"""What the lines of a book's chart moved, day by day: from the movements of the days asked for plus the tail.

The cost grows with the days asked for, not with the age of the book.
"""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from ledger.models import Book, RollUp
from ledger.selectors import balances

Daily = dict[tuple[int, str], dict[date, Decimal]]
"""By line and currency, then by effective day: credits less debits."""

# As in ledger_line_totals (migrations/snapshots.sql): the days' rows, plus the tail, less what was recorded after the moment.
# Entries are read by themselves, by transaction and moment: joined at once, the planner may go through all entries of every account.
_BY_DAY = """
WITH tail AS MATERIALIZED (
    SELECT e.account_id, e.effective_on, CASE e.side WHEN 'CREDIT' THEN e.amount ELSE -e.amount END AS net FROM ledger_entry e
     WHERE e.posted_xid >= %(xid)s AND e.effective_on BETWEEN %(first)s AND %(last)s
       AND e.posted_at <= coalesce(%(recorded)s::timestamptz, 'infinity')
), later AS MATERIALIZED (
    SELECT e.account_id, e.effective_on, CASE e.side WHEN 'CREDIT' THEN -e.amount ELSE e.amount END AS net FROM ledger_entry e
     WHERE e.posted_at > %(recorded)s::timestamptz AND e.posted_xid < %(xid)s
       AND e.posted_at < ((%(recorded)s::timestamptz AT TIME ZONE %(zone)s)::date + 1)::timestamp AT TIME ZONE %(zone)s
       AND e.effective_on BETWEEN %(first)s AND %(last)s
)
SELECT line_id, currency, effective_on, sum(net) FROM (
    SELECT m.line_id, m.currency, m.effective_on, m.credits - m.debits AS net
      FROM ledger_linemovement m JOIN ledger_chartline c ON c.id = m.line_id AND c.book_id = %(book)s
     WHERE m.effective_on BETWEEN %(first)s AND %(last)s
       AND (%(recorded)s::timestamptz IS NULL OR m.recorded_on <= (%(recorded)s::timestamptz AT TIME ZONE %(zone)s)::date)
    UNION ALL
    SELECT a.line_id, a.currency, e.effective_on, e.net
      FROM (SELECT * FROM tail UNION ALL SELECT * FROM later) e JOIN ledger_account a ON a.id = e.account_id AND a.book_id = %(book)s) u
 GROUP BY 1, 2, 3 HAVING sum(net) <> 0"""


def by_day(*, book: Book, first: date, last: date, recorded_at: datetime | None = None) -> Daily:
    """What each line and currency moved on each day that takes effect from ``first`` to ``last``. Raises BeyondHorizon."""
    found: Daily = defaultdict(dict)
    with balances.one_picture(recorded_at), connection.cursor() as cursor:
        asked = {"book": book.pk, "first": first, "last": last, "recorded": recorded_at, "zone": book.time_zone}
        cursor.execute(_BY_DAY, asked | {"xid": RollUp.objects.get().xid})
        for line_id, currency, day, net in cursor.fetchall():
            found[line_id, currency][day] = net
    return dict(found)
