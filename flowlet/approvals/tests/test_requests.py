"""One asks, another decides, once."""

import threading
from datetime import timedelta
from uuid import uuid4

import psycopg2
import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from flowlet.approvals import errors, policies, registry, selectors, tasks
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.approvals.states import MOVES
from flowlet.approvals.tests.conftest import AT, KIND, person
from flowlet.audit.models import Record
from flowlet.core.errors import DomainError
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event

LATER = AT + timedelta(hours=1)
pytestmark = pytest.mark.django_db


def status(approval):
    return Approval.objects.get(pk=approval.pk).status


def executed():
    return Record.objects.filter(action="limit.changed").count()


def told():
    """The facts that were audited and published: the same, in the same order."""
    audited = list(Record.objects.filter(action__startswith="approval.").order_by("id").values_list("action", flat=True))
    assert audited == list(Event.objects.filter(type__startswith="approval.").order_by("id").values_list("type", flat=True))
    return [name.removeprefix("approval.") for name in audited]


def test_a_request_says_who_asks_for_what_and_why_and_waits(submit, maker, executions):
    partner = uuid4()
    approval = submit(partner_id=partner)
    stored = Approval.objects.get(pk=approval.pk)
    assert (stored.kind, stored.subject, stored.partner_id, stored.payload) == (KIND, "wal_1", partner, {"limit": "500.00"})
    assert (stored.maker_id, stored.reason, stored.status) == ("usr_maker", "the customer asked", "PENDING")
    assert (stored.created_at, stored.expires_at) == (AT, AT + timedelta(days=2))
    assert stored.public_id.startswith("apr_")
    record = Record.objects.get()
    assert (record.action, record.target, record.partner_id, record.reason) == (
        "approval.submitted",
        stored.public_id,
        partner,
        "the customer asked",
    )
    assert record.after["payload"] == {"limit": "500.00"}
    event = Event.objects.get()
    assert (event.type, event.partner_id, event.subject) == ("approval.submitted", None, stored.public_id)
    assert executed() == 0


def test_approving_carries_it_out_and_says_so(submit, checker):
    approval = requests.approve(approval_id=submit().pk, actor=checker, at=LATER, reason="seen the contract")
    stored = Approval.objects.get(pk=approval.pk)
    assert (stored.status, stored.checker_id, stored.decided_at) == ("APPROVED", "usr_checker", LATER)
    assert stored.decision_reason == "seen the contract"
    deed = Record.objects.get(action="limit.changed")
    assert (deed.target, deed.after, deed.actor_id) == ("wal_1", {"limit": "500.00"}, "usr_checker")
    assert told() == ["submitted", "approved"]


def test_rejecting_carries_nothing_out(submit, checker):
    requests.reject(approval_id=(approval := submit()).pk, actor=checker, at=LATER, reason="too high")
    assert (status(approval), executed(), told()) == ("REJECTED", 0, ["submitted", "rejected"])
    assert Approval.objects.get().decision_reason == "too high"


def test_a_maker_may_withdraw_and_nobody_else(submit, maker, checker):
    approval = submit()
    with pytest.raises(errors.MayNot):
        requests.withdraw(approval_id=approval.pk, actor=checker, at=LATER)
    assert (status(approval), told()) == ("PENDING", ["submitted"])
    requests.withdraw(approval_id=approval.pk, actor=maker, at=LATER)
    assert (status(approval), executed(), told()) == ("WITHDRAWN", 0, ["submitted", "withdrawn"])
    assert Approval.objects.get().checker_id is None


def test_refuses_to_let_the_maker_decide_whatever_their_role(submit):
    both = person("usr_both")
    approval = submit(actor=both)
    for decide in (requests.approve, requests.reject):
        with pytest.raises(errors.FourEyesRequired):
            decide(approval_id=approval.pk, actor=both, at=LATER, reason="mine")
    assert (status(approval), executed(), told()) == ("PENDING", 0, ["submitted"])
    requests.approve(approval_id=approval.pk, actor=person("usr_other"), at=LATER)
    assert (status(approval), executed()) == ("APPROVED", 1)


@pytest.mark.parametrize("name", ["usr_nobody", "key_api", "nightly"])
def test_only_people_with_the_permission_decide(submit, name):
    approval = submit()
    for decide in (requests.approve, requests.reject):
        with pytest.raises(errors.MayNot):
            decide(approval_id=approval.pk, actor=person(name), at=LATER, reason="x")
    assert (status(approval), executed(), told()) == ("PENDING", 0, ["submitted"])


def test_only_those_with_the_permission_ask(submit, checker):
    with pytest.raises(errors.MayNot) as refusal:
        submit(actor=checker)
    assert refusal.value.details == {"permission": "limits.request"}
    assert (Approval.objects.count(), told()) == (0, [])


def test_without_a_permission_lookup_everything_is_refused(submit, checker, monkeypatch):
    approval = submit()
    monkeypatch.setattr(registry, "_permission_lookup", None)
    with pytest.raises(errors.MayNot):
        submit("wal_2")
    with pytest.raises(errors.MayNot):
        requests.approve(approval_id=approval.pk, actor=checker, at=LATER)
    assert executed() == 0


class LimitTooHigh(DomainError):
    code, title = "limits.too_high", "The limit is too high"


def test_a_refusal_leaves_it_waiting_and_nothing_half_done(submit, checker, executions):
    approval = submit()
    executions.raises = LimitTooHigh("Above what the tier allows.")
    with pytest.raises(LimitTooHigh, match="Above what the tier allows"):
        requests.approve(approval_id=approval.pk, actor=checker, at=LATER)
    assert (status(approval), executed(), told()) == ("PENDING", 0, ["submitted"])
    assert Approval.objects.get().checker_id is None
    executions.raises = None
    requests.approve(approval_id=approval.pk, actor=checker, at=LATER)
    assert (status(approval), executed(), told()) == ("APPROVED", 1, ["submitted", "approved"])


def test_a_bug_leaves_it_waiting_and_nothing_half_done(submit, checker, executions):
    approval = submit()
    executions.raises = KeyError("bug")
    with pytest.raises(KeyError):
        requests.approve(approval_id=approval.pk, actor=checker, at=LATER)
    assert (status(approval), executed(), told()) == ("PENDING", 0, ["submitted"])


def test_what_can_never_be_carried_out_ends_as_failed_with_its_effects_undone(submit, checker, executions):
    approval = submit()
    executions.raises = errors.Obsolete("The wallet has been closed.")
    returned = requests.approve(approval_id=approval.pk, actor=checker, at=LATER)
    stored = Approval.objects.get(pk=approval.pk)
    assert returned.status == stored.status == "FAILED"
    assert (stored.decision_reason, stored.checker_id, executed()) == ("The wallet has been closed.", "usr_checker", 0)
    assert told() == ["submitted", "failed"]


def test_a_request_expires_and_cannot_be_decided_any_more(submit, maker, checker):
    approval = submit()
    end = approval.expires_at
    assert requests.expire_due(at=end - timedelta(microseconds=1)) == 0
    for decide, actor in ((requests.approve, checker), (requests.reject, checker), (requests.withdraw, maker)):
        with pytest.raises(errors.ApprovalExpired):
            decide(approval_id=approval.pk, actor=actor, at=end, reason="x")
    assert status(approval) == "PENDING"
    assert requests.expire_due(at=end) == 1
    assert requests.expire_due(at=end) == 0
    assert (status(approval), executed(), told()) == ("EXPIRED", 0, ["submitted", "expired"])
    assert Record.objects.get(action="approval.expired").actor_id == "approvals.expire"


def test_the_task_expires_what_is_due(submit):
    submit("wal_1")
    submit("wal_2")
    assert tasks.expire_requests() == 2
    assert tasks.expire_requests() == 0


@pytest.mark.parametrize("final", [state for state in ApprovalStatus if state != ApprovalStatus.PENDING])
def test_a_decision_is_final(submit, maker, checker, executions, final):
    approval = submit()
    if final == ApprovalStatus.FAILED:
        executions.raises = errors.Obsolete("gone")
    {
        ApprovalStatus.APPROVED: lambda: requests.approve(approval_id=approval.pk, actor=checker, at=LATER),
        ApprovalStatus.FAILED: lambda: requests.approve(approval_id=approval.pk, actor=checker, at=LATER),
        ApprovalStatus.REJECTED: lambda: requests.reject(approval_id=approval.pk, actor=checker, at=LATER, reason="no"),
        ApprovalStatus.WITHDRAWN: lambda: requests.withdraw(approval_id=approval.pk, actor=maker, at=LATER),
        ApprovalStatus.EXPIRED: lambda: requests.expire_due(at=approval.expires_at),
    }[final]()
    assert status(approval) == final
    before = (executed(), told())
    for decide, actor in ((requests.approve, checker), (requests.reject, checker), (requests.withdraw, maker)):
        with pytest.raises(IllegalMove):
            decide(approval_id=approval.pk, actor=actor, at=LATER, reason="again")
    assert requests.expire_due(at=LATER + timedelta(days=9)) == 0
    assert (status(approval), executed(), told()) == (final, *before)


def test_the_table_of_moves_has_one_start_and_no_way_back():
    assert set(MOVES) == set(ApprovalStatus)
    assert MOVES[ApprovalStatus.PENDING] == set(ApprovalStatus) - {ApprovalStatus.PENDING}
    assert all(not targets for state, targets in MOVES.items() if state != ApprovalStatus.PENDING)


def test_an_exclusive_kind_allows_one_open_request_per_subject(submit, checker):
    first = submit()
    with pytest.raises(errors.AlreadyPending):
        submit()
    submit("wal_2")
    submit(kind="limits.note")
    submit(kind="limits.note")
    assert Approval.objects.count() == 4
    assert told() == ["submitted"] * 4
    requests.reject(approval_id=first.pk, actor=checker, at=LATER, reason="no")
    submit()


def test_an_unknown_kind_and_an_unknown_request_are_refused(submit, checker):
    with pytest.raises(errors.UnknownKind):
        submit(kind="limits.unknown")
    with pytest.raises(errors.NoSuchApproval):
        requests.approve(approval_id=uuid4(), actor=checker, at=LATER)


@pytest.mark.parametrize(
    ("payload", "param"),
    [
        ({"limit": 1.5}, "payload.limit"),
        ({"a": [{"b": 0.1}]}, "payload.a[0].b"),
        ({"a": {1: "x"}}, "payload.a"),
        ({"a": object()}, "payload.a"),
    ],
)
def test_a_payload_that_is_not_plain_json_is_refused_and_named(submit, payload, param):
    with pytest.raises(errors.MalformedRequest) as refusal:
        submit(payload=payload)
    assert refusal.value.param == param
    assert Approval.objects.count() == 0


def test_a_reason_is_needed_to_ask_and_to_reject(submit, checker):
    with pytest.raises(errors.MalformedRequest):
        submit(reason="  ")
    approval = submit()
    with pytest.raises(errors.MalformedRequest):
        requests.reject(approval_id=approval.pk, actor=checker, at=LATER, reason=" ")
    assert (status(approval), told()) == ("PENDING", ["submitted"])


def test_policies_answer_as_the_services_do(submit, maker, checker):
    approval = submit()
    may = {"approval": approval, "at": LATER}
    assert policies.can_approve(actor=checker, **may)
    assert policies.can_reject(actor=checker, **may)
    assert policies.can_withdraw(actor=maker, **may)
    assert not policies.can_approve(actor=maker, **may)
    assert not policies.can_reject(actor=person("usr_nobody"), **may)
    assert not policies.can_withdraw(actor=checker, **may)
    assert not policies.can_approve(actor=checker, approval=approval, at=approval.expires_at)


def test_the_queue_holds_what_one_may_decide_and_not_ones_own(submit, maker, checker):
    both = person("usr_both")
    first, second = submit("wal_1"), submit("wal_2", actor=both)
    done = submit("wal_3")
    requests.reject(approval_id=done.pk, actor=checker, at=LATER, reason="no")
    assert list(selectors.queue_of(checker)) == [first, second]
    assert list(selectors.queue_of(both)) == [first]
    assert list(selectors.queue_of(maker)) == []
    assert list(selectors.of_subject("wal_3")) == [done]
    assert selectors.description_of(first) == {"New limit": "500.00"}


def test_a_kind_is_registered_once_and_names_both_permissions(executions):
    common = {"label": "x", "execute": executions.execute, "describe": dict}
    with pytest.raises(ValueError, match="permission"):
        registry.kind("a.b", maker_permission="", checker_permission="x", **common)
    with pytest.raises(ValueError, match="positive"):
        registry.kind("a.b", maker_permission="x", checker_permission="x", expires_after=timedelta(0), **common)
    registry.kind("a.b", maker_permission="x", checker_permission="y", **common)
    registry.kind("a.b", maker_permission="x", checker_permission="y", **common)
    with pytest.raises(ValueError, match="Two kinds"):
        registry.kind("a.b", maker_permission="x", checker_permission="z", **common)


# What the database refuses, whoever asks.


def raw(sql, params=()):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


def test_the_database_refuses_a_checker_who_is_the_maker(submit):
    approval = submit()
    with pytest.raises(IntegrityError, match="checker_is_not_the_maker"):
        raw(
            "UPDATE flowlet_approvals_approval SET status = 'APPROVED', checker_id = maker_id, decided_at = now() WHERE id = %s",
            [approval.pk],
        )
    assert status(approval) == "PENDING"


def test_the_database_refuses_an_approval_without_a_checker(submit):
    submit()
    with pytest.raises(IntegrityError, match="approval_is_decided_by_a_checker"):
        raw("UPDATE flowlet_approvals_approval SET status = 'APPROVED', decided_at = now()")
    with pytest.raises(IntegrityError, match="approval_is_decided_when_it_is_not_pending"):
        raw("UPDATE flowlet_approvals_approval SET status = 'WITHDRAWN'")


@pytest.mark.parametrize(
    "change",
    [
        "payload = '{}'",
        "kind = 'x.y'",
        "subject = 'wal_9'",
        "maker_id = 'usr_x'",
        "reason = ''",
        "expires_at = now()",
        "partner_id = NULL",
    ],
)
def test_the_database_refuses_to_change_what_was_asked_for(submit, change):
    submit()
    with pytest.raises(DatabaseError, match="never changes"):
        raw(f"UPDATE flowlet_approvals_approval SET {change}")


def test_the_database_refuses_a_second_decision_and_to_forget(submit, checker):
    approval = submit()
    requests.reject(approval_id=approval.pk, actor=checker, at=LATER, reason="no")
    with pytest.raises(DatabaseError, match="a decision is final"):
        raw("UPDATE flowlet_approvals_approval SET status = 'APPROVED'")
    with pytest.raises(DatabaseError, match="approvals are kept"):
        raw("DELETE FROM flowlet_approvals_approval")
    assert status(approval) == "REJECTED"


@pytest.mark.django_db(transaction=True)
def test_even_the_owner_cannot_forget_a_request(submit, owner_connection):
    submit()
    for sql in ("DELETE FROM flowlet_approvals_approval", "TRUNCATE flowlet_approvals_approval"):
        with pytest.raises(psycopg2.errors.RestrictViolation), owner_connection.cursor() as cursor:
            cursor.execute(sql)
    assert Approval.objects.count() == 1


# Many at once.


def at_once(*functions):
    """Run all at the same moment; what each returned or was refused with."""
    gate, results = threading.Barrier(len(functions)), [None] * len(functions)

    def run(index, function):
        try:
            gate.wait(20)
            results[index] = function()
        except DomainError as refusal:
            results[index] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index, function)) for index, function in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.mark.django_db(transaction=True)
def test_approved_by_many_at_once_it_is_carried_out_once(submit):
    approval = submit()
    people = [person("usr_checker"), person("usr_both"), person("usr_other")] * 4
    results = at_once(*(lambda who=who: requests.approve(approval_id=approval.pk, actor=who, at=LATER) for who in people))
    assert sum(isinstance(result, Approval) for result in results) == 1
    assert sum(isinstance(result, IllegalMove) for result in results) == 11
    assert (executed(), told()) == (1, ["submitted", "approved"])


@pytest.mark.django_db(transaction=True)
def test_approved_rejected_withdrawn_and_expired_at_once_only_one_happens(submit, maker, checker):
    for number in range(10):
        approval = submit(f"wal_{number}")
        before, facts = executed(), len(told())
        at_once(
            lambda pk=approval.pk: requests.approve(approval_id=pk, actor=checker, at=LATER),
            lambda pk=approval.pk: requests.reject(approval_id=pk, actor=person("usr_both"), at=LATER, reason="no"),
            lambda pk=approval.pk: requests.withdraw(approval_id=pk, actor=maker, at=LATER),
            lambda: requests.expire_due(at=LATER + timedelta(days=3)),
        )
        end = status(approval)
        assert end in {"APPROVED", "REJECTED", "WITHDRAWN", "EXPIRED"}
        assert executed() - before == (1 if end == "APPROVED" else 0)
        assert told()[facts:] == [end.lower()]


@pytest.mark.django_db(transaction=True)
def test_submitted_twice_at_once_one_waits_and_one_is_refused(submit):
    results = at_once(submit, submit, submit)
    assert sum(isinstance(result, Approval) for result in results) == 1
    assert sum(isinstance(result, errors.AlreadyPending) for result in results) == 2
    assert (Approval.objects.count(), told()) == (1, ["submitted"])
