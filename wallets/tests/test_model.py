"""Wallets and books against a model of some hundred lines: whatever is done in whatever order, both say the same.

After every step the machine reads the whole of the books: legs sum to zero, cached is derived, running balances have no gap, no floor is
crossed with holds counted, nothing is captured beyond its hold or refunded beyond its capture, a refused step left no trace, and the
balances of past days are what the model says, which only backdated postings change.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule, run_state_machine_as_test
from moneyed import Money

from flowlet.core import clock
from flowlet.core.errors import DomainError
from ledger.models import Balance
from ledger.services import accounts, charts, journals
from wallets.models import Hold, Transfer, Usage
from wallets.selectors import balances
from wallets.selectors.holds import accounts_out_of_step
from wallets.services import batches, lapses, recipes, transfers, wallets
from wallets.services.batches import NewTransfer
from wallets.tests.conftest import KEY, ROBOT, World, new_partner

TIERS = {"UNVERIFIED": (Decimal(100), Decimal(500)), "BASIC": (Decimal(1000), Decimal(5000))}
ZERO = Decimal(0)


class Refused(Exception):
    """The model says no, with this code."""

    def __init__(self, code, item=None):
        self.code, self.item = code, item


@dataclass
class PaperHold:
    wallet: str
    left: Decimal
    expires_at: object
    counted_on: date
    target: str = ""
    is_open: bool = True


@dataclass
class PaperTransfer:
    source: str
    target: str
    captured: Decimal
    refunded: Decimal = ZERO
    hold: object = None


@dataclass
class Paper:
    """The model: what everybody has, holds and has used."""

    owners: dict
    tiers: dict
    moved: dict = field(default_factory=dict)  # (wallet, day) -> amount, by effective day
    used: dict = field(default_factory=dict)  # (customer, wallet, day) -> amount
    holds: dict = field(default_factory=dict)
    transfers: dict = field(default_factory=dict)
    frozen: set = field(default_factory=set)

    def total(self, wallet, day=None):
        return sum((amount for (name, on), amount in self.moved.items() if name == wallet and (day is None or on <= day)), ZERO)

    def held(self, wallet):
        return sum((hold.left for hold in self.holds.values() if hold.is_open and hold.wallet == wallet), ZERO)

    def available(self, wallet):
        return self.total(wallet) - self.held(wallet)

    def move(self, source, target, amount, day):
        for wallet, signed in ((source, -amount), (target, amount)):
            if wallet:
                self.moved[wallet, day] = self.moved.get((wallet, day), ZERO) + signed

    def end_lapsed(self, wallet, at):
        for hold in self.holds.values():
            if hold.is_open and self.owners[hold.wallet] == self.owners[wallet] and hold.expires_at <= at:
                self.let_go(hold)

    def let_go(self, hold):
        self.used[self.owners[hold.wallet], hold.wallet, hold.counted_on] -= hold.left
        hold.left, hold.is_open = ZERO, False

    def check_open(self, *names):
        if any(name in self.frozen for name in names):
            raise Refused("wallets.wallet_frozen")

    def count(self, wallet, amount, day):
        owner = self.owners[wallet]
        daily, monthly = TIERS[self.tiers[owner]]
        rows = {key: value for key, value in self.used.items() if key[0] == owner}
        today = sum((value for (_, _, on), value in rows.items() if on == day), ZERO)
        month = sum((value for (_, _, on), value in rows.items() if (on.year, on.month) == (day.year, day.month)), ZERO)
        if amount > daily or today + amount > daily or month + amount > monthly:
            raise Refused("wallets.limit_exceeded")
        self.used[owner, wallet, day] = self.used.get((owner, wallet, day), ZERO) + amount

    def need(self, wallet, amount):
        if self.available(wallet) < amount:
            raise Refused("wallets.insufficient_funds")

    def spend(self, source, target, amount, at):
        if source == target:
            raise Refused("wallets.same_wallet")
        self.check_open(source, *([target] if target else []))
        self.count(source, amount, at.date())
        self.need(source, amount)

    def capture(self, hold, target, amount, *, is_final, today):
        if amount > hold.left:
            raise Refused("wallets.hold_too_small")
        hold.left -= amount
        self.move(hold.wallet, target, amount, today)
        if is_final:
            self.let_go(hold)
        hold.is_open = hold.left > 0


AMOUNTS = st.integers(1, 7000).map(lambda cents: Decimal(cents) / 100)
NAMES = st.sampled_from(["a", "b", "c"])
SHORT = st.sampled_from([60, 3600, 86_400])


class Wallets(RuleBasedStateMachine):
    """Two customers: one small with two wallets, one bigger with one."""

    held = Bundle("held")
    waiting = Bundle("waiting")
    done = Bundle("done")

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.number = 0

    def teardown(self):
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    @initialize()
    def open(self):
        self.world = World(new_partner(), clock.now())
        self.today = self.world.at.date()
        small, big = self.world.customer("UNVERIFIED"), self.world.customer("BASIC")
        self.wallets = {
            name: self.world.wallet("150", customer=owner) for name, owner in (("a", small), ("b", small), ("c", big))
        }
        self.owners = {"a": "small", "b": "small", "c": "big"}
        self.paper = Paper(owners=self.owners, tiers={"small": "UNVERIFIED", "big": "BASIC"})
        for name in self.wallets:
            self.paper.move("", name, Decimal(150), self.today)

    # Every step is taken by the model and by the services; both go through or both refuse, for the same reason.

    def step(self, on_paper, in_fact):
        draft = deepcopy(self.paper)
        expected = None
        try:
            on_paper(draft)
        except Refused as refusal:
            expected = refusal
        before = rows()
        try:
            with transaction.atomic():
                found = in_fact()
        except DomainError as refusal:
            assert expected is not None, f"refused with {refusal.code}: {refusal.message}"
            code = refusal.details.get("reason", refusal.code)
            assert (code, refusal.details.get("item")) == (expected.code, expected.item)
            assert rows() == before, "a refused step left a trace"
            return None
        assert expected is None, f"went through instead of {expected.code}"
        self.paper = draft
        return found

    def key(self):
        self.number += 1
        return self.number

    @rule(target=done, source=NAMES, to=NAMES, amount=AMOUNTS, days=st.sampled_from([0, 0, 1, 3]))
    def transfer(self, source, to, amount, days):
        key, day = self.key(), self.today - timedelta(days=days)

        def on_paper(paper):
            if source != to:
                paper.end_lapsed(source, self.world.at)
            paper.spend(source, to, amount, self.world.at)
            paper.move(source, to, amount, day)
            paper.transfers[key] = PaperTransfer(source, to, amount)

        made = self.step(on_paper, lambda: self.world.send(self.wallets[source], self.wallets[to], amount, effective_on=day))
        return (key, made.transfer) if made else None

    @rule(target=held, wallet=NAMES, amount=AMOUNTS, seconds=SHORT)
    def place(self, wallet, amount, seconds):
        key, expires_at = self.key(), self.world.at + timedelta(seconds=seconds)

        def on_paper(paper):
            paper.end_lapsed(wallet, self.world.at)
            paper.spend(wallet, "", amount, self.world.at)
            paper.holds[key] = PaperHold(wallet, amount, expires_at, self.world.at.date())

        made = self.step(on_paper, lambda: self.world.hold(self.wallets[wallet], amount, expires_at=expires_at))
        return (key, made.hold) if made else None

    @rule(target=waiting, source=NAMES, to=NAMES, amount=AMOUNTS, seconds=SHORT)
    def authorize(self, source, to, amount, seconds):
        key, expires_at = self.key(), self.world.at + timedelta(seconds=seconds)

        def on_paper(paper):
            if source != to:
                paper.end_lapsed(source, self.world.at)
            paper.spend(source, to, amount, self.world.at)
            paper.holds[key] = PaperHold(source, amount, expires_at, self.world.at.date(), to)
            paper.transfers[key] = PaperTransfer(source, to, ZERO, hold=key)

        made = self.step(
            on_paper,
            lambda: self.world.authorize(self.wallets[source], self.wallets[to], amount, expires_at=expires_at),
        )
        return (key, made.transfer) if made else None

    @rule(target=done, hold=held, to=NAMES, amount=AMOUNTS, is_final=st.booleans())
    def capture(self, hold, to, amount, is_final):
        if hold is None:
            return None
        key, number = self.key(), hold[0]

        def on_paper(paper):
            found = paper.holds[number]
            if found.wallet == to:
                raise Refused("wallets.same_wallet")
            paper.end_lapsed(found.wallet, self.world.at)
            paper.check_open(found.wallet, to)
            if not found.is_open:
                raise Refused("wallets.hold_ended")
            paper.capture(found, to, amount, is_final=is_final, today=self.today)
            paper.transfers[key] = PaperTransfer(found.wallet, to, amount)

        made = self.step(on_paper, lambda: self.world.capture(hold[1], self.wallets[to], amount, is_final=is_final))
        return (key, made.transfer) if made else None

    @rule(hold=held)
    def release(self, hold):
        if hold is None:
            return

        def on_paper(paper):
            found = paper.holds[hold[0]]
            paper.end_lapsed(found.wallet, self.world.at)
            if not found.is_open:
                raise Refused("wallets.hold_ended")
            paper.let_go(found)

        self.step(on_paper, lambda: self.world.release(hold[1]))

    @rule(transfer=waiting, amount=AMOUNTS, is_final=st.booleans())
    def capture_transfer(self, transfer, amount, is_final):
        if transfer is None:
            return

        def on_paper(paper):
            found, hold = paper.transfers[transfer[0]], paper.holds[transfer[0]]
            paper.end_lapsed(found.source, self.world.at)
            paper.check_open(found.source, found.target)
            if not hold.is_open:
                raise Refused("wallets.transfer_not_authorized")
            paper.capture(hold, found.target, amount, is_final=is_final, today=self.today)
            found.captured += amount

        self.step(
            on_paper,
            lambda: transfers.capture(
                partner_id=self.world.partner.pk,
                transfer_id=transfer[1].pk,
                amount=Money(amount, "USD"),
                is_final=is_final,
                actor=KEY,
                at=self.world.at,
            ),
        )

    @rule(transfer=waiting)
    def void(self, transfer):
        if transfer is None:
            return

        def on_paper(paper):
            hold = paper.holds[transfer[0]]
            paper.end_lapsed(hold.wallet, self.world.at)
            if not hold.is_open:
                raise Refused("wallets.transfer_not_authorized")
            paper.let_go(hold)

        self.step(
            on_paper,
            lambda: transfers.void(partner_id=self.world.partner.pk, transfer_id=transfer[1].pk, actor=KEY, at=self.world.at),
        )

    @rule(transfer=st.one_of(done, waiting), amount=AMOUNTS)
    def refund(self, transfer, amount):
        if transfer is None:
            return

        def on_paper(paper):
            found = paper.transfers[transfer[0]]
            paper.end_lapsed(found.target, self.world.at)
            paper.check_open(found.source, found.target)
            if amount > found.captured - found.refunded:
                raise Refused("wallets.refund_too_large")
            paper.need(found.target, amount)
            found.refunded += amount
            paper.move(found.target, found.source, amount, self.today)

        self.step(on_paper, lambda: self.world.refund(transfer[1], amount))

    @rule(items=st.lists(st.tuples(NAMES, NAMES, AMOUNTS), min_size=1, max_size=5), is_atomic=st.booleans())
    def batch(self, items, is_atomic):
        outcomes = []

        def on_paper(paper):
            for source, _, _ in items:
                paper.end_lapsed(source, self.world.at)
            for number, (source, to, amount) in enumerate(items):
                kept = deepcopy(paper.used)
                try:
                    paper.spend(source, to, amount, self.world.at)
                except Refused as refusal:
                    if is_atomic:
                        raise Refused(refusal.code, number) from None
                    paper.used = kept
                    outcomes.append(refusal.code)
                    continue
                paper.move(source, to, amount, self.today)
                outcomes.append("made")

        new = [
            NewTransfer(source_id=self.wallets[s].pk, target_id=self.wallets[t].pk, amount=Money(a, "USD")) for s, t, a in items
        ]
        found = self.step(
            on_paper,
            lambda: batches.make(partner_id=self.world.partner.pk, items=new, is_atomic=is_atomic, actor=KEY, at=self.world.at),
        )
        if found is not None:
            assert [each.refusal.code if each.refusal else "made" for each in found] == outcomes

    @rule(wallet=NAMES)
    def freeze_or_unfreeze(self, wallet):
        step = wallets.unfreeze if wallet in self.paper.frozen else wallets.freeze
        self.step(
            lambda paper: paper.frozen.symmetric_difference_update({wallet}),
            lambda: step(wallet_id=self.wallets[wallet].pk, reason="check it", actor=ROBOT, at=self.world.at),
        )

    @rule(wallet=NAMES, amount=AMOUNTS, days=st.integers(0, 4))
    def backdated_deposit(self, wallet, amount, days):
        day, target = self.today - timedelta(days=days), self.wallets[wallet]

        def on_paper(paper):
            if wallet in paper.frozen:
                raise Refused("ledger.account_frozen")
            paper.move("", wallet, amount, day)

        def in_fact():
            book_id = target.account.book_id
            bank = accounts.system_account(
                book_id=book_id, line=charts.SAFEGUARDING, currency="USD", actor=ROBOT, at=self.world.at
            )
            return journals.post(
                book_id=book_id,
                legs=recipes.legs(debit=bank.pk, credit=target.account_id, amount=Money(amount, "USD")),
                kind="deposit",
                effective_on=day,
                actor=ROBOT,
            )

        self.step(on_paper, in_fact)

    @rule(seconds=SHORT)
    def wait(self, seconds):
        self.world.at += timedelta(seconds=seconds)

    @rule()
    def sweep(self):
        def on_paper(paper):
            for wallet in ("a", "c"):
                paper.end_lapsed(wallet, self.world.at)

        self.step(on_paper, lambda: lapses.sweep(at=self.world.at))

    @rule(forgotten=consumes(done))
    def forget(self, forgotten):
        """Keep the choices few, so that the same transfer is refunded again."""

    @invariant()
    def books_and_model_agree(self):
        if not hasattr(self, "paper"):
            return
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for sentence, query in READ_ALOUD.items():
                cursor.execute(query)
                assert cursor.fetchall() == [], sentence
        assert accounts_out_of_step() == []
        cached = {row.account_id: (row.posted, row.held) for row in Balance.objects.all()}
        for name, wallet in self.wallets.items():
            assert cached[wallet.account_id] == (self.paper.total(name), self.paper.held(name)), name
        keys = {wallet.account_id: name for name, wallet in self.wallets.items()}
        for days in range(6):
            day = self.today - timedelta(days=days)
            totals = balances.totals(list(keys), on=day)
            assert {keys[key]: total for key, total in totals.items()} == {
                name: self.paper.total(name, day) for name in self.wallets
            }, day
        names = {wallet.pk: name for name, wallet in self.wallets.items()}
        used = {(names[w], day): used for w, day, used in Usage.objects.values_list("wallet", "day", "used") if used}
        assert used == {(wallet, day): amount for (_, wallet, day), amount in self.paper.used.items() if amount}
        moved = sum(Transfer.objects.values_list("captured", flat=True)), sum(Transfer.objects.values_list("refunded", flat=True))
        assert moved[1] == sum(each.refunded for each in self.paper.transfers.values())
        assert sum(hold.remaining for hold in Hold.objects.all()) == sum(self.paper.held(name) for name in self.wallets)


READ_ALOUD = {
    "legs sum to zero per currency": """
        SELECT journal_id, currency FROM ledger_entry GROUP BY 1, 2
        HAVING sum(CASE side WHEN 'DEBIT' THEN amount ELSE -amount END) <> 0""",
    "cached is derived": """
        SELECT b.account_id FROM ledger_balance b
        LEFT JOIN (SELECT account_id, sum(CASE side WHEN 'CREDIT' THEN amount ELSE -amount END) AS posted, count(*) AS seq
                   FROM ledger_entry GROUP BY 1) e USING (account_id)
        WHERE (b.posted, b.seq) IS DISTINCT FROM (coalesce(e.posted, 0), coalesce(e.seq, 0))""",
    "running balances have no gap": """
        SELECT account_id, id FROM (
            SELECT account_id, id, seq, balance_after, row_number() OVER w AS number,
                   sum(CASE side WHEN 'CREDIT' THEN amount ELSE -amount END) OVER w AS running
            FROM ledger_entry WHERE seq IS NOT NULL WINDOW w AS (PARTITION BY account_id ORDER BY id)) e
        WHERE seq <> number OR balance_after <> running""",
    "no floor is crossed with holds counted": "SELECT account_id FROM ledger_balance WHERE posted - held < floor",
    "captured is no more than held": "SELECT id FROM wallets_hold WHERE captured + released > amount",
    "refunded is no more than captured, captured no more than the amount": """
        SELECT id FROM wallets_transfer WHERE refunded > captured OR captured > amount""",
    "what moved is what the journals say": """
        SELECT t.id FROM wallets_transfer t JOIN wallets_wallet w ON w.id = t.source_id
        JOIN wallets_wallet v ON v.id = t.target_id
        WHERE t.journal_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM ledger_entry e WHERE e.journal_id = t.journal_id AND e.account_id = w.account_id AND e.side = 'DEBIT')""",
}


def rows():
    """How many rows every table has, and the state of those that change."""
    tables = sorted(model._meta.db_table for model in apps.get_models() if model._meta.managed)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f'(SELECT count(*) FROM "{table}")' for table in tables))
        counts = cursor.fetchone()
        cursor.execute(
            """SELECT (SELECT md5(string_agg(b::text, ',' ORDER BY account_id)) FROM ledger_balance b),
                      (SELECT md5(string_agg(h::text, ',' ORDER BY id)) FROM wallets_hold h),
                      (SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM wallets_transfer t),
                      (SELECT md5(string_agg(u::text, ',' ORDER BY wallet_id, day)) FROM wallets_usage u),
                      (SELECT md5(string_agg(w::text, ',' ORDER BY id)) FROM wallets_wallet w)"""
        )
        return counts, cursor.fetchone()


@pytest.mark.django_db
def test_wallets_and_books_do_what_the_model_does():
    run_state_machine_as_test(
        Wallets,
        settings=settings(
            max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
        ),
    )
