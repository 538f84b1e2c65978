"""Rules on their pages: other numbers, backtests by a worker, two people, files; and the bounds within which a number makes sense."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.choices import Role
from accounts.models import User
from compliance import events
from compliance.choices import TrialState
from compliance.errors import ParameterOutOfBounds
from compliance.handlers import rules as handlers
from compliance.models import MonitoringRun, RuleTrial
from compliance.policies import rule_parameters, rule_wording, scenarios
from compliance.services import alerts, monitoring, rule_backtests, rule_drafts, rule_trials
from compliance.tasks import rules as tasks
from compliance.tests.monitoring_world import NOON, ON, Watched, structuring, to_embargoed
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.backoffice import cells
from flowlet.backoffice.testing import press, signed_in
from flowlet.core import actors
from flowlet.core.actors import Actor, ActorKind
from flowlet.events.models import Event
from flowlet.rules import engine, registry, selectors
from flowlet.rules.errors import MalformedRule, RuleUnchanged, UnknownName
from flowlet.rules.models import RuleVersion
from flowlet.rules.services import files, versions

AT = NOON + timedelta(days=1)
SINCE, UNTIL = NOON - timedelta(days=30), NOON + timedelta(hours=12)
SHIPPED = [(document, rule) for document in scenarios.files() for rule in document["rules"]]


def person(role, email=""):
    user = User.objects.create_user(email or f"{role.lower()}@flowlet.test", name="Somebody", is_staff=True, roles=[role])
    return signed_in(user), Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role_labels)


@pytest.fixture
def officer(db):
    return person(Role.COMPLIANCE_OFFICER)


def draft(actor, *names):
    """The shipped rules of these names, in whatever sets they are."""
    for document in scenarios.files():
        rules = [one for one in document["rules"] if one["name"] in names]
        files.take(content=json.dumps({**document, "rules": rules}), actor=actor, at=AT)


@pytest.fixture
def drafts(officer):
    draft(officer[1], "structuring", "velocity", "fan_in", "ring", "pass_through", "large_cash", "embargoed_corridor")


def rule(name, rule_set=scenarios.ACTIVITY, **more):
    return RuleVersion.objects.select_related("rule_set").filter(rule_set__name=rule_set, name=name, **more).latest("number")


def tried(version, actor):
    asked = rule_trials.request(ruleversion_id=version.pk, since=SINCE, until=UNTIL, actor=actor, at=AT)
    return rule_trials.run(trial_id=asked.pk, at=AT)


def text_of(answer):
    return " ".join(answer.content.decode().split())


# Numbers


@pytest.mark.parametrize(("document", "shipped"), SHIPPED, ids=[f"{one['set']}.{each['name']}" for one, each in SHIPPED])
def test_shipped_numbers_are_within_their_bounds_and_typed_again_change_nothing(document, shipped):
    found = engine.compile_rule(shipped["condition"], registry.find(document["vocabulary"]))
    rule_parameters.check_bounds(found.condition)
    parameters = rule_parameters.parameters(found.condition)
    typed = {one.name: one.text for one in parameters}
    assert rule_parameters.changed(found.document, found.condition, typed) == found.document
    assert len({one.label for one in parameters}) >= len(parameters) - 2
    assert "\n".join(line for _, line in rule_wording.lines(found.condition))


def test_a_number_is_changed_at_all_places_that_say_the_same(drafts, officer):
    live = rule("structuring")
    made = rule_drafts.change(
        ruleversion_id=live.pk,
        values={"p1": "7,500.00", "p3": "10 days", "p4": "4"},
        priority=90,
        reason="Fewer, nearer.",
        actor=officer[1],
        at=AT,
    )
    assert (made.number, made.status, made.effect) == (2, "DRAFT", {"code": "R01", "priority": 90})
    said = selectors.compiled(made).words
    assert said.count("7,500.00 USD") == 3 and said.count("in 10 days") == 2 and "8,000.00" not in said and "at least 4" in said
    assert Record.objects.get(action="rule.drafted", target=made.public_id).reason == "Fewer, nearer."


@pytest.mark.parametrize(
    ("rule_set", "name", "parameter", "typed", "error", "says"),
    [
        (scenarios.PATTERNS, "fan_in", "p1", "3", ParameterOutOfBounds, "7 days: at least: 3 is not from 4 to 1,000."),
        (scenarios.PATTERNS, "ring", "p2", "9", ParameterOutOfBounds, "to: 9 is not from 3 to 8."),
        (scenarios.PATTERNS, "pass_through", "p1", "101", ParameterOutOfBounds, "101 % is not from 50 % to 100 %."),
        (scenarios.PATTERNS, "pass_through", "p2", "101", ParameterOutOfBounds, "101 % is not from 0 % to 100 %."),
        (scenarios.PATTERNS, "large_cash", "p1", "2999.99", ParameterOutOfBounds, "2,999.99 USD is not from 3,000 USD"),
        (scenarios.ACTIVITY, "structuring", "p1", "9999.999", MalformedRule, "decimals"),
        (scenarios.ACTIVITY, "structuring", "p1", "-1.00", ParameterOutOfBounds, "is not from 0 USD"),
        (
            scenarios.ACTIVITY,
            "structuring",
            "p3",
            "a week",
            MalformedRule,
            "looked back: A number of minutes, hours, days, weeks",
        ),
        (scenarios.ACTIVITY, "structuring", "p3", "0 days", MalformedRule, "a whole number from 1 on"),
        (scenarios.ACTIVITY, "structuring", "p4", "1e3", MalformedRule, "is not a whole number"),
        (scenarios.ACTIVITY, "structuring", "p4", "9" * 40, MalformedRule, "is not a whole number"),
        (scenarios.ACTIVITY, "embargoed_corridor", "p1", "CU, CU", MalformedRule, "each once"),
        (scenarios.ACTIVITY, "structuring", "p99", "1", UnknownName, "no parameter"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused_with_its_bounds(drafts, officer, rule_set, name, parameter, typed, error, says):
    with pytest.raises(error) as refused:
        rule_drafts.change(
            ruleversion_id=rule(name, rule_set).pk, values={parameter: typed}, reason="To see.", actor=officer[1], at=AT
        )
    assert says in refused.value.message
    assert refused.value.param == parameter
    assert rule(name, rule_set).number == 1


def test_what_changes_nothing_is_no_new_version(drafts, officer):
    with pytest.raises(RuleUnchanged):
        rule_drafts.change(
            ruleversion_id=rule("ring", scenarios.PATTERNS).pk, values={}, reason="Why not.", actor=officer[1], at=AT
        )


@pytest.mark.parametrize(
    ("rule_set", "given", "error"),
    [
        (scenarios.ACTIVITY, {"priority": 101}, ParameterOutOfBounds),
        (scenarios.ACTIVITY, {"outcome": "BLOCK"}, MalformedRule),
        (scenarios.GATE, {"outcome": "SHRUG"}, MalformedRule),
    ],
)
def test_priority_and_outcome_have_their_bounds_too(drafts, officer, rule_set, given, error):
    with pytest.raises(error):
        rule_drafts.change(ruleversion_id=rule("velocity", rule_set).pk, values={}, reason="x", actor=officer[1], at=AT, **given)


# Backtests


def test_a_backtest_is_run_by_a_worker_and_says_what_it_found_in_sentences(drafts, officer, monkeypatch):
    world = Watched()
    who = structuring(world)
    world.lay()
    version = rule("structuring")
    asked = rule_trials.request(ruleversion_id=version.pk, since=SINCE, until=UNTIL, actor=officer[1], at=AT)
    assert (asked.state, rule("structuring").status) == (TrialState.WAITING, "DRAFT")
    (event,) = Event.objects.filter(type=events.TRIAL_ASKED, subject=asked.public_id)
    sent = []
    monkeypatch.setattr(tasks.try_rule, "delay", lambda **given: sent.append(given))
    handlers.try_rule(event)
    tasks.try_rule(**sent[0])
    tasks.try_rule(**sent[0])  # a message may come twice
    done = RuleTrial.objects.get()
    assert (done.state, done.backtest.hits, done.by_customer["customers"]) == (TrialState.DONE, 1, 1)
    assert rule("structuring").status == "BACKTESTED"
    (hit,) = done.sample
    assert hit["customer"] == who.public_id
    assert "is 3, which is at least 3." in hit["why"][0]
    assert version.backtests.count() == 1
    assert Record.objects.get(action="rule.backtest.ran").actor_id == officer[1].id


def test_precision_and_recall_stand_where_officers_have_decided(drafts, officer):
    world = Watched()
    who = structuring(world)
    world.lay()
    seen = alerts.Evidence(key="seen", headline="Deposits", facts={}, happened_at=NOON)
    alert = alerts.raise_alert(
        partner_id=who.partner_id,
        customer_id=who.pk,
        kind="MONITORING",
        scenario="structuring",
        priority=60,
        headline="Deposits",
        evidence=[seen],
        at=AT,
    )
    _, second = person(Role.COMPLIANCE_MANAGER)
    alerts.decide(alert_id=alert.pk, disposition="CONFIRMED", reason_code="TYPOLOGY_FITS", words="", actor=officer[1], at=AT)
    alerts.confirm(alert_id=alert.pk, actor=second, at=AT)
    done = tried(rule("structuring"), officer[1])
    assert (done.by_customer["precision"], done.by_customer["recall"]) == ("1.0000", "1.0000")
    page = text_of(officer[0].get(cells.admin_url(done)))
    assert "100.0 %" in page and "1 confirmed, of which found 1" in page and who.public_id in page


def test_a_rule_of_the_gate_is_tried_on_the_activities_that_were(drafts, officer):
    world = Watched()
    to_embargoed(world)
    world.lay()
    done = tried(rule("embargoed_corridor", scenarios.GATE), officer[1])
    assert (done.state, done.by_customer["customers"]) == (TrialState.DONE, 1)


def test_a_backtest_that_fails_says_why_and_one_whose_worker_went_away_is_taken_up_again(drafts, officer, monkeypatch):
    version = rule("structuring")
    asked = rule_trials.request(ruleversion_id=version.pk, since=SINCE, until=UNTIL, actor=officer[1], at=AT)
    later = AT + rule_trials.TAKEN_UP_AFTER + timedelta(seconds=1)
    assert (rule_trials.left(at=AT), rule_trials.left(at=later)) == ([], [asked.public_id])
    RuleTrial.objects.update(state=TrialState.RUNNING)
    assert rule_trials.left(at=later) == [asked.public_id]
    versions.retire(ruleversion_id=version.pk, actor=officer[1], at=AT, reason="Never mind.")
    done = rule_trials.run(trial_id=asked.pk, at=AT)
    assert (done.state, done.problem) == (TrialState.FAILED, "RETIRED cannot become BACKTESTED.")
    assert rule_trials.left(at=later) == []
    other = rule_trials.request(ruleversion_id=rule("velocity").pk, since=SINCE, until=UNTIL, actor=officer[1], at=AT)
    monkeypatch.setattr(rule_backtests, "run", lambda **given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        rule_trials.run(trial_id=other.pk, at=AT)
    assert RuleTrial.objects.get(pk=other.pk).problem == "ZeroDivisionError: division by zero"
    assert Record.objects.filter(action=events.TRIAL_FAILED).count() == 2


# Pages


def test_the_page_leads_from_other_numbers_to_the_approval_of_a_second_person(drafts, officer):
    client, actor = officer
    version = rule("structuring")
    page = text_of(client.get(cells.admin_url(version)))
    assert "Worth is from 8,000.00 USD to 9,999.99 USD" in page and "All of these:" in page
    refused = press(
        client, version, "change", p1="8000", p2="9999.99", p3="7 days", p4="-3", p5="1", priority="80", reason="a typing slip"
    )
    assert refused.status_code == 400 and "is not from 0 to 1,000,000." in text_of(refused)
    assert 'data-code="rule.parameter_out_of_bounds"' in text_of(refused)
    answer = press(
        client, version, "change", p1="8000", p2="9999.99", p3="7 days", p4="4", p5="10000", priority="80", reason="too many hits"
    )
    made = rule("structuring")
    assert (made.number, answer.status_code, answer["Location"]) == (2, 302, cells.admin_url(made))
    assert "Added: Number of activities" in text_of(client.get(cells.admin_url(made)))
    press(client, made, "backtest", first=str(ON - timedelta(days=5)), last=str(ON))
    asked = RuleTrial.objects.get()
    assert (asked.version, asked.until.date() - asked.since.date()) == (made, timedelta(days=6))
    assert "looks again by itself" in text_of(client.get(cells.admin_url(asked)))
    rule_trials.run(trial_id=asked.pk, at=AT)
    press(client, made, "shadow")
    press(client, made, "request_release", reason="it has been watched")
    approval = Approval.objects.get()
    assert approval.public_id in text_of(client.get(cells.admin_url(made)))
    _, manager = person(Role.COMPLIANCE_MANAGER)
    requests.approve(approval_id=approval.pk, actor=manager, at=AT)
    made.refresh_from_db()
    assert made.status == "LIVE"
    page = text_of(client.get(cells.admin_url(made)))
    assert "Propose to end" in page and "Propose to go live" not in page


def test_a_set_goes_out_as_a_file_and_comes_in_again(drafts, officer):
    client, _ = officer
    answer = press(client, rule("ring", scenarios.PATTERNS), "export")
    content = json.loads(answer.content)
    assert answer["Content-Disposition"] == 'attachment; filename="compliance.patterns.json"'
    assert content["set"] == scenarios.PATTERNS
    content["rules"] = [one | {"title": "Ring"} for one in content["rules"] if one["name"] == "ring"]
    content["rules"][0]["effect"]["priority"] = 70
    url = f"{cells.admin_url(RuleVersion, 'changelist')}do/import/"
    client.post(url, {"file": SimpleUploadedFile("rules.json", json.dumps(content).encode())})
    assert (rule("ring", scenarios.PATTERNS).number, rule("ring", scenarios.PATTERNS).title) == (2, "Ring")
    broken = client.post(url, {"file": SimpleUploadedFile("rules.json", b"{")})
    assert broken.status_code == 400 and 'data-code="rule.malformed"' in text_of(broken)


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (lambda one: one["condition"]["and"][0]["right"].update(value=3), "rule.parameter_out_of_bounds", "3 is not from 4 to"),
        (lambda one: one["effect"].update(priority=101), "rule.parameter_out_of_bounds", "From 0 to 100"),
        (lambda one: one["effect"].update(priority="9"), "rule.parameter_out_of_bounds", "From 0 to 100"),
        (lambda one: one["effect"].update(outcome=["BLOCK"]), "rule.malformed", "One of REVIEW, BLOCK"),
    ],
)
def test_a_file_is_held_to_the_bounds_of_the_form_on_the_page_and_from_the_command_line(officer, tmp_path, change, code, says):
    client, _ = officer
    content = next(one for one in scenarios.files() if one["set"] == scenarios.PATTERNS)
    content = json.loads(json.dumps(content))
    content["rules"] = [one for one in content["rules"] if one["name"] == "fan_in"]
    change(content["rules"][0])
    raw, file = json.dumps(content).encode(), tmp_path / "rules.json"
    url = f"{cells.admin_url(RuleVersion, 'changelist')}do/import/"
    answer = client.post(url, {"file": SimpleUploadedFile("rules.json", raw)})
    assert f'data-code="{code}"' in text_of(answer) and says in text_of(answer) and "$.rules[0]" in text_of(answer)
    file.write_bytes(raw)
    with pytest.raises(CommandError, match=code):
        call_command("rules", "import", str(file), "--as", User.objects.get().email)
    assert not RuleVersion.objects.exists()


def test_the_list_shows_what_has_not_ended_with_the_hits_of_the_last_day(drafts, officer):
    client, actor = officer
    version = rule("structuring")
    steps = {"compliance.activity structuring 1": {"hits": 1234, "customers": 5, "alerts": 5, "milliseconds": 8}}
    MonitoringRun.objects.create(day=ON, steps=steps, started_at=AT, finished_at=AT, actor="system:tests")
    url = cells.admin_url(RuleVersion, "changelist")
    assert "1,234" in text_of(client.get(url)) and "1,234" in text_of(client.get(cells.admin_url(version)))
    versions.retire(ruleversion_id=version.pk, actor=actor, at=AT, reason="Never mind.")
    assert "1,234" not in text_of(client.get(url))
    assert "1,234" in text_of(client.get(url, {"state": "RETIRED", "q": "structuring"}))


def test_a_rule_that_its_vocabulary_left_behind_still_has_a_page(officer, drafts):
    client, _ = officer
    version = rule("structuring")
    known = registry._vocabularies.pop("compliance.activity")
    selectors._compiled.cache_clear()
    try:
        page = text_of(client.get(cells.admin_url(version)))
    finally:
        registry._vocabularies["compliance.activity"] = known
    assert "It cannot be read any more" in page


def test_a_run_that_fails_names_what_stopped_it_and_forgets_it_when_it_goes_on(drafts, officer, monkeypatch):
    monkeypatch.setattr(monitoring.patterns, "measure", lambda name, **given: 1 / 0)
    given = {"on": ON, "actor": actors.system("tests"), "at": AT}
    with pytest.raises(ZeroDivisionError):
        monitoring.run(**given)
    row = MonitoringRun.objects.get()
    assert (row.finished_at, row.problem) == (None, "measure cash: ZeroDivisionError: division by zero")
    monkeypatch.setattr(monitoring.patterns, "measure", lambda name, **given: 0)
    monitoring.run(**given)
    row.refresh_from_db()
    assert (row.finished_at, row.problem) == (AT, "")


def test_the_page_of_a_day_says_what_each_rule_found_and_what_stopped_the_run(drafts, officer):
    client, actor = officer
    tried(rule("structuring"), actor)
    versions.start_shadow(ruleversion_id=rule("structuring").pk, actor=actor, at=AT)
    Watched()
    monitoring.run(on=ON, actor=actors.system("tests"), at=AT)
    done = MonitoringRun.objects.get()
    page = text_of(client.get(cells.admin_url(done)))
    assert "Structuring in one account · version 1" in page and "Measure fan_in" in page and "Stopped by" not in page
    MonitoringRun.objects.create(
        day=ON, steps={"activities": {"new": 5, "milliseconds": 1500}}, started_at=AT, problem="begin: lost", actor="system:x"
    )
    listed = text_of(client.get(cells.admin_url(MonitoringRun, "changelist"), {"state": "failed"}))
    assert "begin: lost" in listed and "1.5 s" in listed and listed.count('class="data-row') <= 1
    broken = text_of(client.get(cells.admin_url(MonitoringRun.objects.latest("id"))))
    assert "begin: lost" in broken and "measure cash" in broken
