"""Stored rules: from the draft to the end, with two people, and nothing that the database lets pass."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from flowlet.audit.models import Record
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import FourEyesRequired
from flowlet.core.states import IllegalMove
from flowlet.rules import errors, registry, selectors
from flowlet.rules.choices import RuleStatus
from flowlet.rules.models import Backtest, RuleSet, RuleVersion
from flowlet.rules.services import backtests, files, versions
from flowlet.rules.states import RULE_MOVES
from flowlet.rules.tests.shop import SHOP, compare, dollars, fact, sheet, usd, value, window
from flowlet.rules.tests.test_sql import fill, tables  # noqa: F401

AT = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
ANN, BOB = (Actor(kind=ActorKind.STAFF, id=f"usr_{name}", label=name) for name in ("ann", "bob"))
LARGE = compare("ge", fact("amount"), usd("10000.00"))


@pytest.fixture(autouse=True)
def vocabularies(monkeypatch):
    monkeypatch.setattr(registry, "_vocabularies", {})
    registry.vocabulary(SHOP)


@pytest.fixture
def rule_set(db):
    return versions.open_set(name="payments.out", vocabulary="tests.payment", label="Payments out", actor=ANN, at=AT)


@pytest.fixture
def things(rule_set, tables):  # noqa: F811
    """Four payments in March: two large ones, a small one, and one whose amount is missing; and a large one in April."""
    amounts = ["20000", "5", "30000", None, "40000"]
    days = [1, 2, 2, 3, 40]
    fill(
        "t",
        [
            {"at": SINCE + timedelta(days=day), "customer": 1, "amount": amount and dollars(amount)}
            for day, amount in zip(days, amounts, strict=True)
        ],
    )
    fill("s", [])


def draft(condition=LARGE, *, name="large", note="Because.", **more):
    fields = {"rule_set": "payments.out", "title": "Large payments", "actor": ANN, "at": AT} | more
    return versions.draft(name=name, note=note, condition=condition, **fields)


def backtest(version, **more):
    return backtests.run(**{"ruleversion_id": version.pk, "since": SINCE, "until": UNTIL, "actor": ANN, "at": AT} | more)


def at_status(status, condition=LARGE, **more):
    """A version that walked there."""
    version = draft(condition, **more)
    if status == RuleStatus.DRAFT:
        return version
    backtest(version)
    if status != RuleStatus.BACKTESTED:
        versions.start_shadow(ruleversion_id=version.pk, actor=ANN, at=AT)
    if status in {RuleStatus.LIVE, RuleStatus.RETIRED}:
        versions.release(ruleversion_id=version.pk, actor=BOB, at=AT, reason="Looks right.")
    if status == RuleStatus.RETIRED:
        versions.retire(ruleversion_id=version.pk, actor=BOB, at=AT, reason="No longer needed.")
    version.refresh_from_db()
    return version


def status_of(version):
    return RuleVersion.objects.get(pk=version.pk).status


def refused_by_the_database(statement, *params):
    with pytest.raises((DatabaseError, IntegrityError)) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)
    return str(caught.value).split("\n", 1)[0]


# Drafts


def test_a_draft_says_what_it_says_in_one_form(rule_set):
    made = draft(compare("ge", fact("amount"), usd("10000")), effect={"outcome": "REVIEW"})
    made.refresh_from_db()
    assert (made.number, made.status, made.condition, made.effect) == (1, "DRAFT", LARGE, {"outcome": "REVIEW"})
    assert (made.maker_id, made.checker_id) == ("usr_ann", None)
    record = Record.objects.get(action="rule.drafted")
    assert (record.target, record.actor_id, record.reason) == (made.public_id, "usr_ann", "Because.")
    assert record.after == {"rule": "large", "set": "payments.out", "version": 1, "digest": made.digest}


def test_versions_of_a_rule_are_counted(rule_set):
    first, other = draft(), draft(name="other")
    second = draft(compare("ge", fact("amount"), usd("9000")))
    assert [(one.name, one.number) for one in (first, second, other)] == [("large", 1), ("large", 2), ("other", 1)]


def test_the_same_again_is_refused_and_another_effect_is_not_the_same(rule_set):
    made = draft()
    with pytest.raises(errors.RuleUnchanged) as caught:
        draft(compare("ge", fact("amount"), usd("10000")), note="Another reason.")
    assert caught.value.details == {"version": made.public_id}
    assert draft(effect={"outcome": "BLOCK"}).number == 2


@pytest.mark.parametrize(
    ("more", "error", "param"),
    [
        ({"rule_set": "nothing"}, errors.NoSuchRule, "rule_set"),
        ({"name": "Large"}, errors.MalformedRule, "name"),
        ({"title": " "}, errors.MalformedRule, "title"),
        ({"title": "x" * 201}, errors.MalformedRule, "title"),
        ({"note": ""}, errors.MalformedRule, "note"),
        ({"effect": ["BLOCK"]}, errors.MalformedRule, "effect"),
        ({"effect": {"weight": 0.5}}, errors.MalformedRule, "effect"),
        ({"effect": {"weight": [{"x": float("nan")}]}}, errors.MalformedRule, "effect"),
        ({"effect": {"when": AT}}, errors.MalformedRule, "effect"),
        ({"effect": {"text": "x" * 10_000}}, errors.MalformedRule, "effect"),
        ({"condition": compare("ge", fact("nothing"), usd("1"))}, errors.UnknownName, "$.left.fact"),
    ],
)
def test_refuses_a_draft_that_is_not_whole(rule_set, more, error, param):
    with pytest.raises(error) as caught:
        draft(**{"condition": LARGE} | more)
    assert caught.value.param == param
    assert not RuleVersion.objects.exists()


def test_a_set_speaks_of_one_vocabulary(rule_set):
    again = versions.open_set(name="payments.out", vocabulary="tests.payment", label="Another", actor=ANN, at=AT)
    assert (again.pk, again.label) == (rule_set.pk, "Payments out")
    with pytest.raises(errors.UnknownName):
        versions.open_set(name="payments.in", vocabulary="tests.nothing", label="x", actor=ANN, at=AT)
    assert RuleSet.objects.count() == 1


# Backtests


def test_a_backtest_counts_what_would_have_matched_day_by_day(things):
    version = draft()
    made = backtest(version)
    assert (made.judged, made.hits, made.unknown) == (4, 2, 1)
    assert made.per_day == {"2026-03-02": 1, "2026-03-03": 1}
    assert (made.live_version, made.live_hits, made.both) == (None, None, None)
    assert status_of(version) == "BACKTESTED"
    assert Record.objects.get(action="rule.backtest.ran").after["hits"] == 2
    assert backtest(version, until=UNTIL + timedelta(days=60)).hits == 3
    assert (status_of(version), Backtest.objects.count()) == ("BACKTESTED", 2)


def test_a_backtest_compares_with_the_live_version(things):
    live = at_status(RuleStatus.LIVE, compare("lt", fact("amount"), usd("25000")))
    made = backtest(draft())
    assert (made.hits, made.live_version, made.live_hits, made.both) == (2, live, 2, 1)


def test_a_backtest_leaves_the_time_out_of_statements_as_it_was(things):
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        before = cursor.fetchone()
        backtest(draft())
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == before


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (UNTIL, SINCE),
        (SINCE, SINCE),
        (SINCE - timedelta(days=3660), UNTIL),
        (datetime(2026, 3, 1), UNTIL),  # noqa: DTZ001
    ],
)
def test_refuses_a_backtest_without_a_time(things, since, until):
    version = draft()
    with pytest.raises(errors.MalformedRule):
        backtest(version, since=since, until=until)
    assert (status_of(version), Backtest.objects.count()) == ("DRAFT", 0)


# The way to live


def test_a_rule_goes_live_by_a_backtest_a_shadow_and_another_person(things):
    version = at_status(RuleStatus.LIVE)
    assert (version.status, version.maker_id, version.checker_id) == ("LIVE", "usr_ann", "usr_bob")
    actions = Record.objects.filter(target=version.public_id).order_by("pk").values_list("action", "actor_id")
    assert list(actions) == [
        ("rule.drafted", "usr_ann"),
        ("rule.backtest.ran", "usr_ann"),
        ("rule.backtested", "usr_ann"),
        ("rule.shadow", "usr_ann"),
        ("rule.live", "usr_bob"),
    ]


def test_whoever_wrote_a_rule_does_not_release_it(things):
    version = at_status(RuleStatus.SHADOW)
    with pytest.raises(FourEyesRequired):
        versions.release(ruleversion_id=version.pk, actor=ANN, at=AT, reason="It is mine.")
    assert status_of(version) == "SHADOW"
    told = refused_by_the_database(
        "UPDATE flowlet_rules_ruleversion SET status = 'LIVE', checker_kind = 'staff', checker_id = maker_id WHERE id = %s",
        version.pk,
    )
    assert "rule_is_not_released_by_its_maker" in told


def test_nobody_is_live_without_a_checker(things):
    version = at_status(RuleStatus.SHADOW)
    told = refused_by_the_database("UPDATE flowlet_rules_ruleversion SET status = 'LIVE' WHERE id = %s", version.pk)
    assert "live_rule_was_released_by_somebody" in told


STEPS = {
    RuleStatus.BACKTESTED: backtest,
    RuleStatus.SHADOW: lambda version: versions.start_shadow(ruleversion_id=version.pk, actor=ANN, at=AT),
    RuleStatus.LIVE: lambda version: versions.release(ruleversion_id=version.pk, actor=BOB, at=AT, reason="Looks right."),
    RuleStatus.RETIRED: lambda version: versions.retire(ruleversion_id=version.pk, actor=BOB, at=AT, reason="Enough."),
}


@pytest.mark.parametrize("target", STEPS)
@pytest.mark.parametrize("status", list(RuleStatus))
def test_every_move_of_the_table_is_made_and_every_other_is_refused_twice(things, status, target):
    version = at_status(status)
    if target in RULE_MOVES[status]:
        STEPS[target](version)
        assert status_of(version) == target
        return
    if target == RuleStatus.BACKTESTED and status != RuleStatus.RETIRED:
        STEPS[target](version)  # tried once more, without a move
    else:
        with pytest.raises(IllegalMove):
            STEPS[target](version)
    assert status_of(version) == status
    told = refused_by_the_database(
        "UPDATE flowlet_rules_ruleversion SET status = %s, checker_id = 'usr_bob' WHERE id = %s", target, version.pk
    )
    assert "does not become" in told
    assert status_of(version) == status


def test_a_version_takes_the_place_of_the_one_before(things):
    first = at_status(RuleStatus.LIVE)
    watched = at_status(RuleStatus.SHADOW, compare("ge", fact("amount"), usd("9000")))
    second = at_status(RuleStatus.SHADOW, compare("ge", fact("amount"), usd("8000")))
    assert [status_of(one) for one in (first, watched, second)] == ["LIVE", "RETIRED", "SHADOW"]
    versions.release(ruleversion_id=second.pk, actor=BOB, at=AT, reason="Better.")
    assert [status_of(one) for one in (first, watched, second)] == ["RETIRED", "RETIRED", "LIVE"]


def test_moving_a_version_that_there_is_not_is_refused(db):
    for step in (versions.start_shadow, versions.locked):
        with pytest.raises(errors.NoSuchRule):
            step(ruleversion_id=uuid4(), **({} if step is versions.locked else {"actor": ANN, "at": AT}))


# What the database keeps


@pytest.mark.parametrize(
    "change",
    [
        "condition = '{}'",
        'effect = \'{"outcome": "ALLOW"}\'',
        "digest = repeat('0', 64)",
        "title = 'x'",
        "note = 'x'",
        "name = 'x'",
        "number = 7",
        "maker_id = 'usr_bob'",
        "created_at = now()",
    ],
)
def test_what_a_version_says_never_changes(things, change):
    version = at_status(RuleStatus.DRAFT)
    told = refused_by_the_database(f"UPDATE flowlet_rules_ruleversion SET status = 'RETIRED', {change} WHERE id = %s", version.pk)
    assert "never changes" in told


@pytest.mark.parametrize("table", ["ruleversion", "ruleset", "backtest"])
def test_nothing_is_removed(things, table):
    at_status(RuleStatus.BACKTESTED)
    assert refused_by_the_database(f"DELETE FROM flowlet_rules_{table}")


def test_the_first_status_is_a_draft_and_the_next_needs_a_backtest(things):
    version = draft()
    assert "has no backtest" in refused_by_the_database(
        "UPDATE flowlet_rules_ruleversion SET status = 'BACKTESTED' WHERE id = %s", version.pk
    )
    with pytest.raises(DatabaseError, match="begins as a draft"), transaction.atomic():
        RuleVersion.objects.create(
            rule_set=version.rule_set,
            name="new",
            number=1,
            title="x",
            note="x",
            condition=LARGE,
            digest="0" * 64,
            status=RuleStatus.LIVE,
            maker_id="usr_ann",
            checker_id="usr_bob",
            created_at=AT,
            moved_at=AT,
        )


# What is asked


def test_live_rules_and_those_in_shadow_are_asked(things, django_assert_num_queries):
    live = at_status(RuleStatus.LIVE)
    shadow = at_status(RuleStatus.SHADOW, compare("ge", fact("amount"), usd("5000")))
    at_status(RuleStatus.BACKTESTED, name="other")
    with django_assert_num_queries(1):
        found = selectors.running("payments.out")
    assert [(one.version, one.has_effect) for one in found] == [(live, True), (shadow, False)]
    facts = sheet(amount=dollars(Decimal(7000)))
    assert [one.rule.decide(facts) for one in found] == [False, True]
    assert selectors.running("payments.in") == []


def test_a_rule_that_its_vocabulary_no_longer_carries_is_told_of(things, monkeypatch):
    version = at_status(RuleStatus.LIVE)
    assert selectors.problem_with(version) == ""
    selectors._compiled.cache_clear()
    monkeypatch.setattr(registry, "_vocabularies", {})
    registry.vocabulary(replace(SHOP, facts=tuple(one for one in SHOP.facts if one.name != "amount")))
    assert selectors.problem_with(version) == "$.left.fact: there is no fact called 'amount'."
    with pytest.raises(errors.UnknownName):
        selectors.running("payments.out")
    selectors._compiled.cache_clear()


# Files


def test_a_set_goes_out_and_comes_back_as_it_was(things):
    at_status(RuleStatus.LIVE)
    draft(
        compare("ge", window("count", span={"days": 7}), value(3)), name="many", note="Seven days.", effect={"outcome": "REVIEW"}
    )
    at_status(RuleStatus.RETIRED, name="old")
    found = files.export(rule_set="payments.out")
    assert (found["form"], found["set"], found["vocabulary"], found["label"]) == (
        "flowlet.rules/1",
        "payments.out",
        "tests.payment",
        "Payments out",
    )
    assert [(one["name"], one["effect"]) for one in found["rules"]] == [("large", {}), ("many", {"outcome": "REVIEW"})]
    made, same = files.take(content=json.dumps(found), actor=BOB, at=AT)
    assert (made, same) == ([], 2)
    elsewhere = json.dumps(found | {"set": "payments.in"})
    made, same = files.take(content=elsewhere, actor=BOB, at=AT)
    assert ([(one.name, one.number, one.status, one.maker_id) for one in made], same) == (
        [("large", 1, "DRAFT", "usr_bob"), ("many", 1, "DRAFT", "usr_bob")],
        0,
    )
    assert files.export(rule_set="payments.in") == found | {"set": "payments.in"}


def a_file(**more):
    one = {"name": "large", "title": "Large", "note": "Why.", "condition": LARGE, "effect": {}}
    return {
        "form": "flowlet.rules/1",
        "set": "payments.out",
        "vocabulary": "tests.payment",
        "label": "Out",
        "rules": [one],
    } | more


BROKEN = {"name": "broken", "title": "x", "note": "x", "condition": compare("ge", fact("nothing"), usd("1")), "effect": {}}


@pytest.mark.parametrize(
    ("document", "error", "param"),
    [
        ([], errors.MalformedRule, "$"),
        (a_file(more=1), errors.MalformedRule, "$"),
        (a_file(form="flowlet.rules/2"), errors.MalformedRule, "$.form"),
        (a_file(set=7), errors.MalformedRule, "$.set"),
        (a_file(rules=[]), errors.MalformedRule, "$.rules"),
        (a_file(rules=a_file()["rules"] * 2), errors.MalformedRule, "$.rules[1].name"),
        (a_file(rules=[{"name": "large"}]), errors.MalformedRule, "$.rules[0]"),
        (a_file(rules=[*a_file()["rules"], BROKEN]), errors.UnknownName, "$.rules[1]: $.left.fact"),
        (a_file(vocabulary="tests.nothing"), errors.UnknownName, "vocabulary"),
    ],
)
def test_a_file_that_is_not_whole_leaves_nothing(db, document, error, param):
    with pytest.raises(error) as caught:
        files.take(content=json.dumps(document), actor=ANN, at=AT)
    assert caught.value.param == param
    assert (RuleSet.objects.count(), RuleVersion.objects.count()) == (0, 0)


def test_a_set_that_there_is_not_is_not_exported(db):
    with pytest.raises(errors.NoSuchRule):
        files.export(rule_set="nothing")
