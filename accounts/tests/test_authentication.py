"""Second factors and challenges: what proves, what is used up, what locks, and what the database refuses."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from django.db import IntegrityError, transaction

from accounts import errors
from accounts.choices import ChallengeStatus, FactorStatus, Role
from accounts.models import AuthenticationChallenge, AuthenticationFactor, TrustedPayee, User
from accounts.services import authentication_challenges as challenges
from accounts.services import authentication_factors as factors
from accounts.services import authentication_proofs as proofs
from accounts.services import customers, holdings
from accounts.tests.authentication_world import APP, DIGEST, PAYEE, asked, device, passed, public
from flowlet.audit.models import Record
from flowlet.backoffice import cells
from flowlet.backoffice.testing import press, signed_in
from flowlet.core.money import Money
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event

TYPES = ("TOTP", "ED25519", "ES256")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ada(create):
    return create()


def use(row, at, **changes):
    wanted = {"customer_id": row.customer_id, "amount": Money("12.50", "EUR"), "payee_digest": DIGEST, "used_for": "pay_1"}
    return challenges.use(challenge_id=row.pk, **wanted | changes, actor=APP, at=at)


# RFC 6238, appendix B, SHA-1; its eight digits cut to our six.
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(seconds, code):
    at = datetime.fromtimestamp(seconds, UTC)
    assert proofs.code_at(b"12345678901234567890", proofs.step_at(at)) == code[-6:]
    assert proofs.step_of(b"12345678901234567890", code[-6:], after=-1, at=at) == seconds // 30


@pytest.mark.parametrize(("seconds", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_wrong_by_one_step(seconds, taken):
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    code = proofs.code_at(b"x" * 20, proofs.step_at(at + timedelta(seconds=seconds)))
    assert (proofs.step_of(b"x" * 20, code, after=-1, at=at) is not None) == taken


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "      ", "é" * 6])
def test_what_is_no_code_is_wrong_and_no_fault(code):
    assert proofs.step_of(b"x" * 20, code, after=-1, at=datetime(2026, 3, 1, tzinfo=UTC)) is None


@pytest.mark.django_db
@pytest.mark.parametrize("type", TYPES)
def test_a_factor_is_confirmed_by_its_first_proof_and_then_answers_challenges(ada, at, trail, type):
    trail.look()
    held = device(ada, at, type)
    row = passed(held, at)
    assert (held.factor.status, held.factor.confirmed_at) == (FactorStatus.ACTIVE, at - MINUTE)
    assert (row.status, row.passed_at, row.expires_at) == (ChallengeStatus.PASSED, at, at + 5 * MINUTE)
    facts = ["factor.enrolled", "factor.confirmed", "challenge.opened", "challenge.passed"]
    assert trail.look() == ([f"authentication_{fact}" for fact in facts],) * 2


@pytest.mark.django_db
def test_the_secret_is_sealed_and_nothing_that_proves_is_told(ada, at):
    held = device(ada, at)
    assert held.secret not in bytes(AuthenticationFactor.objects.get().secret)
    text = base64.b32encode(held.secret).decode()
    told = [str(row.data) for row in Event.objects.all()] + [f"{row.before}{row.after}" for row in Record.objects.all()]
    assert told and not any(text in one or "secret" in one for one in told)


@pytest.mark.django_db
@pytest.mark.parametrize("type", TYPES)
def test_a_factor_that_is_not_confirmed_answers_nothing(ada, at, type):
    held = device(ada, at, type, confirmed=False)
    wrong = held.proof(proofs.enrolment_message(held.factor), at=at, wrong=True)
    assert factors.confirm(factor_id=held.factor.pk, **wrong, actor=APP, at=at).status == FactorStatus.PENDING
    with pytest.raises(errors.FactorNotActive):
        asked(held, at)


@pytest.mark.parametrize(
    ("type", "key"),
    [
        ("TOTP", "AAAA"),
        ("ED25519", ""),
        ("ED25519", "no base64"),
        ("ED25519", "AAAA"),
        ("ED25519", public(ec.generate_private_key(ec.SECP256R1()))),
        ("ES256", public(ed25519.Ed25519PrivateKey.generate())),
        ("ES256", public(ec.generate_private_key(ec.SECP384R1()))),
    ],
    ids=["of a code", "none", "no base64", "no key", "an elliptic one as Ed25519", "Ed25519 as ES256", "on another curve"],
)
@pytest.mark.django_db
def test_a_key_has_to_be_of_the_declared_type(ada, at, type, key):
    with pytest.raises(errors.MalformedPublicKey):
        factors.enrol(customer_id=ada.pk, type=type, second_category="KNOWLEDGE", public_key=key, actor=APP, at=at)
    assert not AuthenticationFactor.objects.exists()


@pytest.mark.django_db
def test_a_customer_has_five_factors_at_most(ada, at):
    held = [device(ada, at, confirmed=False) for _ in range(5)]
    with pytest.raises(errors.TooManyFactors):
        device(ada, at)
    factors.revoke(factor_id=held[0].factor.pk, reason="lost", actor=APP, at=at)
    device(ada, at)


@pytest.mark.django_db
def test_a_code_is_taken_once_and_answers_no_second_challenge(ada, at):
    held = device(ada, at)
    first, second = asked(held, at), asked(held, at)
    code = held.proof("", at=at)
    assert challenges.answer(challenge_id=first.pk, **code, actor=APP, at=at).status == ChallengeStatus.PASSED
    assert challenges.answer(challenge_id=second.pk, **code, actor=APP, at=at).status == ChallengeStatus.PENDING
    older = held.proof("", at=at - timedelta(seconds=30))
    assert challenges.answer(challenge_id=second.pk, **older, actor=APP, at=at).status == ChallengeStatus.PENDING


@pytest.mark.django_db
def test_a_signature_for_one_challenge_answers_no_other(ada, at):
    held = device(ada, at, "ED25519")
    first, second = asked(held, at), asked(held, at)
    proof = held.proof(proofs.payment_message(first), at=at)
    assert challenges.answer(challenge_id=second.pk, **proof, actor=APP, at=at).status == ChallengeStatus.PENDING


@pytest.mark.django_db
def test_the_message_is_ten_lines_that_name_what_is_paid(ada, at):
    row = asked(device(ada, at, "ES256"), at, "12.5", reference="order-7", trusts_payee=True)
    row.refresh_from_db()
    lines = ["flowlet-payment-1", row.public_id, ada.public_id, "12.50", "EUR", PAYEE, DIGEST, "order-7", "trust"]
    assert proofs.payment_message(row) == "\n".join([*lines, "2026-03-01T12:05:00Z"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("type", "given"), [("TOTP", {"signature": "AAAA"}), ("ES256", {"code": "123456"}), ("ES256", {"signature": "no base64"})]
)
def test_an_answer_of_the_wrong_sort_is_refused_and_no_try(ada, at, type, given):
    held = device(ada, at, type)
    with pytest.raises(errors.ProofUnfit):
        challenges.answer(challenge_id=asked(held, at).pk, **given, actor=APP, at=at)
    held.factor.refresh_from_db()
    assert held.factor.failures == 0


@pytest.mark.django_db
@pytest.mark.parametrize("type", TYPES)
def test_the_fifth_wrong_answer_fails_the_challenge_and_locks_the_factor_for_longer_each_time(ada, at, trail, type):
    held = device(ada, at, type)
    now = at
    for minutes in (15, 30, 60):
        row = asked(held, now)
        trail.look()
        for left in (4, 3, 2, 1, 0):
            wrong = held.proof(proofs.payment_message(row), at=now, wrong=True)
            row = challenges.answer(challenge_id=row.pk, **wrong, actor=APP, at=now)
            assert row.status == (ChallengeStatus.PENDING if left else ChallengeStatus.FAILED)
        facts = ["authentication_factor.tried"] * 4 + ["authentication_factor.locked", "authentication_challenge.failed"]
        assert trail.look() == (facts, facts)
        assert row.factor.locked_until == now + minutes * MINUTE
        with pytest.raises(errors.FactorLocked):
            asked(held, row.factor.locked_until - timedelta(seconds=1))
        now = row.factor.locked_until
    passed(held, now)
    held.factor.refresh_from_db()
    assert (held.factor.failures, held.factor.locked_until) == (0, None)


@pytest.mark.django_db
def test_a_locked_factor_does_not_look_at_the_right_answer(ada, at):
    held = device(ada, at)
    rows = [asked(held, at), asked(held, at)]
    for _ in range(5):
        challenges.answer(challenge_id=rows[0].pk, **held.proof("", at=at, wrong=True), actor=APP, at=at)
    with pytest.raises(errors.FactorLocked):
        challenges.answer(challenge_id=rows[1].pk, **held.proof("", at=at), actor=APP, at=at)


@pytest.mark.django_db
def test_a_challenge_is_over_after_five_minutes(ada, at):
    held = device(ada, at)
    late, used_late = asked(held, at), passed(held, at)
    end = at + 5 * MINUTE
    with pytest.raises(errors.ChallengeOver):
        challenges.answer(challenge_id=late.pk, **held.proof("", at=end), actor=APP, at=end)
    with pytest.raises(errors.AuthenticationUnfit) as refusal:
        use(used_late, end)
    assert refusal.value.details["unfit"] == "status"
    assert use(used_late, end - timedelta(seconds=1)).status == ChallengeStatus.USED


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "unfit"),
    [
        ({"amount": Money("12.51", "EUR")}, "amount"),
        ({"amount": Money("12.49", "EUR")}, "amount"),
        ({"amount": Money("12.50", "USD")}, "amount"),
        ({"payee_digest": "ac" * 32}, "payee"),
        ({"reference": "order-8"}, "external_id"),
    ],
)
def test_a_challenge_stands_for_its_amount_and_payee_only(ada, at, change, unfit):
    row = passed(device(ada, at), at, reference="order-7")
    with pytest.raises(errors.AuthenticationUnfit) as refusal:
        use(row, at, **{"reference": "order-7"} | change)
    assert refusal.value.details["unfit"] == unfit
    assert AuthenticationChallenge.objects.get().status == ChallengeStatus.PASSED


@pytest.mark.django_db
def test_a_challenge_is_used_once_by_its_own_customer_after_it_was_passed(ada, create, at):
    held = device(ada, at)
    row, waiting = passed(held, at), asked(held, at)
    for wrong, change in ((row, {"customer_id": create(external_id="user-2").pk}), (waiting, {})):
        with pytest.raises(errors.AuthenticationUnfit):
            use(wrong, at, **change)
    assert use(row, at).used_for == "pay_1"
    with pytest.raises(errors.AuthenticationUnfit):
        use(row, at, used_for="pay_2")


@pytest.mark.django_db
def test_what_a_lost_device_has_passed_is_worth_nothing_once_it_is_revoked(ada, at):
    held = device(ada, at)
    row, waiting = passed(held, at), asked(held, at)
    gone = factors.revoke(factor_id=held.factor.pk, reason="lost", actor=APP, at=at)
    assert (gone.status, gone.secret, gone.name) == (FactorStatus.REVOKED, None, "")
    with pytest.raises(errors.AuthenticationUnfit):
        use(row, at)
    with pytest.raises(errors.FactorNotActive):
        challenges.answer(challenge_id=waiting.pk, **held.proof("", at=at + MINUTE), actor=APP, at=at + MINUTE)
    with pytest.raises(IllegalMove):
        factors.revoke(factor_id=held.factor.pk, reason="again", actor=APP, at=at)


@pytest.mark.django_db
def test_a_payee_is_trusted_from_the_payment_that_said_so_until_the_trust_is_removed(ada, at):
    held = device(ada, at, "ED25519")
    for number in (1, 2):
        use(passed(held, at, trusts_payee=True), at, used_for=f"pay_{number}")
    payee = TrustedPayee.objects.get()
    assert (payee.customer, payee.payee_id, payee.payee_digest, payee.removed_at) == (ada, PAYEE, DIGEST, None)
    challenges.remove_trust(trusted_payee_id=payee.pk, actor=APP, at=at)
    with pytest.raises(errors.TrustedPayeeNotFound):
        challenges.remove_trust(trusted_payee_id=payee.pk, actor=APP, at=at)


@pytest.mark.django_db
def test_whom_a_revoked_factor_trusted_is_asked_for_again_and_others_stay_trusted(ada, at, trail):
    stolen, kept = device(ada, at, "ED25519"), device(ada, at, "ED25519")
    use(passed(stolen, at, trusts_payee=True), at)
    other = {"payee_id": "wal_1", "payee_digest": "cd" * 32}
    use(passed(kept, at, trusts_payee=True, **other), at, payee_digest="cd" * 32, used_for="pay_2")
    trail.look()
    factors.revoke(factor_id=stolen.factor.pk, reason="somebody else enrolled it", actor=APP, at=at)
    assert list(TrustedPayee.objects.filter(removed_at=None).values_list("payee_id", flat=True)) == ["wal_1"]
    assert trail.look() == (["trusted_payee.removed", "authentication_factor.revoked"],) * 2


@pytest.mark.django_db
def test_an_erased_customer_has_no_secret_no_key_and_no_trust_left(ada, robot, at):
    held = device(ada, at, "ED25519")
    device(ada, at)
    use(passed(held, at, trusts_payee=True), at)
    customers.close(customer_id=ada.pk, actor=robot, at=at)
    customers.erase(customer_id=ada.pk, reason="asked to", actor=robot, at=at)
    rows = AuthenticationFactor.objects.values_list("status", "secret", "public_key", "name")
    assert list(rows) == [(FactorStatus.REVOKED, None, None, "")] * 2
    assert TrustedPayee.objects.get().removed_at == at


@pytest.mark.django_db
def test_nobody_enrols_or_asks_for_a_customer_who_may_not_act(ada, robot, at):
    held = device(ada, at)
    customers.freeze(customer_id=ada.pk, reason="looked at", actor=robot, at=at)
    for step in (lambda: device(ada, at), lambda: asked(held, at)):
        with pytest.raises(errors.CustomerFrozen):
            step()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ({"amount": "1.00"}, "what was asked stays"),
        ({"payee_digest": "cd" * 32}, "what was asked stays"),
        ({"expires_at": datetime(2027, 1, 1, tzinfo=UTC)}, "what was asked stays"),
        ({"status": "PENDING", "passed_at": None}, "PASSED cannot become PENDING"),
        ({"status": "USED"}, "challenge_is_used_in_time"),
        ({"status": "USED", "used_for": "pay_1", "used_at": datetime(2027, 1, 1, tzinfo=UTC)}, "challenge_is_used_in_time"),
    ],
)
def test_the_database_refuses_another_question_and_another_way(ada, at, lie, said):
    passed(device(ada, at), at)
    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        AuthenticationChallenge.objects.update(**lie)


@pytest.mark.django_db
@pytest.mark.parametrize("lie", [{"secret": None}, {"public_key": b"x"}, {"status": "REVOKED"}, {"type": "ES256"}])
def test_the_database_refuses_a_factor_without_its_secret(ada, at, lie):
    device(ada, at)
    with pytest.raises(IntegrityError, match="factor_has_its_secret"), transaction.atomic():
        AuthenticationFactor.objects.update(**lie)


@pytest.mark.django_db
def test_an_officer_revokes_a_factor_on_its_page_and_no_page_shows_what_proves(ada, at):
    held = device(ada, at)
    challenge = passed(held, at)
    officer = User.objects.create_user("officer@flowlet.test", name="Officer", is_staff=True, roles=[Role.COMPLIANCE_OFFICER])
    client = signed_in(officer)
    pages = [client.get(cells.admin_url(row)).content.decode() for row in (held.factor, challenge, ada)]
    found = client.get(cells.admin_url(AuthenticationFactor, "changelist"), {"q": ada.public_id}).content.decode()
    assert all(held.factor.public_id in page for page in [*pages, found])
    assert not any(base64.b32encode(held.secret).decode() in page for page in pages)
    press(client, held.factor, "revoke", reason="the phone was stolen")
    held.factor.refresh_from_db()
    assert (held.factor.status, held.factor.secret) == (FactorStatus.REVOKED, None)
    record = Record.objects.filter(action="authentication_factor.revoked").get()
    assert (record.reason, record.actor_id) == ("the phone was stolen", officer.public_id)


@pytest.mark.django_db
def test_a_customer_s_copy_names_factors_questions_and_trust_and_nothing_that_proves(ada, at):
    held = device(ada, at)
    use(passed(held, at, trusts_payee=True), at)
    holding = next(one for one in holdings.registered() if one.name == "authentication")
    factor, challenge, trust = holding.export(ada)
    assert (factor["second_factor"], factor["name"], factor["revoked_at"]) == ("One-time codes", "Ada's phone", None)
    assert (challenge["asked_for"], challenge["to"], challenge["outcome"]) == ("12.50 EUR", PAYEE, "used")
    assert trust == {"trusted_payee": PAYEE, "since": at.isoformat()}
    assert holding.made([ada.pk]) == {ada.pk: (2, at)}
