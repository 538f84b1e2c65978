"""The sandbox's bank as the port for payments sees it."""

from dataclasses import replace

import pytest
from moneyed import Money

from payments.errors import CallbackRefused, ConsentNotGiven, ConsentRefused
from payments.providers.openbanking.sandbox import SandboxBank
from payments.providers.openbanking.vocabulary import PaymentState

BANK = SandboxBank()


@pytest.mark.parametrize(
    ("amount", "state"),
    [
        ("12.50", PaymentState.SETTLED),
        ("12.01", PaymentState.REJECTED),
        ("12.02", PaymentState.PENDING),
        ("12.03", PaymentState.UNKNOWN),
    ],
)
def test_the_amount_says_how_a_payment_ends_and_repeating_it_makes_no_other(at, pounds, amount, state):
    facts = replace(pounds, amount=Money(amount, "GBP"))
    made = BANK.initiate(payment=facts, state="s", at=at)
    assert BANK.initiate(payment=facts, state="s", at=at).reference == made.reference
    with pytest.raises(ConsentNotGiven):
        BANK.submit(session=made.session, at=at)
    session = BANK.authorise(session=made.session, callback=BANK.visit(made.session, approves=True), at=at)
    assert BANK.submit(session=session, at=at).status == state
    assert BANK.status(reference=made.reference, at=at) == state


def test_a_customer_who_says_no_or_somebody_else_authorises_nothing(at, pounds):
    made = BANK.initiate(payment=pounds, state="s", at=at)
    with pytest.raises(ConsentRefused):
        BANK.authorise(session=made.session, callback=BANK.visit(made.session, approves=False), at=at)
    for wrong in ({"state": "t", "code": "c"}, {"state": "s", "code": "c"}, {"state": "s"}):
        with pytest.raises(CallbackRefused):
            BANK.authorise(session=made.session, callback=wrong, at=at)


@pytest.mark.parametrize("reference", ["", "x", "sbxpay-", "sbxpay-won-1"])
def test_a_reference_that_is_none_is_unknown(at, reference):
    assert BANK.status(reference=reference, at=at) == PaymentState.UNKNOWN
