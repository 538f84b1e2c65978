"""Codes become words: every code of the official lists, and what is in none of them."""

from datetime import date
from decimal import Decimal

import pytest
from moneyed import Money

from flowlet.core.errors import Invalid
from payments.errors import BankAnswerMalformed
from payments.providers.openbanking import answers
from payments.providers.openbanking.vocabulary import (
    BERLIN_BALANCES,
    BERLIN_CONSENTS,
    BERLIN_PAYMENTS,
    UK_BALANCES,
    UK_CONSENTS,
    UK_PAYMENTS,
    UK_TRANSACTIONS,
    AccountNumber,
    ConsentState,
    PaymentState,
    Scheme,
    Session,
    consent_state,
    payment_state,
)
from payments.tests.openbanking.conftest import BERLIN_FILE, UK_FILES, descriptions_at
from payments.tests.standins.descriptions import description

PENDING, SETTLED, REJECTED, UNKNOWN = PaymentState


def test_every_uk_payment_code_has_its_word():
    words = {code: payment_state(UK_PAYMENTS, code) for code in UK_PAYMENTS}
    assert words == {
        **dict.fromkeys(("RCVD", "PDNG", "ACTC", "PATC", "ACCP", "ACFC", "ACSP", "ACWC", "ACWP"), PENDING),
        **dict.fromkeys(("ACSC", "ACCC"), SETTLED),
        "RJCT": REJECTED,
        "BLCK": UNKNOWN,
    }


def test_every_berlin_payment_code_has_its_word():
    assert {code: word for code, word in BERLIN_PAYMENTS.items() if UK_PAYMENTS.get(code) != word} == {
        "CANC": REJECTED,
        "PART": UNKNOWN,
    }
    assert len(BERLIN_PAYMENTS) == 14


@pytest.mark.parametrize("code", ["", "XXXX", "rjct", None, 7, ["RJCT"]])
@pytest.mark.parametrize("table", [UK_PAYMENTS, BERLIN_PAYMENTS])
def test_a_code_in_no_table_is_unknown_and_never_a_failure(code, table):
    assert payment_state(table, code) == UNKNOWN
    assert consent_state(UK_CONSENTS, code) == ConsentState.UNKNOWN


def test_the_tables_hold_exactly_the_official_codes():
    folder = descriptions_at()
    if folder is None:
        pytest.skip("FLOWLET_REFERENCE_DATA is not set: no official lists to compare with")
    aisp, pisp = (description(folder / name).document for name in UK_FILES.values())
    berlin = description(folder / BERLIN_FILE).document["components"]["schemas"]

    def listed(document, path, *steps):
        node = document["paths"][path]["get"]["responses"]["200"]
        read = description(folder / UK_FILES["/open-banking/v4.0/aisp"])._at if document is aisp else None
        read = read or description(folder / UK_FILES["/open-banking/v4.0/pisp"])._at
        node = read(read(node)["content"]["application/json"]["schema"])
        for step in steps:
            node = read(node)
            node = read(node["items"]) if step == "[]" else read(node["properties"][step])
        return set(node["enum"])

    assert listed(pisp, "/domestic-payments/{DomesticPaymentId}", "Data", "Status") == set(UK_PAYMENTS)
    consents = listed(pisp, "/domestic-payment-consents/{ConsentId}", "Data", "Status")
    assert consents | listed(aisp, "/account-access-consents/{ConsentId}", "Data", "Status") == set(UK_CONSENTS)
    assert listed(aisp, "/accounts/{AccountId}/balances", "Data", "Balance", "[]", "Type") == set(UK_BALANCES)
    assert listed(aisp, "/accounts/{AccountId}/transactions", "Data", "Transaction", "[]", "Status") == set(UK_TRANSACTIONS)
    assert set(berlin["transactionStatus"]["enum"]) == set(BERLIN_PAYMENTS)
    assert set(berlin["consentStatus"]["enum"]) == set(BERLIN_CONSENTS)
    assert set(berlin["balanceType"]["enum"]) == set(BERLIN_BALANCES)


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("1230.00000", "GBP", Money("1230.00", "GBP")),
        ("-12.50", "EUR", Money("-12.50", "EUR")),
        ("1200", "JPY", Money("1200", "JPY")),
        ("0.125", "KWD", Money("0.125", "KWD")),
        ("0.00", "EUR", Money("0", "EUR")),
    ],
)
def test_amounts_are_read_exactly(text, currency, amount):
    found = answers.amount_in({"a": text, "c": currency}, "a", "c")
    assert found == amount
    assert (
        found.amount.as_tuple().exponent
        == amount.amount.quantize(Decimal(1).scaleb(found.amount.as_tuple().exponent)).as_tuple().exponent
    )


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (Decimal("12.50"), "GBP"),
        (12, "GBP"),
        ("12.505", "GBP"),
        ("1.5", "JPY"),
        ("1e3", "GBP"),
        ("NaN", "GBP"),
        ("1", "ZZZ"),
        ("", "GBP"),
    ],
)
def test_what_would_be_wrong_money_is_refused_with_the_fields_name_and_not_its_value(amount, currency):
    with pytest.raises(BankAnswerMalformed) as refusal:
        answers.amount_in({"Amount": amount, "Currency": currency}, "Amount", "Currency")
    assert refusal.value.details == {"field": "Amount"}
    assert not str(amount) or str(amount) not in refusal.value.message


def test_amounts_are_written_with_the_currencys_own_decimals():
    assert answers.amount_out(Money("12.5", "GBP")) == ("12.50", "GBP")
    assert answers.amount_out(Money("7", "JPY")) == ("7", "JPY")
    for wrong in (Money("0", "GBP"), Money("-1", "GBP"), Money("0.001", "GBP")):
        with pytest.raises(Invalid):
            answers.amount_out(wrong)


@pytest.mark.parametrize(
    "link",
    ["https://evil.example/psd2/v1/x", "//evil.example/psd2/v1", "/psd2/../token", "/elsewhere", "http://bank.example/psd2/v1"],
)
def test_a_link_that_leads_away_is_not_followed(link):
    with pytest.raises(BankAnswerMalformed):
        answers.below("https://bank.example/psd2", link)


def test_a_link_of_the_bank_is_a_path_below_its_address():
    assert answers.below("https://bank.example/psd2", "/psd2/v1/accounts?page=2") == "/v1/accounts?page=2"
    assert answers.below("https://bank.example/psd2", "https://bank.example/psd2/v1/a") == "/v1/a"


def test_days_and_moments_need_their_form():
    assert answers.day("2026-10-25T23:30:00+01:00", "d") == date(2026, 10, 25)
    assert answers.day(None, "d") is None
    for wrong in ("25.10.2026", 20261025):
        with pytest.raises(BankAnswerMalformed):
            answers.day(wrong, "d")
    with pytest.raises(BankAnswerMalformed):
        answers.moment("2026-10-25T23:30:00", "d")


def test_what_is_shown_of_a_session_or_an_account_holds_no_secret():
    session = Session(reference="r-1", state="s3cret", access_token="t0ken", details={"initiation": "x1y2"})
    number = AccountNumber(scheme=Scheme.IBAN, number="DE89370400440532013000")
    assert repr(session) == "Session(reference='r-1', token_expires_at=0.0)"
    assert "DE89" not in repr(number)
    assert Session.load(session.dump()) == session
