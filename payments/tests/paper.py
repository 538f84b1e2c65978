"""Payments on paper: what becomes of them, of wallets and of every line of the books, in plain Python.

Written from ``docs/payments.md`` and not from the code, so that the two can disagree. Methods of ``Paper`` take the step or raise
``Refused``; what they changed until then counts only if they end.
"""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)
BEFORE_IT_LEFT = {"CREATED", "REVIEW", "APPROVAL", "APPROVED", "HELD"}
ON_ITS_WAY = {"SUBMITTED", "UNKNOWN"}
FILES = {"ach", "sepa_ct", "sepa_dd", "wire"}
REFUND_RAILS = {"sepa_dd": "sepa_ct", "open_banking": "sepa_ct"}


class Refused(Exception):
    """The model says no."""


@dataclass
class PaperPayment:
    kind: str
    rail: str
    direction: str
    currency: str
    amount: Decimal
    fee: Decimal = ZERO
    status: str = "CREATED"
    has_wallet: bool = True
    can_be_refunded: bool = True
    original: int = 0
    refunded: Decimal = ZERO
    returned: Decimal = ZERO
    was_settled: bool = False
    journals: int = 0
    released_by: str = ""
    suspended: Decimal = ZERO  # what lies in suspense of its money

    @property
    def total(self):
        return self.amount + self.fee

    @property
    def refundable(self):
        return max(self.amount - self.refunded - self.returned, ZERO)

    @property
    def bank(self):
        return "1110" if self.rail == "card" else "1010"


@dataclass
class Paper:
    """Everything there is. ``lines`` are debits less credits by chart line and currency; 2010 is all wallets together."""

    posted: dict = field(default_factory=dict)  # currency -> the wallet's balance
    frozen: set = field(default_factory=set)  # currencies whose wallet is frozen
    lines: Counter = field(default_factory=Counter)  # (line, currency) -> debits less credits
    payments: dict = field(default_factory=dict)
    orders: dict = field(default_factory=dict)  # what providers without files were told: key -> state
    faults: Counter = field(default_factory=Counter)  # how their next orders go wrong

    def held(self, currency):
        return sum((one.total for one in self.payments.values() if one.status == "HELD" and one.currency == currency), ZERO)

    def need(self, currency, amount):
        if currency in self.frozen or self.posted[currency] - self.held(currency) < amount:
            raise Refused

    def _book(self, one, *legs):
        """One journal: (line, debit), credits negative."""
        one.journals += 1
        for line, amount in legs:
            self.lines[line, one.currency] += amount

    def _give(self, one, amount):
        """The leg that brings money to the wallet, or to suspense where it cannot."""
        if not one.has_wallet or one.currency in self.frozen:
            one.suspended += amount
            return "2900", -amount
        self.posted[one.currency] += amount
        return "2010", -amount

    def _claim(self, one, amount):
        """The legs that take what lies in suspense, then from the wallet what it has available; its customer owes the rest."""
        there = min(amount, one.suspended)
        one.suspended -= there
        amount -= there
        left = max(self.posted[one.currency] - self.held(one.currency), ZERO)
        taken = ZERO if one.currency in self.frozen else min(amount, left)
        self.posted[one.currency] -= taken
        return ("2900", there), ("2010", taken), ("1210", amount - taken)

    # Before it leaves

    def decide(self, one, *, doubts=False, above=False):
        if doubts:
            one.status = "REVIEW"
        elif above and one.direction == "OUT":
            one.status = "APPROVAL"
        else:
            self._approve(one)

    def _approve(self, one):
        if one.direction == "IN":
            self.need(one.currency, ZERO)  # nobody asks for money for a wallet that is stopped
            one.status = "APPROVED"
            return
        self.need(one.currency, one.total)
        one.status = "HELD"
        if one.rail == "book":
            self.posted[one.currency] -= one.total
            kept = one.amount if one.kind == "TRANSFER" else ZERO  # the other wallet has it
            self._book(one, ("2010", one.total - kept), ("4010", kept - one.total))
            one.status, one.was_settled = "SETTLED", True

    def _or(self, one, end, function, **options):
        try:
            function(one, **options)
        except Refused:
            one.status = end

    def release(self, one, who):
        self._only(one, "REVIEW")
        one.status, one.released_by = "APPROVAL", who

    def approve(self, one, who, *, is_maker):
        self._only(one, "APPROVAL")
        if is_maker or who == one.released_by:
            raise Refused
        self._or(one, "REJECTED", self._approve)

    def reject(self, one):
        self._only(one, "REVIEW", "APPROVAL")
        one.status = "REJECTED"

    def cancel(self, one):
        self._only(one, *BEFORE_IT_LEFT)
        one.status = "CANCELED"

    def expire(self):
        for one in self._in("REVIEW", "APPROVAL"):
            one.status = "EXPIRED"

    def fall_due(self):
        for one in self._in("CREATED"):
            self._or(one, "FAILED", self.decide)

    def refund(self, key, part):
        original = self.payments[key]
        there = original.status == "SETTLED" or original.status == "RETURNED" and ZERO < original.returned < original.amount
        if original.direction != "IN" or not there or not original.has_wallet or not original.can_be_refunded:
            raise Refused
        if original.suspended:
            raise Refused
        under_way = sum(
            (one.amount for one in self.payments.values() if one.original == key and one.status in BEFORE_IT_LEFT | ON_ITS_WAY),
            ZERO,
        )
        if part.amount > original.refundable - under_way:
            raise Refused

    # Out and in

    def run(self):
        """A run of settlement and of what is sent without files, out before in."""
        for one in self._in("HELD", "APPROVED"):
            if one.rail in FILES and one.currency not in self.frozen and not self._fails_at_the_door(one):
                self._leave(one)
        for direction in ("OUT", "IN"):
            for key, one in sorted(self.payments.items()):
                if one.status not in {"HELD", "APPROVED"} or one.rail in FILES or one.direction != direction:
                    continue
                if one.currency not in self.frozen and not self._fails_at_the_door(one):
                    self._leave(one)
                    self.hear(one, self._submit(key, one))

    def _fails_at_the_door(self, one):
        """A refund whose payment was returned meanwhile does not leave, as far as nothing is left to give back."""
        if not one.original or self.payments[one.original].status != "RETURNED":
            return False
        earlier = []
        for other in self.payments.values():
            if other is one:
                break
            if other.original == one.original and other.status in {"HELD", *ON_ITS_WAY}:
                earlier.append(other.amount)
        if one.amount <= self.payments[one.original].refundable - sum(earlier, ZERO):
            return False
        self.fail(one)
        return True

    def _leave(self, one):
        if one.direction == "OUT":
            self.posted[one.currency] -= one.total
            self._book(one, ("2010", one.total), ("1120", -one.amount), ("4010", -one.fee))
        else:
            self._book(one, ("1110", one.amount), ("2020", -one.amount))
        one.status = "SUBMITTED"

    def _submit(self, key, one):
        if self._fault("LOSE_ORDER"):
            return "UNCLEAR"
        refused = self._fault("REFUSE")
        self.orders.setdefault(key, "REFUSED" if refused else "PAID" if one.rail == "card" else "ACCEPTED")
        return "UNCLEAR" if self._fault("LOSE_ANSWER") else self.orders[key]

    def _fault(self, name):
        happens = self.faults[name] > 0
        self.faults[name] -= happens
        return happens

    def ask(self, key):
        one = self.payments[key]
        if one.status in ON_ITS_WAY and one.rail not in FILES:
            self.hear(one, self.orders.get(key) or self._submit(key, one))

    def hear(self, one, state, *, wrong_amount=False):
        """What a provider says, in any order and however often."""
        if state == "PAID":
            self.settle(one, wrong_amount=wrong_amount)
        elif state == "REFUSED" and one.was_settled and one.direction == "OUT":
            self.return_(one)  # a yes that is taken back
        elif state == "REFUSED":
            self.fail(one)
        elif state == "RETURNED":
            self.return_(one)
        elif one.status in ON_ITS_WAY:
            one.status = {"ACCEPTED": "SUBMITTED", "UNCLEAR": "UNKNOWN"}[state]

    # What the outside made of it

    def receive(self, one):
        """Money that came by itself."""
        self._book(one, ("1010", one.amount), self._give(one, one.amount))
        one.status, one.was_settled = "SETTLED", True

    def settle(self, one, *, wrong_amount=False):
        if one.status in {"SETTLED", "REFUNDED"}:
            return
        self._only(one, *ON_ITS_WAY)
        if wrong_amount:
            raise Refused
        if one.direction == "OUT":
            self._book(one, ("1120", one.amount), (one.bank, -one.amount))
        else:
            arrived = (("1010", one.amount), ("1110", -one.amount)) if one.rail != "card" else ()
            self._book(one, ("2020", one.amount), *arrived, ("4010", -one.fee), self._give(one, one.amount - one.fee))
        one.status, one.was_settled = "SETTLED", True
        self._count_refund(one, 1)

    def fail(self, one):
        if one.status == "FAILED":
            return
        self._only(one, "CREATED", "APPROVED", "HELD", *ON_ITS_WAY)
        if one.status in ON_ITS_WAY:
            self._take_back(one, one.total, ("4010", one.fee))
        one.status = "FAILED"

    def _take_back(self, one, value, *further):
        """What had left and did not arrive."""
        if one.direction == "OUT":
            self._book(one, ("1120", one.amount), *further, self._give(one, value))
        else:
            self._book(one, ("2020", one.amount), ("1110", -one.amount))

    def return_(self, one):
        if one.status == "RETURNED":
            return
        self._only(one, "SETTLED", "DISPUTED", "REFUNDED", *ON_ITS_WAY)
        if one.rail == "book":  # it never left
            raise Refused
        if one.status in ON_ITS_WAY:
            self._take_back(one, one.amount)
        elif one.status != "DISPUTED":
            value = one.amount - one.returned
            if one.direction == "OUT":
                self._book(one, (one.bank, value), self._give(one, value))
                self._count_refund(one, -1)
            else:
                self._book(one, (one.bank, -value), *self._claim(one, value))
            one.returned += value
        one.status = "RETURNED"

    def dispute(self, one, value):
        if one.status == "DISPUTED":
            return
        self._only(one, "SETTLED", "REFUNDED")
        value = one.refundable if value is None else value
        if one.kind != "CARD_PAYMENT" or not 0 < value <= one.amount - one.returned:
            raise Refused
        self._book(one, ("1110", -value), *self._claim(one, value))
        one.returned += value
        one.status = "DISPUTED"

    def win(self, one):
        if one.status in {"SETTLED", "REFUNDED"} and not one.returned:
            return
        self._only(one, "DISPUTED")
        self._come_again(one)

    def lose(self, one):
        self._only(one, "DISPUTED", "RETURNED")
        one.status = "RETURNED"

    def redeem(self, one):
        if one.status in {"SETTLED", "REFUNDED"}:
            return
        self._only(one, "RETURNED")
        if not one.returned:
            raise Refused
        if one.original and self.payments[one.original].refundable < one.amount:  # it was given back again since
            raise Refused
        self._come_again(one)
        self._count_refund(one, 1)

    def _come_again(self, one):
        value, one.returned = one.returned, ZERO
        one.status = "REFUNDED" if one.refunded and not one.refundable else "SETTLED"
        if one.direction == "IN":
            self._book(one, (one.bank, value), self._give(one, value))
        else:
            self._book(one, (one.bank, -value), *self._claim(one, value))

    def _count_refund(self, one, sign):
        """A refund that arrived, or came back, counts on what it refunds."""
        if not one.original:
            return
        original = self.payments[one.original]
        original.refunded += sign * one.amount
        if sign > 0 and original.refundable == 0 and original.status == "SETTLED":
            original.status = "REFUNDED"
        if sign < 0 and original.status == "REFUNDED":
            original.status = "SETTLED"

    def assign(self, one):
        """What lies in suspense is given to the wallet; from then on it is the wallet's."""
        if not one.suspended or one.currency in self.frozen:
            raise Refused
        self.posted[one.currency] += one.suspended
        self._book(one, ("2900", one.suspended), ("2010", -one.suspended))
        one.suspended, one.has_wallet = ZERO, True

    # Wallets

    def spend(self, currency, amount):
        self.need(currency, amount)
        self.posted[currency] -= amount

    def _only(self, one, *states):
        if one.status not in states:
            raise Refused

    def _in(self, *states):
        return [one for _, one in sorted(self.payments.items()) if one.status in states]
