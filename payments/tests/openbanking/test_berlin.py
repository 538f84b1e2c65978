"""Berlin Group 1.3.11: our client and a bank that checks."""

import json
import ssl
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from moneyed import Money

from flowlet.core.errors import Invalid
from flowlet.core.outbound import OutcomeUnknown, Refused, Throttled, Unavailable
from payments.errors import BankAnswerMalformed, CallbackRefused, ConsentLapsed
from payments.providers.openbanking.signatures import Seal, digest, signing_string
from payments.providers.openbanking.vocabulary import (
    NOBODY,
    AccountNumber,
    ConsentState,
    PaymentState,
    Product,
    Scheme,
    Scope,
)
from payments.tests.openbanking.conftest import BERLIN_FILE, VISITOR, complaints, descriptions_at
from payments.tests.standins.descriptions import description
from payments.tests.standins.server import Fault

ALL = tuple(Scope)
MAIN = "3dc3d5b3-7023-4848-9853-f5400a64e80f"


def begin(berlin, at, scopes=ALL, **more):
    options = {"expires_at": at + timedelta(days=400), "state": "st-1", "visitor": VISITOR, "at": at} | more
    return berlin.client.begin(scopes=scopes, **options)


def brought_back(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def consented(berlin, at, scopes=ALL):
    begun = begin(berlin, at, scopes)
    back = brought_back(berlin.bank.visit(begun.redirect_url))
    return berlin.client.complete(session=begun.session, callback=back, at=at)


@pytest.mark.parametrize("signed", [True, False])
def test_a_customer_consents_and_their_accounts_are_read(berlin_banks, at, signed):
    berlin = berlin_banks(signed=signed)
    begun = begin(berlin, at)
    assert (begun.status, begun.expires_at) == (ConsentState.AWAITING, at + timedelta(days=180))
    back = brought_back(berlin.bank.visit(begun.redirect_url))
    session = berlin.client.complete(session=begun.session, callback=back, at=at)
    assert berlin.client.consent_status(session=session, at=at) == ConsentState.AUTHORISED

    first, second = berlin.client.accounts(session=session, visitor=VISITOR, at=at)
    assert (first.id, first.currency, first.name, first.kind, first.is_open) == (MAIN, "EUR", "Heike Mustermann", "CACC", True)
    assert first.number == AccountNumber(scheme=Scheme.IBAN, number="DE2310010010123456789")
    assert second.number == AccountNumber(scheme=Scheme.OTHER, number="BARC12345612345678")
    assert second.is_open is None

    assert [(row.kind, row.amount) for row in berlin.client.balances(session=session, account_id=MAIN, at=at)] == [
        ("INTERIM_AVAILABLE", Money("-12.50", "EUR")),
        ("CLOSING_BOOKED", Money("500.00", "EUR")),
    ]
    assert [row.amount for row in berlin.client.balances(session=session, account_id="acc-2", at=at)] == [Money("1200", "JPY")]


def test_transactions_are_read_page_after_page_booked_and_pending(berlin_bank, at):
    session = consented(berlin_bank, at)
    found = berlin_bank.client.transactions(session=session, account_id=MAIN, at=at)
    assert [(row.id, row.direction, row.amount, row.status, row.counterparty) for row in found] == [
        ("1234567", "IN", Money("256.67", "EUR"), "BOOKED", "John Miles"),
        ("1234568", "OUT", Money("343.01", "EUR"), "BOOKED", "Paul Simpson"),
        ("1234569", "IN", Money("100.00", "EUR"), "BOOKED", "Cem Y"),
        ("", "OUT", Money("100.03", "EUR"), "PENDING", "Claude Renault"),
    ]
    assert found[0].end_to_end_id == "E2E-1234567"
    assert len(berlin_bank.bank.said_to("GET", "/transactions")) == 2


def test_only_what_is_needed_is_asked_of_the_customer(berlin_bank, at):
    session = consented(berlin_bank, at, (Scope.BALANCES,))
    (asked, _) = berlin_bank.bank.said_to("POST", "/v1/consents")[0]
    assert asked.json["access"] == {"accounts": [], "balances": []}
    with pytest.raises(ConsentLapsed) as refusal:
        berlin_bank.client.transactions(session=session, account_id=MAIN, at=at)
    assert refusal.value.details == {"provider_code": "CONSENT_INVALID"}


def test_a_shorter_wish_than_the_longest_is_kept(berlin_bank, at):
    assert begin(berlin_bank, at, expires_at=at + timedelta(days=30)).expires_at == at + timedelta(days=30)
    (asked, _) = berlin_bank.bank.said_to("POST", "/v1/consents")[0]
    assert asked.json["validUntil"] == (at + timedelta(days=30)).date().isoformat()


def test_a_customer_who_says_no_gives_no_consent(berlin_bank, at):
    begun = begin(berlin_bank, at)
    back = brought_back(berlin_bank.bank.visit(begun.redirect_url, decision="deny"))
    assert back == {"state": "st-1", "error": "access_denied"}
    assert berlin_bank.client.consent_status(session=begun.session, at=at) == ConsentState.REJECTED


@pytest.mark.parametrize("callback", [{}, {"state": ""}, {"state": "st-2"}, {"state": "st-1 "}])
def test_only_the_customer_who_left_comes_back(berlin_bank, at, callback):
    begun = begin(berlin_bank, at)
    with pytest.raises(CallbackRefused):
        berlin_bank.client.complete(session=begun.session, callback=callback, at=at)


@pytest.mark.parametrize(
    ("status", "word"),
    [("expired", ConsentState.EXPIRED), ("revokedByPsu", ConsentState.REVOKED), ("terminatedByTpp", ConsentState.REVOKED)],
)
def test_a_consent_that_ended_at_the_bank_is_seen_and_reads_nothing(berlin_bank, at, status, word):
    session = consented(berlin_bank, at)
    berlin_bank.bank.consents[session.reference]["consentStatus"] = status
    assert berlin_bank.client.consent_status(session=session, at=at) == word
    with pytest.raises(ConsentLapsed):
        berlin_bank.client.accounts(session=session, at=at)


def test_revoking_ends_the_consent_and_may_be_repeated(berlin_bank, at):
    session = consented(berlin_bank, at)
    berlin_bank.bank.faults.append(Fault("LOSE_ANSWER", f"/consents/{session.reference}", method="DELETE"))
    berlin_bank.client.revoke(session=session, at=at)
    assert berlin_bank.client.consent_status(session=session, at=at) == ConsentState.REVOKED


def test_too_many_reads_without_the_customer_are_told_as_such_and_those_with_them_are_not_counted(berlin_bank, at):
    session = consented(berlin_bank, at)
    for _ in range(20):
        berlin_bank.client.accounts(session=session, visitor=VISITOR, at=at)
    for _ in range(16):
        berlin_bank.client.accounts(session=session, at=at)
    with pytest.raises(Throttled) as refusal:
        berlin_bank.client.accounts(session=session, at=at)
    assert refusal.value.provider_code == "ACCESS_EXCEEDED"
    assert len(berlin_bank.client.accounts(session=session, visitor=VISITOR, at=at)) == 2


def test_a_bank_without_redirect_is_said_to_be_unusable_and_not_half_used(berlin_bank, at):
    berlin_bank.bank.with_redirect = False
    with pytest.raises(BankAnswerMalformed) as refusal:
        begin(berlin_bank, at)
    assert refusal.value.details == {"field": "_links.scaRedirect"}


def test_the_customers_address_is_needed(berlin_bank, at, euros):
    with pytest.raises(Invalid):
        begin(berlin_bank, at, visitor=NOBODY)
    with pytest.raises(Invalid):
        berlin_bank.client.initiate(payment=replace(euros, visitor=NOBODY), state="s", at=at)
    assert berlin_bank.bank.log == []


# Payments


@pytest.mark.parametrize("product", [Product.SEPA, Product.SEPA_INSTANT])
def test_a_payment_is_authorised_and_made(berlin_bank, at, euros, product):
    client, bank = berlin_bank.client, berlin_bank.bank
    made = client.initiate(payment=replace(euros, product=product), state="st-2", at=at)
    assert made.status == PaymentState.PENDING
    session = client.authorise(session=made.session, callback=brought_back(bank.visit(made.redirect_url)), at=at)
    assert client.submit(session=session, at=at).status == PaymentState.PENDING
    (payment,) = bank.payments.values()
    assert payment["made"]["instructedAmount"] == {"currency": "EUR", "amount": "1234.05"}
    assert payment["made"]["remittanceInformationUnstructured"] == "Ihre Einzahlung für Größe"
    for code, word in (("ACSC", PaymentState.SETTLED), ("CANC", PaymentState.REJECTED), ("ACWP", PaymentState.PENDING)):
        payment["transactionStatus"] = code
        assert client.status(reference=made.reference, at=at) == word


def test_a_new_status_of_a_payment_is_unknown(berlin_bank, at, euros):
    made = berlin_bank.client.initiate(payment=euros, state="st-2", at=at)
    next(iter(berlin_bank.bank.payments.values()))["transactionStatus"] = "ZZZZ"
    assert berlin_bank.client.status(reference=made.reference, at=at) == PaymentState.UNKNOWN
    berlin_bank.bank.log.pop()  # a status that is not described


def test_a_denied_payment_is_rejected(berlin_bank, at, euros):
    made = berlin_bank.client.initiate(payment=euros, state="st-2", at=at)
    berlin_bank.bank.visit(made.redirect_url, decision="deny")
    assert berlin_bank.client.status(reference=made.reference, at=at) == PaymentState.REJECTED


def test_a_payment_that_needs_no_redirect_has_none(berlin_bank, at, euros):
    berlin_bank.bank.with_redirect = False
    assert berlin_bank.client.initiate(payment=euros, state="st-2", at=at).redirect_url == ""


@pytest.mark.parametrize("fault", ["LOSE_ANSWER", "LOSE_REQUEST", "SLOW", "BREAK"])
def test_a_lost_answer_is_unknown_and_the_payment_is_not_sent_again(berlin_bank, at, euros, fault):
    berlin_bank.bank.faults.append(Fault(fault, "/instant-sepa-credit-transfers", times=2, seconds=0.8))
    with pytest.raises(OutcomeUnknown):
        berlin_bank.client.initiate(payment=euros, state="st-2", at=at)
    assert len(berlin_bank.bank.payments) == (fault in {"LOSE_ANSWER", "SLOW"})
    assert berlin_bank.bank.faults[0].times == 1


def test_a_status_that_cannot_be_asked_is_unavailable(berlin_bank, at, euros):
    made = berlin_bank.client.initiate(payment=euros, state="st-2", at=at)
    berlin_bank.bank.faults.append(Fault("LOSE_REQUEST", "/status", times=3))
    with pytest.raises(Unavailable):
        berlin_bank.client.status(reference=made.reference, at=at)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Money("10", "USD")},
        {"amount": Money("0", "EUR")},
        {"amount": Money("0.001", "EUR")},
        {"debtor": None},
        {"creditor": AccountNumber(scheme=Scheme.SORT_CODE, number="20000055779911")},
        {"creditor_name": "x" * 71},
        {"end_to_end_id": ""},
        {"product": Product.DOMESTIC},
    ],
)
def test_facts_that_the_bank_cannot_be_told_are_not_sent(berlin_bank, at, euros, change):
    with pytest.raises(Invalid):
        berlin_bank.client.initiate(payment=replace(euros, **change), state="s", at=at)
    assert berlin_bank.bank.log == []


@pytest.mark.parametrize("reference", ["", "sepa-credit-transfers/", "cross-border-credit-transfers/1", "1"])
def test_a_reference_that_is_none_is_not_asked_about(berlin_bank, at, reference):
    with pytest.raises(Invalid):
        berlin_bank.client.status(reference=reference, at=at)
    assert berlin_bank.bank.log == []


# Signatures


def test_the_digest_is_the_standards_own_example():
    assert digest(b'{"hello": "world"}') == "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
    assert digest(b"") == "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def test_what_is_signed_stands_in_the_standards_order():
    names, text = signing_string(
        {"TPP-Redirect-URI": "https://a", "Date": "D", "Digest": "SHA-256=x", "X-Request-ID": "1", "Other": "o"}
    )
    assert names == "digest x-request-id date tpp-redirect-uri"
    assert text == "digest: SHA-256=x\nx-request-id: 1\ndate: D\ntpp-redirect-uri: https://a"


@pytest.mark.parametrize("header", ["digest", "signature", "tpp-signature-certificate"])
def test_the_bank_refuses_what_is_not_sealed_as_it_should_be(berlin_bank, at, header, monkeypatch):
    from payments.providers.openbanking import berlin as client

    real = client.signed

    def spoiled(headers, body, *, seal):
        full = real(headers, body, seal=seal)
        name = next(name for name in full if name.lower() == header)
        full[name] = full[name].replace("SHA-256=", "SHA-256=A") if header == "digest" else full[name][:-9] + 'AAAAAAAA"'
        return full

    monkeypatch.setattr(client, "signed", spoiled)
    with pytest.raises(Refused) as refusal:
        begin(berlin_bank, at)
    assert refusal.value.provider_code in {"SIGNATURE_INVALID", "FORMAT_ERROR"}
    assert berlin_bank.bank.consents == {}


def test_a_seal_needs_its_own_key(seal, private):
    from cryptography.hazmat.primitives.asymmetric import rsa

    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with pytest.raises(ValueError, match="do not belong together"):
        Seal.load(seal.certificate.public_bytes(serialization.Encoding.PEM), pem)
    private.public_key().verify(
        private.sign(b"x", padding.PKCS1v15(), hashes.SHA256()), b"x", padding.PKCS1v15(), hashes.SHA256()
    )


def test_the_connection_shows_our_certificate_to_the_bank(berlin_banks, at, tls_pair):
    berlin = berlin_banks(tls=tls_pair.server, client_tls=tls_pair.client)
    assert begin(berlin, at).status == ConsentState.AWAITING
    (asked, _) = berlin.bank.log[0]
    subject = dict(pair for part in asked.client_certificate["subject"] for pair in part)
    assert subject["commonName"] == "Flowlet QWAC"


def test_without_our_certificate_there_is_no_connection(berlin_banks, at, tls_pair):
    berlin = berlin_banks(tls=tls_pair.server, client_tls=ssl.create_default_context(cadata=tls_pair.root))
    with pytest.raises((Unavailable, OutcomeUnknown)):
        begin(berlin, at)
    assert berlin.bank.log == []


def test_secrets_and_names_stay_out_of_the_logs(berlin_bank, at, euros, caplog):
    caplog.set_level("DEBUG")
    session = consented(berlin_bank, at)
    berlin_bank.client.accounts(session=session, visitor=VISITOR, at=at)
    berlin_bank.client.transactions(session=session, account_id=MAIN, at=at)
    berlin_bank.client.initiate(payment=euros, state="st-2", at=at)
    with pytest.raises(BankAnswerMalformed) as refusal:
        berlin_bank.bank.balances["acc-2"] = [("expected", "98713.37", "JPY")]
        berlin_bank.client.balances(session=session, account_id="acc-2", at=at)
    written = caplog.text + json.dumps(refusal.value.details) + refusal.value.message
    personal = ["DE2310010010123456789", "DE89370400440532013000", "Mustermann", "John Miles", "1234.05", "98713.37", "st-2"]
    assert [value for value in personal if value in written] == []


def test_every_message_of_the_day_is_as_the_official_description_says(berlin_bank, at, euros):
    folder = descriptions_at()
    if folder is None:
        pytest.skip("FLOWLET_REFERENCE_DATA is not set: no official description to compare with")
    client, bank = berlin_bank.client, berlin_bank.bank
    session = consented(berlin_bank, at)
    client.consent_status(session=session, at=at)
    client.accounts(session=session, visitor=VISITOR, at=at)
    client.balances(session=session, account_id=MAIN, at=at)
    client.transactions(session=session, account_id=MAIN, from_on=at.date(), to_on=at.date(), at=at)
    client.revoke(session=session, at=at)
    made = client.initiate(payment=euros, state="s", at=at)
    client.status(reference=made.reference, at=at)
    assert complaints(bank, {"/psd2": BERLIN_FILE}) == []
    seen = {(method, path) for method, path, status in description(folder / BERLIN_FILE).seen if status < 300}
    assert seen >= {
        ("POST", "/v1/consents"),
        ("GET", "/v1/consents/{consentId}/status"),
        ("DELETE", "/v1/consents/{consentId}"),
        ("GET", "/v1/accounts"),
        ("GET", "/v1/accounts/{account-id}/balances"),
        ("GET", "/v1/accounts/{account-id}/transactions"),
        ("POST", "/v1/{payment-service}/{payment-product}"),
        ("GET", "/v1/{payment-service}/{payment-product}/{paymentId}/status"),
    }
