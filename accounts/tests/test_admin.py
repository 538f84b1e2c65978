"""The pages of people: who opens them, what is masked, and what each button does."""

import re
from datetime import timedelta

import pytest
from django.contrib import messages
from django.urls import reverse

from accounts.choices import CustomerStatus, PartnerStatus, Role, Scope
from accounts.models import ApiKey, Customer, Partner, User
from accounts.services import api_keys, customers, partners
from flowlet.api.errors import InvalidKey
from flowlet.approvals.models import Approval
from flowlet.audit.models import Record
from flowlet.backoffice.testing import at_most, press, reveal, signed_in
from flowlet.core import clock
from flowlet.core.actors import system

pytestmark = pytest.mark.django_db
REASON = "customer called about it"
STAFF = [role for role in Role if role != Role.PARTNER_DEVELOPER]
LISTS = {
    "accounts_partner": set(STAFF),
    "accounts_apikey": set(STAFF),
    "accounts_customer": set(STAFF),
    "accounts_user": {Role.ADMINISTRATOR, Role.AUDITOR},
}


@pytest.fixture
def sit(db):
    """Signs a new member of staff with the roles in; the client knows its ``user``."""

    def make(*roles):
        user = User.objects.create_user(
            f"{'.'.join(roles).lower()}@flowlet.test", name="Somebody", is_staff=True, roles=list(roles)
        )
        client = signed_in(user)
        client.user = user
        return client

    return make


def page(model, name="changelist", *args):
    return reverse(f"admin:{model}_{name}", args=args)


def text_of(answer):
    return answer.content.decode()


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.parametrize("name", LISTS)
def test_a_list_opens_for_the_roles_that_may_see_it(sit, create, issue, name, role):
    create()
    issue()
    client = sit(role)
    row = {"accounts_partner": Partner, "accounts_apikey": ApiKey, "accounts_customer": Customer, "accounts_user": User}[name]
    wanted = 200 if role in LISTS[name] else 403
    assert client.get(page(name)).status_code == wanted
    assert client.get(page(name, "change", row.objects.first().public_id)).status_code == wanted


TRANSITIONS = {
    ("accounts_partner", "issue_key"): {Role.ADMINISTRATOR},
    ("accounts_partner", "edit"): {Role.ADMINISTRATOR, Role.OPERATIONS},
    ("accounts_partner", "suspend"): {Role.ADMINISTRATOR, Role.COMPLIANCE_MANAGER},
    ("accounts_partner", "resume"): {Role.ADMINISTRATOR, Role.COMPLIANCE_MANAGER},
    ("accounts_partner", "request_activation"): {Role.OPERATIONS, Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER},
    ("accounts_apikey", "change"): {Role.ADMINISTRATOR},
    ("accounts_apikey", "rotate"): {Role.ADMINISTRATOR},
    ("accounts_apikey", "revoke"): {Role.ADMINISTRATOR},
    ("accounts_customer", "freeze"): {Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER, Role.FRAUD_ANALYST},
    ("accounts_customer", "unfreeze"): {Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER, Role.FRAUD_ANALYST},
    ("accounts_customer", "set_tier"): {Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER},
    ("accounts_customer", "close"): {Role.COMPLIANCE_MANAGER, Role.OPERATIONS},
    ("accounts_customer", "request_erasure"): {Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER},
    ("accounts_user", "set_roles"): {Role.ADMINISTRATOR},
    ("accounts_user", "reset_access"): {Role.ADMINISTRATOR},
    ("accounts_user", "deactivate"): {Role.ADMINISTRATOR},
    ("accounts_user", "activate"): {Role.ADMINISTRATOR},
}


@pytest.mark.parametrize("role", STAFF)
def test_a_transition_is_refused_to_every_role_that_does_not_hold_it(sit, create, issue, trail, role):
    rows = {"accounts_partner": create().partner, "accounts_apikey": issue().key, "accounts_customer": Customer.objects.get()}
    client = sit(role)
    rows["accounts_user"] = User.objects.create_user("ada@flowlet.test", name="Ada", is_staff=True, roles=[Role.AUDITOR])
    trail.look()
    for (name, transition), roles in TRANSITIONS.items():
        answer = client.get(page(name, "do", rows[name].public_id, transition))
        assert answer.status_code == (200 if role in roles else 403), (name, transition)
        if role not in roles:
            assert press(client, rows[name], transition, reason=REASON).status_code == 403
    assert trail.look() == ([], [])


def test_a_list_of_customers_shows_names_masked_and_nothing_else_personal(sit, create):
    create()
    text = text_of(sit(Role.COMPLIANCE_OFFICER).get(page("accounts_customer")))
    assert "A••\N{NO-BREAK SPACE}L•••••••" in text
    for value in ("Lovelace", "example.com", "79460958", "9460958", "460958", "St James"):
        assert value not in text
    # Alone, for ids and tokens hold any three digits.
    assert re.findall(r"(?<![0-9A-Za-z])(?:7946|946|0958|958)(?![0-9A-Za-z])", text) == []


def test_a_list_of_customers_takes_the_same_queries_however_long(sit, create):
    client = sit(Role.COMPLIANCE_OFFICER)
    create()
    client.get(page("accounts_customer"))
    with at_most(8) as one:
        client.get(page("accounts_customer"))
    for n in range(10):
        create(external_id=f"more-{n}")
    with at_most(len(one)):
        assert text_of(client.get(page("accounts_customer"))).count("A••\N{NO-BREAK SPACE}L•••••••") == 11


@pytest.mark.parametrize(
    "term", ["user-1", "ada@EXAMPLE.com", "+44 20 7946 0958", "lovelace", "LOVELACE ada"], ids=lambda term: term.split("@")[0]
)
def test_a_customer_is_found_by_what_is_sealed(sit, create, term):
    ada = create()
    grace = create(name="Grace Hopper", email="g@example.com", phone="+12025550123", external_id="user-2")
    text = text_of(sit(Role.COMPLIANCE_OFFICER).get(page("accounts_customer"), {"q": term}))
    assert ada.public_id in text
    assert grace.public_id not in text


@pytest.mark.parametrize("term", ["nobody@example.com", "+", "@", "…", "Love"])
def test_a_search_without_a_hit_shows_nobody(sit, create, term):
    ada = create()
    answer = sit(Role.COMPLIANCE_OFFICER).get(page("accounts_customer"), {"q": term})
    assert answer.status_code == 200
    assert ada.public_id not in text_of(answer)


def test_customers_are_listed_by_partner(sit, create, other):
    mine, theirs = create(), create(partner_id=other.pk)
    client = sit(Role.AUDITOR)
    text = text_of(client.get(page("accounts_customer"), {"partner": other.public_id}))
    assert theirs.public_id in text
    assert mine.public_id not in text
    nonsense = client.get(page("accounts_customer"), {"partner": "par_nonsense"})
    assert nonsense.status_code == 200
    assert mine.public_id not in text_of(nonsense)


def test_personal_data_is_masked_until_revealed_with_a_reason_that_is_kept(sit, create, trail):
    ada, client = create(), sit(Role.COMPLIANCE_OFFICER)
    trail.look()
    before = text_of(client.get(page("accounts_customer", "change", ada.public_id)))
    assert "A•• L•••••••" in before
    assert "a••@example.com".lower() in before.lower()
    for value in ("Lovelace", "2079460958", "St James"):
        assert value not in before
    assert trail.look() == ([], [])
    after = text_of(reveal(client, ada, reason=REASON))
    for value in ("Ada Lovelace", "Ada@example.com", "+442079460958", "12 St James&#x27;s Square", "SW1Y 4JH"):
        assert value in after
    record = Record.objects.order_by("-id")[0]
    assert (record.action, record.target, record.actor_id) == ("personal_data.revealed", ada.public_id, client.user.public_id)
    assert record.reason == REASON
    assert "Lovelace" not in str(record.after)
    assert "Lovelace" not in text_of(client.get(page("accounts_customer", "change", ada.public_id)))


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OPERATIONS, Role.FINANCE, Role.ADMINISTRATOR])
def test_some_roles_cannot_reveal(sit, create, trail, role):
    ada, client = create(), sit(role)
    trail.look()
    answer = reveal(client, ada, reason=REASON)
    assert answer.status_code == 403
    assert "Lovelace" not in text_of(answer)
    assert trail.look() == ([], [])


def test_a_reveal_of_somebody_erased_says_so_and_shows_nothing(sit, create, robot, at):
    ada = create()
    customers.close(customer_id=ada.pk, actor=robot, at=at)
    customers.erase(customer_id=ada.pk, reason="asked to", actor=robot, at=at)
    client = sit(Role.COMPLIANCE_OFFICER)
    assert "erased" in text_of(client.get(page("accounts_customer")))
    answer = reveal(client, ada, reason=REASON)
    assert answer.status_code == 410
    assert "has been erased" in text_of(answer)


def test_an_officer_freezes_verifies_and_unfreezes(sit, create, trail):
    ada, client = create(), sit(Role.COMPLIANCE_OFFICER)
    trail.look()
    assert press(client, ada, "freeze", reason=REASON).status_code == 302
    assert press(client, ada, "set_tier", kyc_tier="ENHANCED", reason=REASON).status_code == 302
    assert press(client, ada, "unfreeze", reason=REASON).status_code == 302
    steps = ["customer.frozen", "customer.kyc_tier_changed", "customer.unfrozen"]
    assert trail.look() == (steps, steps)
    ada.refresh_from_db()
    assert (ada.status, ada.kyc_tier) == (CustomerStatus.ACTIVE, "ENHANCED")
    assert Record.objects.get(action="customer.frozen").actor_id == client.user.public_id


def test_a_button_on_a_stale_page_does_nothing(sit, create, robot, at, trail):
    from accounts.admin.customers import CustomerAdmin
    from flowlet.backoffice import site

    ada, client = create(), sit(Role.COMPLIANCE_OFFICER)
    seen = CustomerAdmin(Customer, site).version(ada)
    customers.set_kyc_tier(customer_id=ada.pk, kyc_tier="BASIC", reason="seen", actor=robot, at=at)
    trail.look()
    assert press(client, ada, "freeze", version=seen, reason=REASON).status_code == 409
    assert trail.look() == ([], [])
    assert Customer.objects.get().status == CustomerStatus.ACTIVE


def test_a_customer_with_open_products_is_not_closed_by_the_button(sit, create, trail):
    ada, client = create(), sit(Role.OPERATIONS)
    customers.open_product(customer_id=ada.pk, partner_id=ada.partner_id)
    trail.look()
    answer = press(client, ada, "close", reason=REASON)
    assert (answer.status_code, "still has open wallets" in text_of(answer)) == (409, True)
    customers.close_product(customer_id=ada.pk)
    assert press(client, ada, "close", reason=REASON).status_code == 302
    assert trail.look() == (["customer.closed"],) * 2


def test_a_closed_customers_data_is_erased_when_one_asks_and_another_approves(no_law, sit, create, robot, at, trail):
    ada, officer, manager = create(), sit(Role.COMPLIANCE_OFFICER), sit(Role.COMPLIANCE_MANAGER)
    assert press(officer, ada, "request_erasure", reason=REASON).status_code == 409
    customers.close(customer_id=ada.pk, actor=robot, at=at)
    trail.look()
    assert press(officer, ada, "request_erasure", reason=REASON).status_code == 302
    assert press(officer, ada, "request_erasure", reason=REASON).status_code == 409
    asked = Approval.objects.get()
    assert (asked.kind, asked.subject, asked.partner_id) == ("customer.erase", ada.public_id, ada.partner_id)
    assert "Lovelace" in text_of(reveal(officer, ada, reason=REASON))
    page_of_request = text_of(manager.get(reverse("admin:flowlet_approvals_approval_change", args=[asked.public_id])))
    assert "unreadable for good" in page_of_request
    assert "Lovelace" not in page_of_request
    assert press(officer, asked, "approve").status_code == 403
    trail.look()
    assert press(manager, asked, "approve").status_code == 302
    assert trail.look()[0] == ["customer.erased", "approval.approved"]
    assert reveal(officer, ada, reason=REASON).status_code == 410
    record = Record.objects.get(action="customer.erased")
    assert (record.actor_id, record.reason) == (manager.user.public_id, REASON)
    assert press(officer, ada, "request_erasure", reason=REASON).status_code == 410


def test_the_manager_who_asked_for_an_erasure_does_not_approve_it(no_law, sit, create, robot, at):
    ada, manager = create(), sit(Role.COMPLIANCE_MANAGER)
    customers.close(customer_id=ada.pk, actor=robot, at=at)
    press(manager, ada, "request_erasure", reason=REASON)
    assert press(manager, Approval.objects.get(), "approve").status_code == 403
    assert "Lovelace" in text_of(reveal(manager, ada, reason=REASON))


def test_an_erasure_that_was_done_meanwhile_ends_as_failed(no_law, sit, create, robot, at):
    ada, officer, manager = create(), sit(Role.COMPLIANCE_OFFICER), sit(Role.COMPLIANCE_MANAGER)
    customers.close(customer_id=ada.pk, actor=robot, at=at)
    press(officer, ada, "request_erasure", reason=REASON)
    customers.erase(customer_id=ada.pk, reason="by a letter", actor=robot, at=at)
    answer = press(manager, Approval.objects.get(), "approve")
    assert Approval.objects.get().status == "FAILED"
    (said,) = messages.get_messages(answer.wsgi_request)
    assert (said.level, str(said)[:29]) == (messages.WARNING, "It can no longer be carried o")
    assert Record.objects.filter(action="customer.erased").count() == 1


def test_a_partner_is_made_edited_and_asked_for(sit, trail):
    client = sit(Role.OPERATIONS)
    form = {"name": "Acme", "country": "DE", "time_zone": "Europe/Berlin"}
    assert client.post(page("accounts_partner", "do_list", "create"), form).status_code == 302
    live = Partner.objects.get(mode="LIVE")
    assert press(client, live, "edit", name="Acme SE", country="FR").status_code == 302
    assert set(Partner.objects.values_list("name", "country")) == {("Acme SE", "FR")}
    live.refresh_from_db()
    assert press(client, live, "request_activation", reason=REASON).status_code == 302
    assert Approval.objects.get().subject == live.public_id
    assert "Acme SE" in text_of(client.get(page("accounts_partner"), {"q": "acme"}))
    text = text_of(client.get(page("accounts_partner", "change", live.public_id)))
    assert REASON in text
    assert client.post(page("accounts_partner", "do_list", "create"), {**form, "name": "Acme SE"}).status_code == 409
    assert Partner.objects.count() == 2


def test_the_first_page_tells_of_partners_that_wait(sit, pair):
    assert "Partners waiting for activation" in text_of(sit(Role.OPERATIONS).get(reverse("admin:index")))
    assert "Partners waiting for activation" not in text_of(sit(Role.AUDITOR).get(reverse("admin:index")))


def test_a_partner_is_suspended_and_resumed(sit, sandbox, trail):
    client = sit(Role.COMPLIANCE_MANAGER)
    trail.look()
    assert press(client, sandbox, "suspend", reason=REASON).status_code == 302
    assert Partner.objects.get(pk=sandbox.pk).status == PartnerStatus.SUSPENDED
    assert press(client, sandbox, "suspend", reason=REASON).status_code == 409
    assert press(client, sandbox, "resume", reason=REASON).status_code == 302
    assert trail.look() == (["partner.suspended", "partner.resumed"],) * 2


def secret_in(text):
    (secret,) = set(re.findall(r"fk_(?:test|live)_[0-9A-Za-z]{36}", text))
    return secret


def test_a_key_is_issued_rotated_and_revoked_and_its_secret_shown_once(sit, sandbox):
    client = sit(Role.ADMINISTRATOR)
    form = {"name": "backend", "scopes": [Scope.WALLETS_READ], "allowed_networks": "10.0.0.0/8\n2001:db8::/32", "days": "30"}
    answer = press(client, sandbox, "issue_key", **form)
    assert "no-store" in answer["Cache-Control"]
    first = secret_in(text_of(answer))
    key = ApiKey.objects.get()
    assert api_keys.authenticate(first, "10.1.1.1", clock.now()).key_id == key.public_id
    assert (key.allowed_networks, key.expires_at - key.created_at) == (["10.0.0.0/8", "2001:db8::/32"], timedelta(days=30))
    second = secret_in(text_of(press(client, key, "rotate", hours="1")))
    new = ApiKey.objects.get(replaces=key)
    for row in (sandbox, key, new):
        text = text_of(client.get(page(f"accounts_{row._meta.model_name}", "change", row.public_id)))
        assert first not in text and second not in text
    assert press(client, new, "revoke", reason=REASON).status_code == 302
    with pytest.raises(InvalidKey):
        api_keys.authenticate(second, "10.1.1.1", clock.now())
    assert api_keys.authenticate(first, "10.1.1.1", clock.now()).key_id == key.public_id


def test_a_key_of_wrong_form_is_not_issued_and_the_field_says_why(sit, sandbox):
    client = sit(Role.ADMINISTRATOR)
    answer = press(client, sandbox, "issue_key", name="x", scopes=[Scope.WALLETS_READ], allowed_networks="10.0.0.1/8")
    assert (answer.status_code, "is not a network" in text_of(answer)) == (400, True)
    assert press(client, sandbox, "issue_key", name="x", scopes=["everything"]).status_code == 400
    assert ApiKey.objects.count() == 0


def test_a_keys_rights_and_rate_are_changed_with_a_reason(sit, issue, trail):
    issued, client = issue(allowed_networks=["10.0.0.0/8"]), sit(Role.ADMINISTRATOR)
    form = text_of(client.get(page("accounts_apikey", "do", issued.key.public_id, "change")))
    assert 'value="customers:read"' in form and "10.0.0.0/8" in form and 'value="100"' in form
    wanted = {
        "scopes": [Scope.WALLETS_READ, Scope.CUSTOMERS_READ],
        "allowed_networks": "192.0.2.0/24",
        "rate_per_second": "5",
        "burst": "20",
    }
    trail.look()
    assert press(client, issued.key, "change", reason=REASON, **wanted).status_code == 302
    assert trail.look() == (["api_key.changed"],) * 2
    facts = api_keys.authenticate(issued.secret, "192.0.2.1", clock.now())
    assert (facts.scopes, facts.rate_per_second, facts.burst) == ({"wallets:read", "customers:read"}, 5, 20)
    record = Record.objects.get(action="api_key.changed")
    assert (record.target, record.actor_id, record.reason) == (issued.key.public_id, client.user.public_id, REASON)
    assert record.before["rate_per_second"] == 100
    assert record.after == {
        "scopes": ["customers:read", "wallets:read"],
        "allowed_networks": ["192.0.2.0/24"],
        "rate_per_second": 5,
        "burst": 20,
    }
    answer = press(client, issued.key, "change", reason=REASON, **wanted)
    assert (answer.status_code, "Nothing would change" in text_of(answer)) == (409, True)


def test_a_change_of_a_key_keeps_to_the_forms_of_its_issue(sit, issue, trail):
    issued, client = issue(), sit(Role.ADMINISTRATOR)
    right = {"scopes": [Scope.WALLETS_READ], "allowed_networks": "", "rate_per_second": "5", "burst": "20"}
    trail.look()
    for wrong in (
        {"allowed_networks": "10.0.0.1/8"},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"rate_per_second": "0"},
        {"rate_per_second": "10001", "burst": "20000"},
        {"burst": "4"},
        {"burst": "301"},
        {"reason": ""},
    ):
        answer = press(client, issued.key, "change", **{"reason": REASON, **right, **wrong})
        assert answer.status_code == 400, wrong
    api_keys.revoke(key_id=issued.key.pk, reason=REASON, actor=system("tests"), at=clock.now())
    assert press(client, issued.key, "change", reason=REASON, **right).status_code == 409
    assert trail.look() == (["api_key.revoked"],) * 2


def test_two_changes_of_a_key_from_the_same_page_are_not_both_made(sit, issue):
    from accounts.admin.keys import ApiKeyAdmin
    from flowlet.backoffice import site

    issued, client = issue(), sit(Role.ADMINISTRATOR)
    seen = ApiKeyAdmin(ApiKey, site).version(issued.key)
    right = {"scopes": [Scope.WALLETS_READ], "allowed_networks": "", "burst": "20", "reason": REASON}
    assert press(client, issued.key, "change", version=seen, rate_per_second="5", **right).status_code == 302
    assert press(client, issued.key, "change", version=seen, rate_per_second="6", **right).status_code == 409
    assert ApiKey.objects.get().rate_per_second == 5


def test_a_live_partner_is_not_offered_simulation(sit, pair):
    client = sit(Role.ADMINISTRATOR)
    assert Scope.SIMULATION_WRITE in text_of(client.get(page("accounts_partner", "do", pair.sandbox.public_id, "issue_key")))
    assert Scope.SIMULATION_WRITE not in text_of(client.get(page("accounts_partner", "do", pair.live.public_id, "issue_key")))


def test_use_of_a_key_does_not_make_its_page_stale(sit, issue):
    from accounts.admin.keys import ApiKeyAdmin
    from flowlet.backoffice import site

    issued, client = issue(), sit(Role.ADMINISTRATOR)
    seen = ApiKeyAdmin(ApiKey, site).version(issued.key)
    api_keys.authenticate(issued.secret, "10.1.1.1", clock.now())
    assert press(client, issued.key, "revoke", version=seen, reason=REASON).status_code == 302


def test_an_administrator_makes_staff_and_resets_their_access(sit):
    client = sit(Role.ADMINISTRATOR)
    form = {"email": "ada@example.com", "name": "Ada", "roles": [Role.AUDITOR, Role.FINANCE]}
    text = text_of(client.post(page("accounts_user", "do_list", "create"), form))
    ada = User.objects.get(email="ada@example.com")
    assert ada.roles == ["FINANCE", "AUDITOR"]
    assert "<svg" in text and "Backup codes" in text
    passwords = [found for found in re.findall(r'<code class="fl-code">([^<]+)</code>', text) if ada.check_password(found)]
    assert len(passwords) == 1
    assert press(client, ada, "set_roles", roles=[Role.AUDITOR], reason=REASON).status_code == 302
    assert press(client, ada, "reset_access", reason=REASON).status_code == 200
    ada.refresh_from_db()
    assert not ada.check_password(passwords[0])
    assert press(client, ada, "deactivate", reason=REASON).status_code == 302
    assert press(client, ada, "activate", reason=REASON).status_code == 302
    assert User.objects.get(pk=ada.pk).is_active


def test_nobody_changes_their_own_access(sit, trail):
    client = sit(Role.ADMINISTRATOR)
    me = client.user
    trail.look()
    for name, more in [("set_roles", {"roles": [Role.FINANCE]}), ("reset_access", {}), ("deactivate", {})]:
        assert press(client, me, name, reason=REASON, **more).status_code == 403
    assert User.objects.get(pk=me.pk).roles == [Role.ADMINISTRATOR]
    assert trail.look() == ([], [])


def test_pages_of_people_keep_their_query_budget(sit, create, issue, staff):
    create()
    issue()
    staff(Role.AUDITOR)
    client = sit(Role.ADMINISTRATOR)
    for name, row in [
        ("accounts_partner", Partner),
        ("accounts_apikey", ApiKey),
        ("accounts_user", User),
        ("accounts_customer", Customer),
    ]:
        with at_most(10):
            client.get(page(name))
        with at_most(16):
            client.get(page(name, "change", row.objects.first().public_id))


def test_a_suspended_partner_is_not_offered_a_key(sit, sandbox, robot, at):
    partners.suspend(partner_id=sandbox.pk, reason="unpaid", actor=robot, at=at)
    client = sit(Role.ADMINISTRATOR)
    assert press(client, sandbox, "issue_key", name="x", scopes=[Scope.WALLETS_READ]).status_code == 409
    assert ApiKey.objects.count() == 0
