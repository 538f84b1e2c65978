"""Asking for a verdict: who is heard, what counts, what a decider may not do, and what is written down."""

import time
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import orjson
import pytest
from django.db import DatabaseError, connection, transaction
from django.db.transaction import TransactionManagementError
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from moneyed import Money

from flowlet.core import clock
from flowlet.core.errors import Invalid
from flowlet.decisions import registry, selectors
from flowlet.decisions.choices import Outcome, worst
from flowlet.decisions.errors import DeciderMissing
from flowlet.decisions.facts import personal, split
from flowlet.decisions.models import Verdict
from flowlet.decisions.opinions import Opinion, Reason, allow, block, review
from flowlet.decisions.services import decisions
from flowlet.decisions.tests.conftest import AT, FACTS, Party
from flowlet.vault.models import SubjectKey
from flowlet.vault.services import subjects

VELOCITY = Reason("fraud.velocity", "Nine payments in an hour.")
LISTED = Reason("compliance.listed", "The beneficiary is on a list.")


def codes(verdict):
    return [(reason["decider"], reason["code"]) for reason in verdict.reasons]


def setting(name):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return cursor.fetchone()[0]


def query(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None


# Who is heard, and what counts


def test_allows_and_says_so_where_nobody_decides(decide):
    verdict = decide()
    assert (verdict.outcome, verdict.is_allowed, verdict.is_blocked) == (Outcome.ALLOW, True, False)
    assert codes(Verdict.objects.get()) == [("", "decision.nobody_asked")]
    assert Verdict.objects.get().opinions == []


def test_the_worst_opinion_wins_and_its_reasons_stand(register, decide):
    register("b.listed", block(LISTED, list="OFAC"))
    register("a.velocity", review(VELOCITY))
    register("c.fine", allow(score=12))
    verdict = decide()
    assert (verdict.outcome, verdict.is_blocked) == (Outcome.BLOCK, True)
    saved = Verdict.objects.get()
    assert (saved.outcome, codes(saved)) == ("BLOCK", [("b.listed", "compliance.listed")])
    assert [(one["decider"], one["outcome"], one["details"]) for one in saved.opinions] == [
        ("a.velocity", "REVIEW", {}),
        ("b.listed", "BLOCK", {"list": "OFAC"}),
        ("c.fine", "ALLOW", {"score": 12}),
    ]
    assert all(0 <= one["milliseconds"] < registry.LONGEST_MS for one in saved.opinions)


@given(st.lists(st.sampled_from(Outcome)))
def test_no_other_opinion_makes_the_worst_better(outcomes):
    found = worst(outcomes)
    assert found == ("BLOCK" if "BLOCK" in outcomes else "REVIEW" if "REVIEW" in outcomes else "ALLOW")
    assert worst(reversed(outcomes)) == found
    assert all(worst([found, other]) == found for other in outcomes)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=st.lists(st.sampled_from([allow(), review(VELOCITY), block(LISTED), ValueError("boom")]), max_size=4))
def test_a_failure_counts_as_review_among_any_others(decide, monkeypatch, answers):
    monkeypatch.setattr(registry, "_deciders", {})

    def answering(answer):
        def decider(facts):
            if isinstance(answer, Exception):
                raise answer
            return answer

        return decider

    for number, answer in enumerate(answers):
        registry.decider(f"test.d{number}", point="payment.create", budget_ms=registry.LONGEST_MS)(answering(answer))
    as_outcomes = [answer.outcome if isinstance(answer, Opinion) else Outcome.REVIEW for answer in answers]
    verdict = decide()
    assert verdict.outcome == worst(as_outcomes)
    assert [one["outcome"] for one in verdict.opinions] == as_outcomes


def test_only_the_deciders_of_the_point_are_asked(register, decide):
    registry.decider("other.block", point="card.authorize")(lambda facts: block(LISTED))
    register("fraud.score", allow())
    assert [one["decider"] for one in decide().opinions] == ["fraud.score"]


def test_a_decider_is_told_the_facts_and_nothing_else(register, decide):
    told = []
    register("fraud.score", lambda *args, **kwargs: told.append((args, kwargs)) or allow())
    decide()
    assert told == [((FACTS,), {})]


# What goes wrong inside a decider


def test_one_that_raises_counts_as_review_and_its_words_are_not_kept(register, decide, caplog):
    def fails(facts):
        raise ValueError("Ada Lovelace")

    register("fraud.score", fails)
    verdict = decide()
    assert (verdict.outcome, codes(verdict)) == ("REVIEW", [("fraud.score", "decision.decider_failed")])
    assert "Ada" not in orjson.dumps([verdict.reasons, verdict.opinions]).decode()
    assert "ValueError" in verdict.reasons[0]["text"]
    assert "Decider fraud.score failed" in caplog.text


@pytest.mark.parametrize(
    "answer",
    [None, "ALLOW", Outcome.ALLOW, (Outcome.ALLOW,), allow(keys={1: "one"})],
    ids=["nothing", "a word", "an outcome", "a tuple", "no JSON"],
)
def test_one_that_does_not_answer_with_an_opinion_counts_as_review(register, decide, answer):
    register("fraud.score", lambda facts: answer)
    verdict = decide()
    assert (verdict.outcome, codes(verdict)) == ("REVIEW", [("fraud.score", "decision.decider_failed")])


def test_an_opinion_that_stops_something_needs_a_reason():
    for outcome in (Outcome.REVIEW, Outcome.BLOCK):
        with pytest.raises(ValueError, match="has a reason"):
            Opinion(outcome=outcome)
    with pytest.raises(TypeError):
        Opinion(outcome="ALLOW")


def test_a_decider_cannot_write_and_the_others_are_heard(register, decide):
    def writes(facts):
        subjects.key_for(uuid4())
        return allow()

    register("a.writes", writes)
    register("b.fine", allow())
    verdict = decide()
    assert (verdict.outcome, codes(verdict)) == ("REVIEW", [("a.writes", "decision.decider_failed")])
    assert SubjectKey.objects.count() == 0
    assert [one["outcome"] for one in verdict.opinions] == ["REVIEW", "ALLOW"]


def test_what_a_decider_did_to_the_session_is_rolled_back(register, decide):
    before = [setting("statement_timeout"), setting("transaction_read_only"), setting("work_mem")]

    def meddles(facts):
        query("SET LOCAL work_mem = '123MB'")
        return allow()

    register("fraud.score", meddles)
    assert decide().outcome == "ALLOW"
    assert [setting("statement_timeout"), setting("transaction_read_only"), setting("work_mem")] == before
    assert before[1] == "off"


def test_a_decider_that_swallows_its_own_database_error_does_not_spoil_the_transaction(register, decide):
    def swallows(facts):
        try:
            query("SELECT 1 / 0")
        except DatabaseError:
            return allow()

    register("fraud.score", swallows)
    assert decide().outcome == "ALLOW"
    assert Verdict.objects.count() == 1


def test_nothing_that_a_decider_planned_for_after_the_commit_happens(register, decide, django_capture_on_commit_callbacks):
    happened = []

    def plans(facts):
        transaction.on_commit(lambda: happened.append("from the decider"))
        return allow()

    register("fraud.score", plans)
    with django_capture_on_commit_callbacks(execute=True):
        transaction.on_commit(lambda: happened.append("from the asker"))
        assert decide().outcome == "ALLOW"
    assert happened == ["from the asker"]


def test_a_decider_sees_what_the_asker_has_written_so_far(register, decide):
    subjects.key_for(uuid4())
    register("fraud.score", lambda facts: allow(seen=SubjectKey.objects.count()))
    assert decide().opinions[0]["details"] == {"seen": 1}


# Time


def test_a_statement_that_runs_too_long_is_stopped_by_the_database(register, decide):
    register("fraud.slow", lambda facts: query("SELECT pg_sleep(30)") or allow(), budget_ms=50)
    register("fraud.then", allow())
    began = time.monotonic()
    verdict = decide()
    assert time.monotonic() - began < 5
    assert (verdict.outcome, codes(verdict)) == ("REVIEW", [("fraud.slow", "decision.out_of_time")])
    assert 50 <= verdict.opinions[0]["milliseconds"] < 5_000
    assert verdict.opinions[1]["outcome"] == "ALLOW"
    assert query("SELECT 1") == [(1,)]


def test_many_short_statements_end_with_the_time_of_the_decider(register, decide):
    ran = []

    def loops(facts):
        for number in range(10_000):
            query("SELECT pg_sleep(0.01)")
            ran.append(number)
        return allow()

    register("fraud.loop", loops, budget_ms=100)
    verdict = decide()
    assert (verdict.outcome, codes(verdict)) == ("REVIEW", [("fraud.loop", "decision.out_of_time")])
    assert len(ran) < 15


def test_time_that_ends_inside_a_savepoint_of_the_deciders_own_leaves_the_connection_well(register, decide):
    def nests(facts):
        with transaction.atomic():
            query("SELECT 1")
            time.sleep(0.06)
            query("SELECT 1")
        return allow()

    register("fraud.nest", nests, budget_ms=50)
    register("fraud.then", lambda facts: query("SELECT 1") and allow())
    verdict = decide()
    assert [one["outcome"] for one in verdict.opinions] == ["REVIEW", "ALLOW"]
    assert codes(verdict) == [("fraud.nest", "decision.out_of_time")]
    assert Verdict.objects.count() == 1


def test_a_late_answer_counts_as_review_but_a_late_block_blocks(register, decide):
    register("a.late", lambda facts: time.sleep(0.03) or allow(score=3), budget_ms=10)
    verdict = decide()
    assert (verdict.outcome, codes(verdict)) == ("REVIEW", [("a.late", "decision.out_of_time")])
    assert verdict.opinions[0]["details"] == {"score": 3}
    register("b.late", lambda facts: time.sleep(0.03) or block(LISTED), budget_ms=10)
    verdict = decide()
    assert (verdict.outcome, codes(verdict)) == (
        "BLOCK",
        [("b.late", "decision.out_of_time"), ("b.late", "compliance.listed")],
    )


def test_together_they_take_no_longer_than_the_point_allows(register, decide):
    asked = []
    registry._points.clear()
    registry.point("payment.create", facts=type(FACTS), budget_ms=40)
    register("a.slow", lambda facts: time.sleep(0.05) or allow())
    register("b.next", lambda facts: asked.append(1) or allow())
    verdict = decide()
    assert codes(verdict) == [("a.slow", "decision.out_of_time"), ("b.next", "decision.out_of_time")]
    assert asked == []


def test_whoever_decides_unhurried_answers_on_a_busy_machine_as_on_an_idle_one(register, decide):
    register("a.slow", lambda facts: query("SELECT pg_sleep(0.03)") and allow(), budget_ms=10)
    with registry.unhurried():
        assert decide().outcome == "ALLOW"
    assert codes(decide()) == [("a.slow", "decision.out_of_time")]


# What is let go


def test_whoever_has_a_veto_is_heard_with_the_verdict_before_something_is_let_go(register, decide, monkeypatch):
    monkeypatch.setattr(registry, "_vetoes", {})
    register("compliance.screen", review(LISTED))
    verdict, heard = decide(), []
    decisions.check_release(point="payment.create", row="pay_1", verdict_id=verdict.pk)

    @registry.veto("compliance.screen", point="payment.create")
    def object_to(row, said):
        heard.append((row, said and said.outcome))
        raise Invalid("Decide the hit first.")

    for verdict_id, outcome in ((verdict.pk, "REVIEW"), (None, None)):
        with pytest.raises(Invalid):
            decisions.check_release(point="payment.create", row="pay_1", verdict_id=verdict_id)
        assert heard.pop() == ("pay_1", outcome)
    decisions.check_release(point="card.authorize", row="pay_1", verdict_id=None)
    with pytest.raises(ValueError, match="Two vetoes"):
        registry.veto("compliance.screen", point="payment.create")(lambda row, said: None)


# Who is required


def test_refuses_to_decide_without_a_required_decider_and_asks_nobody(register, decide, settings):
    asked = []
    settings.DECISIONS_REQUIRED = {"payment.create": ["fraud.score", "compliance.screen"]}
    register("fraud.score", lambda facts: asked.append(1) or allow())
    with pytest.raises(DeciderMissing) as refused:
        decide()
    assert (refused.value.code, refused.value.status) == ("decision.decider_missing", 503)
    assert refused.value.details == {"point": "payment.create", "missing": ["compliance.screen"]}
    assert asked == [] and not Verdict.objects.exists()
    register("compliance.screen", allow())
    assert decide().outcome == "ALLOW"


# What is asked


def test_facts_of_another_type_are_a_fault(decide):
    with pytest.raises(TypeError, match="payment.create takes PaymentFacts, not Party"):
        decide(Party(country="DE"))
    with pytest.raises(LookupError, match="No app has declared the point payment.send"):
        decide(point="payment.send")
    assert not Verdict.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_decides_nothing_outside_a_transaction():
    with pytest.raises(TransactionManagementError):
        decisions.decide(point="payment.create", facts=FACTS, subject="pay_1", partner_id=None, at=AT)
    assert not Verdict.objects.exists()


# What is written down


def test_the_verdict_says_where_when_about_what_and_on_which_facts(decide, partner_id):
    verdict = Verdict.objects.get(pk=decide().pk)
    assert verdict.public_id.startswith("vdt_")
    assert (verdict.point, verdict.subject, verdict.partner_id, verdict.at) == ("payment.create", "pay_1", partner_id, AT)
    assert verdict.facts == {
        "amount": {"amount": "12.50", "currency": "USD"},
        "beneficiary": {"country": "DE", "name": ""},
        "iban": "",
    }
    assert (verdict.person_id, verdict.personal) == (None, None)
    assert list(selectors.verdicts_on("pay_1")) == [verdict]
    assert list(selectors.verdicts_on("pay_2")) == []


def test_personal_facts_are_hidden_sealed_and_gone_with_the_persons_key(decide):
    person_id = uuid4()
    facts = replace(FACTS, iban="DE02120300000000202051", beneficiary=Party(country="DE", name="Ada Lovelace"))
    verdict = Verdict.objects.get(pk=decide(facts, person_id=person_id).pk)
    assert verdict.facts["iban"] == "[personal]"
    assert verdict.facts["beneficiary"] == {"country": "DE", "name": "[personal]"}
    assert b"Ada" not in bytes(verdict.personal)
    assert selectors.personal_facts_of(verdict) == {"iban": "DE02120300000000202051", "beneficiary.name": "Ada Lovelace"}
    subjects.erase(person_id, at=clock.now())
    with pytest.raises(subjects.SubjectErased):
        selectors.personal_facts_of(verdict)
    after = Verdict.objects.get(pk=decide(facts, person_id=person_id).pk)
    assert (after.personal, after.person_id, after.facts["iban"]) == (None, None, "[personal]")


def test_personal_facts_without_a_person_are_a_fault(decide):
    with pytest.raises(ValueError, match="person_id"):
        decide(replace(FACTS, iban="DE02120300000000202051"))
    assert not Verdict.objects.exists()


CHANGES = [
    "UPDATE flowlet_decisions_verdict SET outcome = 'BLOCK'",
    "DELETE FROM flowlet_decisions_verdict",
    "TRUNCATE flowlet_decisions_verdict",
]


@pytest.mark.parametrize("sql", CHANGES)
def test_the_application_may_not_change_a_verdict(decide, sql):
    verdict = decide()
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        query(sql)
    assert Verdict.objects.get().outcome == verdict.outcome


@pytest.mark.parametrize("sql", CHANGES)
def test_the_owner_may_not_change_a_verdict_either(superuser_connection, sql):
    with pytest.raises(Exception, match="flowlet_decisions_verdict is append-only"), superuser_connection.cursor() as cursor:
        cursor.execute(sql)


def test_one_question_is_few_statements(register, decide, django_assert_num_queries):
    with django_assert_num_queries(1):
        decide()
    register("fraud.score", allow())
    with django_assert_num_queries(5):
        decide()


def test_money_dates_and_lists_are_facts_as_text():
    @dataclass(frozen=True)
    class Facts:
        amounts: tuple
        due_on: date
        rate: Decimal
        tags: dict
        people: tuple = personal(default=())

    facts = Facts(
        amounts=(Money("10", "JPY"),),
        due_on=date(2026, 3, 1),
        rate=Decimal("1.10"),
        tags={"a": [True, None, 3]},
        people=(Party(country="DE", name="Ada"),),
    )
    shown, secret = split(facts)
    assert shown == {
        "amounts": [{"amount": "10", "currency": "JPY"}],
        "due_on": "2026-03-01",
        "rate": "1.10",
        "tags": {"a": [True, None, 3]},
        "people": "[personal]",
    }
    assert secret == {"people": [{"country": "DE", "name": "Ada"}]}
