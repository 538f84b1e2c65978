"""Requests stand as the audit tells of them; what was asked for or decided past the services is found."""

from datetime import timedelta

import pytest

from flowlet.approvals.errors import Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.services import request_proofs, requests
from flowlet.approvals.tests.conftest import AT
from flowlet.audit.tests.tampering import tampered

pytestmark = pytest.mark.django_db(transaction=True)
TABLE, LATER = "flowlet_approvals_approval", AT + timedelta(hours=1)


def found():
    return list(request_proofs.differences())


def test_requests_stand_as_they_were_asked_for_and_decided(submit, maker, checker, executions):
    rows = [submit(subject=f"wal_{number}") for number in range(6)]
    requests.approve(approval_id=rows[0].pk, actor=checker, at=LATER, reason="seen the contract")
    requests.reject(approval_id=rows[1].pk, actor=checker, at=LATER, reason="too high")
    requests.withdraw(approval_id=rows[2].pk, actor=maker, at=LATER, reason="a mistake")
    executions.raises = Obsolete("The wallet was closed.")
    requests.approve(approval_id=rows[3].pk, actor=checker, at=LATER)
    submit(subject="wal_6", at=AT + timedelta(days=1))
    requests.expire_due(at=AT + timedelta(days=2))
    statuses = Approval.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["APPROVED", "REJECTED", "WITHDRAWN", "FAILED", "EXPIRED", "EXPIRED", "PENDING"]
    assert found() == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ('payload = \'{"limit": "900.00"}\'', "does not say what was asked for."),
        ("subject = 'wal_2'", "does not say what was asked for."),
        ("kind = 'limits.note'", "does not say what was asked for."),
        ("reason = 'they asked'", "does not say what was asked for."),
        ("maker_id = 'usr_other'", "does not say what was asked for."),
        ("partner_id = NULL", "does not say what was asked for."),
        ("created_at = created_at - interval '1 day'", "does not say what was asked for."),
        ("expires_at = expires_at + interval '1 day'", "does not say what was asked for."),
        ("checker_id = 'usr_other'", "does not say what was decided."),
        ("decided_at = decided_at + interval '1 day'", "does not say what was decided."),
        ("decision_reason = 'fine'", "does not say what was decided."),
        ("status = 'APPROVED'", "is approved, and nobody decided so."),
        (
            "status = 'PENDING', checker_kind = NULL, checker_id = NULL, checker_label = NULL, decided_at = NULL",
            "was decided, and is not any more.",
        ),
    ],
)
def test_a_request_that_says_something_else_is_found(submit, checker, superuser_connection, change, says):
    row = requests.reject(approval_id=submit().pk, actor=checker, at=LATER, reason="too high")
    with tampered(superuser_connection, TABLE, f"UPDATE {TABLE} SET {change}"):
        assert found() == [f"{row.public_id} {says}"]
    assert found() == []


def test_a_request_that_was_approved_removed_or_made_up_is_found(submit, superuser_connection):
    row, made_up = submit(), "apr_01k9zzzzzzzzzzzzzzzzzzzzzz"
    gone = f"{row.public_id} was asked for, and is not there any more."
    by_hand = "status = 'APPROVED', checker_kind = 'staff', checker_id = 'usr_checker', decided_at = now()"
    for statement, expected in (
        (f"UPDATE {TABLE} SET {by_hand}", [f"{row.public_id} is approved, and nobody decided so."]),
        (f"DELETE FROM {TABLE}", [gone]),
        (f"UPDATE {TABLE} SET id = '{Approval.key(made_up)}'", [f"{made_up} is there, and nobody asked for it.", gone]),
    ):
        with tampered(superuser_connection, TABLE, statement):
            assert found() == expected
    assert found() == []


@pytest.mark.parametrize("number", [1, 5])
def test_many_requests_take_the_same_queries(submit, number, django_assert_num_queries):
    for one in range(number):
        submit(subject=f"wal_{one}")
    with django_assert_num_queries(4):
        assert found() == []
