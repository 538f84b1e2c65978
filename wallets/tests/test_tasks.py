"""What runs by itself: the sweeper, every minute, and by hand."""

from datetime import timedelta
from io import StringIO

from django.core.management import call_command

from flowlet import celery
from flowlet.core import clock
from wallets.models import Hold
from wallets.tasks import expire_holds


def lapsed(world):
    world.at = clock.now() - timedelta(hours=2)
    holds = [world.hold(world.wallet("10"), "4", expires_at=world.at + timedelta(hours=1)).hold for _ in range(2)]
    running = world.hold(world.wallet("10"), "4").hold
    return holds, running


def states(holds):
    return [Hold.objects.get(pk=hold.pk).status for hold in holds]


def test_the_sweeper_ends_what_has_lapsed_and_may_run_twice(world):
    holds, running = lapsed(world)
    assert expire_holds() == 2
    assert expire_holds() == 0
    assert states([*holds, running]) == ["EXPIRED", "EXPIRED", "OPEN"]


def test_the_sweeper_is_on_the_schedule():
    assert celery.schedule()["wallets.expire-holds"] == {"task": "wallets.expire_holds", "schedule": 60.0}


def test_the_command_does_the_same_and_says_how_many(world):
    holds, running = lapsed(world)
    out = StringIO()
    call_command("release_expired_holds", stdout=out)
    assert out.getvalue() == "2 expired holds ended.\n"
    assert states([*holds, running]) == ["EXPIRED", "EXPIRED", "OPEN"]
