"""Reading the books aloud: every balance is added up again, every invariant and every seal is checked.

A check is a function that yields Findings; ``register`` adds one, also from the apps above (holds against wallets). The result is kept as a
Verification. Nothing is repaired here.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from flowlet.core import clock, ids
from ledger.models import Account, Entry, Journal, SealBlock, Verification

LIMIT = 50
BLOCKS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be. ``where`` names the journal, account, entry or block."""

    check: str
    where: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found. ``unsealed`` journals are the tail that no seal protects yet."""

    is_clean: bool
    journals: int
    entries: int
    sealed_blocks: int
    unsealed: int
    findings: list[Finding]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


Check = Callable[[], Iterator[tuple[str, str]]]
_checks: dict[str, Check] = {}


def register(name: str) -> Callable[[Check], Check]:
    """Add a check: a function without arguments that yields (where, message) for every breach."""

    def add(check: Check) -> Check:
        _checks[name] = check
        return check

    return add


def names() -> list[str]:
    """The checks there are, in the order they run."""
    return list(_checks)


def verify(*, progress: Callable[[str], None] = lambda name: None) -> Report:
    """Run all checks and keep the result. Reads one snapshot of the database, so that work may go on meanwhile."""
    started = clock.now()
    findings: list[Finding] = []
    with transaction.atomic():
        with connection.cursor() as cursor:
            if len(connection.savepoint_ids) == 0:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL work_mem = '128MB'")
            cursor.execute("SET LOCAL jit = off")
        for name, check in _checks.items():
            progress(name)
            findings += [Finding(name, where, message) for where, message in check()]
        last = SealBlock.objects.order_by("-number").values_list("number", "to_xid").first() or (0, 0)
        report = Report(
            is_clean=not findings,
            journals=Journal.objects.count(),
            entries=Entry.objects.count(),
            sealed_blocks=last[0],
            unsealed=Journal.objects.filter(posted_xid__gte=last[1]).count(),
            findings=findings,
        )
    Verification.objects.create(
        started_at=started,
        finished_at=clock.now(),
        is_clean=report.is_clean,
        journals=report.journals,
        entries=report.entries,
        findings=[asdict(finding) for finding in findings],
    )
    return report


def _rows(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return cursor.fetchall()


def _journal(key: UUID | None) -> str:
    return ids.public_id(Journal.PREFIX, key) if key else ""


def _account(key: int | None) -> str:
    account = Account.objects.filter(pk=key).first()
    return account.public_id if account else f"account {key}"


@register("The database's guards are in place")
def guards_stand() -> Iterator[tuple[str, str]]:
    """The triggers are enabled and the application's role has no right to write the books."""
    expected = {
        ("ledger_entry", "entries_are_checked"),
        ("ledger_entry", "ledger_entry_is_append_only"),
        ("ledger_journal", "journal_has_its_legs"),
        ("ledger_journal", "ledger_journal_is_append_only"),
        ("ledger_sealblock", "ledger_sealblock_is_append_only"),
        ("ledger_account", "account_is_guarded"),
        ("ledger_book", "book_is_guarded"),
    }
    found = _rows("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgenabled = 'O' AND NOT tgisinternal")
    for table, name in sorted(expected - set(found)):
        yield table, f"the trigger {name} is missing or switched off"
    for table in ("ledger_entry", "ledger_journal", "ledger_balance", "ledger_sealblock"):
        for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
            if _rows(
                "SELECT has_table_privilege(rolname, %s, %s) FROM pg_roles WHERE rolname = %s",
                table,
                right,
                settings.DATABASE_APP_ROLE,
            ) == [(True,)]:
                yield table, f"the application's role may {right}"


@register("Transaction ids run forward")
def ids_run_forward() -> Iterator[tuple[str, str]]:
    """A logical restore into a new cluster starts its transaction ids anew, which would confuse the commit horizon.

    Committed journals lie below the snapshot's upper end; those of this very transaction may lie above it, while older ones run.
    """
    (highest, current) = _rows(
        """SELECT coalesce(max(posted_xid), 0),
                  greatest(pg_snapshot_xmax(pg_current_snapshot()), pg_current_xact_id_if_assigned())::text::bigint
             FROM ledger_journal"""
    )[0]
    if highest > current:
        yield (
            "cluster",
            f"journals carry transaction {highest}, the server is at {current}; see the operations guide on restoring",
        )


@register("Every journal balances in every currency")
def journals_balance() -> Iterator[tuple[str, str]]:
    """Invariant: debits equal credits per journal and currency, with exactly the announced number of legs."""
    for key, currency, gap in _rows(
        """SELECT journal_id, currency, sum(CASE side WHEN 'DEBIT' THEN amount ELSE -amount END) FROM ledger_entry
           GROUP BY journal_id, currency HAVING sum(CASE side WHEN 'DEBIT' THEN amount ELSE -amount END) <> 0 ORDER BY 1 LIMIT %s""",
        LIMIT,
    ):
        yield _journal(key), f"debits exceed credits by {gap} {currency}"
    for key, announced, there in _rows(
        """SELECT j.id, j.leg_count, coalesce(e.legs, 0) FROM ledger_journal j
           LEFT JOIN (SELECT journal_id, count(*) AS legs FROM ledger_entry GROUP BY 1) e ON e.journal_id = j.id
           WHERE coalesce(e.legs, 0) <> j.leg_count ORDER BY j.id LIMIT %s""",
        LIMIT,
    ):
        yield _journal(key), f"has {there} legs and announced {announced}"


@register("Every entry fits its journal and its account")
def entries_fit() -> Iterator[tuple[str, str]]:
    """Invariant: same book, currency, day, moment and transaction; no orphan."""
    for key, account, entry in _rows(
        """SELECT e.journal_id, e.account_id, e.id FROM ledger_entry e
           LEFT JOIN ledger_journal j ON j.id = e.journal_id LEFT JOIN ledger_account a ON a.id = e.account_id
           WHERE (j.book_id = a.book_id AND j.effective_on = e.effective_on AND j.posted_at = e.posted_at AND j.posted_xid = e.posted_xid
                  AND a.currency = e.currency AND (a.mode = 'STRICT') = (e.seq IS NOT NULL)) IS NOT TRUE
           ORDER BY e.journal_id LIMIT %s""",
        LIMIT,
    ):
        yield _journal(key), f"entry {entry} on {_account(account)} does not fit"


@register("Every strict balance is the sum of its entries")
def balances_add_up() -> Iterator[tuple[str, str]]:
    """Invariant: posted is the sum, seq the gap-free count, and the running balance right at every entry."""
    for account, posted, total, seq, count in _rows(
        """SELECT b.account_id, b.posted, coalesce(e.total, 0), b.seq, coalesce(e.n, 0) FROM ledger_balance b
           LEFT JOIN (SELECT l.account_id,
                             sum(CASE side WHEN 'DEBIT' THEN l.sign * amount ELSE -l.sign * amount END) AS total, count(*) AS n
                        FROM ledger_entry JOIN ledger_balance l USING (account_id) GROUP BY 1) e USING (account_id)
           WHERE b.posted <> coalesce(e.total, 0) OR b.seq <> coalesce(e.n, 0) ORDER BY 1 LIMIT %s""",
        LIMIT,
    ):
        yield _account(account), f"balance {posted} after {seq} entries, but {count} entries add up to {total}"
    for account, key, entry in _rows(
        """SELECT account_id, journal_id, id FROM (
             SELECT e.account_id, e.journal_id, e.id, e.seq, e.balance_after,
                    row_number() OVER w AS n, sum(CASE side WHEN 'DEBIT' THEN l.sign * amount ELSE -l.sign * amount END) OVER w AS running
               FROM ledger_entry e JOIN ledger_balance l USING (account_id)
             WINDOW w AS (PARTITION BY e.account_id ORDER BY e.id ROWS UNBOUNDED PRECEDING)) x
           WHERE seq IS DISTINCT FROM n OR balance_after IS DISTINCT FROM running ORDER BY id LIMIT %s""",
        LIMIT,
    ):
        yield _journal(key), f"the running balance of {_account(account)} breaks at entry {entry}"


@register("No balance is below its floor")
def floors_hold() -> Iterator[tuple[str, str]]:
    """Invariant: posted less held is at or above the floor; the thin row repeats its account truly."""
    for account, available, floor in _rows(
        "SELECT account_id, posted - held, floor FROM ledger_balance WHERE posted - held < floor OR held < 0 LIMIT %s", LIMIT
    ):
        yield _account(account), f"{available} is available, the floor is {floor}"
    for (account,) in _rows(
        """SELECT a.id FROM ledger_account a LEFT JOIN ledger_balance b ON b.account_id = a.id
           WHERE a.mode = 'STRICT' AND ((a.book_id, a.currency, a.status, CASE a.normal_side WHEN 'DEBIT' THEN 1 ELSE -1 END)
                 IS DISTINCT FROM (b.book_id, b.currency, b.status, b.sign::int) OR a.floor IS DISTINCT FROM b.floor) LIMIT %s""",
        LIMIT,
    ):
        yield _account(account), "the balance row and the account disagree"


@register("Reversals mirror their originals, once")
def reversals_mirror() -> Iterator[tuple[str, str]]:
    """Invariant: a reversal has the same legs on the other side, and a journal has at most one."""
    for (key,) in _rows(
        """SELECT r.id FROM ledger_journal r LEFT JOIN ledger_journal o ON o.id = r.reverses_id AND o.book_id = r.book_id
           WHERE r.reverses_id IS NOT NULL AND (o.id IS NULL OR o.reverses_id IS NOT NULL OR EXISTS (
             (SELECT account_id, ordinal, side, amount FROM ledger_entry WHERE journal_id = r.id)
             EXCEPT
             (SELECT account_id, ordinal, CASE side WHEN 'DEBIT' THEN 'CREDIT' ELSE 'DEBIT' END, amount FROM ledger_entry
               WHERE journal_id = o.id)) OR r.leg_count <> o.leg_count) LIMIT %s""",
        LIMIT,
    ):
        yield _journal(key), "is not the mirror of what it reverses"
    for (key,) in _rows("SELECT reverses_id FROM ledger_journal WHERE reverses_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1"):
        yield _journal(key), "is reversed more than once"


@register("Nothing was posted into a period after its close")
def periods_hold() -> Iterator[tuple[str, str]]:
    """Invariant: a closed period has no journal recorded after it was closed."""
    for (key,) in _rows(
        """SELECT j.id FROM ledger_period p
             JOIN ledger_journal j ON j.book_id = p.book_id AND j.effective_on BETWEEN p.starts_on AND p.ends_on
           WHERE p.status = 'CLOSED' AND j.posted_at > p.closed_at ORDER BY 1 LIMIT %s""",
        LIMIT,
    ):
        yield _journal(key), "was posted into a closed period"


@register("The snapshots are the sums of the entries")
def snapshots_add_up() -> Iterator[tuple[str, str]]:
    """Invariant: daily totals of accounts and lines equal the entries below the roll-up's horizon."""
    for account, day in _rows(
        """WITH real AS (SELECT account_id, effective_on, sum(amount) FILTER (WHERE side = 'DEBIT') AS d,
                                sum(amount) FILTER (WHERE side = 'CREDIT') AS c
                           FROM ledger_entry WHERE posted_xid < (SELECT xid FROM ledger_rollup) GROUP BY 1, 2),
                running AS (SELECT account_id, effective_on, sum(coalesce(d, 0)) OVER w AS d, sum(coalesce(c, 0)) OVER w AS c FROM real
                            WINDOW w AS (PARTITION BY account_id ORDER BY effective_on))
           SELECT account_id, effective_on FROM running r FULL JOIN ledger_accountday x USING (account_id, effective_on)
            WHERE r.d IS DISTINCT FROM x.debits OR r.c IS DISTINCT FROM x.credits ORDER BY 2, 1 LIMIT %s""",
        LIMIT,
    ):
        yield _account(account), f"the snapshot of {day} is not the sum of its entries; rebuild_snapshots derives it again"
    for line, currency, day in _rows(
        """WITH per_day AS (SELECT a.line_id, a.currency, x.effective_on, sum(x.debits) AS d, sum(x.credits) AS c
                              FROM ledger_accountmovement x JOIN ledger_account a ON a.id = x.account_id GROUP BY 1, 2, 3),
                running AS (SELECT line_id, currency, effective_on, sum(d) OVER w AS d, sum(c) OVER w AS c FROM per_day
                            WINDOW w AS (PARTITION BY line_id, currency ORDER BY effective_on))
           SELECT line_id, currency, effective_on FROM running r FULL JOIN ledger_lineday x USING (line_id, currency, effective_on)
            WHERE r.d IS DISTINCT FROM x.debits OR r.c IS DISTINCT FROM x.credits ORDER BY 3, 1 LIMIT %s""",
        LIMIT,
    ):
        yield (
            f"chart line {line}",
            f"the {currency} snapshot of {day} is not the sum of its accounts; rebuild_snapshots derives it again",
        )


@register("The seals are unbroken")
def seals_hold() -> Iterator[tuple[str, str]]:
    """Invariant: every sealed row has the digest it was sealed with, none is missing or new, and the blocks form one chain."""
    newest = SealBlock.objects.order_by("-number").values_list("number", flat=True).first() or 0
    for start in range(1, newest + 1, BLOCKS_AT_ONCE):
        for number, kind, journal, account, entry, ordinal in _rows(
            "SELECT number, kind, journal_id, account_id, entry_id, ordinal FROM ledger_broken_seals(%s, %s)",
            start,
            min(newest, start + BLOCKS_AT_ONCE - 1),
        ):
            leg = f", leg {ordinal} (entry {entry} on {_account(account)})" if entry else (f", leg {ordinal}" if ordinal else "")
            yield _journal(journal) or f"block {number}", f"block {number}: {kind}{leg}"
