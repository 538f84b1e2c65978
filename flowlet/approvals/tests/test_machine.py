"""Any sequence of steps, by anybody, at any time: the requests do what a simple model says, and nothing else."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from flowlet.approvals import errors
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.approvals.tests.conftest import AT, KIND, PERMISSIONS, person
from flowlet.audit.models import Record
from flowlet.core.errors import DomainError
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event

people = st.sampled_from(sorted(PERMISSIONS))
subjects = st.sampled_from(["wal_1", "wal_2"])
OUTCOMES = {"fine": None, "refused": DomainError("not now"), "obsolete": errors.Obsolete("never"), "bug": ZeroDivisionError()}


class Requests(RuleBasedStateMachine):
    """The model: status, maker and end of each request, how often each subject was changed, and the facts that were told."""

    executions = None
    approvals = Bundle("approvals")

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.now, self.model = AT, {}
        self.changed, self.facts = Counter(), Counter()

    def teardown(self):
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def expect(self, refusal, step):
        if refusal is None:
            return step()
        with pytest.raises(refusal):
            step()
        return None

    @rule(target=approvals, who=people, subject=subjects)
    def submit(self, who, subject):
        taken = any(entry["subject"] == subject and entry["status"] == "PENDING" for entry in self.model.values())
        refusal = errors.MayNot if "limits.request" not in PERMISSIONS[who] else errors.AlreadyPending if taken else None
        made = self.expect(
            refusal,
            lambda: requests.submit(
                kind=KIND, payload={"limit": "1"}, subject=subject, reason="why", actor=person(who), at=self.now
            ),
        )
        if made is None:
            return None
        self.model[made.pk] = {"subject": subject, "status": "PENDING", "maker": who, "end": self.now + timedelta(days=2)}
        self.facts["approval.submitted"] += 1
        return made.pk

    def refusal_of_decision(self, entry, who):
        if entry["status"] != "PENDING":
            return IllegalMove
        if entry["maker"] == who:
            return errors.FourEyesRequired
        if not who.startswith("usr_") or "limits.approve" not in PERMISSIONS[who]:
            return errors.MayNot
        return errors.ApprovalExpired if self.now >= entry["end"] else None

    @rule(key=approvals, who=people, outcome=st.sampled_from(sorted(OUTCOMES)))
    def approve(self, key, who, outcome):
        if key is None:
            return
        entry = self.model[key]
        refusal = self.refusal_of_decision(entry, who)
        if refusal is None and outcome in {"refused", "bug"}:
            refusal = type(OUTCOMES[outcome])
        self.executions.raises = OUTCOMES[outcome]
        if self.expect(refusal, lambda: requests.approve(approval_id=key, actor=person(who), at=self.now)) is None:
            return
        self.end(entry, "FAILED" if outcome == "obsolete" else "APPROVED", who)
        if outcome == "fine":
            self.changed[entry["subject"]] += 1

    @rule(key=approvals, who=people)
    def reject(self, key, who):
        if key is None:
            return
        entry = self.model[key]
        step = lambda: requests.reject(approval_id=key, actor=person(who), at=self.now, reason="no")  # noqa: E731
        if self.expect(self.refusal_of_decision(entry, who), step) is not None:
            self.end(entry, "REJECTED", who)

    @rule(key=approvals, who=people)
    def withdraw(self, key, who):
        if key is None:
            return
        entry = self.model[key]
        refusal = None
        if entry["status"] != "PENDING":
            refusal = IllegalMove
        elif entry["maker"] != who:
            refusal = errors.MayNot
        elif self.now >= entry["end"]:
            refusal = errors.ApprovalExpired
        if self.expect(refusal, lambda: requests.withdraw(approval_id=key, actor=person(who), at=self.now)) is not None:
            self.end(entry, "WITHDRAWN", None)

    @rule(hours=st.sampled_from([1, 24, 47, 48]))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @rule()
    def expire(self):
        due = [entry for entry in self.model.values() if entry["status"] == "PENDING" and self.now >= entry["end"]]
        assert requests.expire_due(at=self.now) == len(due)
        for entry in due:
            self.end(entry, "EXPIRED", None)

    def end(self, entry, state, checker):
        entry.update(status=state, checker=checker)
        self.facts[f"approval.{state.lower()}"] += 1

    @invariant()
    def the_rows_are_what_the_model_says(self):
        rows = {row.pk: (row.status, row.maker_id, row.checker_id) for row in Approval.objects.all()}
        assert rows == {key: (entry["status"], entry["maker"], entry.get("checker")) for key, entry in self.model.items()}

    @invariant()
    def each_is_carried_out_once_and_only_if_approved(self):
        done = Record.objects.filter(action="limit.changed").values_list("target", flat=True)
        assert Counter(done) == self.changed

    @invariant()
    def every_step_is_audited_and_published_once_and_no_other(self):
        assert Counter(Record.objects.filter(action__startswith="approval.").values_list("action", flat=True)) == self.facts
        assert Counter(Event.objects.values_list("type", flat=True)) == self.facts


@pytest.mark.django_db
def test_requests_behave_as_the_model_whatever_happens(executions):
    machine = type("Machine", (Requests,), {"executions": executions})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
        ),
    )
