"""Payments against a model of a few hundred lines (``paper``): whatever happens in whatever order, both say the same.

A step is refused by both or taken by both; a refused one leaves no trace. After every step the states, what was refunded and returned,
wallets, holds and every line of the books are what the model says, each move of money has one journal, and what ``verify_ledger`` checks of
payments is sound.

FLOWLET_MODEL_EXAMPLES says how many stories of forty steps are told (8).
"""

import os
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import override_settings
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from flowlet.core import ids
from flowlet.core.errors import DomainError
from flowlet.core.money import Money
from ledger.models import Entry, Journal
from payments.models import Dispute, FeeSchedule, Payment, SandboxOrder, SuspenseItem
from payments.policies import fees
from payments.providers.gateway import Answer, State
from payments.services import checks, outcomes, payments, receipts, sandbox_bank, sending, settlement, suspense
from payments.tests.paper import BEFORE_IT_LEFT, FILES, ON_ITS_WAY, REFUND_RAILS, ZERO, Paper, PaperPayment, Refused
from payments.tests.standings import doubts
from payments.tests.test_files import sepa_mandate
from payments.tests.world import KEY, OTHER, STAFF, fresh_world
from wallets.models import Hold
from wallets.services import wallets
from wallets.tests.test_model import READ_ALOUD, rows

D = Decimal
CHECKS = (
    checks.booked_as_they_stand,
    checks.holds_are_right,
    checks.refunds_add_up,
    checks.timelines_lead_there,
    checks.journals_belong_to_moves,
    checks.files_carry_their_payments,
    checks.suspense_is_there,
)
FUNDS = {"USD": D(150), "EUR": D(150), "JPY": D(15_000)}
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Route:
    kind: str
    rail: str
    direction: str
    currency: str
    outside: str = ""
    fee: Decimal = ZERO


ROUTES = {
    "ach": Route("TRANSFER", "ach", "OUT", "USD", "payee"),
    "withdrawal": Route("WITHDRAWAL", "ach", "OUT", "USD", "own"),
    "wire": Route("TRANSFER", "wire", "OUT", "USD", "payee", D("1.25")),
    "sepa": Route("TRANSFER", "sepa_ct", "OUT", "EUR", "euro payee", D("0.30")),
    "book": Route("TRANSFER", "book", "OUT", "USD", fee=D("0.10")),
    "fee": Route("FEE", "book", "OUT", "USD"),
    "debit": Route("COLLECTION", "ach", "IN", "USD", "own", D("0.07")),
    "euro debit": Route("COLLECTION", "sepa_dd", "IN", "EUR", "euro own"),
    "card": Route("CARD_PAYMENT", "card", "IN", "USD", "card", D("0.40")),
    "yen card": Route("CARD_PAYMENT", "card", "IN", "JPY", "yen card"),
    "open banking": Route("DEPOSIT", "open_banking", "IN", "EUR", "euro own"),
}
DONE = {"SETTLED", "REFUNDED", "DISPUTED"}
NEUTRAL = {"ach": "R18", "sepa_ct": "AM01", "sepa_dd": "AM01"}  # says nothing of the account outside
AMOUNTS = st.integers(1, 7000)
WHICH = st.integers(0, 99)
PARTS = st.sampled_from([D(1), D("0.5"), D("0.1")])
PARTS_DISPUTED = (D(1), D("0.4"))


def money(cents, currency):
    return D(cents) if currency == "JPY" else D(cents) / 100


def everything():
    """``rows``, and the state of what changes in payments."""
    tables = sorted(model._meta.db_table for model in apps.get_app_config("payments").get_models())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"(SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM \"{n}\" t)" for n in tables)
        )
        return rows(), dict(zip(tables, cursor.fetchone(), strict=True))


class Payments(RuleBasedStateMachine):
    """A customer with a wallet in each of three currencies, a friend, accounts and cards outside, and a bank that can be unreliable."""

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    @initialize(first=st.lists(st.tuples(st.sampled_from(sorted(ROUTES)), st.integers(100, 3000)), min_size=4, max_size=8))
    def open(self, first):
        world = self.world = fresh_world()
        owner = world.customer()
        self.wallets = {code: world.wallet(str(funds), currency=code, customer=owner) for code, funds in FUNDS.items()}
        self.friends = {code: world.wallet(currency=code) for code in FUNDS}
        dollars, euros = self.wallets["USD"], self.wallets["EUR"]
        self.outside = {
            "payee": world.bank(dollars),
            "own": world.bank(dollars, relation="OWN"),
            "euro payee": world.bank(euros, iban=True),
            "euro own": world.bank(euros, iban=True, relation="OWN"),
            "card": world.card(dollars),
            "yen card": world.card(self.wallets["JPY"]),
        }
        self.mandates = {
            "ach": world.ach_mandate(self.outside["own"]).pk,
            "sepa_dd": sepa_mandate(world, self.outside["euro own"]).pk,
        }
        for route in ROUTES.values():
            if route.fee:
                terms = fees.to_json(fees.flat(Money(route.fee, route.currency)))
                row = {"rail": route.rail, "kind": route.kind, "currency": route.currency, "terms": terms}
                FeeSchedule.objects.create(
                    partner_id=world.partner.pk, valid_from=world.at, created_at=world.at, approval_id=ids.uuid7(), **row
                )
        self.paper, self.made, self.named = Paper(posted=dict(FUNDS)), {}, {}
        for code, funds in FUNDS.items():
            self.paper.lines.update({("1010", code): funds, ("2010", code): -funds})
        for route, cents in first:
            self.ask_for(route, cents)

    def any_in(self, *states):
        return any(one.status in states for one in self.paper.payments.values())

    # A step is taken by the model and by the services; both go through or both refuse.

    def step(self, on_paper, in_fact):
        draft, expected = deepcopy(self.paper), True
        try:
            on_paper(draft)
        except Refused:
            expected = False
        before = None if expected else everything()
        try:
            with transaction.atomic():
                found = in_fact()
        except DomainError as refusal:
            assert not expected, f"refused with {refusal.code}: {refusal.message}"
            assert everything() == before, "a refused step left a trace"
            return None
        assert expected, "went through instead of being refused"
        self.paper = draft
        return found

    def new(self, one, in_fact, on_paper):
        key = len(self.made) + 1

        def begin(paper):
            paper.payments[key] = deepcopy(one)
            on_paper(paper, paper.payments[key])

        made = self.step(begin, in_fact)
        if made is not None:
            self.made[key] = made.pk
        return made

    def key(self, which, *likely):
        """A payment; mostly one of those in the states in which something would happen."""
        found = [key for key, one in sorted(self.paper.payments.items()) if one.status in likely]
        pool = found if found and which % 5 else sorted(self.made)
        return pool[which % len(pool)]

    def act(self, key, on_paper, function, **options):
        options = {"actor": STAFF, "at": self.world.at} | options
        self.step(lambda paper: on_paper(paper, paper.payments[key]), lambda: function(payment_id=self.made[key], **options))

    def under(self, gates):
        """The gates that a payment meets: deciders with doubts, a second person."""
        stack = ExitStack()
        for gate in gates:
            stack.enter_context(
                doubts() if gate == "doubts" else override_settings(PAYMENT_APPROVAL_ABOVE=dict.fromkeys(FUNDS, ZERO))
            )
        return stack

    # New payments

    @rule(
        route=st.sampled_from(sorted(ROUTES)),
        cents=AMOUNTS,
        gates=st.sampled_from([(), (), (), (), ("doubts",), ("above",), ("doubts", "above")]),
        waits=st.sampled_from([False, False, False, True]),
    )
    def pay(self, route, cents, gates, waits):
        self.ask_for(route, cents, gates=gates, waits=waits)

    def ask_for(self, route, cents, *, gates=(), waits=False):
        found = ROUTES[route]
        amount = money(cents, found.currency)
        options = {}
        if waits:
            options["scheduled_on"] = (self.world.at + timedelta(days=2 + len(self.made))).date()
        if found.kind == "COLLECTION":
            options["mandate_id"] = self.mandates[found.rail]
        if route == "book":
            options["target_wallet_id"] = self.friends["USD"].pk

        def on_paper(paper, one):
            if found.direction == "IN" and found.fee >= amount:
                raise Refused
            if not waits:
                paper.decide(one, doubts="doubts" in gates, above="above" in gates)

        def in_fact():
            with self.under(gates):
                return self.world.pay(
                    self.wallets[found.currency],
                    amount,
                    kind=found.kind,
                    rail=found.rail,
                    to=self.outside.get(found.outside),
                    **options,
                )

        self.new(PaperPayment(found.kind, found.rail, found.direction, found.currency, amount, found.fee), in_fact, on_paper)

    @rule(
        name=st.integers(1, 6),
        rail=st.sampled_from(["ach", "wire", "sepa_ct"]),
        cents=AMOUNTS,
        has_wallet=st.booleans(),
        has_account=st.booleans(),
    )
    def credit(self, name, rail, cents, has_wallet, has_account):
        """Money comes by itself; the bank may tell of it again."""
        if name in self.named:
            assert (
                self.step(lambda paper: None, lambda: self._take_in(name, *self.named[name])).pk
                == self.made[self.named[name][-1]]
            )
            return
        currency = "EUR" if rail == "sepa_ct" else "USD"
        account = self.outside["own" if currency == "USD" else "euro own"].pk if has_account else None
        wallet = self.wallets[currency].pk if has_wallet else None
        terms = (rail, Money(money(cents, currency), currency), wallet, account)
        one = PaperPayment(
            "DEPOSIT", rail, "IN", currency, money(cents, currency), has_wallet=has_wallet, can_be_refunded=has_account
        )
        self.new(one, lambda: self._take_in(name, *terms), Paper.receive)
        self.named[name] = (*terms, len(self.made))

    def _take_in(self, name, rail, amount, wallet, account, *_):
        return receipts.take_in(
            partner_id=self.world.partner.pk,
            rail=rail,
            amount=amount,
            wallet_id=wallet,
            external_account_id=account,
            provider="bank",
            provider_reference=f"credit {name}",
            actor=STAFF,
            at=self.world.at,
        )

    @precondition(lambda self: self.made)
    @rule(which=WHICH, part=PARTS, of_what_is_left=st.booleans(), gates=st.sampled_from([(), (), (), ("doubts",), ("above",)]))
    def refund(self, which, part, of_what_is_left, gates):
        key = self.key(which, "SETTLED") if which % 3 else self.partly_lost(which)
        original = self.paper.payments[key]
        amount = self.part(original, part, original.refundable if of_what_is_left else original.amount)

        def on_paper(paper, one):
            del paper.payments[len(self.made) + 1]
            paper.refund(key, one)
            paper.payments[len(self.made) + 1] = one
            paper.decide(one, doubts="doubts" in gates, above="above" in gates)

        def in_fact():
            with self.under(gates):
                asked = Money(amount, original.currency)
                return payments.refund(payment_id=self.made[key], amount=asked, actor=KEY, at=self.world.at)

        rail = REFUND_RAILS.get(original.rail, original.rail)
        self.new(PaperPayment("REFUND", rail, "OUT", original.currency, amount, original=key), in_fact, on_paper)

    def part(self, one, part, value):
        exponent = D(1) if one.currency == "JPY" else D("0.01")
        return max((value * part).quantize(exponent), exponent)

    def partly_lost(self, which):
        """A card payment of which a dispute took a part for good, if there is one."""
        found = [
            key
            for key, one in sorted(self.paper.payments.items())
            if one.status == "RETURNED" and ZERO < one.returned < one.amount
        ]
        return found[which % len(found)] if found else self.key(which, "SETTLED")

    # People

    @precondition(lambda self: self.made)
    @rule(which=WHICH, who=st.sampled_from([STAFF, OTHER]))
    def release(self, which, who):
        self.act(
            self.key(which, "REVIEW"),
            lambda paper, one: paper.release(one, str(who)),
            payments.release,
            reason="papers came",
            actor=who,
        )

    @precondition(lambda self: self.made)
    @rule(which=WHICH, who=st.sampled_from([KEY, STAFF, OTHER, OTHER]))
    def approve(self, which, who):
        self.act(
            self.key(which, "APPROVAL"),
            lambda paper, one: paper.approve(one, str(who), is_maker=who == KEY),
            payments.approve,
            actor=who,
        )

    @precondition(lambda self: self.made)
    @rule(which=WHICH)
    def reject(self, which):
        self.act(self.key(which, "REVIEW", "APPROVAL"), Paper.reject, payments.reject, reason="no papers")

    @precondition(lambda self: self.made)
    @rule(which=WHICH)
    def cancel(self, which):
        self.act(self.key(which, *BEFORE_IT_LEFT), Paper.cancel, payments.cancel)

    @precondition(lambda self: self.any_in("REVIEW", "APPROVAL"))
    @rule(it_is_late=st.booleans())
    def nobody_decides(self, it_is_late):
        later = self.world.at + (3 * WEEK if it_is_late else WEEK)
        self.step(lambda paper: paper.expire() if it_is_late else None, lambda: payments.expire_waiting(at=later, actor=STAFF))

    @precondition(lambda self: self.any_in("CREATED"))
    @rule()
    def the_day_comes(self):
        later = self.world.at + 20 * WEEK
        self.step(lambda paper: paper.fall_due(), lambda: payments.release_due(at=later, actor=STAFF))

    # Out and in

    @precondition(lambda self: self.any_in("HELD", "APPROVED"))
    @rule()
    def run(self):
        def in_fact():
            assert settlement.run(at=self.world.at, actor=STAFF, early=True).refusals == []
            settlement.send_ready(at=self.world.at, actor=STAFF)

        self.step(lambda paper: paper.run(), in_fact)

    @precondition(lambda self: self.paper.faults.total() < 2)
    @rule(fault=st.sampled_from(sandbox_bank.FAULTS))
    def misbehave(self, fault):
        self.step(
            lambda paper: paper.faults.update([fault]),
            lambda: sandbox_bank.misbehave(partner_id=self.world.partner.pk, fault=fault, times=1, at=self.world.at),
        )

    @precondition(lambda self: self.made)
    @rule(which=WHICH)
    def ask(self, which):
        key = self.key(which, *ON_ITS_WAY)
        self.act(key, lambda paper, one: paper.ask(key), sending.ask)

    @precondition(lambda self: self.made)
    @rule(
        which=WHICH,
        state=st.sampled_from(["PAID", "REFUSED", "RETURNED", "ACCEPTED", "UNCLEAR"]),
        amount=st.sampled_from(["", "", "right", "wrong"]),
    )
    def hear(self, which, state, amount):
        """A provider's word: early, late, again, or of another amount."""
        key = self.key(which, *ON_ITS_WAY, "SETTLED")
        one = self.paper.payments[key]
        value = {"": None, "right": one.amount, "wrong": one.amount + 1}[amount]
        answer = Answer(
            state=State(state),
            amount=None if value is None else Money(value, one.currency),
            reason_code=NEUTRAL.get(one.rail, ""),
        )
        self.act(key, lambda paper, one: paper.hear(one, state, wrong_amount=amount == "wrong"), sending.book, answer=answer)

    @precondition(lambda self: self.made)
    @rule(which=WHICH)
    def settle(self, which):
        self.act(self.key(which, *ON_ITS_WAY), Paper.settle, outcomes.settle)

    @precondition(lambda self: self.made)
    @rule(which=WHICH)
    def fail(self, which):
        key = self.key(which, *BEFORE_IT_LEFT, *ON_ITS_WAY)
        self.act(key, Paper.fail, outcomes.fail, reason_code=self.neutral(key))

    @precondition(lambda self: self.made)
    @rule(which=WHICH)
    def return_(self, which):
        key = self.key(which, *ON_ITS_WAY, *DONE)
        self.act(key, Paper.return_, outcomes.return_, reason_code=self.neutral(key))

    def neutral(self, key):
        return NEUTRAL.get(self.paper.payments[key].rail, "provider.says")

    @precondition(lambda self: self.made)
    @rule(which=WHICH)
    def redeem(self, which):
        self.act(self.key(which, "RETURNED"), Paper.redeem, outcomes.redeem)

    @precondition(lambda self: any(one.kind == "CARD_PAYMENT" for one in self.paper.payments.values()))
    @rule(which=WHICH, part=st.sampled_from([None, *PARTS_DISPUTED]), what=st.sampled_from(["dispute", "dispute", "win", "lose"]))
    def dispute(self, which, part, what):
        cards = [key for key, one in sorted(self.paper.payments.items()) if one.kind == "CARD_PAYMENT"]
        found = cards[which % len(cards)] if which % 5 else self.key(which)
        one = self.paper.payments[found]
        value = None if part is None else self.part(one, part, one.amount)
        if what == "dispute":
            amount = None if value is None else Money(value, one.currency)
            self.act(
                found, lambda paper, one: paper.dispute(one, value), outcomes.dispute, reason_code="fraudulent", amount=amount
            )
        elif what == "win":
            self.act(found, Paper.win, outcomes.dispute_won)
        else:
            self.act(found, Paper.lose, outcomes.dispute_lost)

    @precondition(lambda self: self.made)
    @rule(which=WHICH)
    def assign(self, which):
        """Somebody found out whose money in suspense is."""
        lying = [key for key, one in sorted(self.paper.payments.items()) if one.suspended]
        key = lying[which % len(lying)] if lying and which % 5 else self.key(which)
        row = SuspenseItem.objects.filter(payment_id=self.made[key], state="OPEN").first()
        wallet = self.wallets[self.paper.payments[key].currency].pk
        given = {"item_id": row.pk if row else ids.uuid7(), "wallet_id": wallet, "reason": "the payer wrote to us"}
        self.step(
            lambda paper: paper.assign(paper.payments[key]), lambda: suspense.assign(**given, actor=STAFF, at=self.world.at)
        )

    # The wallets

    @rule(currency=st.sampled_from(["USD", "USD", "EUR", "JPY"]), cents=AMOUNTS)
    def spend(self, currency, cents):
        amount, friend = money(cents, currency), self.friends[currency]
        self.step(lambda paper: paper.spend(currency, amount), lambda: self.world.send(self.wallets[currency], friend, amount))

    @rule(currency=st.sampled_from(sorted(FUNDS)))
    def freeze_or_thaw(self, currency):
        change = wallets.unfreeze if currency in self.paper.frozen else wallets.freeze
        self.step(
            lambda paper: paper.frozen.symmetric_difference_update({currency}),
            lambda: change(wallet_id=self.wallets[currency].pk, reason="look into it", actor=KEY, at=self.world.at),
        )

    @invariant()
    def both_say_the_same(self):
        if not hasattr(self, "made"):
            return
        paper = self.paper
        found = Payment.objects.in_bulk(list(self.made.values()))
        assert Payment.objects.count() == len(self.made)
        causes = [ids.public_id(Payment.PREFIX, pk) for pk in self.made.values()]
        booked = list(Journal.objects.filter(cause__in=causes).values_list("cause", flat=True))
        assert {
            key: (
                found[pk].status,
                found[pk].refunded,
                found[pk].returned,
                found[pk].settled_at is not None,
                booked.count(causes[key - 1]),
            )
            for key, pk in self.made.items()
        } == {key: (one.status, one.refunded, one.returned, one.was_settled, one.journals) for key, one in paper.payments.items()}
        lines = {}
        for code, currency, side, amount in Entry.objects.values_list("account__line__code", "currency", "side", "amount"):
            lines[code, currency] = lines.get((code, currency), ZERO) + (amount if side == "DEBIT" else -amount)
        assert {key: value for key, value in lines.items() if value} == {
            key: value for key, value in paper.lines.items() if value
        }
        for code, wallet in self.wallets.items():
            assert self.world.funds(wallet) == (paper.posted[code], paper.held(code)), code
        assert sum((hold.remaining for hold in Hold.objects.filter(status="OPEN")), ZERO) == sum(
            paper.held(code) for code in FUNDS
        )
        open_disputes = Dispute.objects.filter(ended_at=None).values_list("payment_id", flat=True)
        assert sorted(open_disputes) == sorted(self.made[key] for key, one in paper.payments.items() if one.status == "DISPUTED")
        told = {self.made[key] for key in paper.orders}
        assert {Payment.key(order.reference) for order in SandboxOrder.objects.exclude(rail__in=FILES)} == told
        assert [said for check in CHECKS for said in check()] == []
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for sentence, query in READ_ALOUD.items():
                cursor.execute(query)
                assert cursor.fetchall() == [], sentence


@pytest.mark.django_db
@pytest.mark.timeout(1800)
def test_payments_and_books_do_what_the_model_does():
    run_state_machine_as_test(
        Payments,
        settings=settings(
            max_examples=int(os.environ.get("FLOWLET_MODEL_EXAMPLES", "8")),
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            phases=[Phase.generate, Phase.shrink],
        ),
    )
