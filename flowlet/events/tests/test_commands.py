"""The operators' commands."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from flowlet.events import registry
from flowlet.events.models import Delivery
from flowlet.events.services import relay
from flowlet.events.tests.conftest import AT

pytestmark = pytest.mark.django_db(transaction=True)


def command(name, *args):
    out = StringIO()
    call_command(name, *args, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def given_up(publish):
    """One event that was given up, and the list that its handler fills once it is healed."""
    seen = []

    def handler(event):
        seen.append(event.public_id)
        if not healed:
            raise RuntimeError("no route")

    healed = []
    registry.handler("a.b", types=("wallet.*",))(handler)
    event = publish(1)
    for number in range(relay.MAX_ATTEMPTS):
        relay.run(now=lambda number=number: AT + timedelta(days=number))
    assert Delivery.objects.get().status == "DEAD"
    seen.clear()
    return event, seen, healed


def test_relay_events_delivers_and_says_how_much(publish):
    registry.handler("a.b", types=("wallet.*",))(lambda event: None)
    publish(1)
    publish(2)
    assert command("relay_events") == "2 events, 2 deliveries, 0 failed attempts, 0 given up; 0 wait."


def test_what_was_given_up_is_listed_and_replayed(given_up):
    event, seen, healed = given_up
    line = f"{event.public_id} wallet.opened a.b after {relay.MAX_ATTEMPTS} attempts: RuntimeError: no route"
    assert command("replay_events", "--list") == line
    assert command("replay_events", "--list", "--handler", "c.d") == "Nothing was given up."
    healed.append(True)
    assert command("replay_events", "--dead") == "1 deliveries wait for the relay again."
    command("relay_events")
    assert seen == [event.public_id]
    assert command("replay_events", "--list") == "Nothing was given up."


def test_one_event_and_the_past_can_be_handed_to_a_handler(publish):
    seen = []
    event = publish(1)
    relay.run(now=lambda: AT)
    registry.handler("a.b", types=("wallet.*",))(lambda event: seen.append(event.public_id))
    assert command("replay_events", "--since", "2026-02-01T00:00:00Z", "--handler", "a.b").startswith("1 deliveries")
    command("relay_events")
    assert command("replay_events", "--event", event.public_id, "--handler", "a.b").startswith("1 deliveries")
    command("relay_events")
    assert seen == [event.public_id] * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--since", "yesterday", "--handler", "a.b"], "moment with its zone"),
        (["--since", "2026-02-01T00:00:00", "--handler", "a.b"], "moment with its zone"),
        (["--since", "2026-02-01T00:00:00Z"], "--handler is required"),
        (["--since", "2026-02-01T00:00:00Z", "--handler", "no.one"], "no handler called no.one"),
        (["--event", "evt_" + "0" * 26, "--handler", "a.b"], "There is no event"),
        (["--event", "wal_1", "--handler", "a.b"], "was expected"),
    ],
)
def test_replay_refuses_what_it_cannot_do(arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("replay_events", *arguments)


def test_prune_keeps_what_partners_may_still_read(publish):
    with pytest.raises(CommandError, match="at least 30"):
        call_command("prune_events", "--days", "29")
    publish(1)
    relay.run()
    assert command("prune_events") == "0 events forgotten."


def test_an_interval_of_nothing_is_refused():
    with pytest.raises(CommandError, match="greater than zero"):
        call_command("relay_events", "--interval", "0")
