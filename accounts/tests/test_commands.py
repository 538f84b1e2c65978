"""Commands of the app."""

import base64
import io
import json
from uuid import uuid4

import orjson
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from accounts.models import ApiKey, Customer, Partner, User
from accounts.selectors import customers as selectors
from accounts.services import api_keys
from flowlet.api.errors import InvalidKey
from flowlet.api.models import IdempotencyRecord
from flowlet.audit.models import Record
from flowlet.core import clock, crypto
from flowlet.vault import columns
from flowlet.vault.models import SubjectKey
from flowlet.vault.services import subjects

pytestmark = pytest.mark.django_db
K2 = base64.b64encode(b"2" * 32).decode()


def run(name, *args, **options):
    out = io.StringIO()
    call_command(name, *args, stdout=out, **options)
    return out.getvalue()


def test_a_partner_is_made_with_both_sides():
    found = json.loads(run("create_partner", "Acme", "--country", "DE", "--time-zone", "Europe/Berlin", "--json"))
    assert Partner.fetch(found["live"]["id"]).mode == "LIVE"
    assert found["live"]["status"] == "PENDING"
    assert Partner.fetch(found["sandbox"]["id"]).time_zone == "Europe/Berlin"
    assert Record.objects.filter(action="partner.created", actor_id="create_partner").count() == 2
    with pytest.raises(CommandError, match=r"There is a partner of this name.*\(partner\.name_taken\)"):
        run("create_partner", "Acme", "--country", "DE")


def test_a_partners_refusal_is_told_in_words():
    with pytest.raises(CommandError, match="ISO 3166-1"):
        run("create_partner", "Acme", "--country", "Germany")
    assert Partner.objects.count() == 0


def test_a_key_is_issued_with_all_scopes_of_its_side_and_works(pair):
    found = json.loads(run("issue_api_key", pair.sandbox.public_id, "--name", "backend", "--json"))
    facts = api_keys.authenticate(found["secret"], "192.0.2.1", clock.now())
    assert facts.key_id == found["id"]
    assert "simulation:write" in facts.scopes
    live = json.loads(run("issue_api_key", pair.live.public_id, "--name", "backend", "--json"))
    assert "simulation:write" not in live["scopes"]
    assert live["secret"].startswith("fk_live_")


def test_a_key_is_issued_as_asked(pair):
    args = ["--name", "reader", "--scope", "wallets:read", "--network", "10.0.0.0/8", "--expires-in-days", "30"]
    text = run("issue_api_key", pair.sandbox.public_id, *args)
    key = ApiKey.objects.get()
    assert (key.scopes, key.allowed_networks) == (["wallets:read"], ["10.0.0.0/8"])
    assert (key.expires_at - key.created_at).days == 30
    secret = text.splitlines()[1].strip()
    assert bytes(ApiKey.objects.get().digest) == crypto.api_key_digest(secret)


@pytest.mark.parametrize(
    "args",
    [
        ["--scope", "everything"],
        ["--network", "10.0.0.1/8"],
        ["--expires-in-days", "0"],
        ["--expires-in-days", "-1"],
        ["--expires-in-days", "99999999999"],
    ],
)
def test_a_key_of_wrong_form_is_not_issued(pair, args):
    with pytest.raises(CommandError):
        run("issue_api_key", pair.sandbox.public_id, "--name", "x", *args)
    assert ApiKey.objects.count() == 0


def test_a_key_is_revoked_with_a_reason(issue):
    issued = issue()
    text = run("revoke_api_key", issued.key.public_id, "--reason", "leaked")
    assert issued.key.hint in text
    with pytest.raises(InvalidKey):
        api_keys.authenticate(issued.secret, "192.0.2.1", clock.now())
    assert Record.objects.get(action="api_key.revoked").reason == "leaked"
    for key_id in (issued.key.public_id, "key_00000000000000000000000000", "nonsense"):
        with pytest.raises(CommandError):
            run("revoke_api_key", key_id, "--reason", "again")


def test_staff_are_made_and_their_access_is_reset():
    made = json.loads(run("create_staff", "ada@example.com", "--name", "Ada", "--role", "compliance-officer", "--json"))
    user = User.objects.get()
    assert (user.roles, user.check_password(made["password"])) == (["COMPLIANCE_OFFICER"], True)
    assert len(made["backup_codes"]) == 10
    new = json.loads(run("reset_staff_access", "ADA@example.com", "--reason", "lost phone", "--json"))
    user.refresh_from_db()
    assert user.check_password(new["password"]) and not user.check_password(made["password"])
    assert new["totp_secret"] != made["totp_secret"]
    text = run("reset_staff_access", "ada@example.com", "--reason", "lost it again")
    assert "This is the only time they are shown." in text


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("create_staff", ["ada@example.com", "--name", "Ada", "--role", "emperor"]),
        ("create_staff", ["ada", "--name", "Ada", "--role", "auditor"]),
        ("reset_staff_access", ["nobody@example.com", "--reason", "x"]),
    ],
)
def test_a_refused_command_about_staff_says_why_and_makes_nobody(name, args):
    with pytest.raises(CommandError):
        run(name, *args)
    assert User.objects.count() == 0


@pytest.fixture
def sealed(create, issue, settings):
    """Three customers and one recorded answer, sealed by k1; k2 has just been put first."""
    made = [create(external_id=f"user-{n}", name=f"Ada {n}") for n in range(3)]
    secret = issue(scopes=["customers:write"]).secret
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "one"}
    body = orjson.dumps({"kind": "PERSON", "name": "Grace Hopper", "country": "US"})

    def post():
        return Client().post("/v1/customers", body, content_type="application/json", headers=headers)

    first = post()
    assert first.status_code == 201
    settings.ENCRYPTION_KEYS = f"k2:{K2},{settings.ENCRYPTION_KEYS}"
    return made, post, first.content


def test_a_rotation_brings_everything_under_the_first_key(sealed, settings):
    made, post, answer = sealed
    before = dict(Customer.objects.values_list("pk", "personal"))
    report = json.loads(run("rotate_encryption_keys", "--json", "--batch", "2"))
    nothing = {"seen": 0, "done": 0, "broken": []}
    assert (report["key"], report["dry_run"]) == ("k2", False)
    assert {table: found for table, found in report["tables"].items() if found != nothing} == {
        "flowlet_vault_subjectkey.wrapped_key": {"done": 4, "waiting": 0, "broken": []},
        "flowlet_api_idempotencyrecord.sealed": {"seen": 1, "done": 1, "broken": []},
    }
    settings.ENCRYPTION_KEYS = f"k2:{K2}"
    opened = selectors.personal_of(Customer.objects.filter(pk__in=[customer.pk for customer in made]))
    assert sorted(personal.name for personal in opened.values()) == ["Ada 0", "Ada 1", "Ada 2"]
    assert dict(Customer.objects.values_list("pk", "personal")) == before
    assert post().content == answer
    record = Record.objects.get(action="encryption.keys_rotated")
    assert record.after["flowlet_vault_subjectkey.wrapped_key"] == {"done": 4, "broken": 0}


def test_a_rotation_goes_on_where_it_was_interrupted(sealed):
    assert subjects.rewrap_batch(size=3).done == 3
    report = json.loads(run("rotate_encryption_keys", "--json"))
    assert report["tables"]["flowlet_vault_subjectkey.wrapped_key"]["done"] == 1
    again = json.loads(run("rotate_encryption_keys", "--json"))
    assert {found["done"] for found in again["tables"].values()} == {0}


def test_a_dry_run_of_a_rotation_changes_nothing(sealed):
    before = set(SubjectKey.objects.values_list("subject_id", "wrapped_by"))
    report = json.loads(run("rotate_encryption_keys", "--json", "--dry-run"))
    assert report["tables"]["flowlet_vault_subjectkey.wrapped_key"] == {"waiting": 4}
    assert set(SubjectKey.objects.values_list("subject_id", "wrapped_by")) == before
    assert not Record.objects.filter(action="encryption.keys_rotated").exists()
    assert "dry run" in run("rotate_encryption_keys", "--dry-run")


def test_a_rotation_reports_what_does_not_open_and_brings_the_rest(sealed):
    made, _, _ = sealed
    junk = crypto.seal(b"x" * 32, aad="elsewhere")
    junk = junk[:2] + b"k9" + junk[4:]
    SubjectKey.objects.filter(subject_id=made[0].pk).update(wrapped_key=junk, wrapped_by="k9")
    IdempotencyRecord.objects.update(sealed=junk)
    out = io.StringIO()
    with pytest.raises(CommandError, match="2 sealed values do not open"):
        call_command("rotate_encryption_keys", "--json", "--batch", "1", stdout=out)
    tables = json.loads(out.getvalue())["tables"]
    assert tables["flowlet_vault_subjectkey.wrapped_key"] == {"done": 3, "waiting": 0, "broken": [str(made[0].pk)]}
    assert tables["flowlet_api_idempotencyrecord.sealed"]["broken"] == [str(IdempotencyRecord.objects.get().pk)]
    assert bytes(IdempotencyRecord.objects.get().sealed) == junk


def test_customers_come_and_go_while_keys_are_rotated(sealed, create):
    report = subjects.rewrap_batch(size=2)
    fresh = create(external_id="user-9", name="Ada 9")
    assert report.done == 2
    assert SubjectKey.objects.get(subject_id=fresh.pk).wrapped_by == "k2"
    run("rotate_encryption_keys")
    assert selectors.personal_of([fresh])[fresh.pk].name == "Ada 9"
    assert subjects.waiting_for_rewrap() == 0


def test_every_column_that_the_keyring_seals_is_known_to_the_rotation():
    assert [column.name for column in columns.registered()] == [
        "compliance_case.sealed",
        "compliance_report.sealed",
        "compliance_reportbatch.answer",
        "compliance_reportbatch.sealed",
        "compliance_workfile.sealed",
        "compliance_worknote.sealed",
        "flowlet_api_idempotencyrecord.sealed",
        "ledger_breakdocument.sealed",
        "payments_batch.sealed",
        "payments_dispute.sealed",
        "payments_inboundevent.sealed",
        "payments_inboundfile.sealed",
        "payments_recall.sealed",
        "payments_suspenseitem.sealed",
    ]


def test_a_token_that_changes_meanwhile_is_left_as_it_became(sealed, monkeypatch):
    column = next(column for column in columns.registered() if column.model is IdempotencyRecord)
    newer = crypto.seal(b"newer", aad=f"x:{uuid4()}")
    real = crypto.open_sealed

    def change_first(token, *, aad):
        IdempotencyRecord.objects.update(sealed=newer)
        return real(token, aad=aad)

    monkeypatch.setattr(crypto, "open_sealed", change_first)
    batch = columns.reseal_batch(column, size=10)
    assert (batch.seen, batch.done, batch.broken) == (1, 0, ())
    assert bytes(IdempotencyRecord.objects.get().sealed) == newer


@pytest.mark.parametrize("size", ["0", "10001"])
def test_a_wild_batch_size_is_refused(size):
    with pytest.raises(CommandError, match="1 to 10000"):
        run("rotate_encryption_keys", "--batch", size)
