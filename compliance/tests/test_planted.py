"""Launderers planted into a sandbox with the truth about them, and monitoring scored against it."""

import csv
import io
import json
import random
from datetime import UTC, datetime
from itertools import count

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.choices import Role
from accounts.models import Customer, Partner
from compliance.models import Activity
from compliance.services import planted
from compliance.services.planted import generating
from compliance.tests.monitoring_world import ON, Watched
from compliance.tests.test_monitoring import go_live
from flowlet.core.actors import Actor, ActorKind
from wallets.tests.conftest import new_partner

pytestmark = pytest.mark.django_db
FEW = ("structuring", "profile_breach", "exposed_customer")


@pytest.fixture
def few(monkeypatch):
    """Three scenarios and three ordinary lives: all of them are walked by the tests of scenarios."""
    monkeypatch.setattr(generating, "SCENARIOS", {name: planted.SCENARIOS[name] for name in FEW})
    monkeypatch.setattr(generating, "ORDINARY", 3)


@pytest.fixture
def manager(staff_of):
    one = staff_of(Role.COMPLIANCE_MANAGER)
    return Actor(kind=ActorKind.STAFF, id=one.public_id, label=one.role_labels)


def generate(file, *words):
    out = io.StringIO()
    call_command("generate_aml_scenarios", str(file), "--on", str(ON), *words, stdout=out)
    return out.getvalue()


def test_what_is_planted_is_written_down_and_monitoring_is_scored_by_it(few, actor, manager, tmp_path, capsys):
    file = tmp_path / "truth.csv"
    assert "customers, 16 patterns and decoys of 3 scenarios" in generate(file, "--scale", "2")
    rows = list(csv.DictReader(file.open()))
    assert {row["role"] for row in rows} == {"PLANTED", "DECOY", "ORDINARY"}
    assert len(rows) == 22 and {row["customer"] for row in rows} == {one.public_id for one in Customer.objects.all()}
    assert {one.partner.mode for one in Customer.objects.select_related("partner")} == {"SANDBOX"}
    go_live(actor, manager, "structuring", "profile_breach")
    call_command("monitor", "--on", str(ON), "--truth", str(file))
    table = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines() if line.startswith(FEW)}
    assert table == {
        "structuring": ["2", "2", "100.0%", "0", "100.0%", "0"],
        "profile_breach": ["2", "2", "100.0%", "0", "100.0%", "0"],
        "exposed_customer": ["2", "0", "0.0%", "0", "–", "0", "no", "rule", "asks"],
    }
    decoy = next(row["customer"] for row in rows if row["pattern"] == "shop_takings")
    Activity.objects.filter(customer_id=Customer.key(decoy)).update(amount=9500, worth=9500)
    missed = next(row["customer"] for row in rows if row["pattern"] == "profile_breach")
    Activity.objects.filter(customer_id=Customer.key(missed)).update(amount=5, worth=5)
    call_command("monitor", "--on", str(ON), "--truth", str(file), "--json")
    found = {one["scenario"]: one for one in json.loads(capsys.readouterr().out)["scenarios"]}
    assert (found["structuring"]["wrong"], found["structuring"]["precision"]) == (1, 2 / 3)
    assert (found["profile_breach"]["found"], found["profile_breach"]["recall"]) == (1, 0.5)


def test_the_seed_decides_who_and_how_much(few, monkeypatch):
    names = count()

    def told(seed):
        world = Watched(partner=new_partner(f"Acme {next(names)}"))
        monkeypatch.setattr(generating, "Planter", lambda **given: world)
        world.chance = random.Random(seed)
        rows = generating.generate(partner=world.partner, on=ON, seed=seed, scale=1, actor=world.actor)
        moved = Activity.objects.filter(partner=world.partner).order_by("pk")
        return [(row.scenario, row.role, row.pattern, row.group) for row in rows], list(moved.values_list("source_id", "amount"))

    first, same, other = told(1), told(1), told(2)
    assert first == same != other
    assert {(row[0], row[1]) for row in first[0]} == {
        ("", "ORDINARY"),
        *((name, role) for name in FEW for role in ("PLANTED", "DECOY")),
    }


@pytest.mark.parametrize(
    ("words", "says"),
    [(("--scale", "0"), "between 1 and"), (("--partner", "LIVE"), "planted in a sandbox"), ((), "is there already")],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_planted(few, tmp_path, words, says):
    file = tmp_path / "truth.csv"
    if not words:
        file.touch()
    side = generating.company(actor=Watched().actor, at=datetime(2026, 3, 1, tzinfo=UTC))
    live = Partner.objects.get(name=side.name, mode="LIVE")
    with pytest.raises(CommandError, match=says):
        generate(file, *(live.public_id if word == "LIVE" else word for word in words))
    assert not Customer.objects.exists()


def test_nothing_is_planted_in_production_and_no_other_file_is_scored(few, settings, tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="no file of generate_aml_scenarios"):
        call_command("monitor", "--on", str(ON), "--truth", str(tmp_path / "other.csv"))
    settings.ENVIRONMENT = "production"
    with pytest.raises(CommandError, match="not in production"):
        generate(tmp_path / "truth.csv")
    assert not Customer.objects.exists() and not (tmp_path / "truth.csv").exists()
