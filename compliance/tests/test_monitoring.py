"""The day's run from the facts to the alert, its command, and what is asked before money leaves."""

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.choices import Role
from accounts.models import Partner
from compliance.models import Activity, Alert, AlertEvidence, CustomerDay, IdentityMark, MonitoringRun, Report
from compliance.services import alerts, monitoring, patterns, rule_backtests, scenarios
from compliance.services.activities import day_of
from compliance.tests.monitoring_world import NOON, ON, SCENARIOS, Watched, structuring
from flowlet.audit.models import Record
from flowlet.core import actors
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import Invalid
from flowlet.core.money import Money
from flowlet.rules.models import RuleVersion
from flowlet.rules.services import backtests, versions
from ledger.services import rates
from payments.choices import Rail
from payments.services.suspense_rows import Arrival, Payer
from payments.tests.world import fresh_world
from wallets.services import transfers
from wallets.tests.conftest import new_partner

ROBOT = actors.system("tests")
AT = NOON + timedelta(days=1)


@pytest.fixture
def manager(staff_of):
    user = staff_of(Role.COMPLIANCE_MANAGER)
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label="manager")


@pytest.fixture
def world(db):
    return Watched()


def go_live(actor, manager, *names, status="LIVE"):
    """The shipped scenarios of these names (or all), drafted by one person and released by another."""
    scenarios.draft_shipped(actor=actor, at=AT)
    found = RuleVersion.objects.filter(status="DRAFT")
    for version in found.filter(name__in=names) if names else found:
        backtests.run(ruleversion_id=version.pk, since=NOON, until=NOON + timedelta(seconds=1), actor=actor, at=AT)
        versions.start_shadow(ruleversion_id=version.pk, actor=actor, at=AT)
        if status == "LIVE":
            versions.release(ruleversion_id=version.pk, actor=manager, at=AT, reason="Watched.")


def run(**options):
    return monitoring.run(**({"on": ON, "actor": ROBOT, "at": AT} | options))


def test_customers_of_a_partner_at_one_address_share_it(world):
    neighbours = [world.customer() for _ in range(3)]
    stranger = Watched(partner=new_partner("Other")).customer()
    for who in (*neighbours, stranger):
        IdentityMark.objects.create(partner=who.partner, customer=who, kind="ADDRESS", index="a" * 32)
    world.move(neighbours[1], "OUT", 10)
    world.lay()
    patterns.measure("sharing", on=ON, partner_id=None)
    day = CustomerDay.objects.get()
    assert (day.customer_id, day.figures["sharing_customers"]) == (neighbours[1].pk, "3")
    assert set(day.figures["sharing_members"]) == {str(who.pk) for who in neighbours}


def test_cash_is_that_of_the_partners_business_day(db):
    west = Watched(partner=new_partner("West", time_zone="America/Los_Angeles"))
    who = west.customer()
    for hours, amount in ((-5.5, 4000), (1, 6000), (18.5, 5000), (19.5, 7000)):  # the day is from 07:00 to 07:00 UTC
        west.move(who, "IN", amount, ago=-hours / 24, is_cash=True)
    west.lay()
    patterns.measure("cash", on=ON, partner_id=west.partner.pk)
    assert CustomerDay.objects.get().figures == {"cash_in": "11000.0000", "cash_out": "0"}


def test_money_leaves_a_funnel_at_the_one_other_place_where_most_left(world):
    one, many, worthless = (world.customer() for _ in range(3))
    for who in (one, many, worthless):
        worth = Decimal(0) if who == worthless else None  # of a currency whose smallest unit is less than a cent
        for place in ("Denver", "DENVER ", "Reno", "Boise"):
            row = world.move(who, "IN", 1000, ago=2, is_cash=True, location=place)
            row.worth = row.worth if worth is None else worth
        for place in ("Provo", "Tucson", "El Paso") if who == many else ("El Paso", "el paso", " El Paso "):
            world.move(who, "OUT", 900, ago=0, location=place)
        world.move(who, "OUT", 400, ago=0.1, location="Salem")
        world.move(who, "OUT", 3000, ago=0.1, location="reno")
    world.lay()
    patterns.measure("funnel", on=ON, partner_id=None)
    days = {day.customer_id: day for day in CustomerDay.objects.all()}
    assert {who: day.figures["elsewhere_percent"] for who, day in days.items()} == {one.pk: "67.50", many.pk: "22.50"}
    assert (days[many.pk].figures["cash_locations"], days[many.pk].figures["cash_located_sum"]) == ("3", "4000.0000")
    behind = Activity.objects.filter(pk__in=days[many.pk].activities["funnel"], direction="OUT")
    assert [row.location for row in behind] == ["El Paso"]  # of places alike the first by name


def test_money_that_came_without_its_payers_name_or_account_is_told_of_and_stopped_nowhere(db, actor, manager):
    there = fresh_world()
    go_live(actor, manager)
    rates.enter(base="EUR", quote="USD", rate=Decimal("1.0841"), valid_on=there.at.date(), actor=ROBOT, at=there.at)
    full = Payer(name="Grace Hopper", account="DE89370400440532013000")
    told = []
    for rail, currency, amount, payer, is_told in (
        (Rail.WIRE, "USD", "3000.00", Payer(name="Grace Hopper"), True),
        (Rail.WIRE, "USD", "3000.00", Payer(account="12-345678"), True),
        (Rail.WIRE, "USD", "2999.99", Payer(), False),
        (Rail.WIRE, "USD", "3000.00", Payer(name="Grace Hopper", account="12-345678"), False),
        (Rail.WIRE, "USD", "1.00", Payer(account="DE89370400440532013000"), True),
        (Rail.SEPA_CT, "EUR", "0.01", Payer(), True),
        (Rail.SEPA_CT, "EUR", "9000.00", full, False),
        (Rail.ACH, "USD", "5000.00", Payer(name="Acme Payroll"), False),
    ):
        wallet = there.wallet(currency=currency)
        payment = there.credit(
            wallet, amount, name=f"credit-{wallet.pk}", rail=rail, currency=currency, arrival=Arrival(payer=payer)
        )
        assert payment.status == "SETTLED" and there.funds(wallet)[0] == Decimal(amount)
        told += [(wallet.customer_id, payment.public_id)] if is_told else []
    _, ends = day_of(there.at.date())
    run(on=there.at.date(), at=ends + timedelta(hours=12))
    found = AlertEvidence.objects.filter(alert__scenario="travel_rule_incoming")
    assert sorted((one.alert.customer_id, one.facts["transactions"]) for one in found) == sorted(
        (who, [key]) for who, key in told
    )
    assert {one.facts["code"] for one in found} == {"R23"}
    assert not Alert.objects.filter(scenario="travel_rule").exists()


def test_a_run_takes_in_what_nobody_told_of_to_the_end_of_the_last_business_day(db):
    there = fresh_world()
    Partner.objects.filter(pk=there.partner.pk).update(time_zone="America/Los_Angeles")
    payer, payee = there.wallet("9000.00"), there.wallet()
    begins, ends = day_of(there.at.date())
    for at, amount in ((begins + timedelta(hours=20), "4000.00"), (ends + timedelta(hours=5), "3000.00")):
        transfers.make(
            partner_id=there.partner.pk,
            source_id=payer.pk,
            target_id=payee.pk,
            amount=Money(amount, "USD"),
            metadata={"cash": "true"},
            actor=ROBOT,
            at=at,
        )
    run(on=there.at.date(), at=ends + timedelta(hours=12))
    assert CustomerDay.objects.get(customer=payee.customer_id).figures["cash_in"] == "7000.0000"


def test_what_the_day_shows_becomes_one_alert_with_the_customers_own_numbers(world, actor, manager):
    who = structuring(world)
    world.lay()
    go_live(actor, manager, "structuring")
    done = run()
    alert = Alert.objects.get()
    assert (alert.customer_id, alert.partner_id, alert.kind, alert.scenario, alert.priority) == (
        who.pk,
        world.partner.pk,
        "MONITORING",
        "structuring",
        80,
    )
    assert alert.headline == (
        "Structuring in one account: Number of activities of the customer in 7 days where direction is equal to “IN” and cash or as"
        " good as cash is yes and worth is from 8,000.00 USD to 9,999.99 USD is 3, which is at least 3."
    )
    (told,) = AlertEvidence.objects.all()
    expected = Activity.objects.filter(customer=who).order_by("happened_at")
    assert told.facts["transactions"] == [row.reference for row in expected]
    assert (told.facts["code"], told.facts["hits"], told.facts["version"]) == ("R01", 1, 1)
    assert "is 28,300.00 USD, which is more than 10,000.00 USD." in told.facts["why"][1]
    assert done.steps["compliance.activity structuring 1"]["alerts"] == 1
    assert not Report.objects.exists()


def test_a_day_that_is_run_again_tells_nothing_twice_and_what_came_late_is_told(world, actor, manager):
    who = structuring(world)
    world.lay()
    go_live(actor, manager, "structuring")
    first, second = run(), run()
    assert first.pk != second.pk
    assert (Alert.objects.count(), AlertEvidence.objects.count()) == (1, 1)
    world.move(who, "IN", 8500, is_cash=True, ago=-0.1)
    world.lay()
    run()
    assert (Alert.objects.count(), AlertEvidence.objects.count()) == (1, 2)


def test_a_hundred_hits_are_one_piece_of_work(world, actor, manager):
    who = world.customer()
    for number in range(100):
        world.move(who, "OUT", 1, country="IR", ago=number / 1000)
    world.lay()
    go_live(actor, manager, "call_for_action_country")
    run()
    (told,) = AlertEvidence.objects.all()
    assert (told.facts["hits"], len(told.facts["transactions"])) == (100, 60)


def test_a_run_that_is_interrupted_goes_on_after_its_last_step(world, actor, manager, monkeypatch):
    structuring(world)
    world.lay()
    go_live(actor, manager, "structuring")
    real, seen = patterns.measure, []

    def breaks(name, **scope):
        seen.append(name)
        if name == "spike" and seen.count("spike") == 1:
            raise KeyboardInterrupt
        return real(name, **scope)

    monkeypatch.setattr(patterns, "measure", breaks)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert not Alert.objects.exists()
    done = run()
    assert (MonitoringRun.objects.count(), Alert.objects.count()) == (1, 1)
    assert [name for name in patterns.NAMES if seen.count(name) != 1] == ["spike"]
    assert done.finished_at == AT


def test_a_rule_in_shadow_is_counted_and_raises_nothing(world, actor, manager):
    structuring(world)
    world.lay()
    go_live(actor, manager, "structuring", status="SHADOW")
    step = run().steps["compliance.activity structuring 1"]
    assert (step["hits"], step["customers"], step["alerts"]) == (1, 1, 0)
    assert not Alert.objects.exists()


def test_one_partners_run_leaves_the_others_alone(world, actor, manager):
    from wallets.tests.conftest import new_partner

    other = Watched(partner=new_partner("Umbra"))
    mine, theirs = structuring(world), structuring(other)
    ring = SCENARIOS["ring"][0][0]
    ring(world), ring(other)
    world.lay()
    other.lay()
    go_live(actor, manager, "structuring", "ring")
    run(partner_id=world.partner.pk)
    assert set(Alert.objects.values_list("partner_id", flat=True)) == {world.partner.pk}
    assert set(CustomerDay.objects.values_list("partner_id", flat=True)) == {world.partner.pk}
    assert Alert.objects.get(scenario="structuring").customer_id == mine.pk
    run()
    assert set(Alert.objects.filter(scenario="structuring").values_list("customer_id", flat=True)) == {mine.pk, theirs.pk}


def test_what_does_not_change_is_told_once_though_it_is_there_every_day(world, actor, manager):
    people = SCENARIOS["shared_identifiers"][0][0](world)
    world.lay()
    go_live(actor, manager, "shared_identifiers")
    run()
    for who in people:
        world.move(who, "OUT", 5, ago=-1, device=Activity.objects.filter(customer=who).first().device)
    world.lay()
    run(on=ON + timedelta(days=1), at=AT + timedelta(days=1))
    (told,) = AlertEvidence.objects.all()
    assert sorted(told.facts["customers"]) == sorted(who.public_id for who in people)


def test_all_that_is_planted_is_found_and_ordinary_people_are_not(world, actor, manager):
    planted = {}
    for name, (plants, _) in SCENARIOS.items():
        for plant in plants:
            made = plant(world)
            planted.setdefault(name, []).append({one.pk for one in (made if isinstance(made, (list, tuple)) else [made])})
    ordinary = {who.pk for who in world.ordinary(25)}
    world.lay()
    go_live(actor, manager)
    run()
    told = Alert.objects.values_list("scenario", "customer_id")
    assert [who for _, who in told if who in ordinary] == []
    for name, groups in planted.items():
        hits = {who for scenario, who in told if scenario == name}
        assert all(hits & group for group in groups), name


def test_a_day_to_come_is_not_monitored(world):
    with pytest.raises(Invalid):
        run(on=AT.date() + timedelta(days=1))


def test_the_schedule_watches_each_day_once_and_catches_up(world, actor, manager):
    structuring(world)
    world.lay()
    go_live(actor, manager, "structuring")
    at = NOON + timedelta(days=1)
    days = [row.day for row in monitoring.run_due(actor=ROBOT, at=at)]
    assert days == [ON]
    assert monitoring.run_due(actor=ROBOT, at=at + timedelta(hours=6)) == []
    later = monitoring.run_due(actor=ROBOT, at=at + timedelta(days=3))
    assert [row.day for row in later] == [ON + timedelta(days=number) for number in (1, 2, 3)]
    assert Alert.objects.count() == 1
    assert len(monitoring.run_due(actor=ROBOT, at=at + timedelta(days=23))) == 20  # no day is left out


# The commands


def command(*words):
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_the_command_watches_a_day_in_the_name_of_an_officer(world, actor, manager, officer):
    structuring(world)
    world.lay()
    go_live(actor, manager, "structuring")
    told = command("monitor", "--on", str(ON), "--partner", world.partner.public_id, "--as", officer.email)
    assert "1 hits        1 customers        1 alerts" in told
    steps = json.loads(command("monitor", "--on", str(ON), "--until", str(ON), "--json"))["steps"]
    assert steps["compliance.activity structuring 1"]["hits"] == 1
    assert Record.objects.filter(action="compliance.monitoring.ran").count() == 2
    with pytest.raises(CommandError, match="until lies before"):
        command("monitor", "--on", str(ON), "--until", "2026-03-01")


def test_the_command_is_for_officers(world, staff_of):
    auditor = staff_of(Role.AUDITOR)
    with pytest.raises(CommandError):
        command("monitor", "--on", str(ON), "--as", auditor.email)
    assert not MonitoringRun.objects.exists()


def test_a_backtest_says_how_right_a_version_would_have_been(world, actor, manager, officer):
    right, wrong, missed = structuring(world), structuring(world), world.customer()
    for ago in (2, 1, 0):
        world.move(missed, "IN", 7900, ago=ago, is_cash=True)
    world.lay()
    go_live(actor, manager, "structuring")
    run()
    late = alerts.Evidence(key="by hand", headline="Seen by hand", facts={}, happened_at=NOON)
    alerts.raise_alert(
        partner_id=world.partner.pk,
        customer_id=missed.pk,
        kind="MONITORING",
        scenario="structuring",
        priority=50,
        headline="By hand",
        evidence=[late],
        at=AT,
    )
    for who, disposition, reason in (
        (right, "CONFIRMED", "TYPOLOGY_FITS"),
        (missed, "CONFIRMED", "TYPOLOGY_FITS"),
        (wrong, "FALSE_POSITIVE", "USUAL_BEHAVIOUR"),
    ):
        alert = Alert.objects.get(customer=who)
        alerts.decide(alert_id=alert.pk, disposition=disposition, reason_code=reason, words="Seen.", actor=actor, at=AT)
        if disposition == "CONFIRMED":
            alerts.confirm(alert_id=alert.pk, actor=manager, at=AT)
    live = RuleVersion.objects.get(status="LIVE")
    since, until = day_of(ON)
    found = rule_backtests.judged(live, since=since - timedelta(days=30), until=until)
    assert (found.customers, found.found_confirmed, found.found_refuted, found.confirmed, found.refuted) == (2, 1, 1, 2, 1)
    assert (str(found.precision), str(found.recall)) == ("0.5000", "0.5000")
    wider = json.loads(json.dumps(live.condition).replace("8000.00", "7500.00"))
    draft = versions.draft(
        rule_set=live.rule_set.name, name="structuring", title="Wider", note="To see.", condition=wider, actor=actor, at=AT
    )
    told = command(
        "backtest_rule",
        draft.public_id,
        "--from",
        "2026-02-20T00:00:00Z",
        "--until",
        "2026-03-21T00:00:00Z",
        "--as",
        officer.email,
    )
    assert "3 hits of" in told
    assert "2 customers of the live version, 2 of both" in told
    assert "precision 0.6667, recall 1.0000" in told
    assert RuleVersion.objects.get(pk=draft.pk).status == "BACKTESTED"


def test_a_pattern_is_tried_on_days_that_were_never_run(world, actor, manager, officer):
    SCENARIOS["pass_through"][0][0](world)
    world.lay()
    scenarios.draft_shipped(actor=actor, at=AT)
    draft = RuleVersion.objects.get(name="pass_through")
    told = command(
        "backtest_rule",
        draft.public_id,
        "--from",
        "2026-03-19T00:00:00Z",
        "--until",
        "2026-03-21T00:00:00Z",
        "--measure",
        "--json",
        "--as",
        officer.email,
    )
    found = json.loads(told)
    assert (found["hits"], found["by_customer"]["customers"], found["by_customer"]["precision"]) == (1, 1, None)


def test_shipped_scenarios_are_drafted_once(world, actor, officer):
    made = command("rules", "draft-shipped", "--as", officer.email)
    assert made.splitlines()[-1] == "0 unchanged"
    assert len(made.splitlines()) == RuleVersion.objects.count() + 1
    assert command("rules", "draft-shipped", "--as", officer.email) == f"{RuleVersion.objects.count()} unchanged\n"
