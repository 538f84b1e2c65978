"""What ``verify_ledger`` reads aloud of payments: their journals, holds, refunds, timelines and files against what they say."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db import connection

from flowlet.core import ids
from ledger.services import charts, verification
from payments.models import Batch, Payment

LIMIT = 50
_LINES = {
    "bank": charts.SAFEGUARDING,
    "clearing_in": charts.CLEARING_IN,
    "clearing_out": charts.CLEARING_OUT,
    "expected": charts.INCOMING_EXPECTED,
    "fees": charts.FEE_INCOME,
    "costs": charts.PROVIDER_COSTS,
}
_SUSPENSE = charts.SUSPENSE

# Debits less credits of each line. On its way is what was sent and has no answer; done is what was settled once, less what came back.
# A fee is earned when outgoing money leaves (and given back when it fails), and when incoming money arrives.
_POSITIONS = """
WITH said AS (
    SELECT p.id, wallets_public_id('pay', p.id) AS cause, p.status,
           CASE WHEN p.status IN ('SUBMITTED', 'UNKNOWN') THEN p.amount ELSE 0 END AS under_way,
           CASE WHEN p.rail = 'book' THEN 0
                WHEN p.settled_at IS NULL OR p.status NOT IN ('SETTLED', 'RETURNED', 'DISPUTED', 'REFUNDED') THEN 0
                WHEN p.direction = 'IN' THEN p.amount - p.returned ELSE p.returned - p.amount END AS done,
           CASE WHEN p.direction = 'IN' THEN CASE WHEN p.settled_at IS NULL THEN 0 ELSE p.fee END
                WHEN p.status IN ('SUBMITTED', 'UNKNOWN', 'SETTLED', 'RETURNED', 'REFUNDED')
                THEN p.fee + CASE WHEN p.kind = 'FEE' THEN p.amount ELSE 0 END ELSE 0 END AS earned,
           p.direction, p.rail
      FROM payments_payment p
), booked AS (
    SELECT j.cause,
           sum(CASE WHEN l.code = %(bank)s THEN e.signed END) AS bank,
           sum(CASE WHEN l.code = %(clearing_in)s THEN e.signed END) AS clearing_in,
           sum(CASE WHEN l.code = %(clearing_out)s THEN e.signed END) AS clearing_out,
           sum(CASE WHEN l.code = %(expected)s THEN e.signed END) AS expected,
           sum(CASE WHEN l.code = %(fees)s THEN e.signed END) AS fees
      FROM ledger_journal j
      JOIN (SELECT journal_id, account_id, CASE side WHEN 'DEBIT' THEN amount ELSE -amount END AS signed FROM ledger_entry) e
        ON e.journal_id = j.id
      JOIN ledger_account a ON a.id = e.account_id JOIN ledger_chartline l ON l.id = a.line_id
     WHERE j.cause LIKE 'pay\\_%%' AND l.code = ANY (%(lines)s)
     GROUP BY j.cause
)
SELECT coalesce(s.cause, b.cause), coalesce(s.status, 'unknown'), n.line, n.should, n.is
  FROM said s FULL JOIN booked b ON b.cause = s.cause
 CROSS JOIN LATERAL (VALUES
    ('1010', CASE WHEN s.rail = 'card' THEN 0 ELSE coalesce(s.done, 0) END, coalesce(b.bank, 0)),
    ('1110', CASE WHEN s.direction = 'IN' THEN s.under_way ELSE 0 END + CASE WHEN s.rail = 'card' THEN s.done ELSE 0 END,
             coalesce(b.clearing_in, 0)),
    ('1120', CASE WHEN s.direction = 'OUT' THEN -s.under_way ELSE 0 END, coalesce(b.clearing_out, 0)),
    ('2020', CASE WHEN s.direction = 'IN' THEN -s.under_way ELSE 0 END, coalesce(b.expected, 0)),
    ('4010', -coalesce(s.earned, 0), coalesce(b.fees, 0))
 ) AS n(line, should, "is")
 WHERE n.should <> n."is" LIMIT %(limit)s"""

_HOLDS = """
SELECT coalesce(wallets_public_id('pay', p.id), h.kept_for), coalesce(p.status, 'unknown'),
       CASE WHEN p.status = 'HELD' THEN p.amount + p.fee ELSE 0 END, coalesce(h.amount - h.captured - h.released, 0)
  FROM (SELECT id, status, amount, fee, hold_id FROM payments_payment WHERE status = 'HELD') p
  FULL JOIN (SELECT * FROM wallets_hold WHERE status = 'OPEN' AND kept_for LIKE 'pay\\_%%') h
    ON h.id = p.hold_id AND h.kept_for = wallets_public_id('pay', p.id)
 WHERE p.id IS NULL OR h.id IS NULL OR p.amount + p.fee <> h.amount - h.captured - h.released LIMIT %(limit)s"""

_REFUNDS = """
SELECT p.id, p.refunded, coalesce(r.settled, 0) FROM payments_payment p
  LEFT JOIN (SELECT original_id, sum(amount) AS settled FROM payments_payment
              WHERE original_id IS NOT NULL AND status = 'SETTLED' GROUP BY 1) r ON r.original_id = p.id
 WHERE p.refunded <> coalesce(r.settled, 0) LIMIT %(limit)s"""

_TIMELINES = """
SELECT p.id, p.status, p.moves_made, coalesce(m.moves, 0), coalesce(m.ends, ''), coalesce(m.gaps, 0)
  FROM payments_payment p LEFT JOIN (
    SELECT payment_id, count(*) AS moves, (array_agg(went_to ORDER BY ordinal DESC))[1] AS ends,
           count(*) FILTER (WHERE came_from <> before OR before <> '' AND NOT payments_may_move(before, went_to)
                          AND NOT (before = went_to AND payments_may_stay(before))) AS gaps
      FROM (SELECT payment_id, ordinal, came_from, went_to,
                   coalesce(lag(went_to) OVER (PARTITION BY payment_id ORDER BY ordinal), '') AS before FROM payments_move) step
     GROUP BY 1
  ) m ON m.payment_id = p.id
 WHERE (p.moves_made, p.status, 0) IS DISTINCT FROM (m.moves, m.ends, m.gaps) LIMIT %(limit)s"""

_JOURNALS = """
SELECT coalesce(wallets_public_id('pay', m.payment_id), j.cause), coalesce(m.journal_id, j.id), m.journal_id IS NULL
  FROM (SELECT payment_id, journal_id FROM payments_move WHERE journal_id IS NOT NULL) m
  FULL JOIN (SELECT id, cause FROM ledger_journal WHERE cause LIKE 'pay\\_%%') j ON j.id = m.journal_id
 WHERE m.journal_id IS NULL OR j.id IS NULL OR j.cause <> wallets_public_id('pay', m.payment_id) LIMIT %(limit)s"""

_FILES = """
SELECT b.id, b.count, b.total, coalesce(p.count, 0), coalesce(p.total, 0), coalesce(p.strangers, 0)
  FROM payments_batch b LEFT JOIN (
    SELECT batch_id, count(*), sum(p.amount) AS total,
           count(*) FILTER (WHERE (p.partner_id, p.rail, p.direction, p.currency) <> (b.partner_id, b.rail, b.direction, b.currency))
               AS strangers
      FROM payments_payment p JOIN payments_batch b ON b.id = p.batch_id GROUP BY 1
  ) p ON p.batch_id = b.id
 WHERE NOT b.is_verification AND (b.count, b.total, 0) IS DISTINCT FROM (p.count, p.total, p.strangers) LIMIT %(limit)s"""

_VERIFICATION_FILES = """
SELECT b.id, b.count, b.total, coalesce(e.count, 0), coalesce(e.total, 0), (SELECT count(*) FROM payments_payment p WHERE p.batch_id = b.id)
  FROM payments_batch b LEFT JOIN (
    SELECT batch_id, count(*), sum(amount) AS total FROM payments_verificationentry GROUP BY 1
  ) e ON e.batch_id = b.id
 WHERE b.is_verification
   AND ((b.count, b.total) IS DISTINCT FROM (e.count, e.total) OR EXISTS (SELECT FROM payments_payment p WHERE p.batch_id = b.id))
 LIMIT %(limit)s"""

# Debits less credits of each line that an attempt's journals have moved, against what its entries say.
_DEPOSITS = """
WITH said AS (
    SELECT wallets_public_id('acv', verification_id) AS cause,
           sum(CASE WHEN returned_at IS NULL THEN amount ELSE 0 END) AS cost,
           -sum(CASE WHEN settled_at IS NULL AND returned_at IS NULL THEN amount ELSE 0 END) AS clearing_out,
           -sum(CASE WHEN settled_at IS NOT NULL AND returned_at IS NULL THEN amount ELSE 0 END) AS bank
      FROM payments_verificationentry GROUP BY 1
), booked AS (
    SELECT j.cause, sum(CASE WHEN l.code = %(costs)s THEN e.signed END) AS cost,
           sum(CASE WHEN l.code = %(clearing_out)s THEN e.signed END) AS clearing_out,
           sum(CASE WHEN l.code = %(bank)s THEN e.signed END) AS bank
      FROM ledger_journal j
      JOIN (SELECT journal_id, account_id, CASE side WHEN 'DEBIT' THEN amount ELSE -amount END AS signed FROM ledger_entry) e
        ON e.journal_id = j.id
      JOIN ledger_account a ON a.id = e.account_id JOIN ledger_chartline l ON l.id = a.line_id
     WHERE j.cause LIKE 'acv\\_%%' GROUP BY j.cause
)
SELECT coalesce(s.cause, b.cause), n.line, n.should, n.is
  FROM said s FULL JOIN booked b ON b.cause = s.cause
 CROSS JOIN LATERAL (VALUES
    ('5010', coalesce(s.cost, 0), coalesce(b.cost, 0)),
    ('1120', coalesce(s.clearing_out, 0), coalesce(b.clearing_out, 0)),
    ('1010', coalesce(s.bank, 0), coalesce(b.bank, 0))
 ) AS n(line, should, "is")
 WHERE n.should <> n."is" LIMIT %(limit)s"""

# Credits less debits on suspense of each payment's journals, against what lies there by its row, or was taken out by no journal of its own.
_SUSPENDED = """
WITH booked AS (
    SELECT j.cause, sum(CASE e.side WHEN 'CREDIT' THEN e.amount ELSE -e.amount END) AS amount
      FROM ledger_chartline l JOIN ledger_account a ON a.line_id = l.id JOIN ledger_entry e ON e.account_id = a.id
      JOIN ledger_journal j ON j.id = e.journal_id
     WHERE l.code = %(suspense)s AND j.cause LIKE 'pay\\_%%' GROUP BY j.cause
), said AS (
    SELECT wallets_public_id('pay', payment_id) AS cause, sum(amount) AS amount FROM payments_suspenseitem
     WHERE state IN ('OPEN', 'CLOSED') GROUP BY payment_id
)
SELECT coalesce(s.cause, b.cause), coalesce(s.amount, 0), coalesce(b.amount, 0) FROM said s FULL JOIN booked b ON b.cause = s.cause
 WHERE coalesce(s.amount, 0) <> coalesce(b.amount, 0) LIMIT %(limit)s"""

# What the accounts of receivables say of each customer, against the rows that are open.
_OWED = """
WITH booked AS (
    SELECT a.owner, e.currency, sum(CASE e.side WHEN 'DEBIT' THEN e.amount ELSE -e.amount END) AS amount
      FROM ledger_chartline l JOIN ledger_account a ON a.line_id = l.id JOIN ledger_entry e ON e.account_id = a.id
     WHERE l.code = %(owed)s AND a.owner <> '' GROUP BY a.owner, e.currency
), said AS (
    SELECT wallets_public_id('cus', customer_id) AS owner, currency, owed - recovered AS amount
      FROM payments_receivable WHERE state = 'OPEN'
)
SELECT coalesce(s.owner, b.owner), coalesce(s.currency, b.currency), coalesce(s.amount, 0), coalesce(b.amount, 0)
  FROM said s FULL JOIN booked b ON b.owner = s.owner AND b.currency = s.currency
 WHERE coalesce(s.amount, 0) <> coalesce(b.amount, 0) LIMIT %(limit)s"""

# What an acquirer charged for a dispute is a cost, and was taken from what it owes us.
_DISPUTE_FEES = """
WITH booked AS (
    SELECT j.cause, e.currency, sum(CASE WHEN l.code = %(costs)s THEN e.signed END) AS costs,
           sum(CASE WHEN l.code = %(clearing_in)s THEN e.signed END) AS clearing_in
      FROM ledger_journal j
      JOIN (SELECT journal_id, account_id, currency, CASE side WHEN 'DEBIT' THEN amount ELSE -amount END AS signed FROM ledger_entry) e
        ON e.journal_id = j.id
      JOIN ledger_account a ON a.id = e.account_id JOIN ledger_chartline l ON l.id = a.line_id
     WHERE j.cause LIKE 'dsp\\_%%' GROUP BY j.cause, e.currency
), said AS (
    SELECT wallets_public_id('dsp', id) AS cause, fee_currency AS currency, fee FROM payments_dispute WHERE fee_currency <> ''
)
SELECT coalesce(s.cause, b.cause), coalesce(s.currency, b.currency), n.line, n.should, n.is
  FROM said s FULL JOIN booked b ON b.cause = s.cause AND b.currency = s.currency
 CROSS JOIN LATERAL (VALUES
    ('5010', coalesce(s.fee, 0), coalesce(b.costs, 0)),
    ('1110', -coalesce(s.fee, 0), coalesce(b.clearing_in, 0))
 ) AS n(line, should, "is")
 WHERE n.should <> n."is" LIMIT %(limit)s"""

# What counts is what was counted and did not end without a payment; the partner's shares are added up.
_LIMITS = """
WITH derived AS (
    SELECT partner_id, customer_id, rail, direction, currency, counted_on AS day, kind, sum(amount) AS used, count(*) AS count
      FROM payments_payment
     WHERE counted_on IS NOT NULL AND status NOT IN ('REJECTED', 'FAILED', 'CANCELED', 'EXPIRED') GROUP BY 1, 2, 3, 4, 5, 6, 7
), of_customers AS (
    SELECT 'cus' AS prefix, coalesce(u.customer_id, d.customer_id) AS id, coalesce(u.rail, d.rail) AS rail, coalesce(u.day, d.day) AS day,
           coalesce(d.used, 0) AS used, coalesce(d.count, 0) AS count, coalesce(u.used, 0) AS counted, coalesce(u.count, 0) AS times
      FROM payments_customerrailusage u FULL JOIN derived d USING (customer_id, rail, direction, currency, day, kind)
), of_partners AS (
    SELECT 'par' AS prefix, partner_id AS id, rail, day,
           coalesce(d.used, 0) AS used, coalesce(d.count, 0) AS count, coalesce(u.used, 0) AS counted, coalesce(u.count, 0) AS times
      FROM (SELECT partner_id, rail, direction, currency, day, kind, sum(used) AS used, sum(count) AS count
              FROM payments_partnerrailusage GROUP BY 1, 2, 3, 4, 5, 6) u
      FULL JOIN (SELECT partner_id, rail, direction, currency, day, kind, sum(used) AS used, sum(count) AS count
                   FROM derived GROUP BY 1, 2, 3, 4, 5, 6) d USING (partner_id, rail, direction, currency, day, kind)
)
SELECT prefix, id, rail, day, used, count, counted, times
  FROM (SELECT * FROM of_customers UNION ALL SELECT * FROM of_partners) n
 WHERE (used, count) IS DISTINCT FROM (counted, times) LIMIT %(limit)s"""


def register() -> None:
    """Add the checks to the ledger's."""
    verification.register("Payments booked what their states say")(booked_as_they_stand)
    verification.register("Payments hold what they are to send")(holds_are_right)
    verification.register("Refunds of payments add up")(refunds_add_up)
    verification.register("Timelines of payments lead to where they stand")(timelines_lead_there)
    verification.register("Each journal of a payment belongs to one of its moves")(journals_belong_to_moves)
    verification.register("Files carry the payments that they count")(files_carry_their_payments)
    verification.register("What is used of the rails' limits is what payments used")(limits_are_counted)
    verification.register("Files carry the verification entries that they count")(files_carry_their_entries)
    verification.register("What is said to be in suspense is there")(suspense_is_there)
    verification.register("What customers are said to owe is booked")(receivables_are_booked)
    verification.register("Micro-deposits are booked as they stand")(deposits_booked_as_they_stand)
    verification.register("Disputes are booked at what they cost")(dispute_fees_are_booked)


def booked_as_they_stand() -> Iterator[tuple[str, str]]:
    """Invariant: the journals that a payment caused leave on clearing, bank and fees exactly what its status says."""
    for where, status, line, should, found in _rows(_POSITIONS):
        yield where, f"is {status}, so {line} should say {_plain(should)}; its journals say {_plain(found)}"


def holds_are_right() -> Iterator[tuple[str, str]]:
    """Invariant: a payment that is HELD has an open hold of amount and fee, and no other payment has one."""
    for where, status, should, found in _rows(_HOLDS):
        yield where, f"is {status}, so {_plain(should)} should be held; {_plain(found)} is"


def refunds_add_up() -> Iterator[tuple[str, str]]:
    """Invariant: what a payment says was refunded is the sum of its settled refunds."""
    for key, refunded, settled in _rows(_REFUNDS):
        yield ids.public_id(Payment.PREFIX, key), f"{_plain(refunded)} was refunded, its settled refunds are {_plain(settled)}"


def timelines_lead_there() -> Iterator[tuple[str, str]]:
    """Invariant: the moves of a payment follow from one another by the table, and the last leads to where it stands."""
    for key, status, made, moves, ends, gaps in _rows(_TIMELINES):
        yield (
            ids.public_id(Payment.PREFIX, key),
            f"is {status} after {made} moves; its timeline has {moves} and ends with {ends or 'nothing'}, {gaps} do not follow",
        )


def journals_belong_to_moves() -> Iterator[tuple[str, str]]:
    """Invariant: every journal that names a payment as its cause is of one move of it, and every journal of a move is there."""
    for where, journal_id, is_stray in _rows(_JOURNALS):
        yield (
            where,
            f"journal {ids.public_id('jrn', journal_id)} {'is of no move' if is_stray else 'is missing or of another cause'}",
        )


def files_carry_their_payments() -> Iterator[tuple[str, str]]:
    """Invariant: a batch counts and sums its payments, which are all of its partner, rail, direction and currency."""
    for key, count, total, found, amount, strangers in _rows(_FILES):
        yield (
            ids.public_id(Batch.PREFIX, key),
            f"says {count} payments of {_plain(total)}; it has {found} of {_plain(amount)}, {strangers} of them do not belong",
        )


def limits_are_counted() -> Iterator[tuple[str, str]]:
    """Invariant: what customers and partners used of each business day of a rail is the sum of their payments counted on it, but for those
    that failed or were canceled."""
    for prefix, key, rail, day, used, count, counted, times in _rows(_LIMITS):
        yield (
            ids.public_id(prefix, key),
            f"used {_plain(used)} of {rail} on {day} in {count} payments; {_plain(counted)} in {times} is counted",
        )


def files_carry_their_entries() -> Iterator[tuple[str, str]]:
    """Invariant: a batch of micro-deposits and prenotes counts and sums them, and has no payments."""
    for key, count, total, found, amount, payments in _rows(_VERIFICATION_FILES):
        yield (
            ids.public_id(Batch.PREFIX, key),
            f"says {count} entries of {_plain(total)}; it has {found} of {_plain(amount)}, and {payments} payments",
        )


def suspense_is_there() -> Iterator[tuple[str, str]]:
    """Invariant: what a payment's rows of suspense say to lie there, or to have been taken out by hand, is what its journals put into
    suspense less what they took out.
    """
    for where, said, booked in _rows(_SUSPENDED):
        yield where, f"{_plain(said)} is said to be in suspense; its journals left {_plain(booked)} there"


def receivables_are_booked() -> Iterator[tuple[str, str]]:
    """Invariant: what a customer's open receivable leaves to pay is the balance of the account of what the customer owes."""
    for where, currency, said, booked in _rows(_OWED):
        yield where, f"{_plain(said)} {currency} is said to be owed; the books say {_plain(booked)}"


def deposits_booked_as_they_stand() -> Iterator[tuple[str, str]]:
    """Invariant: micro-deposits are a cost unless they came back, on their way until they settle, and then at the bank's expense."""
    for where, line, should, found in _rows(_DEPOSITS):
        yield where, f"{line} should say {_plain(should)} for its deposits; its journals say {_plain(found)}"


def dispute_fees_are_booked() -> Iterator[tuple[str, str]]:
    """Invariant: what an acquirer charged for a dispute, less what it gave back, is a cost, and missing from what it owes us."""
    for where, currency, line, should, found in _rows(_DISPUTE_FEES):
        yield where, f"{line} in {currency} should say {_plain(should)} for its fee; its journals say {_plain(found)}"


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {**_LINES, "suspense": _SUSPENSE, "owed": charts.RECOVERY_RECEIVABLE, "lines": list(_LINES.values()), "limit": LIMIT},
        )
        return cursor.fetchall()
