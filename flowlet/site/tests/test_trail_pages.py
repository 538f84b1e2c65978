"""The pages of audit, events and approvals: who sees them, what they say, what they let happen."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from accounts.choices import Role
from accounts.services import partners
from flowlet.approvals.models import Approval
from flowlet.audit.models import Block, Record
from flowlet.audit.services import log, seals
from flowlet.backoffice import cells, site
from flowlet.backoffice.testing import at_most, press, reveal, signed_in
from flowlet.core import clock
from flowlet.core.actors import Actor, ActorKind, system
from flowlet.db.transactions import wait_for_horizon
from flowlet.decisions import facts as fact_sheets
from flowlet.decisions import registry as deciders
from flowlet.decisions.models import Verdict
from flowlet.decisions.opinions import Reason, allow, block
from flowlet.decisions.services import decisions
from flowlet.events import registry as handlers
from flowlet.events.models import Delivery, Event
from flowlet.events.services import outbox, relay
from flowlet.vault.services import subjects as vault

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    made = []

    def make(*roles):
        made.append(
            get_user_model().objects.create_user(f"p{len(made)}@flowlet.test", name="Somebody", is_staff=True, roles=list(roles))
        )
        return made[-1]

    return make


def actor_of(user):
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label="staff")


@pytest.fixture
def pair():
    return partners.create(name="Acme", country="DE", actor=system("tests"), at=clock.now())


@pytest.fixture
def asked(pair, person):
    """A request for the LIVE partner's activation, and its maker."""
    maker = person(Role.COMPLIANCE_MANAGER)
    partners.request_activation(partner_id=pair.live.pk, reason="contract signed", actor=actor_of(maker), at=clock.now())
    return Approval.objects.get(), maker


@pytest.fixture
def dead(monkeypatch, pair):
    """A delivery that was given up, and the list of what its handler sees afterwards."""
    monkeypatch.setattr(handlers, "_handlers", {})
    seen, healed = [], []

    def handler(event):
        if not healed:
            raise RuntimeError("no route to host")
        seen.append(event.pk)

    handlers.handler("test.handler", types=("wallet.*",))(handler)
    with transaction.atomic():
        outbox.publish(type="wallet.opened", partner_id=pair.live.pk, subject="wal_1", data={"a": {"b": 1}}, at=clock.now())
    for number in range(relay.MAX_ATTEMPTS):
        relay.run(now=lambda number=number: clock.now() + timedelta(days=number))
    healed.append(True)
    return Delivery.objects.get(), seen


@dataclass(frozen=True)
class Facts:
    country: str
    name: str = fact_sheets.personal(default="")


@pytest.fixture
def decided(monkeypatch, pair):
    """``decided(opinion)`` asks one decider with this opinion about a payment, and gives the verdict."""
    monkeypatch.setattr(deciders, "_points", {})
    monkeypatch.setattr(deciders, "_deciders", {})
    for point in ("payment.create", "payment.return"):
        deciders.point(point, facts=Facts, budget_ms=deciders.LONGEST_MS)

    def ask(opinion, *, point="payment.create", subject="pay_1", name="", person_id=None):
        monkeypatch.setattr(deciders, "_deciders", {})
        deciders.decider("compliance.screen", point=point, budget_ms=deciders.LONGEST_MS)(lambda facts: opinion)
        facts = Facts(country="DE", name=name)
        return decisions.decide(
            point=point, facts=facts, subject=subject, partner_id=pair.live.pk, at=clock.now(), person_id=person_id
        )

    return ask


def lists(model):
    return cells.admin_url(model, "changelist")


SEES = {
    Record: {Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR},
    Block: {Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR},
    Event: {Role.OPERATIONS, Role.AUDITOR, Role.ADMINISTRATOR},
    Delivery: {Role.OPERATIONS, Role.AUDITOR, Role.ADMINISTRATOR},
    Approval: set(Role) - {Role.PARTNER_DEVELOPER},
    Verdict: set(Role) - {Role.FINANCE, Role.ADMINISTRATOR, Role.PARTNER_DEVELOPER},
}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_its_lists_and_no_others(person, role):
    client = signed_in(person(role))
    seen = {model for model in SEES if client.get(lists(model)).status_code == 200}
    assert seen == {model for model, roles in SEES.items() if role in roles}


def test_every_page_of_the_trail_can_only_be_read(person, pair, asked, dead, decided):
    decided(allow())
    client = signed_in(person(Role.AUDITOR))
    for model in SEES:
        row = model.objects.first()
        if row is None:
            continue
        url = cells.admin_url(row)
        assert client.get(url).status_code == 200, url
        for method in (client.post, client.put, client.delete):
            assert method(url).status_code in {403, 405}
        assert client.get(url.replace("/change/", "/delete/")).status_code == 404
        assert client.get(lists(model) + "add/").status_code == 404


@pytest.mark.parametrize("model", list(SEES))
def test_a_list_takes_few_queries_however_many_rows(person, pair, dead, decided, model, monkeypatch):
    user, maker = person(Role.AUDITOR), person(Role.COMPLIANCE_MANAGER)
    client = signed_in(user)
    for number in range(30):
        log.record(action="x.y", actor=actor_of(user), at=clock.now(), target=f"wal_{number}", partner_id=pair.live.pk)
        decided(allow(), subject=f"pay_{number}")
        other = partners.create(name=f"P{number}", country="DE", actor=system("tests"), at=clock.now())
        partners.request_activation(partner_id=other.live.pk, reason="contract", actor=actor_of(maker), at=clock.now())
    relay.fan_out(at=clock.now())
    client.get(lists(model))
    with at_most(site._registry[model].query_budget):
        assert client.get(lists(model)).status_code == 200


def test_a_record_says_who_what_why_and_what_changed(person, pair):
    officer = person(Role.COMPLIANCE_OFFICER)
    record = log.record(
        action="wallet.frozen",
        actor=actor_of(officer),
        at=clock.now(),
        target="wal_1",
        partner_id=pair.live.pk,
        reason="court order 17",
        before={"status": "OPEN", "limit": {"daily": "5"}},
        after={"status": "FROZEN"},
    )
    page = signed_in(person(Role.AUDITOR)).get(cells.admin_url(record)).content.decode()
    for words in (
        "wallet.frozen",
        "court order 17",
        "Acme (Live)",
        officer.public_id,
        "OPEN",
        "FROZEN",
        "not sealed yet",
        "daily",
    ):
        assert words in page
    assert "Personal values" not in page


def test_the_audit_of_a_thing_is_found_by_its_id(person, pair):
    client = signed_in(person(Role.AUDITOR))
    page = client.get(lists(Record), {"q": pair.live.public_id})
    assert [record.target for record in page.context["cl"].result_list] == [pair.live.public_id]
    assert client.get(lists(Record), {"q": "nobody"}).context["cl"].result_list == []


@pytest.fixture
def deeds(db):
    """Records of one day each, from the first to the fourth of March, and their auditor's list."""
    targets = ["wal_1", "cus_1", "wal_2", "nobody"]
    actions = ["wallet.frozen", "customer.frozen", "wallet.closed", "user.lockout_lifted"]
    for day, (target, action) in enumerate(zip(targets, actions, strict=True), 1):
        who = system("tests") if day % 2 else Actor(kind=ActorKind.STAFF, id="usr_x", label="Operations")
        log.record(action=action, actor=who, at=datetime(2026, 3, day, 23, 59, 59, tzinfo=UTC), target=target)


def found(client, **typed):
    return [record.target for record in client.get(lists(Record), typed).context["cl"].result_list]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ({"target_kind": "wal"}, ["wal_2", "wal_1"]),
        ({"target_kind": "wa"}, []),
        ({"done": "customer.frozen"}, ["cus_1"]),
        ({"done": "frozen"}, []),
        ({"actor": "usr_x"}, ["nobody", "cus_1"]),
        ({"from": "2026-03-02"}, ["nobody", "wal_2", "cus_1"]),
        ({"to": "2026-03-02"}, ["cus_1", "wal_1"]),
        ({"from": "2026-03-02", "to": "2026-03-03"}, ["wal_2", "cus_1"]),
        ({"from": "2026-03-02", "target_kind": "wal", "done": "wallet.closed"}, ["wal_2"]),
        ({"target_kind": "", "done": "", "actor": " ", "from": "", "to": ""}, ["nobody", "wal_2", "cus_1", "wal_1"]),
        ({"from": "yesterday"}, []),
        ({"to": "9999-12-31"}, []),
    ],
    ids=str,
)
def test_the_audit_is_narrowed_by_kind_action_actor_and_days(person, deeds, typed, wanted):
    assert found(signed_in(person(Role.AUDITOR)), **typed) == wanted


def test_the_audit_of_a_colleague_is_found_by_their_address(person, deeds):
    ada = person(Role.OPERATIONS)
    log.record(action="a.b", actor=Actor(kind=ActorKind.STAFF, id=ada.public_id), at=clock.now(), target="wal_9")
    auditor = signed_in(person(Role.AUDITOR))
    assert found(auditor, actor=ada.email.upper()) == ["wal_9"]
    assert found(auditor, actor="nobody@example.com") == []


def test_a_filter_of_the_audit_starts_at_the_first_page_and_is_kept_by_the_next(person, db):
    for n in range(60):
        log.record(
            action="a.b", actor=system("tests"), at=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=n), target=f"wal_{n}"
        )
    client = signed_in(person(Role.AUDITOR))
    first = client.get(lists(Record), {"from": "2026-03-01", "to": "2026-03-02"}).context["cl"]
    assert [record.target for record in first.result_list] == [f"wal_{n}" for n in range(47, 22, -1)]
    second = client.get(lists(Record) + first.next_url).context["cl"]
    assert [record.target for record in second.result_list] == [f"wal_{n}" for n in range(22, -1, -1)]
    assert not second.has_next
    page = client.get(lists(Record) + first.next_url).content.decode()
    form = page[page.index('id="filter-form"') :]
    assert form.index('name="_after" value="W') < form.rindex('name="_after" value=""')
    sent = client.get(f"{lists(Record)}{first.next_url}&done=a.b&_after=&_before=").context["cl"]
    assert sent.result_list[0].target == "wal_47"


def test_the_audits_list_offers_the_actions_that_happened(person, deeds):
    page = signed_in(person(Role.AUDITOR)).get(lists(Record)).content.decode()
    offered = re.findall(r'<option value="(\w+\.\w+)">', page)
    assert offered == ["customer.frozen", "user.lockout_lifted", "wallet.closed", "wallet.frozen"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("typed", "index"),
    [
        ({"target_kind": "cus"}, "audit_record_by_kind"),
        ({"done": "customer.frozen"}, "audit_record_by_action"),
        ({"actor": "usr_x"}, "audit_record_by_actor"),
        ({"from": "2026-03-02", "to": "2026-03-02"}, "audit_record_by_moment"),
    ],
    ids=str,
)
def test_each_filter_of_the_audit_has_its_index(person, deeds, typed, index, superuser_connection):
    with connection.cursor() as cursor:
        # Among so many the planner has to choose, and only the owner may ANALYZE.
        cursor.execute(
            "INSERT INTO flowlet_audit_record (at, action, target, actor_kind, actor_id, actor_label, actor_ip, request_id, reason)"
            " SELECT timestamptz '2026-02-01' + n * interval '1 minute', 'transfer.completed', 'trf_' || n, 'API_KEY', 'key_x',"
            " '', '', '', '' FROM generate_series(1, 30000) AS n"
        )
        with superuser_connection.cursor() as owner:
            owner.execute("ANALYZE flowlet_audit_record")
        changes = signed_in(person(Role.AUDITOR)).get(lists(Record), typed).context["cl"]
        sql, params = changes.queryset.order_by(*changes.queryset.query.order_by)[:26].query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert index in plan


@pytest.mark.django_db(transaction=True)
def test_a_sealed_record_shows_its_seal_and_an_altered_one_says_so(person, pair, superuser_connection):
    record = log.record(action="a.b", actor=system("tests"), at=clock.now(), target="wal_1")
    assert wait_for_horizon(timeout_seconds=240)
    list(seals.seal_all(at=clock.now()))
    client = signed_in(person(Role.AUDITOR))
    assert "agrees with its seal" in client.get(cells.admin_url(record)).content.decode()
    block = Block.objects.get()
    page = client.get(cells.admin_url(block)).content.decode()
    assert f"{block.number}:{bytes(block.hash).hex()}" in page
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE flowlet_audit_record SET reason = 'x' WHERE id = %s", [record.pk])
    assert "was altered after it was sealed" in client.get(cells.admin_url(record)).content.decode()


def test_personal_values_are_masked_until_revealed_with_a_reason_and_that_is_audited(person):
    subject, officer = uuid4(), person(Role.COMPLIANCE_OFFICER)
    record = log.record(
        action="customer.updated",
        actor=system("tests"),
        at=clock.now(),
        target="cus_1",
        personal={"before": {"name": "Ada Lovelace"}, "after": {"name": "Ada King"}},
        subject_id=subject,
    )
    client = signed_in(officer)
    assert "Ada" not in client.get(cells.admin_url(record)).content.decode()
    assert reveal(client, record, reason="").status_code == 400
    page = reveal(client, record, reason="complaint 4711")
    assert page.status_code == 200
    assert "Ada Lovelace" in page.content.decode() and "Ada King" in page.content.decode()
    seen = Record.objects.get(action="audit.personal_data_revealed")
    assert (seen.actor_id, seen.reason, seen.target) == (officer.public_id, "complaint 4711", str(record.pk))
    auditor = signed_in(person(Role.AUDITOR))
    assert reveal(auditor, record, reason="curious me").status_code == 403
    vault.erase(subject, at=clock.now())
    gone = reveal(client, record, reason="complaint 4711")
    assert gone.status_code == 410 and "Ada" not in gone.content.decode()


def test_a_checker_sees_what_is_asked_and_approves_it(person, pair, asked):
    approval, _ = asked
    checker = person(Role.COMPLIANCE_MANAGER)
    client = signed_in(checker)
    page = client.get(cells.admin_url(approval)).content.decode()
    for words in ("Activate a partner", pair.live.public_id, "contract signed", "Acme (Live)"):
        assert words in page
    press(client, approval, "approve")
    approval.refresh_from_db()
    pair.live.refresh_from_db()
    assert (approval.status, approval.checker_id, pair.live.status) == ("APPROVED", checker.public_id, "ACTIVE")


def test_after_a_decision_the_next_request_opens(person, pair, asked):
    approval, maker = asked
    other = partners.create(name="Globex", country="US", actor=system("tests"), at=clock.now())
    partners.request_activation(partner_id=other.live.pk, reason="contract signed", actor=actor_of(maker), at=clock.now())
    following = Approval.objects.exclude(pk=approval.pk).get()
    client = signed_in(person(Role.COMPLIANCE_MANAGER))
    answer = press(client, approval, "reject", reason="not signed at all")
    assert answer.url == cells.admin_url(following)
    assert press(client, following, "approve").url == cells.admin_url(following), "nothing is left"


def test_the_maker_cannot_decide_and_is_told_why_but_may_withdraw(person, pair, asked):
    approval, maker = asked
    client = signed_in(maker)
    page = client.get(cells.admin_url(approval)).content.decode()
    assert "another person has to decide it" in page
    for name in ("approve", "reject"):
        assert press(client, approval, name, reason="it is fine").status_code == 403
    approval.refresh_from_db()
    pair.live.refresh_from_db()
    assert (approval.status, pair.live.status) == ("PENDING", "PENDING")
    press(client, approval, "withdraw")
    approval.refresh_from_db()
    assert approval.status == "WITHDRAWN"


def test_who_may_only_ask_cannot_decide(person, asked):
    approval, _ = asked
    client = signed_in(person(Role.COMPLIANCE_OFFICER))
    assert press(client, approval, "approve").status_code == 403
    client = signed_in(person(Role.AUDITOR))
    assert "do/approve" not in client.get(cells.admin_url(approval)).content.decode()
    assert press(client, approval, "approve").status_code == 403
    approval.refresh_from_db()
    assert approval.status == "PENDING"


def test_a_stale_page_decides_nothing(person, asked):
    approval, maker = asked
    client = signed_in(person(Role.COMPLIANCE_MANAGER))
    version = site._registry[Approval].version(approval)
    press(signed_in(maker), approval, "withdraw")
    assert press(client, approval, "approve", version=version).status_code == 409
    approval.refresh_from_db()
    assert approval.status == "WITHDRAWN"


def test_the_home_page_counts_what_waits_for_me_and_not_my_own(person, asked):
    _, maker = asked
    checker = signed_in(person(Role.COMPLIANCE_MANAGER))

    def waiting(client):
        [shown] = [found for found in client.get("/admin/").context["areas"]["work"] if found.panel.name == "approvals"]
        return shown.data.count

    assert waiting(checker) == 1
    assert waiting(signed_in(maker)) == 0


def test_a_delivery_that_was_given_up_is_handed_over_again_with_a_reason(person, dead):
    delivery, seen = dead
    operator = person(Role.OPERATIONS)
    client = signed_in(operator)
    [queue] = [found for found in client.get("/admin/").context["areas"]["work"] if found.panel.name == "dead_events"]
    assert queue.data.count == 1
    assert "no route to host" in client.get(queue.data.url).content.decode()
    assert press(client, delivery, "retry", reason="").status_code == 400
    press(client, delivery, "retry", reason="the route is back")
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("PENDING", 0)
    record = Record.objects.get(action="event.retried")
    assert (record.actor_id, record.reason, record.target) == (
        operator.public_id,
        "the route is back",
        delivery.event.public_id,
    )
    relay.run()
    assert seen == [delivery.event_id]
    delivery.refresh_from_db()
    assert press(client, delivery, "retry", reason="once more").status_code == 409
    assert press(signed_in(person(Role.AUDITOR)), delivery, "retry", reason="once more").status_code == 403


LISTED = Reason("compliance.listed", "The beneficiary is on a list.")


def test_a_verdict_says_what_was_decided_by_whom_on_what_and_why(person, decided):
    verdict = decided(block(LISTED, list="OFAC"))
    page = signed_in(person(Role.FRAUD_ANALYST)).get(cells.admin_url(verdict)).content.decode()
    for words in (
        "payment.create",
        "pay_1",
        "Acme (Live)",
        "Blocked",
        LISTED.text,
        LISTED.code,
        "compliance.screen",
        "OFAC",
        "country",
        "DE",
    ):
        assert words in page
    assert "Personal facts" not in page


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ({"point": "payment.create"}, ["pay_2", "pay_1"]),
        ({"outcome": "BLOCK"}, ["pay_3", "pay_2"]),
        ({"subject": "pay_1"}, ["pay_1"]),
        ({"point": "payment.create", "outcome": "BLOCK"}, ["pay_2"]),
        ({"outcome": "MAYBE"}, []),
        ({"q": "pay_3"}, ["pay_3"]),
    ],
    ids=str,
)
def test_verdicts_are_narrowed_by_point_outcome_and_thing(person, decided, typed, wanted):
    decided(allow(), subject="pay_1")
    decided(block(LISTED), subject="pay_2")
    decided(block(LISTED), subject="pay_3", point="payment.return")
    found = signed_in(person(Role.AUDITOR)).get(lists(Verdict), typed).context["cl"].result_list
    assert [verdict.subject for verdict in found] == wanted


def test_personal_facts_are_masked_until_revealed_with_a_reason(person, decided):
    verdict = decided(allow(), name="Ada Lovelace", person_id=uuid4())
    client = signed_in(person(Role.COMPLIANCE_OFFICER))
    page = client.get(cells.admin_url(verdict)).content.decode()
    assert "Ada" not in page and "[personal]" in page
    opened = reveal(client, verdict, reason="complaint 4711")
    assert opened.status_code == 200 and "Ada Lovelace" in opened.content.decode()
    assert Record.objects.get(action="verdict.personal_data_revealed").target == verdict.public_id
    assert reveal(signed_in(person(Role.AUDITOR)), verdict, reason="curious me").status_code == 403
