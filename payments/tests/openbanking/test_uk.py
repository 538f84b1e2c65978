"""UK Open Banking 4.0: our client and a bank that checks."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from moneyed import Money

from flowlet.core import clock
from flowlet.core.errors import Invalid
from flowlet.core.outbound import OutcomeUnknown, Refused
from payments.errors import BankAnswerMalformed, CallbackRefused, ConsentLapsed, ConsentRefused
from payments.providers.openbanking import jose
from payments.providers.openbanking.vocabulary import AccountNumber, ConsentState, PaymentState, Scheme, Scope
from payments.tests.openbanking.conftest import UK_FILES, VISITOR, complaints, descriptions_at, make_uk
from payments.tests.standins.descriptions import description
from payments.tests.standins.server import Fault

ALL = tuple(Scope)


def begin(uk, at, scopes=ALL):
    return uk.client.begin(scopes=scopes, expires_at=at + timedelta(days=90), state="st-1", visitor=VISITOR, at=at)


def consented(uk, at, scopes=ALL):
    begun = begin(uk, at, scopes)
    return uk.client.complete(session=begun.session, callback=uk.bank.visit(begun.redirect_url), at=at)


def paid(uk, at, facts):
    made = uk.client.initiate(payment=facts, state="st-2", at=at)
    return uk.client.authorise(session=made.session, callback=uk.bank.visit(made.redirect_url), at=at)


@pytest.mark.parametrize("hybrid", [True, False])
def test_a_customer_consents_and_their_accounts_are_read(uk_banks, at, hybrid):
    uk = uk_banks(hybrid=hybrid)
    begun = begin(uk, at)
    assert begun.status == ConsentState.AWAITING
    assert begun.expires_at == (at + timedelta(days=90)).replace(microsecond=0)
    session = uk.client.complete(session=begun.session, callback=uk.bank.visit(begun.redirect_url), at=at)
    assert uk.client.consent_status(session=session, at=at) == ConsentState.AUTHORISED

    first, second = uk.client.accounts(session=session, visitor=VISITOR, at=at)
    assert (first.id, first.currency, first.name, first.kind, first.is_open) == ("22289", "GBP", "Mr Kevin", "CACC", True)
    assert first.number == AccountNumber(scheme=Scheme.SORT_CODE, number="80200110203345")
    assert second.number == AccountNumber(scheme=Scheme.IBAN, number="GB33BUKB20201555555555")

    held = uk.client.balances(session=session, account_id="22289", at=at)
    assert [(row.kind, row.amount) for row in held] == [
        ("INTERIM_AVAILABLE", Money("-1230.00", "GBP")),
        ("CLOSING_BOOKED", Money("57.36", "GBP")),
    ]


def test_transactions_are_read_page_after_page(uk, at):
    session = consented(uk, at)
    found = uk.client.transactions(session=session, account_id="22289", at=at)
    assert [(row.id, row.direction, row.amount, row.status, row.description) for row in found] == [
        ("T1", "IN", Money("10.00", "GBP"), "BOOKED", "Cash from Aubrey"),
        ("T2", "OUT", Money("4.35", "GBP"), "BOOKED", "Coffee"),
        ("T3", "OUT", Money("0.10", "GBP"), "PENDING", "Parking"),
        ("T4", "IN", Money("1000000.01", "GBP"), "BOOKED", "Sale of the boat"),
        ("T5", "OUT", Money("3.00", "GBP"), "FUTURE", "Gym"),
    ]
    assert len(uk.bank.said_to("GET", "/transactions")) == 3
    assert uk.client.transactions(session=session, account_id="31820", at=at) == []


def test_only_days_asked_for_are_asked_for(uk, at):
    session = consented(uk, at)
    found = uk.client.transactions(session=session, account_id="22289", from_on=at.date() - timedelta(days=15), at=at)
    assert [row.id for row in found] == ["T1", "T2"]


def test_only_what_is_needed_is_asked_of_the_customer(uk, at):
    session = consented(uk, at, (Scope.BALANCES,))
    (asked, _) = uk.bank.said_to("POST", "/account-access-consents")[0]
    assert asked.json["Data"]["Permissions"] == ["ReadAccountsDetail", "ReadBalances"]
    with pytest.raises(ConsentLapsed):
        uk.client.transactions(session=session, account_id="22289", at=at)


def test_a_customer_who_says_no_gives_no_consent(uk, at):
    begun = begin(uk, at)
    with pytest.raises(ConsentRefused) as refusal:
        uk.client.complete(session=begun.session, callback=uk.bank.visit(begun.redirect_url, decision="deny"), at=at)
    assert refusal.value.details == {"provider_code": "access_denied"}
    assert uk.client.consent_status(session=begun.session, at=at) == ConsentState.REJECTED
    assert uk.bank.tokens and all(token["intent"] is None for token in uk.bank.tokens.values())


def forged(uk, begun, back, key):
    """Callbacks that are not this consent's."""
    other = begin(uk, clock.now())
    theirs = uk.bank.visit(other.redirect_url)
    bank, intent, nonce = uk.bank, begun.reference, begun.session.nonce
    code, state = back["code"], back["state"]

    def token(**claims):
        return {
            **back,
            "id_token": bank.id_token(claims.pop("intent", intent), claims.pop("nonce", nonce), code=code, state=state, **claims),
        }

    yield "another state", {**back, "state": "st-9"}
    yield "no state", {name: value for name, value in back.items() if name != "state"}
    yield "another's code", {**back, "code": theirs["code"]}
    yield "another's token", {**back, "id_token": theirs["id_token"]}
    yield "no token", {name: value for name, value in back.items() if name != "id_token"}
    yield "another nonce", token(nonce="n-9")
    yield "another consent", token(intent="urn:bank:intent:999")
    yield "another client", token(aud="somebody-else")
    yield "another bank", token(iss="https://other.example")
    yield "too old", token(exp=1)
    yield "another code's hash", token(c_hash="AAAA")
    yield "another state's hash", token(s_hash="AAAA")
    yield "another issuer in the query", {**back, "iss": "https://other.example"}
    held, bank.private = bank.private, key.private
    signed_by_a_stranger = token()
    bank.private = held
    yield "another's signature", signed_by_a_stranger
    yield "no code", {name: value for name, value in back.items() if name != "code"}
    yield "garbage", {**back, "id_token": "x.y.z"}


def test_what_does_not_belong_to_the_consent_is_refused_before_any_code_is_exchanged(uk, at, key):
    begun = begin(uk, at)
    back = uk.bank.visit(begun.redirect_url)
    exchanges = lambda: [asked for asked, _ in uk.bank.said_to("POST", "/token") if "code=" in asked.body.decode()]  # noqa: E731
    for name, callback in forged(uk, begun, back, key):
        with pytest.raises(CallbackRefused):
            pytest.fail(f"{name}: {uk.client.complete(session=begun.session, callback=callback, at=at)}")
        assert exchanges() == [], name
    assert uk.client.complete(session=begun.session, callback=back, at=at).access_token


def test_a_code_is_good_once(uk, at):
    begun = begin(uk, at)
    back = uk.bank.visit(begun.redirect_url)
    uk.client.complete(session=begun.session, callback=back, at=at)
    with pytest.raises(ConsentRefused):
        uk.client.complete(session=begun.session, callback=back, at=at)


def test_a_lost_answer_to_a_code_is_unknown_and_not_repeated(uk, at):
    begun = begin(uk, at)
    back = uk.bank.visit(begun.redirect_url)
    uk.bank.faults.append(Fault("LOSE_ANSWER", "/token"))
    with pytest.raises(OutcomeUnknown):
        uk.client.complete(session=begun.session, callback=back, at=at)
    assert len([1 for asked, _ in uk.bank.said_to("POST", "/token") if "code=" in asked.body.decode()]) == 1


def test_a_lost_token_of_our_own_is_asked_for_anew_with_a_fresh_assertion(uk, at):
    uk.bank.faults.append(Fault("LOSE_ANSWER", "/token"))
    assert begin(uk, at).status == ConsentState.AWAITING
    assert len(uk.bank.assertions) == 2


def test_a_token_is_renewed_when_it_ends_and_kept_while_it_is_good(uk, at):
    session = consented(uk, at)
    assert uk.client.refresh(session=session, at=at) is session
    ended = session.having(token_expires_at=at.timestamp() + 29)
    renewed = uk.client.refresh(session=ended, at=at)
    assert renewed.access_token != session.access_token and renewed.refresh_token != session.refresh_token
    with pytest.raises(ConsentLapsed):
        uk.client.refresh(session=ended, at=at)


def test_a_revoked_consent_reads_nothing(uk, at):
    session = consented(uk, at)
    uk.client.revoke(session=session, at=at)
    with pytest.raises(ConsentLapsed):
        uk.client.accounts(session=session, at=at)
    with pytest.raises(ConsentLapsed):
        uk.client.refresh(session=session.having(token_expires_at=0.0), at=at)


def test_a_consent_withdrawn_at_the_bank_is_seen(uk, at):
    session = consented(uk, at)
    uk.bank.move(session.reference, "CANC")
    assert uk.client.consent_status(session=session, at=at) == ConsentState.REVOKED
    uk.bank.move(session.reference, "EXPD")
    assert uk.client.consent_status(session=session, at=at) == ConsentState.EXPIRED
    with pytest.raises(ConsentLapsed):
        uk.client.accounts(session=session, at=at)


def test_what_is_new_in_an_answer_is_passed_over(uk, at):
    session = consented(uk, at)
    uk.bank.accounts = [{"AccountId": "9", "Currency": "GBP", "Sparkle": {"Deep": [1]}, "AccountTypeCode": "NEWT"}]
    uk.bank.balances["9"] = [("Credit", "ZZZZ", "1.00", "GBP")]
    (account,) = uk.client.accounts(session=session, at=at)
    (balance,) = uk.client.balances(session=session, account_id="9", at=at)
    assert (account.id, account.kind, account.number) == ("9", "NEWT", None)
    assert (balance.kind, balance.amount) == ("UNKNOWN", Money("1.00", "GBP"))
    uk.bank.log.clear()  # what is new is not described


def test_a_next_page_elsewhere_is_not_fetched(uk, at):
    session = consented(uk, at)
    uk.bank.url, real = "https://evil.example", uk.bank.url
    try:
        with pytest.raises(BankAnswerMalformed):
            uk.client.transactions(session=session, account_id="22289", at=at)
    finally:
        uk.bank.url = real


# Payments


@pytest.mark.parametrize("unencoded", [False, True])
def test_a_payment_is_authorised_and_made(uk_banks, at, pounds, unencoded):
    uk = uk_banks(unencoded_jws=unencoded)
    made = uk.client.initiate(payment=pounds, state="st-2", at=at)
    assert (made.status, made.reference[:8]) == (PaymentState.PENDING, "consent:")
    session = uk.client.authorise(session=made.session, callback=uk.bank.visit(made.redirect_url), at=at)
    assert uk.client.has_funds(session=session, at=at) is True
    done = uk.client.submit(session=session, at=at)
    (asked, _) = uk.bank.said_to("POST", "/domestic-payments")[0]
    assert asked.json["Data"]["Initiation"]["InstructedAmount"] == {"Amount": "12.50", "Currency": "GBP"}
    assert uk.client.status(reference=done.reference, at=at) == PaymentState.PENDING
    uk.bank.payments[done.reference]["Data"]["Status"] = "ACSC"
    assert uk.client.status(reference=done.reference, at=at) == PaymentState.SETTLED


def test_a_new_status_of_a_payment_is_unknown(uk, at, pounds):
    done = uk.client.submit(session=paid(uk, at, pounds), at=at)
    uk.bank.payments[done.reference]["Data"]["Status"] = "ZZZZ"
    assert uk.client.status(reference=done.reference, at=at) == PaymentState.UNKNOWN
    uk.bank.log.pop()  # a status that is not described


@pytest.mark.parametrize("fault", ["LOSE_ANSWER", "LOSE_REQUEST", "TWICE", "BREAK"])
def test_whatever_the_network_does_the_bank_makes_one_payment(uk, at, pounds, fault):
    uk.bank.faults += [
        Fault(fault, "/domestic-payment-consents", method="POST"),
        Fault(fault, "/domestic-payments", method="POST"),
    ]
    session = paid(uk, at, pounds)
    done = uk.client.submit(session=session, at=at)
    assert uk.client.submit(session=session, at=at).reference == done.reference
    assert list(uk.bank.payments) == [done.reference]
    assert len(uk.bank.consents) == 1


def test_without_any_answer_the_outcome_is_unknown_and_submitting_again_finds_it(uk, at, pounds):
    session = paid(uk, at, pounds)
    uk.bank.faults.append(Fault("LOSE_ANSWER", "/domestic-payments", times=3))
    with pytest.raises(OutcomeUnknown):
        uk.client.submit(session=session, at=at)
    assert uk.client.status(reference=session.reference, at=at) == PaymentState.UNKNOWN
    done = uk.client.submit(session=session, at=at)
    assert list(uk.bank.payments) == [done.reference]


def test_a_slow_bank_is_unknown_in_time(uk, at, pounds):
    session = paid(uk, at, pounds)
    uk.bank.faults.append(Fault("SLOW", "/domestic-payments", times=3, seconds=0.8))
    with pytest.raises(OutcomeUnknown):
        uk.client.submit(session=session, at=at)
    assert len(uk.bank.payments) == 1


def test_a_denied_payment_is_rejected_and_never_submitted(uk, at, pounds):
    made = uk.client.initiate(payment=pounds, state="st-2", at=at)
    assert uk.client.status(reference=made.reference, at=at) == PaymentState.PENDING
    with pytest.raises(ConsentRefused):
        uk.client.authorise(session=made.session, callback=uk.bank.visit(made.redirect_url, decision="deny"), at=at)
    assert uk.client.status(reference=made.reference, at=at) == PaymentState.REJECTED
    assert uk.bank.payments == {}


def test_another_payment_under_the_same_key_is_refused_by_the_bank(uk, at, pounds):
    uk.client.initiate(payment=pounds, state="st-2", at=at)
    with pytest.raises(Refused) as refusal:
        uk.client.initiate(payment=replace(pounds, amount=Money("12.51", "GBP")), state="st-2", at=at)
    assert (refusal.value.provider_code, refusal.value.http_status) == ("U020", 400)


@pytest.mark.parametrize("place", ["/domestic-payment-consents", "/domestic-payments"])
def test_an_answer_that_the_bank_did_not_sign_is_not_believed(uk, at, pounds, place):
    session = paid(uk, at, pounds) if place == "/domestic-payments" else None
    uk.bank.spoil_signature = True
    with pytest.raises(BankAnswerMalformed) as refusal:
        uk.client.submit(session=session, at=at) if session else uk.client.initiate(payment=pounds, state="s", at=at)
    assert refusal.value.details == {"field": "x-jws-signature"}


def test_a_bank_with_the_old_signatures_does_not_take_ours_nor_we_its(uk, at, pounds):
    uk.bank.unencoded_jws = True
    with pytest.raises(Refused):
        uk.client.initiate(payment=pounds, state="s", at=at)


def test_a_stranger_without_our_key_gets_no_token(uk, at):
    stranger = jose.Key("tpp-1", uk.bank.private)
    with pytest.raises(Refused) as refusal:
        make_uk(uk.bank, stranger).begin(scopes=ALL, expires_at=at, state="s", visitor=VISITOR, at=at)
    assert refusal.value.provider_code == "invalid_client"
    assert uk.bank.consents == {}


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Money("0", "GBP")},
        {"amount": Money("0.001", "GBP")},
        {"key": "x" * 39},
        {"end_to_end_id": "x" * 36},
        {"creditor_name": ""},
        {"creditor": AccountNumber(scheme=Scheme.SORT_CODE, number="1234")},
        {"creditor": AccountNumber(scheme=Scheme.OTHER, number="1234")},
    ],
)
def test_facts_that_the_bank_cannot_be_told_are_not_sent(uk, at, pounds, change):
    with pytest.raises(Invalid):
        uk.client.initiate(payment=replace(pounds, **change), state="s", at=at)
    assert uk.bank.said_to("POST", "/domestic-payment-consents") == []


def test_the_customers_address_goes_along_and_secrets_stay_out_of_the_logs(uk, at, pounds, caplog):
    caplog.set_level("DEBUG")
    begun = begin(uk, at)
    session = uk.client.complete(session=begun.session, callback=uk.bank.visit(begun.redirect_url), at=at)
    uk.client.accounts(session=session, visitor=VISITOR, at=at)
    uk.client.submit(session=paid(uk, at, pounds), at=at)
    (asked, _) = uk.bank.said_to("GET", "/accounts")[0]
    assert asked.headers["x-fapi-customer-ip-address"] == "198.51.100.7"
    written = caplog.text
    query = {name: values[0] for name, values in parse_qs(urlsplit(begun.redirect_url).query).items()}
    secrets = [
        session.access_token,
        session.refresh_token,
        query["request"],
        begun.session.code_verifier,
        "80200110203345",
        "20000055779911",
    ]
    assert [secret for secret in secrets if secret in written] == []


def test_every_message_of_the_day_is_as_the_official_descriptions_say(uk, at, pounds):
    folder = descriptions_at()
    if folder is None:
        pytest.skip("FLOWLET_REFERENCE_DATA is not set: no official descriptions to compare with")
    session = consented(uk, at)
    uk.client.consent_status(session=session, at=at)
    uk.client.accounts(session=session, visitor=VISITOR, at=at)
    uk.client.balances(session=session, account_id="22289", visitor=VISITOR, at=at)
    uk.client.transactions(session=session, account_id="22289", from_on=at.date(), to_on=at.date(), at=at)
    uk.client.revoke(session=session, at=at)
    paying = paid(uk, at, pounds)
    uk.client.status(reference=paying.reference, at=at)
    uk.client.has_funds(session=paying, at=at)
    done = uk.client.submit(session=paying, at=at)
    uk.client.status(reference=done.reference, at=at)
    with pytest.raises(Refused):
        uk.client.status(reference="nothing", at=at)
    assert complaints(uk.bank, UK_FILES) == []
    seen = {
        (method, path) for name in UK_FILES.values() for method, path, status in description(folder / name).seen if status < 300
    }
    assert seen >= {
        ("POST", "/account-access-consents"),
        ("GET", "/account-access-consents/{ConsentId}"),
        ("DELETE", "/account-access-consents/{ConsentId}"),
        ("GET", "/accounts"),
        ("GET", "/accounts/{AccountId}/balances"),
        ("GET", "/accounts/{AccountId}/transactions"),
        ("POST", "/domestic-payment-consents"),
        ("GET", "/domestic-payment-consents/{ConsentId}"),
        ("GET", "/domestic-payment-consents/{ConsentId}/funds-confirmation"),
        ("POST", "/domestic-payments"),
        ("GET", "/domestic-payments/{DomesticPaymentId}"),
    }


def test_the_comparison_with_the_description_sees_what_is_wrong(uk, at):
    folder = descriptions_at()
    if folder is None:
        pytest.skip("FLOWLET_REFERENCE_DATA is not set: no official descriptions to compare with")
    session = consented(uk, at)
    uk.bank.log.clear()
    uk.client.balances(session=session, account_id="22289", at=at)
    ((asked, said),) = uk.bank.log
    said.data["Data"]["Balance"][0]["Type"] = "ZZZZ"
    said.headers.pop("x-fapi-interaction-id")
    asked.query.append(("colour", "red"))
    found = complaints(uk.bank, UK_FILES)
    assert len(found) == 3 and "ZZZZ" in found[2], found
    uk.bank.log.clear()
